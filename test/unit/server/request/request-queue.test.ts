import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INT64_ZERO } from '../../../../protocol/int64.ts';
import { Request } from '../../../../server/request/request.ts';
import { RequestQueue } from '../../../../server/request/request-queue.ts';

function request(xid: number): Request {
  const origin = { connection: null, session: null, sessionId: INT64_ZERO, ids: [] };
  return new Request(origin, xid, 1, { buffer: Buffer.alloc(0), start: 0, end: 0 }, 0);
}

test('requests leave in the order in which they came', () => {
  const queue = new RequestQueue();
  const [a, b, c] = [request(1), request(2), request(3)];
  queue.push(a);
  queue.push(b);
  assert.equal(queue.first, a);
  assert.equal(queue.shift(), a);
  queue.push(c);
  assert.deepEqual([queue.shift()?.xid, queue.shift()?.xid, queue.shift()], [2, 3, null]);
  assert.equal(queue.isEmpty, true);
  assert.equal(queue.first, null);
});

test('a queue that was empty can be filled again', () => {
  const queue = new RequestQueue();
  for (let round = 0; round < 3; round += 1) {
    queue.push(request(round));
    assert.equal(queue.isEmpty, false);
    assert.equal(queue.shift()?.xid, round);
    assert.equal(queue.shift(), null);
  }
});

test('a request that has left holds on to no other', () => {
  const queue = new RequestQueue();
  const [a, b] = [request(1), request(2)];
  queue.push(a);
  queue.push(b);
  queue.shift();
  assert.equal(a.next, null);
});

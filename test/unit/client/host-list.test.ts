import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostList } from '../../../client/host-list.ts';

const endpoints = ['a', 'b', 'c'].map((host) => ({ host, port: 1 }));
const OPTIONS = { endpoints, reconnectMinMs: 100, reconnectMaxMs: 1000 };

function names(list: HostList, count: number): string {
  return Array.from({ length: count }, () => list.next().host).join('');
}

test('the order is shuffled once and then kept', () => {
  assert.equal(names(new HostList(OPTIONS, () => 0), 6), 'bcabca');
  assert.equal(names(new HostList(OPTIONS, () => 0.999), 6), 'abcabc');
});

test('every order is possible', () => {
  const seen = new Set<string>();
  for (const first of [0, 0.4, 0.9]) {
    for (const second of [0, 0.9]) {
      const random = [first, second];
      seen.add(names(new HostList(OPTIONS, () => random.shift() ?? 0), 3));
    }
  }
  assert.equal(seen.size, 6);
});

test('waits double with every round of failures, up to the limit, and are random within', () => {
  const highest = new HostList(OPTIONS, () => 0.999999);
  const lowest = new HostList(OPTIONS, () => 0);
  const expected = [100, 100, 100, 200, 200, 200, 400, 400, 400, 800, 800, 800, 1000, 1000];
  for (const [i, limitMs] of expected.entries()) {
    assert.equal(highest.onDisconnected(), limitMs - 1);
    assert.equal(lowest.onDisconnected(), i < 3 ? 0 : limitMs / 2);
  }
});

test('a connection makes the waits short again', () => {
  const list = new HostList(OPTIONS, () => 0.999999);
  for (let i = 0; i < 20; i += 1) list.onDisconnected();
  list.onConnected();
  assert.equal(list.onDisconnected(), 99);
});

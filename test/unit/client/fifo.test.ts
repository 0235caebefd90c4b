import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fifo } from '../../../client/fifo.ts';

test('items leave in the order in which they came, however many there are', () => {
  const fifo = new Fifo<number>();
  let next = 0;
  let expected = 0;
  for (let round = 0; round < 50; round += 1) {
    for (let i = 0; i < 200; i += 1) fifo.push(next++);
    for (let i = 0; i < 150; i += 1) {
      assert.equal(fifo.first, expected);
      assert.equal(fifo.shift(), expected++);
    }
    assert.equal(fifo.length, next - expected);
  }
  assert.deepEqual(
    fifo.drain(),
    Array.from({ length: next - expected }, (_, i) => expected + i),
  );
  assert.equal(fifo.length, 0);
});

test('an empty one has nothing to give', () => {
  const fifo = new Fifo<number>();
  assert.equal(fifo.first, undefined);
  assert.equal(fifo.shift(), undefined);
  assert.equal(fifo.length, 0);
  fifo.push(1);
  assert.equal(fifo.shift(), 1);
});

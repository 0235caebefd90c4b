import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Expiring, ExpiryQueue } from '../../../../server/session/expiry-queue.ts';
import { Random } from '../../../differential/random.ts';

class Element implements Expiring {
  readonly name: string;
  expiresAtMs = 0;

  constructor(name: string) {
    this.name = name;
  }
}

function names(elements: Iterable<Element>): string[] {
  return [...elements].map(({ name }) => name);
}

test('expiry is rounded up to the next multiple of the interval, also from a multiple', () => {
  const CASES: readonly (readonly [nowMs: number, timeoutMs: number, expiresAtMs: number])[] = [
    [0, 1, 1000],
    [0, 999, 1000],
    [0, 1000, 2000],
    [1, 1000, 2000],
    [999, 1000, 2000],
    [1000, 1000, 3000],
    [1234.5, 4000, 6000],
    [0, 0, 1000],
  ];
  for (const [nowMs, timeoutMs, expiresAtMs] of CASES) {
    const element = new Element('a');
    new ExpiryQueue<Element>(1000, 0).touch(element, nowMs, timeoutMs);
    assert.equal(element.expiresAtMs, expiresAtMs, `${timeoutMs} at ${nowMs}`);
  }
});

test('an element lives longer than its timeout and at most one interval more', () => {
  const random = new Random(1);
  for (let round = 0; round < 1000; round += 1) {
    const intervalMs = random.between(1, 3000);
    const nowMs = random.between(0, 100_000);
    const timeoutMs = random.between(1, 20_000);
    const element = new Element('a');
    new ExpiryQueue<Element>(intervalMs, nowMs).touch(element, nowMs, timeoutMs);
    const livesMs = element.expiresAtMs - nowMs;
    assert(livesMs > timeoutMs && livesMs <= timeoutMs + intervalMs, `${livesMs} of ${timeoutMs}`);
  }
});

test('poll takes out what has expired, bucket by bucket, and nothing else', () => {
  const queue = new ExpiryQueue<Element>(1000, 0);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => new Element(name));
  queue.touch(a!, 0, 1500);
  queue.touch(b!, 0, 500);
  queue.touch(c!, 0, 3500);
  assert.equal(queue.bucketCount, 3);
  assert.deepEqual(names(queue.poll(999)), []);
  assert.deepEqual(names(queue.poll(2000)), ['b', 'a']);
  assert.deepEqual([a!.expiresAtMs, b!.expiresAtMs, c!.expiresAtMs], [0, 0, 4000]);
  assert.deepEqual(names(queue.poll(2000)), []);
  assert.equal(queue.bucketCount, 1);
});

test('the deadline is the next bucket that is to be looked at', () => {
  const queue = new ExpiryQueue<Element>(1000, 500);
  assert.equal(queue.deadlineMs, 1000);
  queue.poll(999);
  assert.equal(queue.deadlineMs, 1000);
  queue.poll(1000);
  assert.equal(queue.deadlineMs, 2000);
  queue.poll(7777);
  assert.equal(queue.deadlineMs, 8000);
});

test('a poll that comes late finds every bucket that it missed', () => {
  const queue = new ExpiryQueue<Element>(1000, 0);
  const elements = Array.from({ length: 10 }, (_, i) => new Element(`${i}`));
  for (const [i, element] of elements.entries()) queue.touch(element, i * 1000, 500);
  assert.deepEqual(names(queue.poll(100_000)), names(elements));
  assert.equal(queue.bucketCount, 0);
});

test('touching moves an element, and leaves no empty bucket behind', () => {
  const queue = new ExpiryQueue<Element>(1000, 0);
  const element = new Element('a');
  for (let nowMs = 0; nowMs < 50_000; nowMs += 700) {
    queue.touch(element, nowMs, 2000);
    assert.equal(queue.bucketCount, 1);
    assert.deepEqual(names(queue.poll(nowMs)), []);
  }
});

test('touching within the same bucket changes nothing', () => {
  const queue = new ExpiryQueue<Element>(1000, 0);
  const [a, b] = [new Element('a'), new Element('b')];
  queue.touch(a, 0, 1500);
  queue.touch(b, 0, 1500);
  queue.touch(a, 400, 1500);
  assert.deepEqual(
    queue.entries().map(([atMs, bucket]) => [atMs, names(bucket)]),
    [[2000, ['a', 'b']]],
  );
});

test('an element may be touched to expire earlier', () => {
  const queue = new ExpiryQueue<Element>(1000, 0);
  const element = new Element('a');
  queue.touch(element, 0, 30_000);
  queue.touch(element, 0, 1500);
  assert.deepEqual(names(queue.poll(2000)), ['a']);
});

test('what is removed does not expire, and may be removed again', () => {
  const queue = new ExpiryQueue<Element>(1000, 0);
  const element = new Element('a');
  queue.remove(element);
  queue.touch(element, 0, 500);
  queue.remove(element);
  queue.remove(element);
  assert.equal(element.expiresAtMs, 0);
  assert.equal(queue.bucketCount, 0);
  assert.deepEqual(names(queue.poll(10_000)), []);
});

test('what has expired can be touched again', () => {
  const queue = new ExpiryQueue<Element>(1000, 0);
  const element = new Element('a');
  queue.touch(element, 0, 500);
  queue.poll(1000);
  queue.touch(element, 1000, 500);
  assert.deepEqual(names(queue.poll(2000)), ['a']);
});

test('the buckets are shown in the order in which they expire', () => {
  const queue = new ExpiryQueue<Element>(1000, 0);
  for (const timeoutMs of [5000, 1000, 3000, 1500]) {
    queue.touch(new Element(`${timeoutMs}`), 0, timeoutMs);
  }
  assert.deepEqual(
    queue.entries().map(([atMs, bucket]) => [atMs, names(bucket)]),
    [
      [2000, ['1000', '1500']],
      [4000, ['3000']],
      [6000, ['5000']],
    ],
  );
});

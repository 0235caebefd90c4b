import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionThrottleConfig } from '../../../server/config/config-type.ts';
import { ConnectionThrottle } from '../../../server/connection-throttle.ts';

const CONFIG: ConnectionThrottleConfig = {
  tokens: 3,
  fillTimeMs: 10,
  fillCount: 1,
  freezeTimeMs: null,
  dropIncrease: 0.25,
  dropDecrease: 0.125,
  decreaseRatio: 0.5,
  weightEnabled: false,
  globalSessionWeight: 3,
  localSessionWeight: 1,
  renewSessionWeight: 2,
};

function throttle(
  config: Partial<ConnectionThrottleConfig> = {},
  random: () => number = () => 0.5,
): ConnectionThrottle {
  return new ConnectionThrottle({ ...CONFIG, ...config }, 0, random);
}

function admitted(t: ConnectionThrottle, count: number, nowMs: number): number {
  return Array.from({ length: count }, () => t.admit('new', nowMs)).filter(Boolean).length;
}

test('without tokens everybody comes in', () => {
  const off = throttle({ tokens: null });
  assert.equal(admitted(off, 1000, 0), 1000);
  assert.equal(off.deficit, 0);
});

test('the bucket empties, and fills with time', () => {
  const t = throttle();
  assert.equal(admitted(t, 5, 0), 3);
  assert.equal(t.deficit, 3);
  assert.equal(admitted(t, 5, 10), 0, 'the fill time has to be exceeded');
  assert.equal(admitted(t, 5, 11), 1);
  assert.equal(admitted(t, 5, 33), 2);
});

test('it fills to the brim and no further', () => {
  const t = throttle();
  admitted(t, 3, 0);
  assert.equal(admitted(t, 100, 1_000_000), 3);
});

test('kinds of sessions cost differently only if weights are on', () => {
  const off = throttle({ tokens: 6 });
  const on = throttle({ tokens: 6, weightEnabled: true });
  assert.equal(admitted(off, 10, 0), 6);
  assert.equal(admitted(on, 10, 0), 2);
  const renewing = throttle({ tokens: 6, weightEnabled: true });
  const renewed = Array.from({ length: 10 }, () => renewing.admit('renew', 0));
  assert.equal(renewed.filter(Boolean).length, 3);
});

test('a session that costs more than is there has to wait, though something is there', () => {
  const t = throttle({ tokens: 4, weightEnabled: true });
  assert.deepEqual(
    [t.admit('new', 0), t.admit('new', 0), t.admit('renew', 0)],
    [true, false, false],
  );
  assert.equal(t.deficit, 3);
});

/** The probability after each attempt, with draws that are never below it. */
function probabilities(t: ConnectionThrottle, times: readonly number[]): number[] {
  return times.map((nowMs) => {
    t.admit('new', nowMs);
    return t.dropProbability;
  });
}

test('the probability to drop rises while the bucket is empty, once in a freeze time', () => {
  const t = throttle({ freezeTimeMs: 100, fillTimeMs: 1_000_000 }, () => 0.99);
  assert.equal(t.dropProbability, 0);
  admitted(t, 3, 0);
  assert.deepEqual(
    probabilities(t, [50, 100, 101, 150, 201, 202, 303, 404, 505]),
    [0, 0, 0.25, 0.25, 0.25, 0.5, 0.75, 1, 1],
  );
});

/** Tokens that are missing from a bucket of four, and whether the probability falls then. */
const DECREASES: readonly (readonly [ratio: number, deficit: number, falls: boolean])[] = [
  [0, 0, true],
  [0, 1, false],
  [0.5, 2, true],
  [0.5, 3, false],
  // Rounded: 1.2 is 1, 1.6 is 2.
  [0.3, 1, true],
  [0.3, 2, false],
  [0.4, 2, true],
  [1, 3, true],
];

for (const [decreaseRatio, deficit, falls] of DECREASES) {
  test(`with ${deficit} of 4 tokens missing and a ratio of ${decreaseRatio} the probability ${falls ? 'falls' : 'stays'}`, () => {
    const config = { tokens: 4, freezeTimeMs: 100, fillTimeMs: 1000, fillCount: 4 };
    const t = throttle({ ...config, decreaseRatio }, () => 0.99);
    admitted(t, 4, 0);
    assert.deepEqual(probabilities(t, [101, 202]), [0.25, 0.5]);
    // Full again, and emptied by as many as there are to be missing.
    admitted(t, deficit, 2000);
    const before = t.dropProbability;
    t.admit('new', 2101);
    assert.equal(t.deficit, Math.min(4, deficit + 1));
    assert.equal(t.dropProbability, falls ? before - 0.125 : before);
  });
}

test('who is dropped by chance takes no tokens', () => {
  let draw = 0;
  const t = throttle({ freezeTimeMs: 100, fillTimeMs: 1_000_000 }, () => draw);
  admitted(t, 3, 0);
  t.admit('new', 101);
  assert.equal(t.dropProbability, 0.25);
  // One token comes with the next fill.
  draw = 0.1;
  assert.equal(t.admit('new', 1_000_101), false);
  assert.equal(t.deficit, 2);
  draw = 0.26;
  assert.equal(t.admit('new', 1_000_102), true);
});

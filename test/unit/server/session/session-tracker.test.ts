import assert from 'node:assert/strict';
import { test } from 'node:test';
import { int64FromHex, int64ToHex } from '../../../../protocol/int64.ts';
import { firstSessionId, SessionTracker } from '../../../../server/session/session-tracker.ts';

const START_MS = 10_000;

function newTracker(wallMs = 1_700_000_000_000): SessionTracker {
  return new SessionTracker({ tickTimeMs: 1000, serverId: 1, nowMs: START_MS, wallMs });
}

/** From a JVM: `(ms << 24) >>> 8 | serverId << 56`, which is never Long.MIN_VALUE. */
const FIRST_IDS: readonly (readonly [serverId: number, ms: number, id: string])[] = [
  [1, 0, '100000000000000'],
  [1, 1, '100000000010000'],
  [1, 1700000000000, '18bcfe568000000'],
  [2, 1700000000000, '28bcfe568000000'],
  [255, 1785000000123, 'ff9f9a4a7a7b0000'],
  [128, 1099511627776, '8000000000000001'],
  [0, 5, '50000'],
  [128, 0, '8000000000000001'],
  [127, 1099511627775, '7fffffffffff0000'],
  [254, 4294967295, 'fe00ffffffff0000'],
];

for (const [serverId, ms, id] of FIRST_IDS) {
  test(`server ${serverId} begins at ${ms} with session 0x${id}`, () => {
    assert.equal(int64ToHex(firstSessionId(serverId, ms)), id);
  });
}

test('ids count upwards and carry into the upper half', () => {
  const tracker = newTracker();
  const ids = Array.from({ length: 3 }, () => int64ToHex(tracker.create(START_MS, 4000).id));
  assert.deepEqual(ids, ['18bcfe568000000', '18bcfe568000001', '18bcfe568000002']);
});

test('an id that a session has already is passed over', () => {
  const tracker = newTracker();
  const taken = ['018bcfe568000000', '018bcfe568000001', '018bcfe568000003'];
  for (const id of taken) tracker.track(int64FromHex(id)!, START_MS, 4000);
  const ids = Array.from({ length: 2 }, () => int64ToHex(tracker.create(START_MS, 4000).id));
  assert.deepEqual(ids, ['18bcfe568000002', '18bcfe568000004']);
});

test('a session is found by its id until it is removed', () => {
  const tracker = newTracker();
  const session = tracker.create(START_MS, 4000);
  assert.equal(tracker.get({ ...session.id }), session);
  assert.equal(tracker.count, 1);
  tracker.remove(session);
  assert.equal(tracker.get(session.id), undefined);
  assert.equal(tracker.count, 0);
  assert.deepEqual(tracker.takeExpired(START_MS + 100_000), []);
});

test('whoever waits for the end of a session is told once it is gone', () => {
  const tracker = newTracker();
  const session = tracker.create(START_MS, 4000);
  const told: (number | string)[] = [];
  session.onRemoved.push(
    () => told.push(tracker.count),
    () => told.push('second'),
  );
  tracker.remove(session);
  assert.deepEqual(told, [0, 'second']);
});

test('silence for a timeout expires a session, and with it those of the same bucket', () => {
  const tracker = newTracker();
  const silent = tracker.create(START_MS, 4000);
  const alike = tracker.create(START_MS + 300, 4000);
  const heard = tracker.create(START_MS, 4000);
  tracker.touch(heard, START_MS + 3000);
  assert.deepEqual(tracker.takeExpired(START_MS + 4000), []);
  assert.deepEqual(tracker.takeExpired(START_MS + 5000), [silent, alike]);
  assert.deepEqual(
    [silent, alike, heard].map(({ closing }) => closing),
    [true, true, false],
  );
  assert.deepEqual(tracker.takeExpired(START_MS + 8000), [heard]);
  assert.equal(tracker.count, 3, 'they stay until their end is applied');
});

test('a session that is closing does not expire as well', () => {
  const tracker = newTracker();
  tracker.create(START_MS, 4000).closing = true;
  assert.deepEqual(tracker.takeExpired(START_MS + 100_000), []);
});

test('a timeout that was negotiated anew counts from the next touch on', () => {
  const tracker = newTracker();
  const session = tracker.create(START_MS, 4000);
  session.timeoutMs = 20_000;
  tracker.touch(session, START_MS + 1000);
  assert.deepEqual(tracker.takeExpired(START_MS + 21_000), []);
  assert.deepEqual(tracker.takeExpired(START_MS + 22_000), [session]);
});

test('a session from the log has its whole timeout before it', () => {
  const tracker = newTracker();
  const session = tracker.track({ hi: 0x0200_0000, lo: 7 }, START_MS, 30_000);
  assert.equal(session.key, '200000000000007');
  assert.deepEqual(tracker.takeExpired(START_MS + 30_000), []);
  assert.deepEqual(tracker.takeExpired(START_MS + 31_000), [session]);
});

test('one deadline serves all sessions', () => {
  const tracker = newTracker();
  assert.equal(tracker.deadlineMs, START_MS + 1000);
  tracker.create(START_MS, 30_000);
  assert.equal(tracker.deadlineMs, START_MS + 1000);
  tracker.takeExpired(tracker.deadlineMs);
  assert.equal(tracker.deadlineMs, START_MS + 2000);
  assert.deepEqual(
    tracker.expiryBuckets().map(([atMs, sessions]) => [atMs, sessions.size]),
    [[START_MS + 31_000, 1]],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sessionTiming } from '../../../client/session-timing.ts';

const CASES = [
  // timeout, hosts, read timeout, ping, connect, expiration
  [30_000, 1, 20_000, 9000, 10_000, 40_000],
  [30_000, 5, 20_000, 9000, 6000, 40_000],
  [60_000, 3, 40_000, 10_000, 20_000, 80_000],
  [6000, 1, 4000, 1000, 2000, 8000],
  [4000, 1, 2666, 1000, 1333, 5333],
  [600, 2, 400, 200, 200, 800],
  [3, 3, 2, 1, 1, 4],
] as const;

for (const [sessionTimeoutMs, hostCount, read, ping, connect, expiration] of CASES) {
  test(`a session of ${sessionTimeoutMs} ms over ${hostCount} hosts pings every ${ping} ms`, () => {
    assert.deepEqual(sessionTiming({ sessionTimeoutMs, hostCount }), {
      readTimeoutMs: read,
      pingIntervalMs: ping,
      connectTimeoutMs: connect,
      expirationMs: expiration,
    });
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Broadcast, type Proposal } from '../../../election/broadcast.ts';
import { MajorityVerifier } from '../../../election/quorum-verifier.ts';
import { toServerId } from '../../../election/server-id.ts';
import { int64FromNumber } from '../../../protocol/int64.ts';
import type { Zxid } from '../../../protocol/zxid.ts';
import { Random } from '../../differential/random.ts';

function zxid(counter: number, epoch = 0): Zxid {
  return { hi: epoch, lo: counter };
}

/** A broadcast among servers 1 to `servers`, and the zxids that it has committed. */
function broadcastAmong(servers: number): {
  readonly broadcast: Broadcast<Proposal>;
  readonly committed: Zxid[];
} {
  const voters = Array.from({ length: servers }, (_, i) => toServerId(i + 1));
  const committed: Zxid[] = [];
  const broadcast = new Broadcast(new MajorityVerifier(voters), {
    commit: ({ zxid: id }) => committed.push(id),
  });
  return { broadcast, committed };
}

test('an ensemble of one commits what its own log has', () => {
  const { broadcast, committed } = broadcastAmong(1);
  broadcast.propose({ zxid: zxid(1) });
  broadcast.propose({ zxid: zxid(2) });
  assert.equal(broadcast.outstandingCount, 2);
  assert.deepEqual(committed, []);
  broadcast.onAck(toServerId(1), zxid(1));
  assert.deepEqual(committed, [zxid(1)]);
  broadcast.onAck(toServerId(1), zxid(2));
  assert.deepEqual(committed, [zxid(1), zxid(2)]);
  assert.equal(broadcast.outstandingCount, 0);
});

test('an acknowledgement stands for every earlier proposal', () => {
  const { broadcast, committed } = broadcastAmong(1);
  for (const counter of [1, 2, 3]) broadcast.propose({ zxid: zxid(counter) });
  broadcast.onAck(toServerId(1), zxid(3));
  assert.deepEqual(committed, [zxid(1), zxid(2), zxid(3)]);
});

test('a proposal is committed with the acknowledgement that makes the quorum, once', () => {
  const { broadcast, committed } = broadcastAmong(3);
  broadcast.propose({ zxid: zxid(1) });
  broadcast.propose({ zxid: zxid(2) });
  broadcast.onAck(toServerId(1), zxid(2));
  assert.deepEqual(committed, []);
  broadcast.onAck(toServerId(2), zxid(1));
  assert.deepEqual(committed, [zxid(1)]);
  broadcast.onAck(toServerId(3), zxid(2));
  assert.deepEqual(committed, [zxid(1), zxid(2)]);
  broadcast.onAck(toServerId(2), zxid(2));
  assert.deepEqual(committed, [zxid(1), zxid(2)]);
});

test('the same server twice is no quorum', () => {
  const { broadcast, committed } = broadcastAmong(3);
  broadcast.propose({ zxid: zxid(1) });
  broadcast.onAck(toServerId(2), zxid(1));
  broadcast.onAck(toServerId(2), zxid(1));
  assert.deepEqual(committed, []);
});

test('an acknowledgement that does not vote changes nothing', () => {
  const { broadcast, committed } = broadcastAmong(3);
  broadcast.propose({ zxid: zxid(1) });
  broadcast.onAck(toServerId(1), zxid(1));
  broadcast.onAck(toServerId(9), zxid(1));
  assert.deepEqual(committed, []);
});

test('an acknowledgement that comes late takes nothing back', () => {
  const { broadcast, committed } = broadcastAmong(3);
  broadcast.propose({ zxid: zxid(1) });
  broadcast.propose({ zxid: zxid(2) });
  broadcast.onAck(toServerId(1), zxid(2));
  broadcast.onAck(toServerId(1), zxid(1));
  broadcast.onAck(toServerId(2), zxid(2));
  assert.deepEqual(committed, [zxid(1), zxid(2)]);
});

test('zxids are compared as unsigned counters within their epoch', () => {
  const { broadcast, committed } = broadcastAmong(1);
  const proposals = [zxid(0x7fff_ffff, 1), zxid(-0x8000_0000, 1), zxid(-1, 1), zxid(1, 2)];
  for (const id of proposals) broadcast.propose({ zxid: id });
  broadcast.onAck(toServerId(1), zxid(-0x8000_0000, 1));
  assert.deepEqual(committed, proposals.slice(0, 2));
  broadcast.onAck(toServerId(1), zxid(1, 2));
  assert.deepEqual(committed, proposals);
});

test('a proposal out of order is our own mistake', () => {
  for (const next of [zxid(5), zxid(4), zxid(0)]) {
    const { broadcast } = broadcastAmong(1);
    broadcast.propose({ zxid: zxid(5) });
    assert.throws(() => broadcast.propose({ zxid: next }), /zxid order/);
  }
});

test('what a commit proposes is committed in its turn', () => {
  const committed: number[] = [];
  const broadcast: Broadcast<Proposal> = new Broadcast(new MajorityVerifier([toServerId(1)]), {
    commit: ({ zxid: { lo } }) => {
      committed.push(lo);
      if (lo < 3) broadcast.propose({ zxid: zxid(lo + 2) });
    },
  });
  broadcast.propose({ zxid: zxid(1) });
  broadcast.propose({ zxid: zxid(2) });
  broadcast.onAck(toServerId(1), zxid(2));
  assert.deepEqual(committed, [1, 2]);
  broadcast.onAck(toServerId(1), zxid(4));
  assert.deepEqual(committed, [1, 2, 3, 4]);
});

test('acknowledgements in any order commit the same as a model that keeps everything', () => {
  const SERVERS = 5;
  const PROPOSALS = 4000;
  const random = new Random(7);
  const { broadcast, committed } = broadcastAmong(SERVERS);
  const acknowledged = new Array<number>(SERVERS).fill(0);
  let proposed = 0;
  while (committed.length < PROPOSALS) {
    if (proposed < PROPOSALS && random.chance(60)) {
      proposed += 1;
      broadcast.propose({ zxid: int64FromNumber(proposed) });
    } else {
      const server = random.below(SERVERS);
      const upTo = random.between(0, proposed);
      acknowledged[server] = Math.max(acknowledged[server]!, upTo);
      broadcast.onAck(toServerId(server + 1), int64FromNumber(upTo));
    }
    // The third highest of five is what a majority has.
    const expected = [...acknowledged].sort((a, b) => b - a)[2]!;
    assert.equal(committed.length, expected);
    assert.equal(broadcast.outstandingCount, proposed - expected);
    if (proposed === PROPOSALS && random.chance(5)) acknowledged.fill(PROPOSALS);
    if (acknowledged.every((upTo) => upTo === PROPOSALS)) {
      for (let id = 1; id <= SERVERS; id += 1) {
        broadcast.onAck(toServerId(id), int64FromNumber(PROPOSALS));
      }
    }
  }
  assert.deepEqual(
    committed.map(({ lo }) => lo),
    Array.from({ length: PROPOSALS }, (_, i) => i + 1),
  );
});

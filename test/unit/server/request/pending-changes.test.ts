import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Int64 } from 'jute-ts';
import { int64FromNumber } from '../../../../protocol/int64.ts';
import { OpCode } from '../../../../protocol/op-code.ts';
import { type NodeState, PendingChanges } from '../../../../server/request/pending-changes.ts';
import { Session } from '../../../../server/session/session-tracker.ts';
import { DataTree } from '../../../../storage/data-tree.ts';
import { Random } from '../../../differential/random.ts';
import { type Operation, onPath } from '../../../vectors/requests.ts';
import { newTree, txn, create as txnCreate } from '../../storage/tree-txns.ts';
import { type Asker, CLIENT, PrepareFixture } from './prepare-fixture.ts';
import { PATHS, randomWrite } from './random-writes.ts';

function zxid(n: number): Int64 {
  return int64FromNumber(n);
}

/** The tree / with /a in it, and nothing under way. */
function pendingOnA(): { readonly tree: DataTree; readonly pending: PendingChanges } {
  const tree = newTree();
  tree.apply(txn(1, txnCreate('/a', { data: Buffer.from('12345') })));
  return { tree, pending: new PendingChanges(tree, true) };
}

function changed(pending: PendingChanges, path: string, n: number): NodeState {
  const node = pending.find(path);
  assert(node !== undefined);
  const state = { ...node, zxid: zxid(n), version: node.version + 1 };
  pending.put(state);
  return state;
}

test('what is not under way is as the tree has it', () => {
  const { tree, pending } = pendingOnA();
  const node = pending.find('/a');
  const slot = tree.find('/a');
  assert.deepEqual(node, {
    path: '/a',
    zxid: { hi: -1, lo: -1 },
    ...tree.statPersisted(slot),
    childCount: 0,
    childrenBytes: 4,
    acl: tree.acl(slot),
    dataBytes: 5,
    contentCrc: tree.contentCrc(slot),
    digest: tree.nodeDigest(slot),
  });
  assert.equal(pending.find('/b'), undefined);
  assert.deepEqual(pending.digest, tree.digest);
});

test('the root is found under both of its names, and is one node', () => {
  const { pending } = pendingOnA();
  changed(pending, '/', 2);
  assert.equal(pending.find('')?.version, 1);
  changed(pending, '', 3);
  assert.equal(pending.find('/')?.version, 2);
});

test('a change is seen until it is applied, the last one of several', () => {
  const { pending } = pendingOnA();
  changed(pending, '/a', 2);
  changed(pending, '/a', 3);
  assert.equal(pending.find('/a')?.version, 2);
  pending.applied(zxid(2));
  assert.equal(pending.find('/a')?.version, 2);
  pending.remove('/a', zxid(4));
  assert.equal(pending.find('/a'), undefined);
  pending.applied(zxid(3));
  assert.equal(pending.find('/a'), undefined);
  pending.applied(zxid(4));
  assert.equal(pending.find('/a')?.version, 0, 'the tree of this test was left as it is');
});

test('a transaction that is taken back leaves what was there before it', () => {
  const { pending } = pendingOnA();
  changed(pending, '/a', 2);
  const digest = pending.digest;
  pending.atomically(() => {
    changed(pending, '/a', 3);
    changed(pending, '/a', 3);
    changed(pending, '', 3);
    pending.remove('/a', zxid(3));
    return false;
  });
  assert.equal(pending.find('/a')?.version, 1);
  assert.equal(pending.find('')?.version, 0);
  assert.deepEqual(pending.digest, digest);
});

test('a transaction that throws is taken back as well', () => {
  const { pending } = pendingOnA();
  assert.throws(
    () =>
      pending.atomically(() => {
        pending.remove('/a', zxid(2));
        throw new Error('of the caller');
      }),
    /of the caller/,
  );
  assert.equal(pending.find('/a')?.version, 0);
});

test('what a busy node was before is not kept', () => {
  const { pending } = pendingOnA();
  const before = process.memoryUsage().heapUsed;
  for (let n = 2; n < 100_000; n += 1) {
    pending.atomically(() => {
      changed(pending, '/a', n);
      return true;
    });
    // Two are always under way, so that the path never rests.
    pending.applied(zxid(n - 2));
  }
  const grownBytes = process.memoryUsage().heapUsed - before;
  // 100,000 states of some 300 bytes would be 30 MB.
  assert(grownBytes < 15e6, `${grownBytes} bytes`);
  assert.equal(pending.find('/a')?.version, 99_998);
});

test('without digests there is none, and changes are seen all the same', () => {
  const tree = new DataTree({
    digestEnabled: false,
    extendedTypesEnabled: false,
    emulate353TtlNodes: false,
  });
  const pending = new PendingChanges(tree, false);
  changed(pending, '/', 1);
  assert.equal(pending.digest, null);
  assert.equal(pending.find('/')?.digest, 0);
  assert.equal(pending.find('/')?.version, 1);
});

// -- against a model ----------------------------------------------------------------------------------

const ASKERS: readonly Asker[] = [CLIENT, { ...CLIENT, session: new Session({ hi: 1, lo: 9 }, 1) }];

function randomRequest(random: Random): Operation {
  const roll = random.below(100);
  if (roll < 5) return { op: OpCode.closeSession, write: () => {} };
  if (roll < 10) return onPath(OpCode.deleteContainer, random.pick(PATHS));
  return randomWrite(random);
}

/** What a tree has at a path, as far as a NodeState says it. */
function inTree(tree: DataTree, path: string): object | undefined {
  const node = tree.find(path);
  if (node < 0) return undefined;
  return {
    ...tree.statPersisted(node),
    childCount: tree.childCount(node),
    childrenBytes: tree.childrenBytes(node),
    acl: tree.acl(node),
    dataBytes: tree.dataLength(node),
  };
}

function underWay(pending: PendingChanges, path: string): object | undefined {
  const node = pending.find(path);
  if (node === undefined) return undefined;
  const { path: _path, zxid: _zxid, contentCrc: _crc, digest: _digest, ...state } = node;
  return state;
}

test('random writes are seen as a tree has them to which they are applied at once, digest included', () => {
  for (let seed = 0; seed < 60; seed += 1) {
    const random = new Random(seed);
    const fixture = new PrepareFixture({ enforceQuota: false });
    const { pending, tree } = fixture;
    // The model: the same transactions without the wait.
    const ahead = newTree();
    let childrenOfA: string[] = [];
    for (let step = 0; step < 120; step += 1) {
      const where = `seed ${seed} step ${step}`;
      const prepared = fixture.prepare(randomRequest(random), random.pick(ASKERS));
      ahead.apply(prepared);
      childrenOfA = ahead.find('/a') < 0 ? [] : ahead.children(ahead.find('/a'));
      const sequential = childrenOfA.map((name) => `/a/${name}`);
      for (const path of [...PATHS, '', '/zookeeper', ...sequential]) {
        assert.deepEqual(underWay(pending, path), inTree(ahead, path), `${where}: ${path}`);
      }
      for (const { session } of ASKERS) {
        assert.deepEqual(
          pending.ephemeralPaths(session!.id).sort(),
          ahead.ephemeralPaths(session!.id).sort(),
          where,
        );
      }
      assert.deepEqual(pending.digest, ahead.digest, where);
      fixture.apply(random.below(fixture.waitingCount + 1));
    }
    fixture.apply();
    assert.deepEqual(tree.digest, ahead.digest, `seed ${seed}`);
    assert.deepEqual(pending.digest, tree.digest, `seed ${seed}`);
    for (const path of PATHS) assert.deepEqual(inTree(tree, path), inTree(ahead, path));
  }
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Int64, JuteWriter } from 'jute-ts';
import type { ACL } from '../../../protocol/generated/data.ts';
import { OPEN_ACL_UNSAFE } from '../../../protocol/permission.ts';
import type { DataTree } from '../../../storage/data-tree.ts';
import type { MultiOp, Txn } from '../../../storage/txn-codec.ts';
import { ModelTree } from './model-tree.ts';
import { SeededRandom } from './seeded-random.ts';
import * as make from './tree-txns.ts';

const SESSIONS: readonly Int64[] = [1, 2, 3].map((lo) => ({ hi: 0x0100_0000, lo }));
const ACLS: readonly (readonly ACL[] | null)[] = [
  null,
  OPEN_ACL_UNSAFE,
  make.READ_ONLY,
  [],
  [{ perms: 31, id: { scheme: 'digest', id: 'ann:x' } }],
];
const NAMES = ['a', 'b', 'c', 'a-longer-name', 'é', 'ключ'];

describe('DataTree', () => {
  for (let seed = 1; seed <= 4; seed++) {
    it(`does what the model does over 2000 txns, seed ${seed}`, () => {
      const random = new SeededRandom(seed);
      const tree = make.newTree();
      const model = new ModelTree();
      for (let zxid = 1; zxid <= 2000; zxid++) {
        const txn = randomTxn(random, zxid, [...model.nodes.keys()]);
        model.apply(txn);
        tree.apply(txn);
        if (zxid % 10 === 0) assert.deepEqual(tree.digest, model.digest, `zxid ${zxid}`);
        if (zxid % 200 === 0) assertSame(tree, model);
      }
    });
  }
});

function assertSame(tree: DataTree, model: ModelTree): void {
  const writer = new JuteWriter();
  const output = Buffer.alloc(1 << 20);
  assert.equal(tree.nodeCount, model.nodes.size + 1);
  assert.equal(tree.approximateDataSize, model.dataSize);
  assert.equal(tree.aclCount, new Set([...model.nodes.values()].map(aclKey)).size - 1);
  for (const [path, expected] of model.nodes) {
    const bytes = Buffer.from(path);
    const node = tree.findBytes(bytes, 0, bytes.length);
    assert.equal(tree.find(path), node, path);
    assert.equal(tree.path(node), path);
    tree.writeDataAndStat(node, writer.reset(output));
    assert.deepEqual(output.subarray(0, writer.offset), model.getData(path), path);
    assert.deepEqual(tree.data(node), expected.data);
    assert.deepEqual(tree.acl(node), expected.acl);
    assert.deepEqual(tree.children(node), expected.children, path);
    tree.writeChildren(node, writer.reset(output));
    assert.deepEqual(output.subarray(0, writer.offset), vectorOf(expected.children), path);
    assert.equal(tree.childrenBytes(node), writer.offset);
    const { data, acl, children, ...stat } = expected;
    assert.deepEqual(tree.statPersisted(node), stat, path);
    assert.equal(tree.childCount(node), children.length);
  }
  let ephemerals = 0;
  for (const session of SESSIONS) {
    const paths = model.ephemeralPaths(session);
    assert.deepEqual(tree.ephemeralPaths(session).sort(), paths.sort());
    ephemerals += paths.length;
  }
  assert.equal(tree.ephemeralCount, ephemerals);
  const ownedBy = (hi: (owner: number) => boolean): string[] =>
    [...model.nodes].filter(([, node]) => hi(node.ephemeralOwner.hi)).map(([path]) => path);
  assert.deepEqual([...tree.containerPaths()].sort(), ownedBy((hi) => hi === -0x8000_0000).sort());
  assert.deepEqual([...tree.ttlPaths()].sort(), ownedBy((hi) => hi >>> 24 === 0xff).sort());
}

function aclKey({ acl }: { readonly acl: readonly ACL[] }): string {
  return JSON.stringify(acl);
}

function vectorOf(names: readonly string[]): Buffer {
  const writer = new JuteWriter().reset(Buffer.alloc(1 << 20));
  writer.writeCount(names.length);
  for (const name of names) writer.writeString(name);
  return writer.buffer.subarray(0, writer.offset);
}

/** Mostly sensible; now and then what only a replay brings: creates of what is there, deletes of parents. */
function randomTxn(random: SeededRandom, zxid: number, paths: readonly string[]): Txn {
  const session = random.pick(SESSIONS);
  const kind = random.next();
  // A replay goes back in time, which a parent must not.
  const at = random.next() < 0.05 ? random.below(zxid) : zxid;
  if (kind < 0.02) {
    const listed = random.next() < 0.5 ? [random.pick(paths), '/not/there'] : null;
    return make.txn(
      at,
      make.closeSession(listed?.filter((path) => isDeletable(path)) ?? null),
      session,
    );
  }
  if (kind < 0.1) {
    return make.txn(at, make.setAcl(random.pick(paths), random.pick(ACLS), zxid), session);
  }
  if (kind < 0.2) {
    const ops = Array.from({ length: random.below(5) }, () => randomOp(random, zxid, paths));
    if (random.next() < 0.3) ops.push(make.error(-101));
    return make.txn(at, make.multi(...ops), session);
  }
  return make.txn(at, randomOp(random, zxid, paths), session);
}

function randomOp(random: SeededRandom, version: number, paths: readonly string[]): MultiOp {
  const path = random.pick(paths);
  const parent = path === '/' ? '' : path;
  const child = `${parent}/${random.pick(NAMES)}${random.below(4)}`;
  const kind = random.next();
  if (kind < 0.4) {
    const fields = {
      data: randomData(random),
      acl: random.pick(ACLS),
      ephemeral: random.next() < 0.3,
      parentCVersion: random.next() < 0.3 ? random.below(40) : -1,
    };
    return random.next() < 0.5 ? make.create(child, fields) : make.create2(child, fields);
  }
  if (kind < 0.45) return make.createContainer(child);
  if (kind < 0.5) return make.createTtl(child, 1 + random.below(1e9));
  if (kind < 0.75) return make.setData(path, randomData(random), version);
  if (kind < 0.8) return make.remove(`${parent}/not-there`);
  return make.remove(isDeletable(path) ? path : '/not-there');
}

function isDeletable(path: string): boolean {
  return path !== '/' && !path.startsWith('/zookeeper');
}

function randomData(random: SeededRandom): Buffer | null {
  const kind = random.next();
  if (kind < 0.1) return null;
  const bytes = kind < 0.99 ? random.below(200) : random.below(200_000);
  return Buffer.alloc(bytes, random.below(256));
}

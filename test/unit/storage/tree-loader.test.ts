import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ACL, StatPersisted } from '../../../protocol/generated/data.ts';
import { int64FromNumber } from '../../../protocol/int64.ts';
import { OPEN_ACL_UNSAFE } from '../../../protocol/permission.ts';
import type { DataTree } from '../../../storage/data-tree.ts';
import { CONTAINER_OWNER, ttlOwner } from '../../../storage/ephemeral-type.ts';
import { dataOf, pathOf, snapshotNode, statOf } from '../../../storage/snapshot-node.ts';
import { LoadRefusal } from '../../../storage/tree-loader.ts';
import {
  create,
  createContainer,
  createTtl,
  newTree,
  READ_ONLY,
  remove,
  setData,
  txn,
} from './tree-txns.ts';

const SESSION = { hi: 0x0100_0000, lo: 1 };

/** All nodes of `from`, parents first, into a fresh tree. */
function copyOf(from: DataTree): DataTree {
  const to = newTree();
  const loader = to.beginLoad();
  const paths = ['/'];
  for (let path = paths.shift(); path !== undefined; path = paths.shift()) {
    const node = from.find(path);
    for (const name of from.children(node))
      paths.push(path === '/' ? `/${name}` : `${path}/${name}`);
    const image = { path, data: from.data(node), aclKey: 0, stat: from.statPersisted(node) };
    assert.ok(loader.add(snapshotNode(image), loader.acl(from.acl(node))) >= 0, path);
  }
  loader.finish();
  return to;
}

function describeTree(tree: DataTree): object {
  const nodes: Record<string, object> = {};
  const paths = ['/'];
  for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
    const node = tree.find(path);
    const children = tree.children(node).sort();
    for (const name of children) paths.push(path === '/' ? `/${name}` : `${path}/${name}`);
    nodes[path] = {
      data: tree.data(node)?.toString('hex'),
      stat: tree.statPersisted(node),
      acl: tree.acl(node),
      children,
      childrenBytes: tree.childrenBytes(node),
      nodeDigest: tree.nodeDigest(node),
    };
  }
  return {
    nodes,
    digest: tree.digest,
    nodeCount: tree.nodeCount,
    dataSize: tree.approximateDataSize,
    aclCount: tree.aclCount,
    ephemeralCount: tree.ephemeralCount,
    ephemerals: [...tree.ephemeralOwners()],
    containers: [...tree.containerPaths()],
    ttls: [...tree.ttlPaths()],
    quota: tree.quotaPrefix('/q/below'),
  };
}

/** Nodes of all kinds. */
function variedTree(): DataTree {
  const tree = newTree();
  let zxid = 0;
  for (const op of [
    create('/a', { data: Buffer.from('first') }),
    create('/a/null', { data: null, acl: READ_ONLY }),
    create('/a/ü-中', { data: Buffer.alloc(3000, 7), acl: READ_ONLY }),
    create('/a/eph', { ephemeral: true }),
    createContainer('/c'),
    createTtl('/t', 12_345),
    create('/q', { data: Buffer.from('12345') }),
    create('/q/below', { data: Buffer.from('678') }),
    create('/zookeeper/quota/q'),
    create('/zookeeper/quota/q/zookeeper_limits', { data: Buffer.from('count=5,bytes=-1') }),
    create('/zookeeper/quota/q/zookeeper_stats', { data: Buffer.from('count=0,bytes=0') }),
    create('/gone'),
    remove('/gone'),
    setData('/a', Buffer.from('second'), 1),
  ]) {
    tree.apply(txn(++zxid, op, SESSION));
  }
  return tree;
}

describe('a tree that is loaded node by node', () => {
  it('is the one that the nodes are from, in everything that is kept about it', () => {
    const tree = variedTree();
    assert.deepEqual(describeTree(copyOf(tree)), describeTree(tree));
  });

  it('changes from then on as the other does', () => {
    const trees = [variedTree()];
    trees.push(copyOf(trees[0]!));
    for (const tree of trees) {
      tree.apply(txn(100, setData('/q/below', Buffer.alloc(100), 1), SESSION));
      tree.apply(txn(101, remove('/a/null'), SESSION));
      tree.apply(txn(102, create('/a/null', { ephemeral: true }), SESSION));
      tree.apply(txn(103, remove('/c'), SESSION));
      tree.apply(txn(104, remove('/t'), SESSION));
      tree.killSession(SESSION, int64FromNumber(105));
    }
    assert.deepEqual(describeTree(trees[1]!), describeTree(trees[0]!));
  });

  it('counts what its quotas are used for, whatever was written', () => {
    const tree = newTree();
    const loader = tree.beginLoad();
    for (const [path, text] of [
      ['', ''],
      ['/q', 'abc'],
      ['/q/x', 'de'],
      ['/zookeeper', ''],
      ['/zookeeper/quota', ''],
      ['/zookeeper/quota/q', ''],
      ['/zookeeper/quota/q/zookeeper_limits', 'count=9,bytes=9'],
      ['/zookeeper/quota/q/zookeeper_stats', 'count=77,bytes=77'],
    ] as const) {
      const data = Buffer.from(text);
      loader.add(snapshotNode({ path, data, aclKey: -1, stat: stat() }), -1);
    }
    loader.finish();
    const usage = tree.data(tree.find('/zookeeper/quota/q/zookeeper_stats'));
    assert.equal(usage?.toString(), 'count=2,bytes=5');
    assert.equal(tree.quotaPrefix('/q/x/y'), '/q');
  });

  it('gets the node of the configuration if it comes from a time before that', () => {
    const tree = newTree();
    const loader = tree.beginLoad();
    for (const path of ['', '/zookeeper', '/zookeeper/quota']) {
      loader.add(snapshotNode({ path, data: null, aclKey: -1, stat: stat() }), -1);
    }
    loader.finish();
    const config = tree.find('/zookeeper/config');
    assert.deepEqual(tree.acl(config), READ_ONLY);
    assert.equal(tree.nodeCount, 5);
  });

  it('forgets ACLs that no node has', () => {
    const tree = newTree();
    const loader = tree.beginLoad();
    const used = loader.acl(READ_ONLY);
    assert.equal(loader.acl([...READ_ONLY]), used);
    assert.equal(loader.acl(OPEN_ACL_UNSAFE), -1);
    loader.acl([{ perms: 3, id: { scheme: 'digest', id: 'nobody:x' } }] satisfies ACL[]);
    loader.add(snapshotNode({ path: '', data: null, aclKey: 1, stat: stat() }), used);
    loader.finish();
    assert.equal(tree.aclCount, 1);
    assert.deepEqual(tree.acl(0), READ_ONLY);
  });

  for (const [what, paths, refusal] of [
    ['without a root', ['/a'], LoadRefusal.NO_PARENT],
    ['whose parent has not come', ['', '/a/b'], LoadRefusal.NO_PARENT],
    ['that is a second root', ['', ''], LoadRefusal.SECOND_ROOT],
    ['without a slash', ['', 'a'], LoadRefusal.NOT_A_PATH],
    ['with an empty name', ['', '/a', '/a/'], LoadRefusal.NOT_A_PATH],
    ['with an empty name at the top', ['', '//a'], LoadRefusal.NOT_A_PATH],
  ] as const) {
    it(`refuses a node ${what}`, () => {
      const loader = newTree().beginLoad();
      const answers = paths.map((path) =>
        loader.add(snapshotNode({ path, data: null, aclKey: -1, stat: stat() }), -1),
      );
      assert.equal(answers.at(-1), refusal);
      assert.ok(answers.slice(0, -1).every((slot) => slot >= 0));
    });
  }

  for (const [order, paths] of [
    ['at once', ['', '/a', '/a', '/b']],
    ['after others', ['', '/a', '/a/b', '/c', '/a']],
    ['after its children', ['', '/a', '/a/b', '/c', '/a/d', '/c/e', '/a/b', '/f']],
  ] as const) {
    it(`tells in the end of a node that came twice, ${order}`, () => {
      const loader = newTree().beginLoad();
      for (const path of paths) {
        loader.add(snapshotNode({ path, data: null, aclKey: -1, stat: stat() }), -1);
      }
      assert.equal(loader.finish(), order === 'after its children' ? '/a/b' : '/a');
    });
  }

  it('takes nodes in any order that has parents first', () => {
    const paths = ['/a', '/b', '/a/c', '/b/d', '/a/c/e', '/b/d/f', '/b/g', '/a/h', '/a/c/e/i'];
    const tree = newTree();
    const loader = tree.beginLoad();
    for (const path of ['', ...paths]) {
      loader.add(snapshotNode({ path, data: null, aclKey: -1, stat: stat() }), -1);
    }
    assert.equal(loader.finish(), null);
    for (const path of paths) assert.equal(tree.path(tree.find(path)), path);
    assert.deepEqual(tree.children(tree.find('/b')), ['d', 'g']);
  });

  it('refuses a path that is not UTF-8', () => {
    const loader = newTree().beginLoad();
    loader.add(snapshotNode({ path: '', data: null, aclKey: -1, stat: stat() }), -1);
    const node = snapshotNode({ path: '/é', data: null, aclKey: -1, stat: stat() });
    node.pathBytes--;
    assert.equal(loader.add(node, -1), LoadRefusal.NOT_A_PATH);
  });

  it('must be fresh', () => {
    assert.throws(() => variedTree().beginLoad(), /fresh/);
  });
});

describe('a node as it is persisted', () => {
  it('gives back what it was made of', () => {
    const parts = {
      path: '/ü',
      data: Buffer.from('x'),
      aclKey: 7,
      stat: { ...stat(), version: 3, ephemeralOwner: ttlOwner(int64FromNumber(5)) },
    };
    const node = snapshotNode(parts);
    assert.equal(pathOf(node), parts.path);
    assert.deepEqual(dataOf(node), parts.data);
    assert.deepEqual(statOf(node), parts.stat);
    assert.equal(dataOf(snapshotNode({ ...parts, data: null })), null);
    assert.deepEqual(statOf(snapshotNode({ ...parts, stat: containerStat() })), containerStat());
  });
});

function stat(): StatPersisted {
  const zero = { hi: 0, lo: 0 };
  return {
    czxid: zero,
    mzxid: { hi: 0, lo: 2 },
    ctime: { hi: 1, lo: -3 },
    mtime: { hi: 1, lo: -4 },
    version: 0,
    cversion: 0,
    aversion: -1,
    ephemeralOwner: zero,
    pzxid: { hi: 0, lo: -5 },
  };
}

function containerStat(): StatPersisted {
  return { ...stat(), ephemeralOwner: CONTAINER_OWNER };
}

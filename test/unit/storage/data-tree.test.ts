import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Int64, JuteWriter } from 'jute-ts';
import { ErrorCode } from '../../../protocol/error-code.ts';
import type { ACL } from '../../../protocol/generated/data.ts';
import { INT64_ZERO, int64ToHex } from '../../../protocol/int64.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { OPEN_ACL_UNSAFE } from '../../../protocol/permission.ts';
import { DataTree, type TreeObserver } from '../../../storage/data-tree.ts';
import {
  closeSession,
  create,
  create2,
  createContainer,
  createTtl,
  error,
  multi,
  newTree,
  READ_ONLY,
  remove,
  setAcl,
  setData,
  txn,
} from './tree-txns.ts';

const SESSION: Int64 = { hi: 0x0100_0000, lo: 1 };

type StatNumbers = {
  readonly czxid: number;
  readonly mzxid: number;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly dataLength: number;
  readonly numChildren: number;
  readonly pzxid: number;
};

/** Fields of a Stat from its bytes; of the long ones the lower half. */
function readStat(bytes: Buffer | null): StatNumbers {
  assert.ok(bytes !== null);
  assert.equal(bytes.length, 68);
  return {
    czxid: bytes.readInt32BE(4),
    mzxid: bytes.readInt32BE(12),
    version: bytes.readInt32BE(32),
    cversion: bytes.readInt32BE(36),
    aversion: bytes.readInt32BE(40),
    dataLength: bytes.readInt32BE(52),
    numChildren: bytes.readInt32BE(56),
    pzxid: bytes.readInt32BE(64),
  };
}

function statOf(tree: DataTree, path: string): StatNumbers {
  const writer = new JuteWriter().reset(Buffer.alloc(68));
  tree.writeStat(tree.find(path), writer);
  return readStat(writer.buffer);
}

describe('a fresh tree', () => {
  const tree = newTree();

  // As a standalone server of 3.9.5 on an empty directory answers.
  const builtIns: [string, number, number, number][] = [
    ['/', -1, 0, 1],
    ['/zookeeper', -2, 0, 2],
    ['/zookeeper/quota', 0, 0, 0],
    ['/zookeeper/config', 0, -1, 0],
  ];
  for (const [path, cversion, aversion, numChildren] of builtIns) {
    it(`has ${path} with empty data and a Stat of zeros`, () => {
      const node = tree.find(path);
      assert.deepEqual(tree.data(node), Buffer.alloc(0));
      assert.deepEqual(statOf(tree, path), {
        czxid: 0,
        mzxid: 0,
        version: 0,
        cversion,
        aversion,
        dataLength: 0,
        numChildren,
        pzxid: 0,
      });
      const config = path === '/zookeeper/config';
      assert.deepEqual(tree.acl(node), config ? READ_ONLY : OPEN_ACL_UNSAFE);
    });
  }

  it('counts five nodes and 44 bytes', () => {
    assert.equal(tree.nodeCount, 5);
    assert.equal(tree.approximateDataSize, 44);
    assert.equal(tree.ephemeralCount, 0);
    assert.equal(tree.descendantCount(tree.find('/')), 3);
    assert.equal(tree.descendantCount(tree.find('/zookeeper')), 2);
  });

  it('knows the root by two names', () => {
    assert.equal(tree.find(''), tree.find('/'));
    assert.equal(tree.findBytes(Buffer.from('x/y'), 1, 1), tree.find('/'));
    assert.equal(tree.path(tree.find('')), '/');
  });

  it('finds nothing else', () => {
    for (const path of ['zookeeper', '/zookeeper/', '//', '/a', '/zookeepeR', 'x']) {
      assert.equal(tree.find(path), -1, path);
      assert.equal(tree.findBytes(Buffer.from(path), 0, path.length), -1, path);
    }
  });
});

describe('find', () => {
  it('finds each of a hundred thousand nodes while the index grows and shrinks', () => {
    const tree = newTree();
    const path = (i: number): string => `/n${i.toString(36)}`;
    const count = 100_000;
    for (let i = 0; i < count; i++) tree.apply(txn(i + 1, create(path(i))));
    for (let i = 0; i < count; i++) assert.equal(tree.path(tree.find(path(i))), path(i));
    for (let i = 0; i < count; i += 2) tree.apply(txn(count + i, remove(path(i))));
    for (let i = 0; i < count; i++) assert.equal(tree.find(path(i)) >= 0, i % 2 === 1, path(i));
    assert.equal(tree.children(tree.find('/')).length, count / 2 + 1);
    for (let i = 0; i < count; i += 2) tree.apply(txn(3 * count + i, create(path(i))));
    for (let i = 0; i < count; i++) assert.equal(tree.path(tree.find(path(i))), path(i));
  });
});

describe('apply', () => {
  it('answers the Stat of every change but a plain create', () => {
    const tree = newTree();
    assert.equal(tree.apply(txn(1, create('/a'))).stat, null);
    const made = tree.apply(txn(2, create2('/a/b', { data: Buffer.from('xyz') })));
    assert.deepEqual(readStat(made.stat), {
      czxid: 2,
      mzxid: 2,
      version: 0,
      cversion: 0,
      aversion: 0,
      dataLength: 3,
      numChildren: 0,
      pzxid: 2,
    });
    assert.equal(readStat(tree.apply(txn(3, createContainer('/c'))).stat).czxid, 3);
    assert.equal(readStat(tree.apply(txn(4, createTtl('/t', 5))).stat).czxid, 4);
    const set = readStat(tree.apply(txn(5, setData('/a', Buffer.from('x'), 9))).stat);
    assert.deepEqual([set.mzxid, set.version, set.dataLength], [5, 9, 1]);
    assert.deepEqual([set.cversion, set.numChildren, set.pzxid], [1, 1, 2]);
    const acl = readStat(tree.apply(txn(6, setAcl('/a', READ_ONLY, 4))).stat);
    assert.deepEqual([acl.mzxid, acl.aversion], [5, 4]);
    assert.equal(tree.apply(txn(7, remove('/a/b'))).stat, null);
  });

  it('shows creates and deletes as cversion, and keeps the creates', () => {
    const tree = newTree();
    tree.apply(txn(1, create('/a')));
    for (let i = 0; i < 5; i++) tree.apply(txn(2 + i, create(`/a/${i}`)));
    for (let i = 0; i < 3; i++) tree.apply(txn(7 + i, remove(`/a/${i}`)));
    assert.equal(tree.cversion(tree.find('/a')), 5);
    const stat = statOf(tree, '/a');
    assert.deepEqual([stat.cversion, stat.numChildren, stat.pzxid], [8, 2, 9]);
  });

  it('numbers nodes as they are made, and never again', () => {
    const tree = newTree();
    const ids: number[] = [];
    for (let zxid = 1; zxid <= 20; zxid += 2) {
      tree.apply(txn(zxid, multi(create('/a'), create('/a/b'))));
      ids.push(tree.nodeId(tree.find('/a')), tree.nodeId(tree.find('/a/b')));
      tree.apply(txn(zxid + 1, multi(remove('/a/b'), remove('/a'))));
    }
    assert.deepEqual(
      ids,
      [...new Set(ids)].sort((a, b) => a - b),
    );
    assert.ok(tree.nodeId(tree.find('/')) < tree.nodeId(tree.find('/zookeeper')));
  });

  it('keeps children in the order of their creation', () => {
    const tree = newTree();
    tree.apply(txn(1, create('/a')));
    let zxid = 1;
    for (const name of ['d', 'b', 'e', 'a', 'c']) tree.apply(txn(++zxid, create(`/a/${name}`)));
    const children = (): string => tree.children(tree.find('/a')).join('');
    assert.equal(children(), 'dbeac');
    const steps: [string, string][] = [
      ['d', 'beac'],
      ['c', 'bea'],
      ['e', 'ba'],
      ['a', 'b'],
      ['b', ''],
    ];
    for (const [name, left] of steps) {
      tree.apply(txn(++zxid, remove(`/a/${name}`)));
      assert.equal(children(), left);
    }
    tree.apply(txn(++zxid, create('/a/z')));
    tree.apply(txn(++zxid, create('/a/y')));
    assert.equal(children(), 'zy');
  });

  it('shows an owner only if it is a session', () => {
    const tree = newTree();
    tree.apply(txn(1, create('/e', { ephemeral: true }), SESSION));
    tree.apply(txn(2, createContainer('/c')));
    tree.apply(txn(3, createTtl('/t', 0x1_0000_0005)));
    const owners = ['/e', '/c', '/t'].map((path) => {
      const writer = new JuteWriter().reset(Buffer.alloc(68));
      tree.writeStat(tree.find(path), writer);
      const shown = writer.buffer.toString('hex', 44, 52);
      return [shown, int64ToHex(tree.ephemeralOwner(tree.find(path)))];
    });
    assert.deepEqual(owners, [
      ['0100000000000001', '100000000000001'],
      ['0000000000000000', '8000000000000000'],
      ['0000000000000000', 'ff00000100000005'],
    ]);
    assert.deepEqual([...tree.containerPaths()], ['/c']);
    assert.deepEqual([...tree.ttlPaths()], ['/t']);
  });

  it('takes a TTL for a session when extended types are off, as Apache does', () => {
    const tree = new DataTree({
      digestEnabled: true,
      extendedTypesEnabled: false,
      emulate353TtlNodes: false,
    });
    tree.apply(txn(1, createTtl('/t', 5)));
    assert.deepEqual([...tree.ttlPaths()], []);
    assert.deepEqual(tree.ephemeralPaths({ hi: 0xff00_0000 | 0, lo: 5 }), ['/t']);
  });

  const refused: [string, ReturnType<typeof remove> | ReturnType<typeof setAcl>][] = [
    ['create without parent', create('/x/y')],
    ['create without slash', create('x')],
    ['create of nothing', create('')],
    ['delete without parent', remove('/x/y')],
    ['delete', remove('/x')],
    ['delete of nothing', remove('')],
    ['setData', setData('/x', null)],
    ['setACL', setAcl('/x', null)],
  ];
  for (const [name, op] of refused) {
    it(`answers NONODE to ${name} where there is none`, () => {
      const tree = newTree();
      const result = tree.apply(txn(1, op));
      assert.equal(result.err, ErrorCode.NONODE);
      assert.equal(result.stat, null);
      assert.equal(tree.nodeCount, 5);
    });
  }

  it('answers the error of an error txn and the path of a check', () => {
    const tree = newTree();
    assert.equal(tree.apply(txn(1, error(-103))).err, -103);
    const check = { type: OpCode.check, body: { path: '/', version: 1 } } as const;
    const result = tree.apply(txn(2, multi(check)));
    assert.deepEqual(result.multi, [{ type: OpCode.check, err: 0, path: '/', stat: null }]);
  });

  it('leaves the root alone', () => {
    const tree = newTree();
    assert.equal(tree.apply(txn(1, remove('/'))).err, ErrorCode.NONODE);
    assert.equal(tree.apply(txn(2, create('/'))).err, ErrorCode.NODEEXISTS);
    assert.equal(tree.nodeCount, 5);
  });
});

describe('a multi', () => {
  it('is carried out op by op, each Stat as of then', () => {
    const tree = newTree();
    const ops = [create2('/a'), create('/a/b'), setData('/a', Buffer.from('xx')), remove('/a/b')];
    const { err, multi: results } = tree.apply(txn(1, multi(...ops)));
    assert.equal(err, 0);
    assert.deepEqual(
      results?.map(({ type, path }) => [type, path]),
      ops.map((op) => [op.type, (op.body as { path: string }).path]),
    );
    assert.equal(readStat(results![0]!.stat).numChildren, 0);
    assert.equal(readStat(results![2]!.stat).numChildren, 1);
    assert.equal(statOf(tree, '/a').numChildren, 0);
  });

  it('that was refused changes nothing and says where it failed', () => {
    const tree = newTree();
    const { digest } = tree;
    const ops = multi(
      create('/a'),
      setData('/', null),
      error(-101),
      error(-2),
      remove('/zookeeper'),
    );
    const { type, err, multi: results } = tree.apply(txn(1, ops));
    assert.equal(type, OpCode.multi);
    assert.equal(err, ErrorCode.NONODE);
    assert.deepEqual(results, [
      { type: OpCode.error, err: 0, path: null, stat: null },
      { type: OpCode.error, err: 0, path: null, stat: null },
      { type: OpCode.error, err: -101, path: null, stat: null },
      { type: OpCode.error, err: -2, path: null, stat: null },
      { type: OpCode.error, err: -2, path: null, stat: null },
    ]);
    assert.deepEqual(tree.digest, digest);
  });

  it('without operations succeeds', () => {
    assert.deepEqual(newTree().apply(txn(1, multi())).multi, []);
  });
});

describe('closeSession', () => {
  const OTHER: Int64 = { hi: 0x0100_0000, lo: 2 };

  function treeWithEphemerals(): DataTree {
    const tree = newTree();
    tree.apply(txn(1, create('/p')));
    for (const name of ['a', 'b', 'c']) {
      tree.apply(txn(2, create(`/p/${name}`, { ephemeral: true }), SESSION));
    }
    tree.apply(txn(3, create('/p/other', { ephemeral: true }), OTHER));
    return tree;
  }

  it('deletes the listed paths, then what else the session has', () => {
    const tree = treeWithEphemerals();
    const deleted: string[] = [];
    tree.observer = recordingObserver((line) => deleted.push(line));
    tree.apply(txn(4, closeSession(['/p/c', '/gone', '/p/a']), SESSION));
    assert.deepEqual(deleted, ['deleted /p/c in /p', 'deleted /p/a in /p', 'deleted /p/b in /p']);
    assert.deepEqual(tree.children(tree.find('/p')), ['other']);
    assert.equal(statOf(tree, '/p').pzxid, 4);
    assert.equal(tree.ephemeralCount, 1);
    assert.deepEqual([...tree.ephemeralOwners()], [{ session: OTHER, paths: ['/p/other'] }]);
  });

  it('without a list deletes what the session has', () => {
    const tree = treeWithEphemerals();
    tree.apply(txn(4, closeSession(null), SESSION));
    assert.deepEqual(tree.children(tree.find('/p')), ['other']);
  });

  it('keeps a session listed that has deleted its last ephemeral, until it is closed', () => {
    const tree = treeWithEphemerals();
    tree.apply(txn(4, remove('/p/other')));
    assert.deepEqual([...tree.ephemeralOwners()][1], { session: OTHER, paths: [] });
    tree.apply(txn(5, closeSession([]), OTHER));
    assert.equal([...tree.ephemeralOwners()].length, 1);
  });
});

describe('a replay over a tree that is ahead of the log', () => {
  it('finds a node there: its ACL is set, and of a plain create the parent learns', () => {
    const tree = newTree();
    tree.apply(txn(1, create('/p')));
    tree.apply(txn(2, create('/p/a', { data: Buffer.from('new'), acl: READ_ONLY })));
    const again = { data: Buffer.from('old'), parentCVersion: 9 };
    assert.equal(tree.apply(txn(5, create('/p/a', again))).err, ErrorCode.NODEEXISTS);
    const node = tree.find('/p/a');
    assert.deepEqual(tree.data(node), Buffer.from('new'));
    assert.equal(tree.acl(node), OPEN_ACL_UNSAFE);
    assert.equal(tree.aclCount, 1); // that of /zookeeper/config
    assert.equal(tree.cversion(tree.find('/p')), 9);
    assert.equal(statOf(tree, '/p').pzxid, 5);
    assert.equal(tree.apply(txn(6, create2('/p/a', { parentCVersion: 20 }))).err, -110);
    assert.equal(tree.cversion(tree.find('/p')), 9);
  });

  it('does not take a parent back', () => {
    const tree = newTree();
    tree.apply(txn(8, create('/p', { parentCVersion: 5 })));
    tree.apply(txn(9, create('/p/a', { parentCVersion: 7 })));
    tree.apply(txn(3, create('/p/b', { parentCVersion: 2 })));
    tree.apply(txn(4, remove('/p/b')));
    assert.equal(tree.cversion(tree.find('/p')), 7);
    assert.equal(statOf(tree, '/p').pzxid, 9);
  });

  it('tells the parent of the delete of a node that is not there', () => {
    const tree = newTree();
    tree.apply(txn(1, create('/p')));
    assert.equal(tree.apply(txn(2, remove('/p/a'))).err, ErrorCode.NONODE);
    assert.equal(statOf(tree, '/p').pzxid, 2);
  });

  it('compares the lower half of a zxid without sign', () => {
    const tree = newTree();
    tree.apply(txn(0x7fff_ffff, create('/p')));
    tree.apply(txn(0x8000_0001, remove('/p/a')));
    assert.deepEqual(tree.pzxid(tree.find('/p')), { hi: 0, lo: 0x8000_0001 | 0 });
    tree.apply(txn(0x7fff_fffe, remove('/p/a')));
    assert.deepEqual(tree.pzxid(tree.find('/p')), { hi: 0, lo: 0x8000_0001 | 0 });
    tree.apply(txn(0x1_0000_0000, remove('/p/a')));
    assert.deepEqual(tree.pzxid(tree.find('/p')), { hi: 1, lo: 0 });
  });

  it('deletes a node with the children of its later life', () => {
    const tree = newTree();
    const { digest } = tree;
    tree.apply(txn(1, multi(create('/p'), create('/p/a'), create('/p/a/b'), createTtl('/p/c', 1))));
    tree.apply(txn(1, create('/p/a/e', { ephemeral: true }), SESSION));
    tree.apply(txn(2, remove('/p')));
    assert.equal(tree.nodeCount, 5);
    assert.equal(tree.ephemeralCount, 0);
    assert.deepEqual([...tree.ttlPaths()], []);
    assert.equal(tree.approximateDataSize, 44);
    assert.notDeepEqual(tree.digest, digest); // the root has counted
  });
});

describe('the observer', () => {
  it('is told of every change, when it is done and in order', () => {
    const tree = newTree();
    const lines: string[] = [];
    tree.observer = recordingObserver((line) => lines.push(line));
    tree.apply(txn(1, multi(create('/a'), create('/a/b'), setData('/a', null), remove('/a/b'))));
    tree.apply(txn(2, setAcl('/a', READ_ONLY)));
    tree.apply(txn(3, remove('/nothing')));
    tree.apply(txn(4, multi(remove('/a'), error(-101))));
    assert.deepEqual(lines, [
      'created /a in /',
      'created /a/b in /a',
      'changed /a',
      'deleted /a/b in /a',
    ]);
  });

  it('gets the ACLs of node and parent, of a deleted node its last one', () => {
    const tree = newTree();
    const mine: readonly ACL[] = [{ perms: 31, id: { scheme: 'digest', id: 'me:x' } }];
    tree.apply(txn(1, create('/a', { acl: mine })));
    const acls: unknown[] = [];
    tree.observer = {
      nodeCreated: (...args) => acls.push(args[3], args[4]),
      nodeDeleted: (...args) => acls.push(args[3], args[4]),
      nodeDataChanged: (...args) => acls.push(args[2]),
    };
    tree.apply(txn(2, create('/a/b', { acl: READ_ONLY })));
    tree.apply(txn(3, setData('/a/b', null)));
    tree.apply(txn(4, remove('/a/b')));
    assert.deepEqual(acls, [READ_ONLY, mine, READ_ONLY, READ_ONLY, mine]);
  });
});

describe('without digests', () => {
  it('the tree has none, and neither have nodes', () => {
    const tree = new DataTree({
      digestEnabled: false,
      extendedTypesEnabled: false,
      emulate353TtlNodes: false,
    });
    tree.apply(txn(1, create('/a', { data: Buffer.from('x') })));
    assert.deepEqual(tree.digest, INT64_ZERO);
    assert.equal(tree.nodeDigest(tree.find('/a')), 0);
    assert.equal(tree.contentCrc(tree.find('/a')), 0);
  });
});

function recordingObserver(record: (line: string) => void): TreeObserver {
  return {
    nodeCreated: (path, parentPath) => record(`created ${path} in ${parentPath}`),
    nodeDeleted: (path, parentPath) => record(`deleted ${path} in ${parentPath}`),
    nodeDataChanged: (path) => record(`changed ${path}`),
  };
}

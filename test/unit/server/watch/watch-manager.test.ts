import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Int64 } from 'jute-ts';
import type { ACL } from '../../../../protocol/generated/data.ts';
import { int64FromNumber, int64ToNumber } from '../../../../protocol/int64.ts';
import { AddWatchMode, type EventType, WatcherType } from '../../../../protocol/watch-event.ts';
import { MalformedRequestError } from '../../../../server/request/malformed-request-error.ts';
import {
  type Watcher,
  type WatchesToSet,
  WatchManager,
} from '../../../../server/watch/watch-manager.ts';
import { WatchMode } from '../../../../server/watch/watch-table.ts';
import type { DataTree } from '../../../../storage/data-tree.ts';
import {
  closeSession,
  create,
  error,
  multi,
  newTree,
  READ_ONLY,
  remove,
  setAcl,
  setData,
  txn,
} from '../../storage/tree-txns.ts';

const EVENT_NAMES = ['', 'created', 'deleted', 'data', 'children'];

/** Notes what it is told: `created /a @5`. */
class NotedWatcher implements Watcher {
  readonly notes: string[] = [];
  readonly acls: (readonly ACL[] | null)[] = [];

  onWatchEvent(type: EventType, path: string, zxid: Int64, acl: readonly ACL[] | null): void {
    this.notes.push(`${EVENT_NAMES[type]} ${path} @${int64ToNumber(zxid)}`);
    this.acls.push(acl);
  }

  take(): string[] {
    return this.notes.splice(0);
  }
}

type Fixture = {
  readonly tree: DataTree;
  readonly watches: WatchManager;
  readonly watcher: NotedWatcher;
  readonly triggered: (readonly [type: EventType, watcherCount: number])[];
};

/** A tree with /a, /a/b and /c, made by zxids 1 to 3, that a watch manager observes. */
function fixture(): Fixture {
  const triggered: [EventType, number][] = [];
  const watches = new WatchManager({
    onTriggered: (type, count) => triggered.push([type, count]),
  });
  const tree = newTree();
  for (const [i, path] of ['/a', '/a/b', '/c'].entries()) tree.apply(txn(i + 1, create(path)));
  tree.observer = watches;
  return { tree, watches, watcher: new NotedWatcher(), triggered };
}

/** How a client comes to have watches on /a. */
const REGISTRATIONS: Readonly<Record<string, (watches: WatchManager, w: Watcher) => void>> = {
  data: (watches, w) => watches.data.add('/a', w, WatchMode.STANDARD),
  child: (watches, w) => watches.children.add('/a', w, WatchMode.STANDARD),
  'data and child': (watches, w) => {
    watches.data.add('/a', w, WatchMode.STANDARD);
    watches.children.add('/a', w, WatchMode.STANDARD);
  },
  persistent: (watches, w) => watches.addWatch('/a', w, AddWatchMode.PERSISTENT),
  recursive: (watches, w) => watches.addWatch('/a', w, AddWatchMode.PERSISTENT_RECURSIVE),
  'every kind': (watches, w) => {
    watches.data.add('/a', w, WatchMode.STANDARD);
    watches.children.add('/a', w, WatchMode.STANDARD);
    watches.addWatch('/a', w, AddWatchMode.PERSISTENT);
    watches.addWatch('/a', w, AddWatchMode.PERSISTENT_RECURSIVE);
  },
};

/** For each kind of watch on /a: what is told of a change, done twice where that is possible. */
const TRIGGERS: readonly {
  readonly change: string;
  readonly txns: Parameters<DataTree['apply']>[0][];
  readonly told: Readonly<Record<keyof typeof REGISTRATIONS, readonly string[]>>;
}[] = [
  {
    change: 'setData of the node',
    txns: [txn(10, setData('/a', Buffer.from('x'))), txn(11, setData('/a', null, 2))],
    told: {
      data: ['data /a @10'],
      child: [],
      'data and child': ['data /a @10'],
      persistent: ['data /a @10', 'data /a @11'],
      recursive: ['data /a @10', 'data /a @11'],
      'every kind': ['data /a @10', 'data /a @11'],
    },
  },
  {
    change: 'creation of a child',
    txns: [txn(10, create('/a/x')), txn(11, create('/a/y'))],
    told: {
      data: [],
      child: ['children /a @10'],
      'data and child': ['children /a @10'],
      persistent: ['children /a @10', 'children /a @11'],
      recursive: ['created /a/x @10', 'created /a/y @11'],
      'every kind': ['created /a/x @10', 'children /a @10', 'created /a/y @11', 'children /a @11'],
    },
  },
  {
    change: 'deletion of a child',
    txns: [txn(10, remove('/a/b'))],
    told: {
      data: [],
      child: ['children /a @10'],
      'data and child': ['children /a @10'],
      persistent: ['children /a @10'],
      recursive: ['deleted /a/b @10'],
      'every kind': ['deleted /a/b @10', 'children /a @10'],
    },
  },
  {
    change: 'setData of a child, and creation of a grandchild',
    txns: [txn(10, setData('/a/b', Buffer.from('x'))), txn(11, create('/a/b/c'))],
    told: {
      data: [],
      child: [],
      'data and child': [],
      persistent: [],
      recursive: ['data /a/b @10', 'created /a/b/c @11'],
      'every kind': ['data /a/b @10', 'created /a/b/c @11'],
    },
  },
  {
    change: 'deletion and new creation of the node',
    txns: [txn(10, remove('/a/b')), txn(11, remove('/a')), txn(12, create('/a'))],
    told: {
      data: ['deleted /a @11'],
      child: ['children /a @10'],
      'data and child': ['children /a @10', 'deleted /a @11'],
      persistent: ['children /a @10', 'deleted /a @11', 'created /a @12'],
      recursive: ['deleted /a/b @10', 'deleted /a @11', 'created /a @12'],
      'every kind': ['deleted /a/b @10', 'children /a @10', 'deleted /a @11', 'created /a @12'],
    },
  },
  {
    change: 'setACL of the node',
    txns: [txn(10, setAcl('/a', READ_ONLY))],
    told: {
      data: [],
      child: [],
      'data and child': [],
      persistent: [],
      recursive: [],
      'every kind': [],
    },
  },
  {
    change: 'anything elsewhere',
    txns: [txn(10, create('/ab')), txn(11, setData('/c', null)), txn(12, remove('/c'))],
    told: {
      data: [],
      child: [],
      'data and child': [],
      persistent: [],
      recursive: [],
      'every kind': [],
    },
  },
  {
    change: 'a multi, operation by operation',
    txns: [
      txn(10, multi(create('/a/x'), setData('/a', null), remove('/a/x'), setData('/a', null, 2))),
    ],
    told: {
      data: ['data /a @10'],
      child: ['children /a @10'],
      'data and child': ['children /a @10', 'data /a @10'],
      persistent: ['children /a @10', 'data /a @10', 'children /a @10', 'data /a @10'],
      recursive: ['created /a/x @10', 'data /a @10', 'deleted /a/x @10', 'data /a @10'],
      'every kind': [
        'created /a/x @10',
        'children /a @10',
        'data /a @10',
        'deleted /a/x @10',
        'children /a @10',
        'data /a @10',
      ],
    },
  },
  {
    change: 'a multi that was refused',
    txns: [txn(10, multi(setData('/a', null), error(-101)))],
    told: {
      data: [],
      child: [],
      'data and child': [],
      persistent: [],
      recursive: [],
      'every kind': [],
    },
  },
];

for (const { change, txns, told } of TRIGGERS) {
  for (const [kind, register] of Object.entries(REGISTRATIONS)) {
    test(`${change} tells a ${kind} watch ${told[kind]!.length} times`, () => {
      const { tree, watches, watcher } = fixture();
      register(watches, watcher);
      for (const each of txns) tree.apply(each);
      assert.deepEqual(watcher.notes, told[kind]);
    });
  }
}

test('a watch on a node that does not exist waits for its creation', () => {
  const { tree, watches, watcher } = fixture();
  watches.data.add('/new', watcher, WatchMode.STANDARD);
  tree.apply(txn(10, create('/new')));
  tree.apply(txn(11, setData('/new', null)));
  assert.deepEqual(watcher.notes, ['created /new @10']);
});

test('a node that is deleted is told once to whom watches both its data and its children', () => {
  const { tree, watches, watcher, triggered } = fixture();
  const other = new NotedWatcher();
  watches.data.add('/c', watcher, WatchMode.STANDARD);
  watches.children.add('/c', watcher, WatchMode.STANDARD);
  watches.children.add('/c', other, WatchMode.STANDARD);
  tree.apply(txn(10, remove('/c')));
  assert.deepEqual(watcher.notes, ['deleted /c @10']);
  assert.deepEqual(other.notes, ['deleted /c @10']);
  // Both tables count, as Apache's metric does.
  assert.deepEqual(triggered, [
    [2, 1],
    [2, 2],
  ]);
  assert.equal(watches.watchCount, 0, 'the child watch that was not told is spent as well');
});

test('the end of a session tells of each node that goes with it, all with one zxid', () => {
  const { tree, watches, watcher } = fixture();
  const session = { hi: 0x0100_0000, lo: 9 };
  tree.apply(txn(4, create('/a/e1', { ephemeral: true }), session));
  tree.apply(txn(5, create('/a/e2', { ephemeral: true }), session));
  watches.addWatch('/a', watcher, AddWatchMode.PERSISTENT);
  watches.data.add('/a/e2', watcher, WatchMode.STANDARD);
  tree.apply(txn(6, closeSession(['/a/e1', '/a/e2']), session));
  assert.deepEqual(watcher.notes, ['children /a @6', 'deleted /a/e2 @6', 'children /a @6']);
});

test('who may hear an event is decided by the ACL of the node that it names', () => {
  const { tree, watches, watcher } = fixture();
  watches.addWatch('/a', watcher, AddWatchMode.PERSISTENT);
  watches.addWatch('/', watcher, AddWatchMode.PERSISTENT_RECURSIVE);
  tree.apply(txn(10, create('/a/x', { acl: READ_ONLY })));
  assert.deepEqual(watcher.take(), ['created /a/x @10', 'children /a @10']);
  assert.deepEqual(watcher.acls.splice(0), [READ_ONLY, tree.acl(tree.find('/a'))]);
  tree.apply(txn(11, remove('/a/x')));
  assert.deepEqual(watcher.take(), ['deleted /a/x @11', 'children /a @11']);
  assert.deepEqual(watcher.acls, [READ_ONLY, tree.acl(tree.find('/a'))]);
});

// -- setWatches -----------------------------------------------------------------------------------

const NOTHING: WatchesToSet = {
  relativeZxid: int64FromNumber(2),
  dataWatches: [],
  existWatches: [],
  childWatches: [],
  persistentWatches: [],
  persistentRecursiveWatches: [],
};

/**
 * The tree: /a made at 1, its data unchanged, its last child at 2; /a/b made at 2; /c made at 3. The client has seen 2.
 * `set` says whether a watch is set then.
 */
const RETURNS: readonly {
  readonly what: string;
  readonly watches: Partial<WatchesToSet>;
  readonly told: readonly string[];
  readonly set: number;
}[] = [
  { what: 'data that did not change', watches: { dataWatches: ['/a'] }, told: [], set: 1 },
  {
    what: 'data that changed since',
    watches: { dataWatches: ['/c'] },
    told: ['data /c @-1'],
    set: 0,
  },
  {
    what: 'data of a node that is gone',
    watches: { dataWatches: ['/gone'] },
    told: ['deleted /gone @-1'],
    set: 0,
  },
  {
    what: 'a node that is still missing',
    watches: { existWatches: ['/gone'] },
    told: [],
    set: 1,
  },
  {
    what: 'a node that is there, even if it was before',
    watches: { existWatches: ['/a'] },
    told: ['created /a @-1'],
    set: 0,
  },
  { what: 'children that did not change', watches: { childWatches: ['/a'] }, told: [], set: 1 },
  {
    what: 'children that changed since',
    watches: { relativeZxid: int64FromNumber(1), childWatches: ['/a'] },
    told: ['children /a @-1'],
    set: 0,
  },
  {
    what: 'children of the root, whose last one came at 3',
    watches: { childWatches: ['/'] },
    told: ['children / @-1'],
    set: 0,
  },
  {
    what: 'children of a node that is gone',
    watches: { childWatches: ['/gone'] },
    told: ['deleted /gone @-1'],
    set: 0,
  },
  {
    what: 'a persistent watch, which does not catch up',
    watches: { persistentWatches: ['/c', '/gone'] },
    told: [],
    set: 4,
  },
  {
    what: 'a recursive watch, which does not catch up',
    watches: { persistentRecursiveWatches: ['/c', '/gone'] },
    told: [],
    set: 2,
  },
  {
    what: 'several, list by list',
    watches: {
      childWatches: ['/gone', '/a'],
      existWatches: ['/c'],
      dataWatches: ['/gone', '/c', '/a'],
    },
    told: ['deleted /gone @-1', 'data /c @-1', 'created /c @-1', 'deleted /gone @-1'],
    set: 2,
  },
];

for (const { what, watches: asked, told, set } of RETURNS) {
  test(`setWatches for ${what}: ${told.length} events, ${set} watches`, () => {
    const { tree, watches, watcher } = fixture();
    watches.setWatches(tree, { ...NOTHING, ...asked }, watcher);
    assert.deepEqual(watcher.notes, told);
    assert.equal(watches.watchCount, set);
    assert(
      watcher.acls.every((acl) => acl === null),
      'no ACL is asked',
    );
  });
}

test('setWatches breaks off at a null path where it looks for a node, and keeps what it set before', () => {
  // /a exists and did not change, so that an exists watch on it is no watch but an event at once.
  const WATCHES = { dataWatches: 1, existWatches: 0, childWatches: 1 } as const;
  for (const [list, watchCount] of Object.entries(WATCHES)) {
    const { tree, watches, watcher } = fixture();
    assert.throws(
      () => watches.setWatches(tree, { ...NOTHING, [list]: ['/a', null, '/b'] }, watcher),
      MalformedRequestError,
    );
    assert.equal(watches.watchCount, watchCount, list);
  }
});

test('setWatches takes a null path for a persistent watch, under which nothing happens', () => {
  const { tree, watches, watcher } = fixture();
  watches.setWatches(tree, { ...NOTHING, persistentWatches: [null] }, watcher);
  assert.equal(watches.watchCount, 2);
});

// -- checkWatches and removeWatches -----------------------------------------------------------------

const TYPES = Object.entries(WatcherType);

/** Of which types a client with such watches on /a has one. */
const TYPES_OF: Readonly<Record<keyof typeof REGISTRATIONS, readonly string[]>> = {
  data: ['Data', 'Any'],
  child: ['Children', 'Any'],
  'data and child': ['Children', 'Data', 'Any'],
  persistent: ['Any', 'Persistent'],
  recursive: ['Any', 'PersistentRecursive'],
  'every kind': ['Children', 'Data', 'Any', 'Persistent', 'PersistentRecursive'],
};

for (const [kind, register] of Object.entries(REGISTRATIONS)) {
  for (const [name, type] of TYPES) {
    const has = TYPES_OF[kind]!.includes(name);
    test(`a ${kind} watch is ${has ? 'one' : 'none'} of type ${name}, to see and to remove`, () => {
      const { watches, watcher } = fixture();
      register(watches, watcher);
      const other = new NotedWatcher();
      register(watches, other);
      const before = watches.watchCount;
      assert.equal(watches.contains('/a', type, watcher), has);
      assert.equal(watches.contains('/b', type, watcher), false);
      assert.equal(watches.remove('/b', type, watcher), false);
      assert.equal(watches.remove('/a', type, watcher), has);
      assert.equal(watches.contains('/a', type, watcher), false);
      assert.equal(watches.remove('/a', type, watcher), false);
      assert.equal(watches.contains('/a', type, other), has, 'others keep theirs');
      if (!has) assert.equal(watches.watchCount, before);
    });
  }
}

test('removing a persistent watch takes it out of both tables and leaves one-shot watches', () => {
  const { watches, watcher } = fixture();
  REGISTRATIONS['every kind']!(watches, watcher);
  assert.equal(watches.remove('/a', WatcherType.Persistent, watcher), true);
  assert.equal(watches.data.modes('/a', watcher), 1 | 4);
  assert.equal(watches.children.modes('/a', watcher), 1);
});

test('with a connection go all its watches, and the tables are empty', () => {
  const { tree, watches, watcher } = fixture();
  const other = new NotedWatcher();
  for (const register of Object.values(REGISTRATIONS)) {
    register(watches, watcher);
    register(watches, other);
  }
  watches.removeWatcher(watcher);
  tree.apply(txn(10, setData('/a', null)));
  assert.deepEqual(watcher.notes, []);
  assert.deepEqual(other.notes, ['data /a @10']);
  watches.removeWatcher(other);
  for (const table of [watches.data, watches.children]) {
    assert.deepEqual([table.watchCount, table.pathCount, table.watcherCount], [0, 0, 0]);
  }
});

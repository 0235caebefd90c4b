import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WatchEventType, WatchKind, WatchListener } from '../../../client/watch.ts';
import { WatchRegistry } from '../../../client/watch-registry.ts';
import { WatcherType } from '../../../protocol/watch-event.ts';

const KINDS: readonly WatchKind[] = ['data', 'exist', 'child', 'persistent', 'recursive'];

/** A registry with one listener of every kind on `path`, and the names of listeners. */
function onEveryKind(path: string): {
  readonly registry: WatchRegistry;
  readonly names: (listeners: readonly WatchListener[]) => string;
} {
  const registry = new WatchRegistry();
  const byListener = new Map<WatchListener, WatchKind>();
  for (const kind of KINDS) {
    const listener = (): void => {};
    byListener.set(listener, kind);
    registry.add(kind, path, listener);
  }
  return {
    registry,
    names: (listeners) => listeners.map((one) => byListener.get(one) ?? '?').join(' '),
  };
}

const TOLD: readonly (readonly [WatchEventType, string, string])[] = [
  // Event, who is told the first time, who is told the second time.
  ['NodeCreated', 'data exist persistent recursive', 'persistent recursive'],
  ['NodeDataChanged', 'data exist persistent recursive', 'persistent recursive'],
  ['NodeChildrenChanged', 'child persistent', 'persistent'],
  ['NodeDeleted', 'data exist child persistent recursive', 'persistent recursive'],
];

for (const [type, first, second] of TOLD) {
  test(`${type} is told to ${first}, and uses the one-shot ones up`, () => {
    const { registry, names } = onEveryKind('/a');
    assert.equal(names(registry.take(type, '/other')), '');
    assert.equal(names(registry.take(type, '/a')), first);
    assert.equal(names(registry.take(type, '/a')), second);
  });
}

test('an event below is told to recursive watches of all ancestors, and of the root', () => {
  const { registry, names } = onEveryKind('/a');
  const root = (): void => {};
  registry.add('recursive', '/', root);
  assert.equal(names(registry.take('NodeCreated', '/a/b/c')), 'recursive ?');
  assert.equal(names(registry.take('NodeCreated', '/ab')), '?');
  assert.equal(names(registry.take('NodeDeleted', '/')), '?');
  assert.equal(names(registry.take('NodeChildrenChanged', '/a/b')), '');
});

test('a listener that is registered in several ways is told once', () => {
  const registry = new WatchRegistry();
  const listener = (): void => {};
  for (const kind of KINDS) registry.add(kind, '/a', listener);
  registry.add('data', '/a', listener);
  assert.deepEqual(registry.take('NodeDeleted', '/a'), [listener]);
});

const REMOVED = [
  [WatcherType.Children, { ChildWatchRemoved: 'child' }],
  [WatcherType.Data, { DataWatchRemoved: 'data exist' }],
  [WatcherType.Persistent, { PersistentWatchRemoved: 'persistent' }],
  [WatcherType.PersistentRecursive, { PersistentWatchRemoved: 'recursive' }],
  [
    WatcherType.Any,
    {
      DataWatchRemoved: 'data exist',
      ChildWatchRemoved: 'child',
      PersistentWatchRemoved: 'persistent recursive',
    },
  ],
] as const;

for (const [type, expected] of REMOVED) {
  test(`removing watches of type ${type} takes out ${Object.values(expected).join(' ')}`, () => {
    const { registry, names } = onEveryKind('/a');
    assert(registry.has(type, '/a'));
    const removed = registry.remove(type, '/a');
    assert.deepEqual(
      Object.fromEntries(removed.map((one) => [one.type, names(one.listeners)])),
      expected,
    );
    assert(!registry.has(type, '/a'));
    assert.equal(registry.has(WatcherType.Any, '/a'), type !== WatcherType.Any);
    assert.deepEqual(registry.remove(type, '/a'), []);
  });
}

test('removing one listener leaves the others', () => {
  const registry = new WatchRegistry();
  const [one, two] = [(): void => {}, (): void => {}];
  registry.add('data', '/a', one);
  assert(!registry.hasOthers(WatcherType.Data, '/a', one));
  registry.add('exist', '/a', two);
  assert(registry.hasOthers(WatcherType.Data, '/a', one));
  assert(!registry.has(WatcherType.Children, '/a', one));
  assert.deepEqual(registry.remove(WatcherType.Data, '/a', one), [
    { type: 'DataWatchRemoved', listeners: [one] },
  ]);
  assert(!registry.has(WatcherType.Data, '/a', one));
  assert(registry.has(WatcherType.Data, '/a', two));
});

test('the paths are told by kind, and none is left after clear', () => {
  const { registry } = onEveryKind('/a');
  registry.add('data', '/b', () => {});
  const all = ['/a'];
  assert.deepEqual(registry.paths(), {
    data: ['/a', '/b'],
    exist: all,
    child: all,
    persistent: all,
    recursive: all,
  });
  registry.clear();
  assert.deepEqual(Object.values(registry.paths()).flat(), []);
});

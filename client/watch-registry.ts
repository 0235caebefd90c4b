import { WatcherType } from '../protocol/watch-event.ts';
import type { WatchEventType, WatchKind, WatchListener } from './watch.ts';

/** The paths of all watches by kind, as a SetWatches2 request carries them. */
export type WatchedPaths = { readonly [kind in WatchKind]: readonly string[] };

/** Listeners that a removal took out, with the event that tells them so. */
export type RemovedWatches = {
  readonly type: WatchEventType;
  readonly listeners: readonly WatchListener[];
};

type Listeners = Map<string, Set<WatchListener>>;

/**
 * Who is to be told what: listeners by kind and path (the server's paths, without chroot). The server keeps one bit per
 * kind and path and forgets it with the connection; this is the memory that survives a reconnect.
 */
export class WatchRegistry {
  readonly #byKind: { readonly [kind in WatchKind]: Listeners } = {
    data: new Map(),
    exist: new Map(),
    child: new Map(),
    persistent: new Map(),
    recursive: new Map(),
  };

  add(kind: WatchKind, path: string, listener: WatchListener): void {
    const listeners = this.#byKind[kind];
    const known = listeners.get(path);
    if (known === undefined) listeners.set(path, new Set([listener]));
    else known.add(listener);
  }

  /**
   * The listeners of an event, each once. One-shot watches that it triggers are forgotten, as the server has
   * forgotten them.
   */
  take(type: WatchEventType, path: string): readonly WatchListener[] {
    const told = new Set<WatchListener>();
    for (const kind of ONE_SHOT_KINDS[type]) {
      for (const listener of this.#byKind[kind].get(path) ?? []) told.add(listener);
      this.#byKind[kind].delete(path);
    }
    for (const listener of this.#byKind.persistent.get(path) ?? []) told.add(listener);
    // A recursive watch never reports NodeChildrenChanged. The server sends one all the same if this client also has a
    // one-shot child watch on a descendant, so it must be kept back here.
    if (type !== 'NodeChildrenChanged' && this.#byKind.recursive.size > 0) {
      for (const ancestor of selfAndAncestors(path)) {
        for (const listener of this.#byKind.recursive.get(ancestor) ?? []) told.add(listener);
      }
    }
    return [...told];
  }

  /** Whether `path` has a watch that `type` of a removeWatches request means; of this listener if one is given. */
  has(type: WatcherType, path: string, listener?: WatchListener): boolean {
    return REMOVED_KINDS[type].some((kind) => {
      const listeners = this.#byKind[kind].get(path);
      return listeners !== undefined && (listener === undefined || listeners.has(listener));
    });
  }

  /** Whether anybody but `listener` has a watch that `type` means. */
  hasOthers(type: WatcherType, path: string, listener: WatchListener): boolean {
    return REMOVED_KINDS[type].some((kind) => {
      const listeners = this.#byKind[kind].get(path);
      return listeners !== undefined && [...listeners].some((other) => other !== listener);
    });
  }

  /** Forgets the watches that `type` means, all or those of one listener, and answers whose they were. */
  remove(type: WatcherType, path: string, listener?: WatchListener): readonly RemovedWatches[] {
    const removed = new Map<WatchEventType, Set<WatchListener>>();
    for (const kind of REMOVED_KINDS[type]) {
      const listeners = this.#byKind[kind].get(path);
      if (listeners === undefined) continue;
      const gone = listener === undefined ? [...listeners] : [listener];
      const told = removed.get(REMOVED_EVENT[kind]) ?? new Set();
      removed.set(REMOVED_EVENT[kind], told);
      for (const one of gone) {
        if (listeners.delete(one)) told.add(one);
      }
      if (listeners.size === 0) this.#byKind[kind].delete(path);
    }
    return [...removed]
      .filter(([, told]) => told.size > 0)
      .map(([event, told]) => ({ type: event, listeners: [...told] }));
  }

  paths(): WatchedPaths {
    return {
      data: [...this.#byKind.data.keys()],
      exist: [...this.#byKind.exist.keys()],
      child: [...this.#byKind.child.keys()],
      persistent: [...this.#byKind.persistent.keys()],
      recursive: [...this.#byKind.recursive.keys()],
    };
  }

  clear(): void {
    for (const listeners of Object.values(this.#byKind)) listeners.clear();
  }
}

/** Which one-shot watches an event uses up. */
const ONE_SHOT_KINDS: { readonly [type in WatchEventType]: readonly WatchKind[] } = {
  NodeCreated: ['data', 'exist'],
  NodeDataChanged: ['data', 'exist'],
  NodeChildrenChanged: ['child'],
  NodeDeleted: ['data', 'exist', 'child'],
  DataWatchRemoved: [],
  ChildWatchRemoved: [],
  PersistentWatchRemoved: [],
};

const REMOVED_KINDS: { readonly [type in WatcherType]: readonly WatchKind[] } = {
  [WatcherType.Children]: ['child'],
  [WatcherType.Data]: ['data', 'exist'],
  [WatcherType.Any]: ['data', 'exist', 'child', 'persistent', 'recursive'],
  [WatcherType.Persistent]: ['persistent'],
  [WatcherType.PersistentRecursive]: ['recursive'],
};

const REMOVED_EVENT: { readonly [kind in WatchKind]: WatchEventType } = {
  data: 'DataWatchRemoved',
  exist: 'DataWatchRemoved',
  child: 'ChildWatchRemoved',
  persistent: 'PersistentWatchRemoved',
  recursive: 'PersistentWatchRemoved',
};

/** `/a/b` gives `/a/b`, `/a`, `/`. */
function selfAndAncestors(path: string): readonly string[] {
  const found = [path];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    found.push(path.slice(0, end));
  }
  if (path !== '/') found.push('/');
  return found;
}

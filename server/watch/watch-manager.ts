import type { Int64 } from 'jute-ts';
import type { ACL } from '../../protocol/generated/data.ts';
import { compareInt64, INT64_MINUS_ONE } from '../../protocol/int64.ts';
import { AddWatchMode, EventType, WatcherType } from '../../protocol/watch-event.ts';
import type { DataTree, TreeObserver } from '../../storage/data-tree.ts';
import { MalformedRequestError } from '../request/malformed-request-error.ts';
import { WatchMode, WatchTable } from './watch-table.ts';

/** Who watches: a client connection. Its watches die with it. */
export interface Watcher {
  /**
   * Tells of an event, before anything else that could show it. `acl` is that of the node concerned:
   * who may not read it must not learn of it (CVE-2024-23944). Null for events that answer setWatches.
   */
  onWatchEvent(type: EventType, path: string, zxid: Int64, acl: readonly ACL[] | null): void;
}

/** How many watchers heard of an event, by its type. */
export interface WatchMetrics {
  onTriggered(type: EventType, watcherCount: number): void;
}

/** A list of paths as it came over the wire. */
type Paths = readonly (string | null)[] | null;

/** What setWatches and setWatches2 bring after a reconnect. */
export type WatchesToSet = {
  readonly relativeZxid: Int64;
  readonly dataWatches: Paths;
  readonly existWatches: Paths;
  readonly childWatches: Paths;
  readonly persistentWatches: Paths;
  readonly persistentRecursiveWatches: Paths;
};

/**
 * All watches of a server. It observes the tree: while a transaction is applied, each change is told to
 * those who watch it, in the order in which Apache's server tells it.
 */
export class WatchManager implements TreeObserver {
  readonly data: WatchTable<Watcher> = new WatchTable();
  readonly children: WatchTable<Watcher> = new WatchTable();
  readonly #metrics: WatchMetrics;

  constructor(metrics: WatchMetrics) {
    this.#metrics = metrics;
  }

  /** Data and child watches together, as the metric `watch_count` has them. */
  get watchCount(): number {
    return this.data.watchCount + this.children.watchCount;
  }

  nodeCreated(
    path: string,
    parentPath: string,
    zxid: Int64,
    acl: readonly ACL[],
    parentAcl: readonly ACL[],
  ): void {
    this.#tell(this.data.trigger(path), undefined, EventType.NodeCreated, path, zxid, acl);
    this.#tellParent(parentPath, zxid, parentAcl);
  }

  nodeDeleted(
    path: string,
    parentPath: string,
    zxid: Int64,
    acl: readonly ACL[],
    parentAcl: readonly ACL[],
  ): void {
    const told = this.data.trigger(path);
    this.#tell(told, undefined, EventType.NodeDeleted, path, zxid, acl);
    this.#tell(this.children.trigger(path), told, EventType.NodeDeleted, path, zxid, acl);
    this.#tellParent(parentPath, zxid, parentAcl);
  }

  nodeDataChanged(path: string, zxid: Int64, acl: readonly ACL[]): void {
    this.#tell(this.data.trigger(path), undefined, EventType.NodeDataChanged, path, zxid, acl);
  }

  /** A client's addWatch; the node need not exist, and no ACL is asked until an event comes. */
  addWatch(path: string, watcher: Watcher, mode: number): void {
    if (mode === AddWatchMode.PERSISTENT_RECURSIVE) {
      this.data.add(path, watcher, WatchMode.PERSISTENT_RECURSIVE);
    } else {
      this.data.add(path, watcher, WatchMode.PERSISTENT);
      this.children.add(path, watcher, WatchMode.PERSISTENT);
    }
  }

  /**
   * Sets the watches of a client that comes back, or tells at once what it missed since `relativeZxid`.
   * The ACL is not asked, as in Apache's server: the client had these watches before.
   */
  setWatches(tree: DataTree, watches: WatchesToSet, watcher: Watcher): void {
    const since = watches.relativeZxid;
    const missed = (type: EventType, path: string): void =>
      watcher.onWatchEvent(type, path, INT64_MINUS_ONE, null);

    for (const path of nodePathsOf(watches.dataWatches)) {
      const node = tree.find(path);
      if (node < 0) missed(EventType.NodeDeleted, path);
      else if (compareInt64(tree.mzxid(node), since) > 0) missed(EventType.NodeDataChanged, path);
      else this.data.add(path, watcher, WatchMode.STANDARD);
    }
    for (const path of nodePathsOf(watches.existWatches)) {
      if (tree.find(path) >= 0) missed(EventType.NodeCreated, path);
      else this.data.add(path, watcher, WatchMode.STANDARD);
    }
    for (const path of nodePathsOf(watches.childWatches)) {
      const node = tree.find(path);
      if (node < 0) missed(EventType.NodeDeleted, path);
      else if (compareInt64(tree.pzxid(node), since) > 0) {
        missed(EventType.NodeChildrenChanged, path);
      } else this.children.add(path, watcher, WatchMode.STANDARD);
    }
    for (const path of watchedPathsOf(watches.persistentWatches)) {
      this.addWatch(path, watcher, AddWatchMode.PERSISTENT);
    }
    for (const path of watchedPathsOf(watches.persistentRecursiveWatches)) {
      this.addWatch(path, watcher, AddWatchMode.PERSISTENT_RECURSIVE);
    }
  }

  /** Whether `watcher` has a watch of this type on `path` (checkWatches). */
  contains(path: string, type: WatcherType, watcher: Watcher): boolean {
    switch (type) {
      case WatcherType.Children:
        return (this.children.modes(path, watcher) & WatchMode.STANDARD) !== 0;
      case WatcherType.Data:
        return (this.data.modes(path, watcher) & WatchMode.STANDARD) !== 0;
      case WatcherType.Persistent:
        return (this.data.modes(path, watcher) & WatchMode.PERSISTENT) !== 0;
      case WatcherType.PersistentRecursive:
        return (this.data.modes(path, watcher) & WatchMode.PERSISTENT_RECURSIVE) !== 0;
      case WatcherType.Any:
        return this.data.modes(path, watcher) !== 0 || this.children.modes(path, watcher) !== 0;
    }
  }

  /** Takes the watches of this type away and tells whether there was one (removeWatches). */
  remove(path: string, type: WatcherType, watcher: Watcher): boolean {
    switch (type) {
      case WatcherType.Children:
        return this.children.remove(path, watcher, WatchMode.STANDARD);
      case WatcherType.Data:
        return this.data.remove(path, watcher, WatchMode.STANDARD);
      case WatcherType.Persistent: {
        const fromChildren = this.children.remove(path, watcher, WatchMode.PERSISTENT);
        return this.data.remove(path, watcher, WatchMode.PERSISTENT) || fromChildren;
      }
      case WatcherType.PersistentRecursive:
        return this.data.remove(path, watcher, WatchMode.PERSISTENT_RECURSIVE);
      case WatcherType.Any: {
        const fromChildren = this.children.remove(path, watcher);
        return this.data.remove(path, watcher) || fromChildren;
      }
    }
  }

  removeWatcher(watcher: Watcher): void {
    this.data.removeWatcher(watcher);
    this.children.removeWatcher(watcher);
  }

  #tellParent(parentPath: string, zxid: Int64, acl: readonly ACL[]): void {
    // Recursive watches are in the data table alone, so that they never hear NodeChildrenChanged.
    const watchers = this.children.trigger(parentPath);
    this.#tell(watchers, undefined, EventType.NodeChildrenChanged, parentPath, zxid, acl);
  }

  #tell(
    watchers: ReadonlySet<Watcher> | undefined,
    alreadyTold: ReadonlySet<Watcher> | undefined,
    type: EventType,
    path: string,
    zxid: Int64,
    acl: readonly ACL[],
  ): void {
    if (watchers === undefined) return;
    for (const watcher of watchers) {
      if (alreadyTold?.has(watcher) !== true) watcher.onWatchEvent(type, path, zxid, acl);
    }
    this.#metrics.onTriggered(type, watchers.size);
  }
}

/**
 * A null list or path makes the request malformed, but only when its turn comes: as in Apache's server, the
 * watches before it are set.
 */
function* nodePathsOf(paths: Paths): Iterable<string> {
  for (const path of listOf(paths)) {
    if (path === null) throw new MalformedRequestError('the path of a node must not be null');
    yield path;
  }
}

function* watchedPathsOf(paths: Paths): Iterable<string> {
  for (const path of listOf(paths)) yield toWatchedPath(path);
}

function listOf(paths: Paths): readonly (string | null)[] {
  if (paths === null) throw new MalformedRequestError('a list of watches must not be null');
  return paths;
}

/** Where no node is looked up, Apache's server takes a null path like any other: nothing ever happens under it. */
export function toWatchedPath(path: string | null): string {
  return path ?? 'null';
}

/** Bits of what a watcher wants of a path (WatcherMode). */
export const WatchMode = { STANDARD: 1, PERSISTENT: 2, PERSISTENT_RECURSIVE: 4 } as const;

export type WatchMode = (typeof WatchMode)[keyof typeof WatchMode];

/** Where the watch of one watcher on one path rests, while it is the path's only one. */
type SingleWatch<W> = { readonly watcher: W; modes: number };

/**
 * Who watches which path: one of the server's two tables (data watches, child watches).
 *
 * Most watched paths have one watcher, so a path leads to a two-field object and only with a second
 * watcher to a map. A watch costs about 90 bytes beside its path, whose string both directions share; on a
 * path with several watchers 100 to 150, with a string of its own (`test/bench/watch-memory.ts` measures it).
 */
export class WatchTable<W extends object> {
  readonly #byPath = new Map<string, SingleWatch<W> | Map<W, number>>();
  readonly #byWatcher = new Map<W, Set<string>>();
  #watchCount = 0;
  #recursiveCount = 0;

  /** Pairs of watcher and path. */
  get watchCount(): number {
    return this.#watchCount;
  }

  get pathCount(): number {
    return this.#byPath.size;
  }

  get watcherCount(): number {
    return this.#byWatcher.size;
  }

  add(path: string, watcher: W, mode: WatchMode): void {
    const before = this.modes(path, watcher);
    if ((before & mode) !== 0) return;
    if (before === 0) {
      this.#watchCount += 1;
      const paths = this.#byWatcher.get(watcher);
      if (paths === undefined) this.#byWatcher.set(watcher, new Set([path]));
      else paths.add(path);
    }
    if (mode === WatchMode.PERSISTENT_RECURSIVE) this.#recursiveCount += 1;
    this.#setModes(path, watcher, before | mode);
  }

  /** The modes in which `watcher` watches `path`; 0 if it does not. */
  modes(path: string, watcher: W): number {
    const watches = this.#byPath.get(path);
    if (watches === undefined) return 0;
    if (watches instanceof Map) return watches.get(watcher) ?? 0;
    return watches.watcher === watcher ? watches.modes : 0;
  }

  /** Takes the given modes away (all by default) and tells whether there was one of them. */
  remove(path: string, watcher: W, modes: number = ALL_MODES): boolean {
    const before = this.modes(path, watcher);
    if ((before & modes) === 0) return false;
    const left = before & ~modes;
    if ((before & ~left & WatchMode.PERSISTENT_RECURSIVE) !== 0) this.#recursiveCount -= 1;
    if (left === 0) {
      this.#forget(path, watcher);
      const paths = this.#byWatcher.get(watcher);
      paths?.delete(path);
      if (paths?.size === 0) this.#byWatcher.delete(watcher);
    } else {
      this.#setModes(path, watcher, left);
    }
    return true;
  }

  /** Forgets every watch of `watcher`. */
  removeWatcher(watcher: W): void {
    const paths = this.#byWatcher.get(watcher);
    if (paths === undefined) return;
    this.#byWatcher.delete(watcher);
    for (const path of paths) {
      if ((this.modes(path, watcher) & WatchMode.PERSISTENT_RECURSIVE) !== 0) {
        this.#recursiveCount -= 1;
      }
      this.#forget(path, watcher);
    }
  }

  /**
   * Who is to hear of a change of `path`: its own watchers, whose one-shot watches are spent by it, and
   * the recursive watchers of its ancestors. Each watcher once. Undefined when there are none.
   */
  trigger(path: string): Set<W> | undefined {
    let watchers: Set<W> | undefined;
    const watches = this.#byPath.get(path);
    if (watches instanceof Map) {
      watchers = new Set(watches.keys());
    } else if (watches !== undefined) {
      watchers = new Set([watches.watcher]);
    }
    for (const watcher of watchers ?? []) this.remove(path, watcher, WatchMode.STANDARD);
    return this.#recursiveCount === 0 ? watchers : this.#addRecursiveWatchers(path, watchers);
  }

  /** Paths by watcher, for `wchc`. */
  watchersWithPaths(): Iterable<[W, ReadonlySet<string>]> {
    return this.#byWatcher;
  }

  /** Watchers by path, for `wchp`. */
  *pathsWithWatchers(): Iterable<[string, W[]]> {
    for (const [path, watches] of this.#byPath) {
      yield [path, watches instanceof Map ? [...watches.keys()] : [watches.watcher]];
    }
  }

  #addRecursiveWatchers(path: string, watchers: Set<W> | undefined): Set<W> | undefined {
    let found = watchers;
    let ancestor = path;
    while (ancestor.length > 1) {
      ancestor = ancestor.slice(0, Math.max(1, ancestor.lastIndexOf('/')));
      const watches = this.#byPath.get(ancestor);
      if (watches === undefined) continue;
      const entries: Iterable<[W, number]> =
        watches instanceof Map ? watches : [[watches.watcher, watches.modes]];
      for (const [watcher, modes] of entries) {
        if ((modes & WatchMode.PERSISTENT_RECURSIVE) === 0) continue;
        found ??= new Set();
        found.add(watcher);
      }
    }
    return found;
  }

  #setModes(path: string, watcher: W, modes: number): void {
    const watches = this.#byPath.get(path);
    if (watches === undefined) {
      this.#byPath.set(path, { watcher, modes });
    } else if (watches instanceof Map) {
      watches.set(watcher, modes);
    } else if (watches.watcher === watcher) {
      watches.modes = modes;
    } else {
      this.#byPath.set(
        path,
        new Map([
          [watches.watcher, watches.modes],
          [watcher, modes],
        ]),
      );
    }
  }

  #forget(path: string, watcher: W): void {
    this.#watchCount -= 1;
    const watches = this.#byPath.get(path);
    if (watches instanceof Map) {
      watches.delete(watcher);
      if (watches.size > 0) return;
    }
    this.#byPath.delete(path);
  }
}

const ALL_MODES = WatchMode.STANDARD | WatchMode.PERSISTENT | WatchMode.PERSISTENT_RECURSIVE;

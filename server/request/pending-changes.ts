import type { Int64 } from 'jute-ts';
import type { ACL, StatPersisted } from '../../protocol/generated/data.ts';
import { compareInt64, equalInt64, INT64_MINUS_ONE, int64Key } from '../../protocol/int64.ts';
import type { DataTree } from '../../storage/data-tree.ts';
import { DigestSum, isExcluded, nodeDigestOf } from '../../storage/digest.ts';

/** What a node will be once everything proposed so far is applied. */
export type NodeState = StatPersisted & {
  readonly path: string;
  /** The change that made it so; -1 while it is as the tree has it. */
  readonly zxid: Int64;
  readonly childCount: number;
  /** Bytes of the reply that lists its children. */
  readonly childrenBytes: number;
  readonly acl: readonly ACL[];
  readonly dataBytes: number;
  /** CRC-32 of path and data, to which the digest of a node adds its Stat. */
  readonly contentCrc: number;
  /** What the node contributes to the tree's digest. */
  readonly digest: number;
};

/** One change that was proposed and not yet applied. */
type Change = {
  readonly path: string;
  readonly zxid: Int64;
  /** Null when the change deletes the node. */
  readonly state: NodeState | null;
};

/**
 * The tree as it will be: what is applied, plus the changes of the transactions under way. Requests are
 * prepared against it, so that a write sees the writes before it although none is on disk yet
 * (PrepRequestProcessor's outstanding changes).
 */
export class PendingChanges {
  readonly #tree: DataTree;
  readonly #digestEnabled: boolean;
  readonly #byPath = new Map<string, Change>();
  /** In zxid order; slots before `#head` are spent. */
  #changes: Change[] = [];
  #head = 0;
  #digest: DigestSum;
  readonly #owned = new OwnedPaths();
  /**
   * What each change of the transaction being prepared hid, while it may still be rolled back. Kept apart
   * from the changes: a link from each to the one before would keep the history of a busy node for ever.
   */
  #hidden: (Change | undefined)[] | null = null;

  constructor(tree: DataTree, digestEnabled: boolean) {
    this.#tree = tree;
    this.#digestEnabled = digestEnabled;
    this.#digest = new DigestSum(tree.digest);
  }

  /** The tree's digest after everything proposed so far; null when digests are off. */
  get digest(): Int64 | null {
    return this.#digestEnabled ? this.#digest.value : null;
  }

  /** The node at `path`, or undefined if there will be none. */
  find(path: string): NodeState | undefined {
    const key = path === '/' ? '' : path;
    const change = this.#byPath.get(key);
    if (change !== undefined) return change.state ?? undefined;
    const node = this.#tree.find(key);
    return node < 0 ? undefined : stateOf(this.#tree, key, node);
  }

  /** Notes what a node becomes; `state.zxid` is the change's. The digests are worked out here. */
  put(state: Omit<NodeState, 'digest'>): void {
    const counts = this.#digestEnabled && !isExcluded(state.path);
    const digest = counts ? nodeDigestOf(state.contentCrc, state) : 0;
    this.#add(state.path, state.zxid, { ...state, digest });
  }

  /** Notes that a node goes. */
  remove(path: string, zxid: Int64): void {
    this.#add(path, zxid, null);
  }

  /**
   * Runs `prepare`, which puts and removes, and takes all of that back if it answers false or throws: a multi is
   * wholly there or not at all, its parents included (ZOOKEEPER-1624).
   */
  atomically(prepare: () => boolean): void {
    const count = this.#changes.length;
    const digest = this.#digest.value;
    const hidden: (Change | undefined)[] = [];
    this.#hidden = hidden;
    let complete = false;
    try {
      complete = prepare();
    } finally {
      this.#hidden = null;
      while (!complete && this.#changes.length > count) {
        const change = this.#changes.pop() as Change;
        const { path } = change;
        this.#owned.remove(change);
        const previous = hidden.pop();
        if (previous === undefined) this.#byPath.delete(path);
        else this.#byPath.set(path, previous);
      }
      if (!complete) this.#digest = new DigestSum(digest);
    }
  }

  /** Everything up to `zxid` is applied: the tree itself has it now. */
  applied(zxid: Int64): void {
    while (this.#head < this.#changes.length) {
      const change = this.#changes[this.#head] as Change;
      if (compareInt64(change.zxid, zxid) > 0) break;
      if (this.#byPath.get(change.path) === change) this.#byPath.delete(change.path);
      this.#owned.remove(change);
      this.#head += 1;
    }
    if (this.#head === this.#changes.length) {
      this.#changes = [];
      this.#head = 0;
    } else if (this.#head > 1024) {
      this.#changes = this.#changes.slice(this.#head);
      this.#head = 0;
    }
  }

  /** The session's ephemeral nodes, with those being created and without those being deleted. */
  ephemeralPaths(session: Int64): string[] {
    const paths = new Set(this.#tree.ephemeralPaths(session));
    for (const path of this.#owned.paths(session)) paths.add(path);
    return [...paths].filter((path) => {
      const change = this.#byPath.get(path);
      if (change === undefined) return true;
      return change.state !== null && equalInt64(change.state.ephemeralOwner, session);
    });
  }

  #add(path: string, zxid: Int64, state: NodeState | null): void {
    if (this.#digestEnabled) {
      this.#digest.subtract(this.find(path)?.digest ?? 0);
      this.#digest.add(state?.digest ?? 0);
    }
    const change = { path, zxid, state };
    this.#hidden?.push(this.#byPath.get(path));
    this.#changes.push(change);
    this.#byPath.set(path, change);
    this.#owned.add(change);
  }
}

/**
 * The paths that changes under way give to an owner. Without it the end of each of many sessions that expire
 * together would have to look through the changes that the others' ends have made.
 */
class OwnedPaths {
  /** By owner: the paths, and how many changes under way there are for each. */
  readonly #countsByOwner = new Map<string, Map<string, number>>();

  paths(owner: Int64): Iterable<string> {
    return this.#countsByOwner.get(int64Key(owner))?.keys() ?? [];
  }

  add({ path, state }: Change): void {
    if (state === null || !isOwned(state)) return;
    const owner = int64Key(state.ephemeralOwner);
    let counts = this.#countsByOwner.get(owner);
    if (counts === undefined) {
      counts = new Map();
      this.#countsByOwner.set(owner, counts);
    }
    counts.set(path, (counts.get(path) ?? 0) + 1);
  }

  remove({ path, state }: Change): void {
    if (state === null || !isOwned(state)) return;
    const owner = int64Key(state.ephemeralOwner);
    const counts = this.#countsByOwner.get(owner);
    const left = (counts?.get(path) ?? 0) - 1;
    if (left > 0) counts?.set(path, left);
    else counts?.delete(path);
    if (counts?.size === 0) this.#countsByOwner.delete(owner);
  }
}

function isOwned({ ephemeralOwner: { hi, lo } }: NodeState): boolean {
  return hi !== 0 || lo !== 0;
}

function stateOf(tree: DataTree, path: string, node: number): NodeState {
  const stat = tree.statPersisted(node);
  return {
    path,
    zxid: INT64_MINUS_ONE,
    ...stat,
    childCount: tree.childCount(node),
    childrenBytes: tree.childrenBytes(node),
    acl: tree.acl(node),
    dataBytes: tree.dataLength(node),
    contentCrc: tree.contentCrc(node),
    digest: tree.nodeDigest(node),
  };
}

import { QUOTA_PATH } from './path.ts';
import { PathTrie } from './path-trie.ts';
import { StatsTrack } from './stats-track.ts';
import type { ZnodeStore } from './znode-store.ts';

/** Names of the two nodes of a quota, below `/zookeeper/quota<path>`. */
export const LIMITS_NODE = 'zookeeper_limits';
export const STATS_NODE = 'zookeeper_stats';

/** The node that holds the limits of the quota on `path`. */
export function limitsPath(path: string): string {
  return `${QUOTA_PATH}${path}/${LIMITS_NODE}`;
}

/** The node that holds what is used of the quota on `path`. */
export function statsPath(path: string): string {
  return `${QUOTA_PATH}${path}/${STATS_NODE}`;
}

/**
 * What the quotas say of a write: it fits, it exceeds a soft limit (to be logged), or a hard one (to be
 * refused with QUOTAEXCEEDED).
 */
export type QuotaVerdict =
  | { readonly kind: 'within' }
  | {
      readonly kind: 'soft' | 'hard';
      /** The path that has the quota. */
      readonly prefix: string;
      readonly resource: 'count' | 'bytes';
      /** What would be used after the write. */
      readonly used: number;
      readonly limit: number;
    };

/** What a write would add. */
export type QuotaChange = {
  readonly path: string;
  readonly bytesDiff: number;
  readonly countDiff: number;
};

/** What `checkQuota` needs of a tree. */
export type QuotaTree = {
  quotaPrefix(path: string): string | null;
  find(path: string): number;
  data(node: number): Uint8Array | null;
};

const WITHIN: QuotaVerdict = { kind: 'within' };

/**
 * Whether a write fits in the quota that covers its path (ZooKeeperServer.checkQuota). A hard limit takes
 * the place of the soft one for the same resource. To be called only if `enforceQuota` is on.
 */
export function checkQuota(tree: QuotaTree, change: QuotaChange): QuotaVerdict {
  const prefix = tree.quotaPrefix(change.path);
  if (prefix === null) return WITHIN;
  const limits = readStats(tree, limitsPath(prefix));
  const usage = readStats(tree, statsPath(prefix));
  if (limits === null || usage === null) return WITHIN;
  const count = compare(
    { prefix, resource: 'count', used: usage.count + change.countDiff },
    change.countDiff === 0 ? NO_LIMITS : { hard: limits.countHardLimit, soft: limits.count },
  );
  if (count.kind === 'hard') return count;
  const bytes = compare(
    { prefix, resource: 'bytes', used: usage.bytes + change.bytesDiff },
    change.bytesDiff === 0 ? NO_LIMITS : { hard: limits.byteHardLimit, soft: limits.bytes },
  );
  return bytes.kind === 'hard' || count.kind === 'within' ? bytes : count;
}

/** Limits below 0 are none. */
type Limits = { readonly hard: number; readonly soft: number };

const NO_LIMITS: Limits = { hard: -1, soft: -1 };

function compare(
  usage: {
    readonly prefix: string;
    readonly resource: 'count' | 'bytes';
    readonly used: number;
  },
  limits: Limits,
): QuotaVerdict {
  const kind = limits.hard >= 0 ? 'hard' : 'soft';
  const limit = limits[kind];
  return limit < 0 || usage.used <= limit ? WITHIN : { kind, ...usage, limit };
}

function readStats(tree: QuotaTree, path: string): StatsTrack | null {
  const node = tree.find(path);
  return node < 0 ? null : new StatsTrack(tree.data(node));
}

/**
 * Keeps the usage of every quota (DataTree's quota upkeep). Creating a limits node makes a quota, creating
 * a stats node counts what is there, and deleting the limits ends it. The usage is written into the stats
 * node in place, as no transaction: its Stat stays as it is but for dataLength.
 */
export class QuotaUpkeep {
  readonly #store: ZnodeStore;
  readonly #trie: PathTrie = new PathTrie();

  constructor(store: ZnodeStore) {
    this.#store = store;
  }

  /** The longest path with a quota that covers `path`, or null. */
  prefix(path: string): string | null {
    return this.#trie.longestPrefix(path);
  }

  /** Called when a node with `dataBytes` of data is in the tree. */
  onCreated(path: string, dataBytes: number): void {
    const limited = limitedPath(path, LIMITS_NODE);
    if (limited !== null) this.#trie.add(limited);
    const counted = limitedPath(path, STATS_NODE);
    if (counted !== null) this.#recount(counted);
    this.#addUsage(path, dataBytes, 1);
  }

  /** Called when a node that had `dataBytes` of data has left the tree. */
  onDeleted(path: string, dataBytes: number): void {
    const limited = limitedPath(path, LIMITS_NODE);
    if (limited !== null) this.#trie.delete(limited);
    this.#addUsage(path, -dataBytes, -1);
  }

  /** Called when the data of a node has become `bytesDiff` larger. */
  onDataChanged(path: string, bytesDiff: number): void {
    this.#addUsage(path, bytesDiff, 0);
  }

  /** Finds the quotas of a tree that was loaded, and counts what is used of each (DataTree.setupQuota). */
  rebuild(): void {
    const store = this.#store;
    const top = store.findPath(QUOTA_PATH);
    const limited: string[] = [];
    for (let node = top; node >= 0; node = store.nextInSubtree(node, top)) {
      const path = limitedPath(store.path(node), LIMITS_NODE);
      if (path !== null && path !== '') limited.push(path);
    }
    for (const path of limited) {
      this.#trie.add(path);
      this.#recount(path);
    }
  }

  #addUsage(path: string, bytesDiff: number, countDiff: number): void {
    const prefix = this.#trie.longestPrefix(path);
    if (prefix === null) return;
    const node = this.#store.findPath(statsPath(prefix));
    if (node < 0) return;
    const stats = new StatsTrack(this.#store.data(node));
    stats.count += countDiff;
    stats.bytes += bytesDiff;
    this.#store.setData(node, stats.toBytes());
  }

  #recount(prefix: string): void {
    const store = this.#store;
    const stats = new StatsTrack();
    stats.count = 0;
    stats.bytes = 0;
    const top = store.findPath(prefix);
    for (let node = top; node >= 0; node = store.nextInSubtree(node, top)) {
      stats.count++;
      stats.bytes += store.dataLength(node);
    }
    const node = store.findPath(statsPath(prefix));
    if (node >= 0) store.setData(node, stats.toBytes());
  }
}

/**
 * The path whose quota the node at `path` belongs to, or null if it is not called `name` or elsewhere.
 *
 * deviates: the root's is ''. A limits node makes no quota there; Apache's server dies of it.
 */
function limitedPath(path: string, name: string): string | null {
  if (!path.startsWith(QUOTA_PATH) || !path.endsWith(name)) return null;
  if (path.charCodeAt(path.length - name.length - 1) !== 0x2f) return null;
  const parent = path.slice(0, path.length - name.length - 1);
  return parent.length >= QUOTA_PATH.length ? parent.slice(QUOTA_PATH.length) : null;
}

import type { DataTree } from '../storage/data-tree.ts';
import { QUOTA_PATH } from '../storage/path.ts';
import { LIMITS_NODE, STATS_NODE } from '../storage/quota.ts';
import { StatsTrack } from '../storage/stats-track.ts';

/** Quota limits and usage, added up by the first component of the path. */
export type QuotaUsage = {
  readonly countLimits: Map<string, number>;
  readonly bytesLimits: Map<string, number>;
  readonly countUsage: Map<string, number>;
  readonly bytesUsage: Map<string, number>;
};

/** Walks the quota nodes: they are as many as there are quotas. */
export function quotaUsageOf(tree: DataTree): QuotaUsage {
  const usage: QuotaUsage = {
    countLimits: new Map(),
    bytesLimits: new Map(),
    countUsage: new Map(),
    bytesUsage: new Map(),
  };
  const root = tree.find(QUOTA_PATH);
  for (const namespace of root < 0 ? [] : tree.children(root)) {
    collect(tree, `${QUOTA_PATH}/${namespace}`, namespace, usage);
  }
  return usage;
}

function collect(tree: DataTree, path: string, namespace: string, usage: QuotaUsage): void {
  const node = tree.find(path);
  if (node < 0) return;
  for (const name of tree.children(node)) {
    const child = `${path}/${name}`;
    if (name !== LIMITS_NODE && name !== STATS_NODE) {
      collect(tree, child, namespace, usage);
      continue;
    }
    const track = new StatsTrack(tree.data(tree.find(child)));
    if (name === STATS_NODE) {
      add(usage.countUsage, namespace, track.count);
      add(usage.bytesUsage, namespace, track.bytes);
    } else {
      add(usage.countLimits, namespace, hardOr(track.countHardLimit, track.count));
      add(usage.bytesLimits, namespace, hardOr(track.byteHardLimit, track.bytes));
    }
  }
}

/** A hard limit takes the place of the soft one. */
function hardOr(hard: number, soft: number): number {
  return hard > -1 ? hard : soft;
}

function add(sums: Map<string, number>, namespace: string, value: number): void {
  if (value > -1) sums.set(namespace, (sums.get(namespace) ?? 0) + value);
}

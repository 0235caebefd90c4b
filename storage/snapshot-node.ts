import type { StatPersisted } from '../protocol/generated/data.ts';
import { longAt, setLong } from './long-view.ts';

/**
 * A znode as it is persisted, by where its parts lie. One object serves for many nodes: what it says, and the
 * bytes, are good only until the call that was given it returns.
 */
export type SnapshotNode = {
  /** Path and data lie in here. */
  bytes: Buffer;
  /** The same bytes as `bytes`. */
  view: DataView;
  pathAt: number;
  /** UTF-8; the root's path has 0 bytes, every other starts with a slash. */
  pathBytes: number;
  dataAt: number;
  /** −1: the data is null. */
  dataBytes: number;
  /** Names an ACL list of the table that came before; OPEN_ACL_KEY is always known. A safe integer. */
  aclKey: number;
  /** A StatPersisted as it is on the wire lies in here (see PersistedOffset), from `statAt` on. */
  stat: DataView;
  statAt: number;
};

/**
 * Where the fields of a StatPersisted lie on the wire; those before are where they are in a Stat.
 *
 *   StatPersisted = czxid:long mzxid:long ctime:long mtime:long version:int cversion:int aversion:int
 *                   ephemeralOwner:long pzxid:long
 *
 * cversion counts creates only, and ephemeralOwner is raw (see ephemeral-type.ts).
 */
export const PersistedOffset = {
  CVERSION: 36,
  EPHEMERAL_OWNER: 44,
  PZXID: 52,
} as const;

/** Size of a StatPersisted on the wire. */
export const STAT_PERSISTED_BYTES = 60;

/** The key of `world:anyone` with every permission where no list is named. */
export const OPEN_ACL_KEY = -1;

/** The path as a string; the root's is ''. For people and slow paths. */
export function pathOf(node: SnapshotNode): string {
  return node.bytes.toString('utf8', node.pathAt, node.pathAt + node.pathBytes);
}

/** A view of the data, or null. */
export function dataOf(node: SnapshotNode): Buffer | null {
  if (node.dataBytes < 0) return null;
  return node.bytes.subarray(node.dataAt, node.dataAt + node.dataBytes);
}

export function statOf({ stat, statAt }: SnapshotNode): StatPersisted {
  return {
    czxid: longAt(stat, statAt),
    mzxid: longAt(stat, statAt + 8),
    ctime: longAt(stat, statAt + 16),
    mtime: longAt(stat, statAt + 24),
    version: stat.getInt32(statAt + 32),
    cversion: stat.getInt32(statAt + PersistedOffset.CVERSION),
    aversion: stat.getInt32(statAt + 40),
    ephemeralOwner: longAt(stat, statAt + PersistedOffset.EPHEMERAL_OWNER),
    pzxid: longAt(stat, statAt + PersistedOffset.PZXID),
  };
}

/** A node from its parts, for what is not about speed. */
export function snapshotNode(parts: {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly aclKey: number;
  readonly stat: StatPersisted;
}): SnapshotNode {
  const path = Buffer.from(parts.path === '/' ? '' : parts.path, 'utf8');
  const { stat } = parts;
  const view = new DataView(new ArrayBuffer(STAT_PERSISTED_BYTES));
  setLong(view, 0, stat.czxid);
  setLong(view, 8, stat.mzxid);
  setLong(view, 16, stat.ctime);
  setLong(view, 24, stat.mtime);
  view.setInt32(32, stat.version);
  view.setInt32(PersistedOffset.CVERSION, stat.cversion);
  view.setInt32(40, stat.aversion);
  setLong(view, PersistedOffset.EPHEMERAL_OWNER, stat.ephemeralOwner);
  setLong(view, PersistedOffset.PZXID, stat.pzxid);
  const bytes = parts.data === null ? path : Buffer.concat([path, parts.data]);
  return {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    pathAt: 0,
    pathBytes: path.length,
    dataAt: path.length,
    dataBytes: parts.data === null ? -1 : parts.data.length,
    aclKey: parts.aclKey,
    stat: view,
    statAt: 0,
  };
}

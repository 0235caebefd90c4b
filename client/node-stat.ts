import type { Int64 } from 'jute-ts';
import type { Stat } from '../protocol/generated/data.ts';
import { equalInt64, INT64_ZERO, int64ToNumber } from '../protocol/int64.ts';

/**
 * A znode's Stat: plain numbers where they are exact, Int64 where they are not. `zxidToString` (protocol/zxid.ts) and
 * `int64ToHex` (protocol/int64.ts) show the latter.
 */
export type NodeStat = {
  /** zxid of the txn that created the node. */
  readonly czxid: Int64;
  /** zxid of the txn that last changed its data. */
  readonly mzxid: Int64;
  /** zxid of the txn that last created or deleted a child. */
  readonly pzxid: Int64;
  /** When it was created, ms since 1970 by the leader's clock. */
  readonly ctimeMs: number;
  /** When its data was last changed, ms since 1970 by the leader's clock. */
  readonly mtimeMs: number;
  /** Changes of its data; what `setData` and `delete` compare with. */
  readonly version: number;
  /** Changes of its children: creates plus deletes. */
  readonly cversion: number;
  /** Changes of its ACL; what `setACL` compares with. */
  readonly aversion: number;
  /** The session it lives with; zero if it is not ephemeral. */
  readonly ephemeralOwner: Int64;
  readonly dataLength: number;
  readonly numChildren: number;
};

export function toNodeStat(stat: Stat): NodeStat {
  return {
    czxid: stat.czxid,
    mzxid: stat.mzxid,
    pzxid: stat.pzxid,
    ctimeMs: int64ToNumber(stat.ctime),
    mtimeMs: int64ToNumber(stat.mtime),
    version: stat.version,
    cversion: stat.cversion,
    aversion: stat.aversion,
    ephemeralOwner: stat.ephemeralOwner,
    dataLength: stat.dataLength,
    numChildren: stat.numChildren,
  };
}

/** Whether the node goes away with the session that made it. */
export function isEphemeralNode(stat: NodeStat): boolean {
  return !equalInt64(stat.ephemeralOwner, INT64_ZERO);
}

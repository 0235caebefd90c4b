import type { Int64 } from 'jute-ts';
import { int64ToHex } from './int64.ts';

/**
 * A zxid is `epoch << 32 | counter`: the epoch of the leader that proposed, and its running number
 * within that epoch, where 0 stands for NEWLEADER and is never a transaction.
 */
export type Zxid = Int64;

/** Shown to people as `0x…`. */
export function zxidToString(zxid: Zxid): string {
  return `0x${int64ToHex(zxid)}`;
}

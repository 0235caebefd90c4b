/**
 * The txn log as Apache ZooKeeper writes it (`FileTxnLog`, `FilePadding`):
 *
 *     log    = header entry* zeros
 *     header = magic:int ("ZKLG")  version:int (2)  dbid:long (0)
 *     entry  = adler32(txn):long  length(txn):int  txn:bytes  end:byte (0x42, "B")
 *     txn    = TxnHeader (32 bytes)  body, absent for some types  TxnDigest, may be absent
 *
 * All integers are big-endian. A file is made longer than it is needed, a large piece at a time, and never appended to
 * by a later process; so it ends in zeros, where the checksum and the length of the next entry would be.
 */
import type { Int64 } from 'jute-ts';
import { int64FromHex, int64ToHex } from '../protocol/int64.ts';

/** "ZKLG". */
export const TXN_LOG_MAGIC = 0x5a4b4c47;
export const TXN_LOG_VERSION = 2;
export const LOG_HEADER_BYTES = 16;

/** Checksum and length, in front of the txn. */
export const ENTRY_PREFIX_BYTES = 12;
/** What an entry takes beyond its txn: the prefix and the end byte. */
export const ENTRY_OVERHEAD_BYTES = 13;
/** "B": the last byte of every entry; without it the entry was not written to its end. */
export const ENTRY_END = 0x42;

/** A TxnHeader: clientId:long cxid:int zxid:long time:long type:int. No txn is shorter. */
export const TXN_HEADER_BYTES = 32;
export const TXN_ZXID_OFFSET = 12;
export const TXN_TYPE_OFFSET = 28;

/** Apache looks this far ahead of its position to see whether the file must be extended. */
const PREALLOCATE_AHEAD_BYTES = 4096;

/** The name of the log file whose first txn is `zxid`. */
export function logFileName(zxid: Int64): string {
  return `log.${int64ToHex(zxid)}`;
}

/**
 * The zxid that a log file is named by; null if the name is not exactly that of a log file.
 *
 * deviates: Apache also takes `log.5.bak` for the log of zxid 5. A copy that an operator keeps beside its original is
 * not part of the history, so it is not read.
 */
export function zxidOfLogFile(name: string): Int64 | null {
  return name.startsWith('log.') ? (int64FromHex(name.slice(4)) ?? null) : null;
}

/**
 * The size that a log file should have before something is written at `position`: `size` as long as more than 4 KiB
 * are left, else larger by `preAllocBytes`, or the next multiple of that if the position has already run past the size.
 *
 * @param size the size asked for last, or what was written where that was more at the file's start.
 * @param preAllocBytes zero or less switches preallocation off.
 */
export function preallocatedSize(position: number, size: number, preAllocBytes: number): number {
  if (preAllocBytes <= 0 || position + PREALLOCATE_AHEAD_BYTES < size) return size;
  if (position <= size) return size + preAllocBytes;
  const wanted = position + preAllocBytes;
  return wanted - (wanted % preAllocBytes);
}

import type { Int64 } from 'jute-ts';
import { INT64_ZERO } from '../protocol/int64.ts';
import { adler32 } from './adler32.ts';
import {
  ENTRY_END,
  ENTRY_OVERHEAD_BYTES,
  LOG_HEADER_BYTES,
  TXN_LOG_MAGIC,
  TXN_LOG_VERSION,
} from './txn-log-format.ts';

/**
 * Entries of the txn log that go to disk in one write, in the bytes in which they lie there.
 *
 * The first 16 bytes are kept for a file header, so that a batch can be the beginning of a file without being moved.
 */
export class TxnLogBatch {
  readonly bytes: Buffer;
  /** Whether a new file must begin with this batch. */
  startsFile = false;
  count = 0;
  firstZxid: Int64 = INT64_ZERO;
  lastZxid: Int64 = INT64_ZERO;
  #end: number = LOG_HEADER_BYTES;

  /** @param capacity bytes for the header, entries and the zeros behind them. */
  constructor(capacity: number) {
    // Not from Node's shared pool; and pages that no batch has reached yet take no memory.
    this.bytes = Buffer.allocUnsafeSlow(capacity);
    this.bytes.writeInt32BE(TXN_LOG_MAGIC, 0);
    this.bytes.writeInt32BE(TXN_LOG_VERSION, 4);
    this.bytes.fill(0, 8, LOG_HEADER_BYTES);
  }

  /** Position in `bytes` behind the last entry. */
  get end(): number {
    return this.#end;
  }

  /** Bytes of all entries. */
  get entryBytes(): number {
    return this.#end - LOG_HEADER_BYTES;
  }

  /** Adds an entry; the caller has seen to it that there is room. */
  append(zxid: Int64, txn: Uint8Array): void {
    const bytes = this.bytes;
    const length = txn.length;
    let at = this.#end;
    const txnAt = at + ENTRY_OVERHEAD_BYTES - 1;
    bytes.set(txn, txnAt);
    // The checksum is taken of our copy: what it covers is what goes to disk.
    const crc = adler32(bytes, txnAt, length);
    bytes[at++] = 0;
    bytes[at++] = 0;
    bytes[at++] = 0;
    bytes[at++] = 0;
    bytes[at++] = crc >>> 24;
    bytes[at++] = crc >>> 16;
    bytes[at++] = crc >>> 8;
    bytes[at++] = crc;
    bytes[at++] = length >>> 24;
    bytes[at++] = length >>> 16;
    bytes[at++] = length >>> 8;
    bytes[at++] = length;
    at += length;
    bytes[at++] = ENTRY_END;
    this.#end = at;
    if (this.count++ === 0) this.firstZxid = zxid;
    this.lastZxid = zxid;
  }

  /** Makes the next `count` bytes behind the entries zero, so that they can be written with them. */
  zeroBehind(count: number): void {
    this.bytes.fill(0, this.#end, this.#end + count);
  }

  /** Empties it for the next use. */
  clear(): void {
    this.#end = LOG_HEADER_BYTES;
    this.count = 0;
    this.startsFile = false;
  }
}

import type { Int64 } from 'jute-ts';
import { adler32 } from './adler32.ts';
import type { ReadableFile } from './ports.ts';
import {
  ENTRY_END,
  ENTRY_OVERHEAD_BYTES,
  ENTRY_PREFIX_BYTES,
  TXN_HEADER_BYTES,
  TXN_ZXID_OFFSET,
} from './txn-log-format.ts';

/** Where reading a log file came to an end other than that of the file. */
export type LogStop = {
  /** Where the entry begins that could not be read. */
  readonly offset: number;
  /** What was found there instead of an entry. */
  readonly problem: string;
  /** Bytes of the entry if all of it is there, to its end byte, but its checksum is wrong; otherwise null. */
  readonly wholeEntryBytes: number | null;
};

/** What the bytes behind the last good entry are. */
export type LogTail =
  /** Nothing but zeros. */
  | { readonly kind: 'clean' }
  /** What a write leaves that a crash has cut off. It was not acknowledged. */
  | { readonly kind: 'torn' }
  /** Something that was written whole, and is no longer what was written. `laterEntry` is the first good entry behind it. */
  | {
      readonly kind: 'damaged';
      readonly laterEntry: { readonly offset: number; readonly zxid: Int64 } | null;
    };

/** The least that a disk writes, or leaves, as a whole. */
const SECTOR_BYTES = 512;
/** Zeros are skipped this much at a time. */
const BLOCK_BYTES = 4096;
const WINDOW_BYTES = 1 << 20;
/** To see whether an entry begins at some byte, these are needed from there on. */
const LOOKAHEAD_BYTES = ENTRY_PREFIX_BYTES + TXN_HEADER_BYTES;

/**
 * Decides what the rest of a log file is, from the place where no entry could be read.
 *
 * A batch is one write, and the next one begins only when it is durable. So a crash can only have cut off the last
 * batch, which nobody was told of, and nothing good can follow the cut unless the disk wrote the batch out of order. Hence:
 *
 * - An entry with a higher zxid than the last good one, anywhere behind: damaged. Nothing tells that entry from an
 *   acknowledged one. (Of a batch that power loss has torn out of order this is not true, but it cannot be known.)
 * - A whole entry, end byte and all, with a wrong checksum: damaged, unless one of its sectors is all zeros. The file
 *   was zeros before, a sector is written whole or not at all, so where no sector is missing nothing was torn.
 * - Anything else that is not zero: torn.
 *
 * @param afterZxid the last good zxid before the stop. An entry that is not above it is what an older file left on the
 *   disk, never part of this one.
 */
export async function examineTail(
  file: ReadableFile,
  stop: LogStop,
  afterZxid: Int64,
): Promise<LogTail> {
  const scan = new TailScan(file, stop.offset, afterZxid);
  const laterEntry = await scan.findEntry();
  if (laterEntry !== null) return { kind: 'damaged', laterEntry };
  if (!scan.hasData) return { kind: 'clean' };
  const { offset, wholeEntryBytes } = stop;
  if (wholeEntryBytes !== null && !(await missesSector(file, offset, wholeEntryBytes))) {
    return { kind: 'damaged', laterEntry: null };
  }
  return { kind: 'torn' };
}

/** Looks for an entry at every byte, in windows of bounded size. */
class TailScan {
  /** Whether any byte that was looked at is not zero. */
  hasData = false;
  readonly #file: ReadableFile;
  readonly #start: number;
  readonly #afterZxid: Int64;
  readonly #window: Buffer;
  readonly #zeros: Buffer = Buffer.alloc(BLOCK_BYTES + LOOKAHEAD_BYTES);

  constructor(file: ReadableFile, start: number, afterZxid: Int64) {
    this.#file = file;
    this.#start = start;
    this.#afterZxid = afterZxid;
    const bytes = Math.min(file.bytes - start, WINDOW_BYTES + LOOKAHEAD_BYTES);
    this.#window = Buffer.allocUnsafeSlow(bytes);
  }

  async findEntry(): Promise<{ offset: number; zxid: Int64 } | null> {
    const window = this.#window;
    for (let at = this.#start; at < this.#file.bytes; at += WINDOW_BYTES) {
      const filled = await this.#file.read(window, 0, window.length, at);
      for (let block = 0; block < Math.min(filled, WINDOW_BYTES); block += BLOCK_BYTES) {
        const end = Math.min(block + BLOCK_BYTES + LOOKAHEAD_BYTES, filled);
        if (window.compare(this.#zeros, 0, end - block, block, end) === 0) continue;
        this.hasData = true;
        const lastStart = Math.min(block + BLOCK_BYTES, filled - LOOKAHEAD_BYTES + 1);
        for (let candidate = block; candidate < lastStart; candidate++) {
          if (!this.#looksLikeEntry(window, candidate, at + candidate)) continue;
          if (await this.#isEntry(window, candidate, at + candidate)) {
            return { offset: at + candidate, zxid: zxidAt(window, candidate) };
          }
        }
      }
    }
    return null;
  }

  /** Cheap tests on prefix and txn header, which are within the window. */
  #looksLikeEntry(window: Buffer, at: number, offset: number): boolean {
    // The checksum is a long of which 32 bits are used.
    if (window[at] !== 0 || window.readInt32BE(at) !== 0) return false;
    const length = window.readInt32BE(at + 8);
    if (length < TXN_HEADER_BYTES) return false;
    if (offset + ENTRY_OVERHEAD_BYTES + length > this.#file.bytes) return false;
    const { hi, lo } = zxidAt(window, at);
    const after = this.#afterZxid;
    return hi > after.hi || (hi === after.hi && lo >>> 0 > after.lo >>> 0);
  }

  async #isEntry(window: Buffer, at: number, offset: number): Promise<boolean> {
    const length = window.readInt32BE(at + 8);
    const end = Buffer.alloc(1);
    await this.#file.read(end, 0, 1, offset + ENTRY_PREFIX_BYTES + length);
    if (end[0] !== ENTRY_END) return false;
    const txn = Buffer.allocUnsafe(length);
    await this.#file.read(txn, 0, length, offset + ENTRY_PREFIX_BYTES);
    return adler32(txn, 0, length) === window.readInt32BE(at + 4);
  }
}

function zxidAt(window: Buffer, entry: number): Int64 {
  const at = entry + ENTRY_PREFIX_BYTES + TXN_ZXID_OFFSET;
  return { hi: window.readInt32BE(at), lo: window.readInt32BE(at + 4) };
}

/** Whether, of one of the disk's sectors, all that belongs to the entry is zeros. */
async function missesSector(file: ReadableFile, offset: number, bytes: number): Promise<boolean> {
  const entry = Buffer.allocUnsafe(bytes);
  await file.read(entry, 0, bytes, offset);
  for (let start = 0; start < bytes; ) {
    const end = Math.min(start + SECTOR_BYTES - ((offset + start) % SECTOR_BYTES), bytes);
    if (entry.subarray(start, end).every((byte) => byte === 0)) return true;
    start = end;
  }
  return false;
}

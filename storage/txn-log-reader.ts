import type { Int64 } from 'jute-ts';
import { adler32 } from './adler32.ts';
import type { Disk, ReadableFile } from './ports.ts';
import { RecoveryError } from './recovery-error.ts';
import {
  ENTRY_END,
  ENTRY_OVERHEAD_BYTES,
  ENTRY_PREFIX_BYTES,
  LOG_HEADER_BYTES,
  TXN_HEADER_BYTES,
  TXN_LOG_MAGIC,
  TXN_LOG_VERSION,
  TXN_ZXID_OFFSET,
} from './txn-log-format.ts';
import { examineTail, type LogStop, type LogTail } from './txn-log-tail.ts';

export type TxnLogReaderOptions = {
  /** The last zxid known before this file: entries above it, found behind a damaged place, show that it is damage. */
  readonly afterZxid: Int64;
  /** How much is read at a time. Default 4 MiB. */
  readonly chunkBytes?: number;
};

/** How a log file ended. `offset` is where the last good entry ends; 0 if not even the header was good. */
export type LogFileEnd = {
  readonly offset: number;
  /** 'empty' is a file without a byte in it. */
  readonly kind: LogTail['kind'] | 'empty';
  /** What was found at the offset; empty where that is zeros or the end of the file. */
  readonly problem: string;
};

const DEFAULT_CHUNK_BYTES = 4 << 20;
const NO_TXN = Buffer.alloc(0);
/** Magic and version; the dbid behind them is not looked at, as Apache does not. */
const HEADER_START = Buffer.alloc(8);
HEADER_START.writeInt32BE(TXN_LOG_MAGIC, 0);
HEADER_START.writeInt32BE(TXN_LOG_VERSION, 4);

/**
 * Reads the entries of one log file in order, in bounded memory: a chunk, or the largest entry if that is larger.
 *
 *     const reader = await TxnLogReader.open(path, disk, options);
 *     do {
 *       while (reader.next()) use(reader.txn);
 *     } while (await reader.fill());
 *     // reader.end says why it is over
 *
 * A txn may be as long as the file: there is no limit besides, not even `jute.maxbuffer`. Whatever is in the log has been
 * accepted once, perhaps under a larger limit, and a server that no longer reads what it accepted has lost it. A length
 * that makes no sense fails with the file's size or the checksum.
 */
export class TxnLogReader {
  readonly path: string;
  readonly #file: ReadableFile;
  /** The last good zxid, for `examineTail`. */
  #lastZxid: Int64;
  #chunk: Buffer;
  /** Offset in the file of the chunk's first byte. */
  #chunkOffset: number;
  #chunkBytes = 0;
  /** Position in the chunk of the next entry. */
  #at = 0;
  #stop: LogStop | null = null;
  #end: LogFileEnd | null = null;

  /** The txn of the entry, a view that is valid until the next call. */
  txn: Buffer = NO_TXN;
  /** Offset in the file of the entry that `txn` is in. */
  offset: number = 0;

  private constructor(path: string, file: ReadableFile, options: TxnLogReaderOptions) {
    this.path = path;
    this.#file = file;
    this.#lastZxid = options.afterZxid;
    this.#chunk = Buffer.allocUnsafeSlow(
      Math.max(Math.min(options.chunkBytes ?? DEFAULT_CHUNK_BYTES, file.bytes), LOG_HEADER_BYTES),
    );
    this.#chunkOffset = 0;
  }

  /**
   * Opens a log file and checks its header.
   *
   * @throws RecoveryError BAD_LOG_HEADER, DAMAGED_LOG; the disk's errors
   */
  static async open(path: string, disk: Disk, options: TxnLogReaderOptions): Promise<TxnLogReader> {
    const file = await disk.openForReading(path);
    const reader = new TxnLogReader(path, file, options);
    try {
      await reader.#readHeader();
      return reader;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Size of the file. */
  get fileBytes(): number {
    return this.#file.bytes;
  }

  /** Why there are no more entries; null while there may be. */
  get end(): LogFileEnd | null {
    return this.#end;
  }

  /** Moves on to the next entry; false if there is none in what was read so far. */
  next(): boolean {
    if (this.#stop !== null || this.#end !== null) return false;
    const chunk = this.#chunk;
    const at = this.#at;
    const available = this.#chunkBytes - at;
    if (available < ENTRY_PREFIX_BYTES) return false;
    const length = chunk.readInt32BE(at + 8);
    const entryBytes = length + ENTRY_OVERHEAD_BYTES;
    // A txn shorter than its header is zeros or damage.
    if (length < TXN_HEADER_BYTES) return this.#stopAt(length, null);
    if (entryBytes > available) return false;
    if (chunk[at + entryBytes - 1] !== ENTRY_END) return this.#stopAt(length, null);
    const start = at + ENTRY_PREFIX_BYTES;
    const isIntact =
      chunk.readInt32BE(at) === 0 && chunk.readInt32BE(at + 4) === adler32(chunk, start, length);
    if (!isIntact) return this.#stopAt(length, entryBytes);
    this.txn = chunk.subarray(start, start + length);
    this.offset = this.#chunkOffset + at;
    this.#at = at + entryBytes;
    return true;
  }

  /**
   * Reads on. Answers whether `next` may find more; if not, `end` is set.
   *
   * @throws RecoveryError DAMAGED_LOG if what follows the last good entry is more than a write cut off by a crash; the disk's errors
   */
  async fill(): Promise<boolean> {
    if (this.#end !== null) return false;
    this.#noteLastZxid();
    if (this.#stop === null && (await this.#readChunk())) return true;
    const stop = this.#stop ?? this.#stopAtFileEnd();
    const tail = await examineTail(this.#file, stop, this.#lastZxid);
    if (tail.kind === 'damaged') throw this.#damage(stop, tail);
    const problem = tail.kind === 'clean' ? '' : stop.problem;
    this.#end = { kind: tail.kind, offset: stop.offset, problem };
    return false;
  }

  /** Closes the file; the reader is of no further use. */
  close(): Promise<void> {
    return this.#file.close();
  }

  async #readHeader(): Promise<void> {
    if (this.#file.bytes === 0) {
      this.#end = { kind: 'empty', offset: 0, problem: 'the file is empty' };
      return;
    }
    const header = Buffer.alloc(HEADER_START.length);
    await this.#file.read(header, 0, header.length, 0);
    if (header.equals(HEADER_START) && this.#file.bytes >= LOG_HEADER_BYTES) {
      this.#chunkOffset = LOG_HEADER_BYTES;
      return;
    }
    const problem = `the header is ${header.toString('hex')}, not ${HEADER_START.toString('hex')} (ZKLG, version 2)`;
    // A header comes with the first entries in one write. If that was cut off, the rest of the header is still zeros.
    const cut = header.findIndex((byte, at) => byte !== HEADER_START[at]);
    if (cut >= 0 && header.subarray(cut).some((byte) => byte !== 0)) {
      throw new RecoveryError({
        code: 'BAD_LOG_HEADER',
        file: this.path,
        offset: 0,
        problem,
        remedy:
          'this is not a txn log of ZooKeeper, or it is damaged: restore it, or move it out of the directory if it does not belong there',
      });
    }
    this.#stop = { offset: 0, problem, wholeEntryBytes: null };
  }

  /** Keeps what was not used, and reads behind it as much as there is room for: at least the rest of an entry begun. */
  async #readChunk(): Promise<boolean> {
    const kept = this.#chunkBytes - this.#at;
    const chunkEnd = this.#chunkOffset + this.#chunkBytes;
    if (chunkEnd >= this.#file.bytes) return false;
    const old = this.#chunk;
    const entryBytes =
      kept < ENTRY_PREFIX_BYTES ? 0 : old.readInt32BE(this.#at + 8) + ENTRY_OVERHEAD_BYTES;
    if (entryBytes > this.#file.bytes - this.#chunkOffset - this.#at) return false;
    if (entryBytes > old.length) this.#chunk = Buffer.allocUnsafeSlow(entryBytes);
    old.copy(this.#chunk, 0, this.#at, this.#chunkBytes);
    this.#chunkOffset += this.#at;
    this.#at = 0;
    const room = this.#chunk.length - kept;
    this.#chunkBytes = kept + (await this.#file.read(this.#chunk, kept, room, chunkEnd));
    return this.#chunkBytes > kept;
  }

  /** The zxid of the last entry, while its bytes are still there. */
  #noteLastZxid(): void {
    if (this.txn.length === 0) return;
    this.#lastZxid = {
      hi: this.txn.readInt32BE(TXN_ZXID_OFFSET),
      lo: this.txn.readInt32BE(TXN_ZXID_OFFSET + 4),
    };
    this.txn = NO_TXN;
  }

  #stopAt(length: number, wholeEntryBytes: number | null): false {
    const chunk = this.#chunk;
    const at = this.#at;
    let problem = `the length of the entry is ${length}`;
    if (wholeEntryBytes !== null) {
      const actual = adler32(chunk, at + ENTRY_PREFIX_BYTES, length) >>> 0;
      problem = `the checksum of the entry is ${chunk.toString('hex', at, at + 8)}, that of its ${length} bytes is ${actual.toString(16).padStart(16, '0')}`;
    } else if (length >= TXN_HEADER_BYTES) {
      problem = `the entry of ${length} bytes does not end with 42 ("B")`;
    }
    this.#stop = { offset: this.#chunkOffset + at, problem, wholeEntryBytes };
    return false;
  }

  /** The file ends where an entry should begin, or within one. */
  #stopAtFileEnd(): LogStop {
    const offset = this.#chunkOffset + this.#at;
    const problem = `the file ends after ${this.#file.bytes - offset} bytes of an entry`;
    return { offset, problem, wholeEntryBytes: null };
  }

  #damage(stop: LogStop, tail: LogTail & { kind: 'damaged' }): RecoveryError {
    const { laterEntry } = tail;
    const evidence =
      laterEntry === null
        ? 'all of the entry was written, so that this is no write cut off by a crash'
        : `it is not the end of the log: the entry at ${laterEntry.offset} is good`;
    return new RecoveryError({
      code: 'DAMAGED_LOG',
      file: this.path,
      offset: stop.offset,
      problem: `${stop.problem}, and ${evidence}`,
      remedy:
        'restore the file from a backup or another server; or, if the txns from here on may be lost, cut it off ' +
        `(truncate -s ${stop.offset} ${this.path}) and move later log files out of the directory`,
    });
  }
}

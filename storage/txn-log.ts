import assert from 'node:assert';
import type { Int64 } from 'jute-ts';
import { compareInt64, INT64_MINUS_ONE } from '../protocol/int64.ts';
import type { Disk, Done, LogClock } from './ports.ts';
import { TxnLogBatch } from './txn-log-batch.ts';
import { MAX_ZEROS_BYTES, TxnLogFile } from './txn-log-file.ts';
import { ENTRY_OVERHEAD_BYTES, LOG_HEADER_BYTES, logFileName } from './txn-log-format.ts';

export type TxnLogOptions = {
  /** The `version-2` directory of the logs; it exists. */
  readonly dir: string;
  /** How far a file is extended at a time; 0: not at all. */
  readonly preAllocBytes: number;
  /** A file with more than this in it is followed by a new one; null: its size does not matter. */
  readonly sizeLimitBytes: number | null;
  /** Whether a write is on disk before it counts as durable. */
  readonly forceSync: boolean;
  /** A batch that takes longer to become durable is reported to `onSlowSync`. */
  readonly fsyncWarningMs: number;
  /** Txns in a batch above which it is written without delay, and another one begun; null: no limit. */
  readonly maxBatchCount: number | null;
  /** How long, counted from the end of the last write, a batch may wait for more; 0: it does not wait. */
  readonly flushDelayMs: number;
  /** How long to wait for one more txn while a batch is delayed. */
  readonly maxWriteQueuePollMs: number;
};

export type TxnLogPorts = {
  readonly disk: Disk;
  readonly clock: LogClock;
  readonly events: TxnLogEvents;
};

/** Called in the order in which things happen on disk; handlers may append, flush, roll and close. */
export interface TxnLogEvents {
  /** All txns up to and including `zxid` outlive a crash (with `forceSync`, also of the machine). Ascending. */
  onDurable(zxid: Int64): void;
  /** A file could not be opened, written or synced. Called once; nothing becomes durable after it. */
  onFailed(error: Error): void;
  /** A batch took `ms` to become durable, more than the threshold; the file had `fileBytes` by then. */
  onSlowSync(ms: number, fileBytes: number): void;
  /** A new file is begun; `name` without the directory. */
  onRoll(name: string): void;
}

/** Figures since the start. They are the log's own: for reading. */
export class TxnLogStats {
  /** Batches that became durable, and the txns and bytes of entries in them. */
  batchCount: number = 0;
  txnCount: number = 0;
  byteCount: number = 0;
  lastBatchTxnCount: number = 0;
  maxBatchTxnCount: number = 0;
  /** Time from handing a batch to the disk until it was durable: write and sync are one operation. */
  syncMsSum: number = 0;
  syncMsMax: number = 0;
  lastSyncMs: number = 0;
  /** Batches above the warning threshold. */
  slowSyncCount: number = 0;
  fileCount: number = 0;
}

/** A batch has at most this many bytes of entries, unless a single txn has more: then it is a batch of its own. */
const MAX_BATCH_BYTES = 1 << 20;
const SLAB_BYTES = LOG_HEADER_BYTES + MAX_BATCH_BYTES + MAX_ZEROS_BYTES;
/** One in flight, one gathering, one spare. More come into being when the disk is slow, and go again. */
const SPARE_SLABS = 2;

/**
 * The txn log: appended in memory, written in batches, one write under way while the next batch gathers.
 *
 * Txns come in ascending zxids and become durable in that order. A file is created when the first txn for it is
 * written, and named by it. Nothing is ever written to a file that was there before.
 *
 * What waits for a slow disk is kept in memory and never refused, so whoever appends has to limit what is outstanding
 * (`globalOutstandingLimit`); `queuedBytes` says how much it is.
 */
export class TxnLog {
  readonly stats: TxnLogStats = new TxnLogStats();
  readonly #options: TxnLogOptions;
  readonly #disk: Disk;
  readonly #clock: LogClock;
  readonly #events: TxnLogEvents;
  readonly #maxBatchCount: number;

  /** Full batches in order, then the one that gathers. */
  readonly #full: TxnLogBatch[] = [];
  #gathering: TxnLogBatch | null = null;
  #inFlight: TxnLogBatch | null = null;
  readonly #spares: TxnLogBatch[] = [];
  #queuedBytes = 0;
  #lastZxid: Int64 = INT64_MINUS_ONE;
  #rollRequested = false;
  #file: TxnLogFile | null = null;

  #writeStartMs = 0;
  #lastFlushMs: number;
  #appendedSinceFlush = false;
  #flushAtMs = 0;
  #timer: { cancel(): void } | null = null;

  #failure: Error | null = null;
  #closing = false;
  #onClosed: (() => void) | null = null;

  constructor(options: TxnLogOptions, ports: TxnLogPorts) {
    this.#options = options;
    this.#disk = ports.disk;
    this.#clock = ports.clock;
    this.#events = ports.events;
    this.#maxBatchCount = options.maxBatchCount ?? Number.POSITIVE_INFINITY;
    this.#lastFlushMs = ports.clock.monotonicMs();
  }

  /** Bytes of entries that are not durable yet. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Bytes of header and entries in the file that is written to; 0 if there is none. */
  get currentFileBytes(): number {
    return this.#file?.position ?? 0;
  }

  /**
   * Adds a txn, as encoded; its bytes are copied. It is written after the next `flush`, or at once if it fills its batch.
   *
   * @param zxid that of the txn's header; must be larger than that of the last one.
   */
  append(zxid: Int64, txn: Uint8Array): void {
    assert(!this.#closing, 'nothing is appended to a log that is being closed');
    assert(txn.length > 0, 'a txn has bytes: an empty entry would be read as the end of the log');
    assert(compareInt64(zxid, this.#lastZxid) > 0, 'zxids are appended in ascending order');
    if (this.#failure !== null) return;
    this.#lastZxid = zxid;
    const entryBytes = txn.length + ENTRY_OVERHEAD_BYTES;
    const batch = this.#batchWithRoom(entryBytes);
    batch.append(zxid, txn);
    this.#queuedBytes += entryBytes;
    this.#appendedSinceFlush = true;
    if (batch.count >= this.#maxBatchCount) this.#startIfDue();
  }

  /**
   * Says that no more txns are coming for now: what was appended is written as soon as no other write is under way, or,
   * with a `flushDelayMs`, when it has waited long enough. To be called at the end of every turn that appended.
   */
  flush(): void {
    this.#startIfDue();
  }

  /** The next txn appended begins a new file. */
  roll(): void {
    this.#rollRequested = true;
  }

  /** Writes what was appended, closes the file and unlocks the directory. Resolves when that is over, also after a failure. */
  close(): Promise<void> {
    assert(!this.#closing, 'a log is closed once');
    this.#closing = true;
    return new Promise((resolve) => {
      this.#onClosed = resolve;
      this.#startIfDue();
      this.#closeIfIdle();
    });
  }

  // -- batches ----------------------------------------------------------------------------------

  #batchWithRoom(entryBytes: number): TxnLogBatch {
    const current = this.#gathering;
    if (current !== null) {
      const room = MAX_BATCH_BYTES - current.entryBytes;
      if (current.count < this.#maxBatchCount && entryBytes <= room && !this.#rollRequested) {
        return current;
      }
      this.#full.push(current);
    }
    const batch = this.#emptyBatch(entryBytes);
    batch.startsFile = this.#rollRequested;
    this.#rollRequested = false;
    this.#gathering = batch;
    return batch;
  }

  #emptyBatch(entryBytes: number): TxnLogBatch {
    if (entryBytes > MAX_BATCH_BYTES) return new TxnLogBatch(LOG_HEADER_BYTES + entryBytes);
    return this.#spares.pop() ?? new TxnLogBatch(SLAB_BYTES);
  }

  #recycle(batch: TxnLogBatch): void {
    if (batch.bytes.length !== SLAB_BYTES || this.#spares.length >= SPARE_SLABS) return;
    batch.clear();
    this.#spares.push(batch);
  }

  /** Starts the next write unless there is nothing to write, one is under way, or it should wait. */
  #startIfDue(): void {
    if (this.#inFlight !== null || this.#failure !== null) return;
    if (this.#full.length === 0 && this.#gathering === null) return;
    if (this.#mustWait()) return;
    this.#timer?.cancel();
    this.#timer = null;
    let batch = this.#full.shift() ?? null;
    if (batch === null) {
      batch = this.#gathering;
      this.#gathering = null;
    }
    if (batch !== null) this.#start(batch);
  }

  /**
   * Whether the next batch waits for more txns; if so, the timer is set. As in Apache's SyncRequestProcessor a batch is
   * written when it is full, when `flushDelay` has passed since the last write, or when no txn has joined it for
   * `maxWriteQueuePollTime`.
   */
  #mustWait(): boolean {
    const { flushDelayMs, maxWriteQueuePollMs } = this.#options;
    if (flushDelayMs <= 0 || this.#closing || this.#full.length > 0) return false;
    if (this.#gathering !== null && this.#gathering.count >= this.#maxBatchCount) return false;
    const nowMs = this.#clock.monotonicMs();
    if (this.#appendedSinceFlush) {
      this.#appendedSinceFlush = false;
      const delayEndMs = this.#lastFlushMs + flushDelayMs;
      this.#flushAtMs = Math.min(nowMs + maxWriteQueuePollMs, delayEndMs);
    }
    const waitMs = this.#flushAtMs - nowMs;
    if (waitMs <= 0) return false;
    this.#timer ??= this.#clock.setTimer(waitMs, this.#onTimer);
    return true;
  }

  readonly #onTimer = (): void => {
    this.#timer = null;
    this.#startIfDue();
  };

  // -- the write under way ----------------------------------------------------------------------

  #start(batch: TxnLogBatch): void {
    this.#inFlight = batch;
    this.#writeStartMs = this.#clock.monotonicMs();
    const file = this.#file;
    const { sizeLimitBytes } = this.#options;
    if (file === null) {
      this.#startFile(batch);
      return;
    }
    // deviates: Apache compares the preallocated size, which with a limit below `preAllocSize` makes a file per sync.
    const isTooLong = sizeLimitBytes !== null && file.position > sizeLimitBytes;
    if (!batch.startsFile && !isTooLong) {
      file.write(batch, this.#onWritten);
      return;
    }
    file.close((error) => {
      this.#file = null;
      if (error === null) this.#startFile(batch);
      else this.#fail(error);
    });
  }

  #startFile(batch: TxnLogBatch): void {
    this.#file = new TxnLogFile(this.#options, this.#disk);
    this.stats.fileCount++;
    this.#file.write(batch, this.#onWritten);
    this.#events.onRoll(logFileName(batch.firstZxid));
  }

  readonly #onWritten: Done = (error) => {
    if (error !== null) {
      this.#fail(error);
      return;
    }
    const batch = this.#inFlight;
    assert(batch !== null, 'a completion belongs to the batch under way');
    const zxid = batch.lastZxid;
    this.#inFlight = null;
    this.#lastFlushMs = this.#clock.monotonicMs();
    const isSlow = this.#count(batch, this.#lastFlushMs - this.#writeStartMs);
    this.#recycle(batch);
    const fileBytes = this.currentFileBytes;
    // First the disk gets its next work, then those who waited hear of it.
    this.#startIfDue();
    if (isSlow) this.#events.onSlowSync(this.stats.lastSyncMs, fileBytes);
    this.#events.onDurable(zxid);
    this.#closeIfIdle();
  };

  #count(batch: TxnLogBatch, syncMs: number): boolean {
    const { stats } = this;
    stats.batchCount++;
    stats.txnCount += batch.count;
    stats.byteCount += batch.entryBytes;
    stats.lastBatchTxnCount = batch.count;
    stats.maxBatchTxnCount = Math.max(stats.maxBatchTxnCount, batch.count);
    stats.lastSyncMs = syncMs;
    stats.syncMsSum += syncMs;
    stats.syncMsMax = Math.max(stats.syncMsMax, syncMs);
    this.#queuedBytes -= batch.entryBytes;
    const isSlow = this.#options.forceSync && syncMs > this.#options.fsyncWarningMs;
    if (isSlow) stats.slowSyncCount++;
    return isSlow;
  }

  // -- ends -------------------------------------------------------------------------------------

  #fail(error: Error): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#timer?.cancel();
    this.#timer = null;
    this.#inFlight = null;
    this.#gathering = null;
    this.#full.length = 0;
    this.#spares.length = 0;
    this.#events.onFailed(error);
    this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    const onClosed = this.#onClosed;
    if (onClosed === null || this.#inFlight !== null) return;
    this.#onClosed = null;
    const file = this.#file;
    this.#file = null;
    if (file === null) {
      this.#disk.unlockDirectory(this.#options.dir, onClosed);
      return;
    }
    file.close((error) => {
      if (error !== null) this.#fail(error);
      this.#disk.unlockDirectory(this.#options.dir, onClosed);
    });
  }
}

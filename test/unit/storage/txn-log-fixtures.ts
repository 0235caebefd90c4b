import { deepStrictEqual } from 'node:assert';
import type { Int64 } from 'jute-ts';
import { int64Key } from '../../../protocol/int64.ts';
import { adler32 } from '../../../storage/adler32.ts';
import type { Disk, Log, LogClock } from '../../../storage/ports.ts';
import { TxnLog, type TxnLogEvents, type TxnLogOptions } from '../../../storage/txn-log.ts';
import { TxnLogReader } from '../../../storage/txn-log-reader.ts';

/** Where the logs of these tests are, on a simulated disk. */
export const DIR = '/data/version-2';

export function zxid(lo: number, hi = 0): Int64 {
  return { hi, lo };
}

/** A txn as far as the log looks into it: a header with this zxid, and `bodyBytes` of anything. */
export function txnOf(id: Int64, bodyBytes = 20): Buffer {
  const txn = Buffer.alloc(32 + bodyBytes, (id.lo * 7 + 1) & 0xff);
  txn.writeInt32BE(id.hi, 12);
  txn.writeInt32BE(id.lo, 16);
  return txn;
}

/** An entry, by the grammar of the format and not by the code under test. */
export function entryOf(txn: Buffer): Buffer {
  const entry = Buffer.alloc(txn.length + 13);
  entry.writeInt32BE(adler32(txn, 0, txn.length), 4);
  entry.writeInt32BE(txn.length, 8);
  txn.copy(entry, 12);
  entry.write('B', txn.length + 12);
  return entry;
}

export const LOG_HEADER: Buffer = Buffer.from('5a4b4c47000000020000000000000000', 'hex');

/** A log file with these entries, and zeros behind them. */
export function logFileOf(txns: readonly Buffer[], zeros = 0): Buffer {
  return Buffer.concat([LOG_HEADER, ...txns.map(entryOf), Buffer.alloc(zeros)]);
}

/** `txnOf` for zxids `from` to `to` of epoch 0. */
export function txnRange(from: number, to: number): Buffer[] {
  return Array.from({ length: to - from + 1 }, (_, i) => txnOf(zxid(from + i)));
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements LogClock {
  #nowMs = 1000;
  readonly #timers = new Set<{ atMs: number; fire: () => void }>();

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, fire: () => void): { cancel(): void } {
    const timer = { atMs: this.#nowMs + delayMs, fire };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    for (const timer of [...this.#timers]) {
      if (timer.atMs <= this.#nowMs && this.#timers.delete(timer)) timer.fire();
    }
  }
}

/** Notes what a log reports, in order. */
export class NotedEvents implements TxnLogEvents {
  readonly notes: string[] = [];
  durable: Int64 = zxid(0);

  onDurable(id: Int64): void {
    this.durable = id;
    this.notes.push(`durable ${int64Key(id)}`);
  }

  onFailed(error: Error): void {
    this.notes.push(`failed ${(error as NodeJS.ErrnoException).code}`);
  }

  onSlowSync(ms: number): void {
    this.notes.push(`slow ${ms}`);
  }

  onRoll(name: string): void {
    this.notes.push(`roll ${name}`);
  }
}

/** Notes warnings and errors; keeps quiet about the rest. */
export class NotedLog implements Log {
  readonly notes: string[] = [];
  debug(): void {}
  info(): void {}
  warn(_fields: object, message: string): void {
    this.notes.push(message);
  }
  error(_fields: object, message: string): void {
    this.notes.push(message);
  }
}

export const LOG_OPTIONS: TxnLogOptions = {
  dir: DIR,
  preAllocBytes: 8192,
  sizeLimitBytes: null,
  forceSync: true,
  fsyncWarningMs: 1000,
  maxBatchCount: 1000,
  flushDelayMs: 0,
  maxWriteQueuePollMs: 0,
};

export function openLog(
  disk: Disk,
  options: Partial<TxnLogOptions> = {},
): { log: TxnLog; events: NotedEvents; clock: ManualClock } {
  const events = new NotedEvents();
  const clock = new ManualClock();
  const log = new TxnLog({ ...LOG_OPTIONS, ...options }, { disk, clock, events });
  return { log, events, clock };
}

/** All txns of a file, and how it ended. */
export async function readAll(
  disk: Disk,
  path: string,
  options: { readonly chunkBytes?: number; readonly afterZxid?: Int64 } = {},
): Promise<{ txns: Buffer[]; offsets: number[]; end: string; endOffset: number }> {
  const reader = await TxnLogReader.open(path, disk, { afterZxid: zxid(-1, -1), ...options });
  const txns: Buffer[] = [];
  const offsets: number[] = [];
  try {
    do {
      while (reader.next()) {
        txns.push(Buffer.from(reader.txn));
        offsets.push(reader.offset);
      }
    } while (await reader.fill());
    return { txns, offsets, end: reader.end?.kind ?? 'none', endOffset: reader.end?.offset ?? -1 };
  } finally {
    await reader.close();
  }
}

/** Fails unless the file holds exactly these txns and ends cleanly. */
export async function assertHolds(disk: Disk, path: string, txns: Buffer[]): Promise<void> {
  const read = await readAll(disk, path);
  deepStrictEqual(
    read.txns.map((txn) => txn.toString('hex')),
    txns.map((txn) => txn.toString('hex')),
  );
  deepStrictEqual(read.end, 'clean');
}

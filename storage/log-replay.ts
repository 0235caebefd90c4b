import type { Int64 } from 'jute-ts';
import { compareInt64, INT64_MINUS_ONE, incrementInt64 } from '../protocol/int64.ts';
import { zxidToString } from '../protocol/zxid.ts';
import type { ZxidFile } from './data-directories.ts';
import type { Disk, Log } from './ports.ts';
import { RecoveryError } from './recovery-error.ts';
import { TXN_ZXID_OFFSET } from './txn-log-format.ts';
import { type LogFileEnd, TxnLogReader } from './txn-log-reader.ts';

export type LogReplayOptions = {
  /** The log files, ascending. */
  readonly logs: readonly ZxidFile[];
  /** The state before: what is not above it is passed over. Zero: there is none. */
  readonly afterZxid: Int64;
  /**
   * What may come first. 'the first txn' is that of a history, 0x1 or 0x100000001; 'anything' leaves to whoever says so
   * that nothing is missing.
   */
  readonly mayBeginWith: 'the first txn' | 'the next txn' | 'anything';
  /** Whether a new epoch may begin. Where not, every zxid must be one above the one before. */
  readonly allowNewEpochs: boolean;
};

/** Applies the txn of a log entry; `txn` is a view that is valid until it returns. Throws TxnError if it cannot. */
export type ApplyLogged = (txn: Buffer) => void;

/** A txn that is intact but makes no sense; the replay adds where it is. */
export class TxnError extends Error {
  override readonly name: string = 'TxnError';
}

/** What was cut off the end of the log. */
export type TornTail = { readonly file: string; readonly offset: number; readonly bytes: number };

/**
 * Reads the log files that go on from a state, in order, and then leaves them so that a new file can follow.
 *
 * What may be missing is only what a crash has cut off a write that was not acknowledged:
 *
 * - At the end of the last file such a cut is normal. `cleanEnd` cuts the rest off for good, so that it is no longer in
 *   the log when a later file follows; a last file without a whole entry goes, for the next one will have its name.
 * - In front of another file it is what an Apache server left there, which does not clean up. It is accepted if the next
 *   file goes on with the very next zxid, which shows that nothing that counted is gone.
 * - Between txns nothing may be missing: a zxid is one above the one before, or the first of a later epoch.
 *
 * deviates: Apache checks none of this. It takes what it can read up to the first cut of each file, and serves it.
 */
export class LogReplay {
  /** Txns applied. */
  txnCount: number = 0;
  /** Log files read. */
  fileCount: number = 0;
  /** Txns found again at a later place, with a zxid that had been passed. They are not applied a second time. */
  repeatedTxnCount: number = 0;
  /** The last zxid applied, or `afterZxid`. */
  lastZxid: Int64;
  readonly #options: LogReplayOptions;
  readonly #disk: Disk;
  readonly #log: Log;
  readonly #apply: ApplyLogged;
  /** The last zxid read, applied or not. */
  #lastReadZxid: Int64 = INT64_MINUS_ONE;
  /** How the last file with a txn ended, and the files behind it. */
  #lastEnd: FileEnd | null = null;
  #filesWithoutTxn: FileEnd[] = [];

  constructor(
    options: LogReplayOptions,
    ports: { readonly disk: Disk; readonly log: Log },
    apply: ApplyLogged,
  ) {
    this.#options = options;
    this.#disk = ports.disk;
    this.#log = ports.log;
    this.#apply = apply;
    this.lastZxid = options.afterZxid;
  }

  /**
   * Reads and applies; changes nothing on disk.
   *
   * @throws RecoveryError; the disk's errors
   */
  async run(): Promise<void> {
    const files = this.#files();
    this.fileCount = files.length;
    for (const [index, file] of files.entries()) {
      await this.#readFile(file, { isLast: index === files.length - 1 });
    }
  }

  /** Makes the end of the log such that a new file can follow, durably. Resolves with what was cut off the last one. */
  async cleanEnd(): Promise<TornTail | null> {
    for (const { path, bytes, problem } of this.#filesWithoutTxn) {
      this.#log.warn(
        { file: path, bytes, problem },
        'removing a log file without a whole txn in it',
      );
      await this.#disk.remove(path);
    }
    const end = this.#lastEnd;
    if (end === null) return null;
    const tornTail = end.kind === 'torn' ? this.#tornTail(end) : null;
    // After a kill the last write can be read, and so will be served from now on, without being durable; nor need the
    // name of its file be. Were it lost in a power cut now, the next file would not go on from what is there.
    // Zeros that the file was extended by are cut off too: the next recovery need not look for damage in them.
    if (end.offset < end.bytes) await this.#disk.truncate(end.path, end.offset);
    else await this.#disk.syncFile(end.path);
    await syncDirectory(this.#disk, end.path.slice(0, end.path.lastIndexOf('/')));
    return tornTail;
  }

  #tornTail(end: FileEnd): TornTail {
    const { path, offset, problem } = end;
    const bytes = end.bytes - offset;
    this.#log.warn(
      { file: path, offset, bytes, problem },
      'cutting off the end of the log, a write that a crash interrupted and that was not acknowledged',
    );
    return { file: path, offset, bytes };
  }

  /** The files that can hold txns above `afterZxid`: from the last one on that begins at or before the next zxid. */
  #files(): readonly ZxidFile[] {
    const { logs, afterZxid } = this.#options;
    const next = incrementInt64(afterZxid);
    const start = logs.findLastIndex((file) => compareInt64(file.zxid, next) <= 0);
    return start < 0 ? logs : logs.slice(start);
  }

  async #readFile(file: ZxidFile, place: { readonly isLast: boolean }): Promise<void> {
    const afterZxid = this.#lastReadZxid;
    const reader = await TxnLogReader.open(file.path, this.#disk, { afterZxid });
    try {
      let hasTxns = false;
      do {
        while (reader.next()) {
          hasTxns = true;
          this.#onEntry(reader);
        }
      } while (await reader.fill());
      const { end, fileBytes } = reader;
      if (end === null) return;
      const fileEnd = { ...end, path: file.path, bytes: fileBytes };
      if (!place.isLast) this.#checkEndBeforeOthers(fileEnd);
      if (hasTxns) {
        this.#lastEnd = fileEnd;
        this.#filesWithoutTxn = [];
      } else {
        this.#filesWithoutTxn.push(fileEnd);
      }
    } finally {
      await reader.close();
    }
  }

  #onEntry(reader: TxnLogReader): void {
    const { txn } = reader;
    const zxid = {
      hi: txn.readInt32BE(TXN_ZXID_OFFSET),
      lo: txn.readInt32BE(TXN_ZXID_OFFSET + 4),
    };
    if (compareInt64(zxid, this.#lastReadZxid) > 0) {
      this.#lastReadZxid = zxid;
    } else {
      // Apache logs a txn again when a learner gets it a second time, and reuses a zxid for a request it could not read.
      this.repeatedTxnCount++;
    }
    if (compareInt64(zxid, this.lastZxid) <= 0) return;
    this.#checkNothingMissing(zxid, reader);
    this.#applyEntry(zxid, reader);
    this.lastZxid = zxid;
    this.txnCount++;
  }

  #applyEntry(zxid: Int64, reader: TxnLogReader): void {
    try {
      this.#apply(reader.txn);
    } catch (error) {
      if (!(error instanceof TxnError)) throw error;
      throw new RecoveryError({
        code: 'BAD_TXN',
        file: reader.path,
        offset: reader.offset,
        problem: `txn ${zxidToString(zxid)} is intact but cannot be applied: ${error.message}`,
        remedy: 'it may be of a later version of the server that wrote it: start that version',
        cause: error,
      });
    }
  }

  #checkNothingMissing(zxid: Int64, reader: TxnLogReader): void {
    const { mayBeginWith, allowNewEpochs } = this.#options;
    const last = this.lastZxid;
    const expected = incrementInt64(last);
    if (zxid.hi === expected.hi && zxid.lo === expected.lo) return;
    const isFirst = this.txnCount === 0;
    if (isFirst && mayBeginWith === 'anything') return;
    if (isFirst && mayBeginWith === 'the first txn') {
      if (zxid.hi === 1 && zxid.lo === 1) return;
      throw new RecoveryError({
        code: 'NO_SNAPSHOT',
        file: reader.path,
        offset: reader.offset,
        problem: `the logs begin with zxid ${zxidToString(zxid)}, and there is no snapshot of the state before it`,
        remedy:
          'restore the snapshot or the older logs; or, if nothing came before, set snapshot.trust.empty=true',
      });
    }
    // Within an epoch nothing is missing; what the old leader did not bring to a quorum ends with its epoch.
    if (allowNewEpochs && zxid.hi > last.hi && zxid.lo === 1) return;
    const breaksOff = this.#lastEnd?.kind === 'torn' ? this.#lastEnd : null;
    const where =
      breaksOff === null ? '' : ` (${breaksOff.path} breaks off at offset ${breaksOff.offset})`;
    throw new RecoveryError({
      code: 'MISSING_TXNS',
      file: reader.path,
      offset: reader.offset,
      problem: `zxid ${zxidToString(expected)} was expected, and ${zxidToString(zxid)} is there: what is between them is missing`,
      remedy: `restore the log file that holds it${where}; or, if what follows may be lost, move this and later log files out of the directory`,
    });
  }

  /** A file that is not the last one may break off between its txns; the next zxid then shows whether that was all. */
  #checkEndBeforeOthers(end: FileEnd): void {
    const { path, offset, problem } = end;
    if (offset === 0) {
      throw new RecoveryError({
        code: 'BAD_LOG_HEADER',
        file: path,
        offset,
        problem: `${problem === '' ? 'there is nothing but zeros' : problem}, and there are later log files`,
        remedy: 'restore the file; or, if it never held a txn, move it out of the directory',
      });
    }
    if (end.kind !== 'torn') return;
    this.#log.warn(
      { file: path, offset, problem },
      'a log file breaks off before its end, as after a crash; the next one has to go on from there',
    );
  }
}

function syncDirectory(disk: Disk, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    disk.syncDirectory(path, (error) => (error === null ? resolve() : reject(error)));
  });
}

type FileEnd = LogFileEnd & { readonly path: string; readonly bytes: number };

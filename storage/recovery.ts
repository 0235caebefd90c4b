import { type Int64, JuteError, JuteReader } from 'jute-ts';
import {
  compareInt64,
  equalInt64,
  INT64_MINUS_ONE,
  INT64_ZERO,
  incrementInt64,
} from '../protocol/int64.ts';
import { zxidToString } from '../protocol/zxid.ts';
import {
  type DataDirectories,
  type DataDirectoryOptions,
  type DataFiles,
  findDataFiles,
  makeDataDirectories,
} from './data-directories.ts';
import type { DataTreeOptions } from './data-tree.ts';
import { Database } from './database.ts';
import { DIGEST_VERSION } from './digest.ts';
import { LogReplay, type TornTail, TxnError } from './log-replay.ts';
import type { Disk, Log, LogClock } from './ports.ts';
import { RecoveryError } from './recovery-error.ts';
import { decodeTxn, UnsupportedTxnError } from './txn-codec.ts';
import { logFileName } from './txn-log-format.ts';

export type RecoveryOptions = DataDirectoryOptions & {
  readonly tree: DataTreeOptions;
  /** Whether a server without data starts with an empty tree (`db.autocreate`); otherwise it needs a file `initialize`. */
  readonly dbAutocreate: boolean;
  /** Whether logs may begin anywhere without a snapshot before them (`snapshot.trust.empty`). */
  readonly trustEmptySnapshot: boolean;
};

export type RecoveryPorts = {
  readonly disk: Disk;
  readonly clock: LogClock;
  readonly log: Log;
};

export type Recovery = {
  readonly database: Database;
  /** The last zxid there was; −1 if this server has no data and may not assume that there never was any. */
  readonly lastZxid: Int64;
  /** Where the TxnLog goes on, in a file of its own. */
  readonly logDir: string;
  /** The name of that file as long as no new epoch begins. */
  readonly nextLogFile: string;
  readonly txnCount: number;
  readonly logFileCount: number;
  /** Txns that were in the log twice. */
  readonly repeatedTxnCount: number;
  /** What was cut off the end of the log. */
  readonly tornTail: TornTail | null;
  /** Txns after which the tree's digest was not the one that the log has for them. */
  readonly digestMismatchCount: number;
  readonly elapsedMs: number;
};

/** `initialize` beside `version-2` of the logs says that an empty database is meant. */
const INITIALIZE_FILE = 'initialize';

/**
 * Makes the database from what is on disk, and leaves the logs so that new ones can follow: see `LogReplay`.
 *
 * From then on the directory of the logs is locked against other servers, which would take the end of a log that is being
 * written for that of a crash and cut it off. The TxnLog gives it back when it is closed.
 *
 * @throws RecoveryError; the disk's errors
 */
export async function recover(options: RecoveryOptions, ports: RecoveryPorts): Promise<Recovery> {
  const { disk } = ports;
  const directories = await makeDataDirectories(options, disk);
  await lock(directories.logDir, disk);
  try {
    return await recoverFrom(directories, options, ports);
  } catch (error) {
    await new Promise((resolve) => disk.unlockDirectory(directories.logDir, resolve));
    throw error;
  }
}

async function lock(dir: string, disk: Disk): Promise<void> {
  try {
    await disk.lockDirectory(dir);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EBUSY') throw error;
    throw new RecoveryError({
      code: 'DIRECTORY_IN_USE',
      file: dir,
      offset: null,
      problem: (error as Error).message,
      remedy: 'stop that server, or give this one a dataDir and dataLogDir of its own',
      cause: error,
    });
  }
}

async function recoverFrom(
  directories: DataDirectories,
  options: RecoveryOptions,
  ports: RecoveryPorts,
): Promise<Recovery> {
  const { disk, clock, log } = ports;
  const startMs = clock.monotonicMs();
  const files = await findDataFiles(directories, disk);
  const replayer = new DatabaseReplayer(options.tree, log);
  const { database } = replayer;
  const replay = await replayLogs({ options, files, replayer }, ports);
  const tornTail = await replay.cleanEnd();
  const mayBeEmpty = (await removeInitialize(options, disk)) || options.dbAutocreate;
  const { logDir } = directories;
  if (replay.txnCount === 0 && !mayBeEmpty) {
    log.warn({ dir: logDir }, 'no data, and db.autocreate is false: this may be a lost disk');
    database.lastProcessedZxid = INT64_MINUS_ONE;
  }
  database.killDeadSessions();
  const elapsedMs = clock.monotonicMs() - startMs;
  const lastZxid = database.lastProcessedZxid;
  const { txnCount, fileCount, repeatedTxnCount } = replay;
  log.info(
    { files: fileCount, txns: txnCount, zxid: zxidToString(lastZxid), ms: Math.round(elapsedMs) },
    'recovered the database',
  );
  return {
    database,
    lastZxid,
    logDir,
    nextLogFile: logFileName(incrementInt64(lastZxid)),
    txnCount,
    logFileCount: fileCount,
    repeatedTxnCount,
    tornTail,
    digestMismatchCount: replayer.digestMismatchCount,
    elapsedMs,
  };
}

type ReplayContext = {
  readonly options: RecoveryOptions;
  readonly files: DataFiles;
  readonly replayer: DatabaseReplayer;
};

async function replayLogs(context: ReplayContext, ports: RecoveryPorts): Promise<LogReplay> {
  const { files, options, replayer } = context;
  const snapshot = files.snapshots.at(-1);
  const apply = (txn: Buffer): void => replayer.apply(txn);
  const common = { logs: files.logs, afterZxid: INT64_ZERO };
  // An Apache server writes snapshot.0, an empty tree, before its first txn.
  if (snapshot === undefined || equalInt64(snapshot.zxid, INT64_ZERO)) {
    const mayBeginWith = options.trustEmptySnapshot ? 'anything' : 'the first txn';
    const replay = new LogReplay({ ...common, mayBeginWith, allowNewEpochs: true }, ports, apply);
    await replay.run();
    return replay;
  }
  // Snapshots are not read yet. They are not needed where the logs hold all txns from the first one on, which the zxids
  // show; but not across epochs, where the end of an epoch may have come to this server in a snapshot alone.
  const complete = { ...common, mayBeginWith: 'the next txn', allowNewEpochs: false } as const;
  const replay = new LogReplay(complete, ports, apply);
  try {
    await replay.run();
  } catch (error) {
    if (!(error instanceof RecoveryError) || error.code !== 'MISSING_TXNS') throw error;
    throw snapshotNeeded(snapshot.path, error.message, error);
  }
  if (compareInt64(replay.lastZxid, snapshot.zxid) < 0) {
    const why = `the logs end at zxid ${zxidToString(replay.lastZxid)}`;
    throw snapshotNeeded(snapshot.path, why, undefined);
  }
  return replay;
}

function snapshotNeeded(file: string, why: string, cause: unknown): RecoveryError {
  return new RecoveryError({
    code: 'SNAPSHOT_NEEDED',
    file,
    offset: null,
    problem: `this version does not read snapshots, and the logs alone do not hold all txns (${why})`,
    remedy:
      'use a version that reads snapshots; this one can start only from logs that go back to zxid 0x1',
    cause,
  });
}

/** Whether there was the file `initialize`; it counts once. */
async function removeInitialize(options: RecoveryOptions, disk: Disk): Promise<boolean> {
  const entries = await disk.listDirectory(options.dataLogDir);
  if (entries?.some((entry) => entry.name === INITIALIZE_FILE) !== true) return false;
  await disk.remove(`${options.dataLogDir}/${INITIALIZE_FILE}`);
  return true;
}

/** Applies logged txns to a new database, and compares the digests. */
class DatabaseReplayer {
  readonly database: Database;
  digestMismatchCount = 0;
  readonly #comparesDigests: boolean;
  readonly #log: Log;
  /** Fields are as long as the txn allows: what is in the log has been accepted, under whatever limit. */
  readonly #reader: JuteReader = new JuteReader({ maxBufferBytes: 0x7fff_ffff });

  constructor(tree: DataTreeOptions, log: Log) {
    this.database = new Database(tree);
    this.#comparesDigests = tree.digestEnabled;
    this.#log = log;
  }

  apply(bytes: Buffer): void {
    const { txn, digest } = this.#decode(bytes);
    const { tree } = this.database;
    this.database.apply(txn);
    if (!this.#comparesDigests || digest === null || digest.version !== DIGEST_VERSION) return;
    if (equalInt64(digest.treeDigest, tree.digest)) return;
    if (this.digestMismatchCount++ > 0) return;
    this.#log.error(
      { zxid: zxidToString(txn.header.zxid), type: txn.type },
      'the digest of the tree is not the one in the log: this server applied something differently; further differences are counted only',
    );
  }

  #decode(bytes: Buffer): ReturnType<typeof decodeTxn> {
    try {
      return decodeTxn(this.#reader.reset(bytes));
    } catch (error) {
      if (!(error instanceof JuteError || error instanceof UnsupportedTxnError)) throw error;
      throw new TxnError(error.message, { cause: error });
    }
  }
}

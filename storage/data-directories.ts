import type { Int64 } from 'jute-ts';
import { compareInt64, int64FromHex } from '../protocol/int64.ts';
import type { Disk } from './ports.ts';
import { RecoveryError } from './recovery-error.ts';
import { zxidOfLogFile } from './txn-log-format.ts';

export type DataDirectoryOptions = {
  /** Where the snapshots are, and everything else that is not a log. */
  readonly dataDir: string;
  /** Where the logs are; may be the same. */
  readonly dataLogDir: string;
  /** Whether missing directories are made (`datadir.autocreate`). */
  readonly autocreate: boolean;
};

/** A file whose name says at which zxid it begins (log) or which it stands for (snapshot). */
export type ZxidFile = { readonly name: string; readonly path: string; readonly zxid: Int64 };

export type DataDirectories = {
  /** The `version-2` directory of the logs. */
  readonly logDir: string;
  /** The `version-2` directory of the snapshots. */
  readonly snapDir: string;
};

export type DataFiles = {
  /** Ascending. */
  readonly logs: readonly ZxidFile[];
  /** Ascending. */
  readonly snapshots: readonly ZxidFile[];
};

/** Both formats have been at version 2 since the beginning. */
const VERSION_DIRECTORY = 'version-2';

/**
 * Makes the directories of logs and snapshots, where they may be made.
 *
 * @throws RecoveryError MISSING_DIRECTORY
 */
export async function makeDataDirectories(
  options: DataDirectoryOptions,
  disk: Disk,
): Promise<DataDirectories> {
  const logDir = `${withoutSlash(options.dataLogDir)}/${VERSION_DIRECTORY}`;
  const snapDir = `${withoutSlash(options.dataDir)}/${VERSION_DIRECTORY}`;
  for (const dir of new Set([logDir, snapDir])) {
    if ((await disk.listDirectory(dir)) !== null) continue;
    if (!options.autocreate) {
      throw new RecoveryError({
        code: 'MISSING_DIRECTORY',
        file: dir,
        offset: null,
        problem: 'the directory does not exist, and datadir.autocreate is false',
        remedy: 'make the directory, or mount what should be there',
      });
    }
    await disk.makeDirectory(dir);
  }
  return { logDir, snapDir };
}

/**
 * Finds the logs and snapshots.
 *
 * @throws RecoveryError MIXED_DIRECTORIES if logs and snapshots have directories of their own and either holds the
 *   other's files: dataDir or dataLogDir then is not what it was (ZOOKEEPER-2967)
 */
export async function findDataFiles(
  { logDir, snapDir }: DataDirectories,
  disk: Disk,
): Promise<DataFiles> {
  const inLogDir = await fileNames(logDir, disk);
  const inSnapDir = logDir === snapDir ? inLogDir : await fileNames(snapDir, disk);
  if (logDir !== snapDir) {
    refuseOthers({ dir: logDir, names: inLogDir, prefix: 'snapshot.', what: 'a snapshot' });
    refuseOthers({ dir: snapDir, names: inSnapDir, prefix: 'log.', what: 'a txn log' });
  }
  return {
    logs: zxidFiles(logDir, inLogDir, zxidOfLogFile),
    snapshots: zxidFiles(snapDir, inSnapDir, zxidOfSnapshotFile),
  };
}

async function fileNames(dir: string, disk: Disk): Promise<readonly string[]> {
  const entries = (await disk.listDirectory(dir)) ?? [];
  return entries.filter((entry) => entry.kind === 'file').map((entry) => entry.name);
}

function refuseOthers(check: {
  readonly dir: string;
  readonly names: readonly string[];
  readonly prefix: string;
  readonly what: string;
}): void {
  const other = check.names.find((name) => name.startsWith(check.prefix));
  if (other === undefined) return;
  throw new RecoveryError({
    code: 'MIXED_DIRECTORIES',
    file: `${check.dir}/${other}`,
    offset: null,
    problem: `${check.what} is in the directory that is not for it`,
    remedy:
      'see whether dataDir and dataLogDir are what they were, or move the file to where it belongs',
  });
}

function zxidFiles(
  dir: string,
  names: readonly string[],
  zxidOf: (name: string) => Int64 | null,
): ZxidFile[] {
  const files: ZxidFile[] = [];
  for (const name of names) {
    const zxid = zxidOf(name);
    if (zxid !== null) files.push({ name, path: `${dir}/${name}`, zxid });
  }
  return files.sort((a, b) => compareInt64(a.zxid, b.zxid));
}

/** `snapshot.<hex>`, with `.gz` or `.snappy` if compressed; null for any other name. */
function zxidOfSnapshotFile(name: string): Int64 | null {
  const hex = /^snapshot\.([0-9a-fA-F]{1,16})(?:\.gz|\.snappy)?$/.exec(name)?.[1];
  return hex === undefined ? null : (int64FromHex(hex) ?? null);
}

function withoutSlash(dir: string): string {
  return dir.length > 1 && dir.endsWith('/') ? dir.slice(0, -1) : dir;
}

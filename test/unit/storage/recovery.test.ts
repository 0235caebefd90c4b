import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { type Int64, JuteWriter } from 'jute-ts';
import { int64ToHex } from '../../../protocol/int64.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { type Recovery, type RecoveryOptions, recover } from '../../../storage/recovery.ts';
import { RecoveryError } from '../../../storage/recovery-error.ts';
import { encodeTxn, type TxnOp } from '../../../storage/txn-codec.ts';
import { Random } from '../../differential/random.ts';
import { diskError, SimDisk } from '../../sim/disk.ts';
import {
  DIR,
  entryOf,
  logFileOf,
  ManualClock,
  NotedLog,
  openLog,
  zxid,
} from './txn-log-fixtures.ts';

const OPTIONS: RecoveryOptions = {
  dataDir: '/data',
  dataLogDir: '/data',
  autocreate: true,
  dbAutocreate: true,
  trustEmptySnapshot: false,
  tree: { digestEnabled: true, extendedTypesEnabled: false, emulate353TtlNodes: false },
};
const SESSION: Int64 = { hi: 0x1000, lo: 7 };
const OPEN = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];

function encoded(id: Int64, op: TxnOp, digest: Int64 | null = null): Buffer {
  const writer = new JuteWriter({
    grow: (current) => Buffer.concat([current, Buffer.alloc(4096)]),
  });
  writer.reset(Buffer.alloc(4096));
  const header = { clientId: SESSION, cxid: id.lo, zxid: id, time: zxid(99), type: op.type };
  encodeTxn(writer, { header, ...op }, digest);
  return Buffer.from(writer.buffer.subarray(0, writer.offset));
}

function create(
  id: Int64,
  options: { path?: string; ephemeral?: boolean; digest?: Int64 } = {},
): Buffer {
  const { path = `/n-${int64ToHex(id)}`, ephemeral = false, digest = null } = options;
  const body = { path, data: Buffer.from('data'), acl: OPEN, ephemeral, parentCVersion: id.lo };
  return encoded(id, { type: OpCode.create, body }, digest);
}

function creates(from: number, to: number, epoch = 0): Buffer[] {
  return Array.from({ length: to - from + 1 }, (_, i) => create(zxid(from + i, epoch)));
}

function newDisk(files: Readonly<Record<string, Buffer>> = {}, seed = 1): SimDisk {
  const disk = new SimDisk({ random: new Random(seed) }, ['', '/data', DIR]);
  for (const [name, bytes] of Object.entries(files)) disk.putFile(`${DIR}/${name}`, bytes);
  return disk;
}

type Outcome = Recovery & { readonly warnings: readonly string[] };

async function recoverFrom(
  disk: SimDisk,
  options: Partial<RecoveryOptions> = {},
): Promise<Outcome> {
  const log = new NotedLog();
  const ports = { disk, clock: new ManualClock(), log };
  const recovery = await disk.run(recover({ ...OPTIONS, ...options }, ports));
  // As the log does when it is closed.
  disk.unlockDirectory(recovery.logDir, () => {});
  disk.step();
  return { ...recovery, warnings: log.notes };
}

async function refusal(
  disk: SimDisk,
  options: Partial<RecoveryOptions> = {},
): Promise<RecoveryError> {
  const before = disk.paths.map((path) => disk.contentOf(path));
  try {
    await recoverFrom(disk, options);
  } catch (error) {
    ok(error instanceof RecoveryError, String(error));
    deepEqual(
      disk.paths.map((path) => disk.contentOf(path)),
      before,
      'a refusal changes nothing',
    );
    return error;
  }
  throw new Error('nothing was refused');
}

const EMPTY_SNAPSHOT = Buffer.from('never read');

test('without data the tree is empty, the zxid 0, and the directories are made', async () => {
  const disk = new SimDisk({ random: new Random(1) });
  const recovery = await recoverFrom(disk, { dataDir: '/a/snap/', dataLogDir: '/b/log' });
  equal(int64ToHex(recovery.lastZxid), '0');
  equal(recovery.database.tree.nodeCount, 5);
  equal(recovery.logDir, '/b/log/version-2');
  equal(recovery.nextLogFile, 'log.1');
  deepEqual(await disk.listDirectory('/a/snap/version-2'), []);
  deepEqual(await disk.listDirectory('/b/log/version-2'), []);
});

test('logs are replayed in order, and a new file goes on behind them', async () => {
  const disk = newDisk({
    'log.1': logFileOf(creates(1, 9), 1000),
    'log.a': logFileOf(creates(10, 16)),
    'log.11': logFileOf(creates(17, 17), 64),
    'log.5.bak': Buffer.from('an operator left this here'),
    'snapshot.0': EMPTY_SNAPSHOT,
  });
  const recovery = await recoverFrom(disk);
  equal(int64ToHex(recovery.lastZxid), '11');
  equal(recovery.nextLogFile, 'log.12');
  equal(recovery.database.tree.nodeCount, 5 + 17);
  deepEqual(
    [recovery.txnCount, recovery.logFileCount, recovery.repeatedTxnCount, recovery.tornTail],
    [17, 3, 0, null],
  );
  deepEqual(recovery.warnings, []);
});

test('a log of Apache ZooKeeper is replayed to the same digest after every txn', async () => {
  const vectors = path.resolve(import.meta.dirname, '../../../../test/vectors/txn-log');
  const disk = newDisk({ 'log.1': readFileSync(path.join(vectors, 'apache-3.9.5/log.1')) });
  const tree = { ...OPTIONS.tree, extendedTypesEnabled: true };
  const recovery = await recoverFrom(disk, { tree });
  deepEqual([recovery.txnCount, recovery.digestMismatchCount, recovery.warnings], [27, 0, []]);
  const { tree: found, sessions } = recovery.database;
  const top = found.children(found.find('/')).sort();
  deepEqual(top, ['big', 'container', 'm', 'stays', 'ttl', 'zookeeper', '\u00fc']);
  const [session] = [...sessions.values()];
  equal(sessions.size, 1);
  deepEqual(found.ephemeralPaths(session?.id ?? zxid(0)), ['/stays']);
  deepEqual([...found.containerPaths(), ...found.ttlPaths()], ['/container', '/ttl']);
});

test('sessions are known again; ephemerals of sessions that are not, are gone', async () => {
  const createSession = { type: OpCode.createSession, body: { timeOut: 30_000 } } as const;
  const create2 = (ephemeral: boolean): Buffer => create(zxid(2), { path: '/e', ephemeral });
  const alive = newDisk({ 'log.1': logFileOf([encoded(zxid(1), createSession), create2(true)]) });
  const withSession = await recoverFrom(alive);
  deepEqual([...withSession.database.sessions.values()], [{ id: SESSION, timeoutMs: 30_000 }]);
  deepEqual(withSession.database.tree.ephemeralPaths(SESSION), ['/e']);

  const error = { type: OpCode.error, body: { err: -101 } } as const;
  const dead = newDisk({ 'log.1': logFileOf([encoded(zxid(1), error), create2(true)]) });
  const withoutSession = await recoverFrom(dead);
  equal(withoutSession.database.tree.find('/e'), -1);
  equal(int64ToHex(withoutSession.lastZxid), '2');
});

test('digests that differ from those in the log are counted, and logged once', async () => {
  const right = await recoverFrom(newDisk({ 'log.1': logFileOf([create(zxid(1))]) }));
  const digest = right.database.tree.digest;
  const wrong = { hi: digest.hi, lo: digest.lo ^ 1 };
  const txns = [
    create(zxid(1), { digest }),
    create(zxid(2), { digest: wrong }),
    create(zxid(3), { digest: wrong }),
  ];
  const recovery = await recoverFrom(newDisk({ 'log.1': logFileOf(txns) }));
  equal(recovery.digestMismatchCount, 2);
  equal(recovery.warnings.length, 1);
  const off = { ...OPTIONS.tree, digestEnabled: false };
  const unchecked = await recoverFrom(newDisk({ 'log.1': logFileOf(txns) }), { tree: off });
  equal(unchecked.digestMismatchCount, 0);
});

test('a torn tail of the last file is cut off, durably', async () => {
  const whole = logFileOf(creates(1, 3));
  const torn = Buffer.concat([whole, entryOf(create(zxid(4))).subarray(0, 30), Buffer.alloc(999)]);
  const disk = newDisk({ 'log.1': torn });
  const recovery = await recoverFrom(disk);
  equal(int64ToHex(recovery.lastZxid), '3');
  const { tornTail } = recovery;
  deepEqual(tornTail, { file: `${DIR}/log.1`, offset: whole.length, bytes: 30 + 999 });
  match(recovery.warnings.join(), /cutting off the end of the log/);
  deepEqual(disk.crash().contentOf(`${DIR}/log.1`), whole);
  const again = await recoverFrom(disk);
  deepEqual([again.tornTail, again.warnings], [null, []]);
});

test('last files without a whole entry are removed, so that the next one can have the name', async () => {
  const header = logFileOf([]);
  const beginnings: readonly (readonly [name: string, bytes: Buffer])[] = [
    ['empty', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(5000)],
    ['part of a header', header.subarray(0, 6)],
    ['a header', header],
    ['a header and zeros', Buffer.concat([header, Buffer.alloc(5000)])],
    ['part of an entry', logFileOf(creates(4, 4)).subarray(0, 60)],
  ];
  for (const [name, bytes] of beginnings) {
    const disk = newDisk({ 'log.1': logFileOf(creates(1, 3)), 'log.4': bytes });
    const recovery = await recoverFrom(disk);
    equal(int64ToHex(recovery.lastZxid), '3', name);
    deepEqual(disk.crash().paths, [`${DIR}/log.1`], name);
    match(recovery.warnings.join(), /removing a log file without a whole txn/, name);
  }
});

test('a torn tail before a removed last file is cut off too', async () => {
  const whole = logFileOf(creates(1, 3));
  const disk = newDisk({
    'log.1': Buffer.concat([whole, Buffer.from('begun')]),
    'log.4': logFileOf([]),
  });
  const recovery = await recoverFrom(disk);
  equal(recovery.tornTail?.offset, whole.length);
  deepEqual(disk.paths, [`${DIR}/log.1`]);
});

test('a torn tail that an Apache server left before another file is accepted if the zxids go on', async () => {
  const torn = Buffer.concat([logFileOf(creates(1, 3)), Buffer.from('begun')]);
  const goesOn = newDisk({ 'log.1': torn, 'log.4': logFileOf(creates(4, 6)) });
  const recovery = await recoverFrom(goesOn);
  equal(int64ToHex(recovery.lastZxid), '6');
  deepEqual(goesOn.contentOf(`${DIR}/log.1`), torn, 'only the end of the log is changed');
  match(recovery.warnings.join(), /breaks off before its end/);

  const error = await refusal(newDisk({ 'log.1': torn, 'log.5': logFileOf(creates(5, 6)) }));
  equal(error.code, 'MISSING_TXNS');
  match(error.message, /0x4 was expected, and 0x5 is there.*log\.1 breaks off at offset \d+/);

  const newEpoch = newDisk({ 'log.1': torn, 'log.100000001': logFileOf(creates(1, 2, 1)) });
  equal(int64ToHex((await recoverFrom(newEpoch)).lastZxid), '100000002');
});

test('what is missing or damaged is refused, and nothing is changed', async () => {
  const good = logFileOf(creates(1, 3));
  const damaged = Buffer.from(good);
  damaged[60]! ^= 1;
  const table: readonly (readonly [string, Readonly<Record<string, Buffer>>, string])[] = [
    ['damage in the middle', { 'log.1': damaged }, 'DAMAGED_LOG'],
    [
      'a gap in a file',
      { 'log.1': logFileOf([...creates(1, 3), ...creates(5, 5)]) },
      'MISSING_TXNS',
    ],
    [
      'a file that is not there',
      { 'log.1': good, 'log.5': logFileOf(creates(5, 5)) },
      'MISSING_TXNS',
    ],
    [
      'an epoch that begins later',
      { 'log.1': logFileOf([...creates(1, 1), ...creates(2, 2, 1)]) },
      'MISSING_TXNS',
    ],
    ['logs that begin later', { 'log.4': logFileOf(creates(4, 5)) }, 'NO_SNAPSHOT'],
    ['logs of a later epoch', { 'log.200000001': logFileOf(creates(1, 2, 2)) }, 'NO_SNAPSHOT'],
    [
      'an empty file before others',
      { 'log.1': Buffer.alloc(0), 'log.2': logFileOf(creates(1, 1)) },
      'BAD_LOG_HEADER',
    ],
    [
      'a file of zeros before others',
      { 'log.1': Buffer.alloc(99), 'log.2': logFileOf(creates(1, 1)) },
      'BAD_LOG_HEADER',
    ],
    ['something else', { 'log.1': Buffer.from('a text file, by its looks') }, 'BAD_LOG_HEADER'],
    ['a txn of an unknown type', { 'log.1': logFileOf([unknownTxn()]) }, 'BAD_TXN'],
    ['a txn cut short', { 'log.1': logFileOf([create(zxid(1)).subarray(0, 40)]) }, 'BAD_TXN'],
    [
      'a snapshot beyond the logs',
      { 'log.1': good, 'snapshot.5': EMPTY_SNAPSHOT },
      'SNAPSHOT_NEEDED',
    ],
    ['a snapshot and no logs', { 'snapshot.5': EMPTY_SNAPSHOT }, 'SNAPSHOT_NEEDED'],
    [
      'logs that go on from a snapshot',
      { 'log.4': logFileOf(creates(4, 5)), 'snapshot.3': EMPTY_SNAPSHOT },
      'SNAPSHOT_NEEDED',
    ],
  ];
  for (const [what, files, code] of table) {
    const error = await refusal(newDisk(files));
    equal(error.code, code, `${what}: ${error.message}`);
    ok(error.file.startsWith(DIR), what);
  }
});

function unknownTxn(): Buffer {
  const txn = create(zxid(1));
  txn.writeInt32BE(77, 28);
  return txn;
}

test('snapshots are not needed where the logs go back to the first txn of the only epoch', async () => {
  const disk = newDisk({
    'log.1': logFileOf(creates(1, 3)),
    'log.4': logFileOf(creates(4, 5)),
    'snapshot.0': EMPTY_SNAPSHOT,
    'snapshot.3': EMPTY_SNAPSHOT,
  });
  equal(int64ToHex((await recoverFrom(disk)).lastZxid), '5');
});

test('snapshot.trust.empty lets logs begin anywhere, but not break', async () => {
  const trust = { trustEmptySnapshot: true };
  const late = newDisk({ 'log.200000007': logFileOf(creates(7, 9, 2)) });
  equal(int64ToHex((await recoverFrom(late, trust)).lastZxid), '200000009');
  const broken = newDisk({ 'log.4': logFileOf([...creates(4, 5), ...creates(9, 9)]) });
  equal((await refusal(broken, trust)).code, 'MISSING_TXNS');
});

test('a txn that is in the log twice is applied once', async () => {
  const error = encoded(zxid(2), { type: OpCode.error, body: { err: -5 } });
  const disk = newDisk({
    'log.1': logFileOf([...creates(1, 4), ...creates(3, 4), error, ...creates(5, 5)]),
  });
  const recovery = await recoverFrom(disk);
  equal(int64ToHex(recovery.lastZxid), '5');
  deepEqual([recovery.txnCount, recovery.repeatedTxnCount], [5, 3]);
});

test('logs among the snapshots, or snapshots among the logs, are refused', async () => {
  const apart = { dataDir: '/snap', dataLogDir: '/data' };
  const table: readonly (readonly [path: string, expected: string])[] = [
    ['/snap/version-2/log.1', '/snap/version-2/log.1'],
    [`${DIR}/snapshot.0`, `${DIR}/snapshot.0`],
  ];
  for (const [path, expected] of table) {
    const disk = newDisk();
    await disk.run(disk.makeDirectory('/snap/version-2'));
    disk.putFile(path, Buffer.from('x'));
    const error = await refusal(disk, apart);
    deepEqual([error.code, error.file], ['MIXED_DIRECTORIES', expected]);
  }
});

test('a directory that another server uses is refused; one that was refused or whose log is closed is free again', async () => {
  const disk = newDisk({ 'log.1': logFileOf(creates(1, 2)) });
  await disk.lockDirectory(DIR);
  const error = await refusal(disk);
  deepEqual([error.code, error.file], ['DIRECTORY_IN_USE', DIR]);
  match(error.message, /in use by this process.*stop that server/);
  await disk.run(new Promise((resolve) => disk.unlockDirectory(DIR, resolve)));

  disk.putFile(`${DIR}/log.5`, logFileOf(creates(5, 5)));
  equal((await refusal(disk)).code, 'MISSING_TXNS');
  equal((await refusal(disk)).code, 'MISSING_TXNS');
  await disk.run(disk.remove(`${DIR}/log.5`));

  const ports = { disk, clock: new ManualClock(), log: new NotedLog() };
  const { logDir } = await disk.run(recover(OPTIONS, ports));
  equal((await refusal(disk)).code, 'DIRECTORY_IN_USE');
  await disk.run(openLog(disk, { dir: logDir }).log.close());
  equal((await recoverFrom(disk)).txnCount, 2);
});

test('a missing directory is refused with datadir.autocreate=false', async () => {
  const error = await refusal(new SimDisk({ random: new Random(1) }), { autocreate: false });
  deepEqual([error.code, error.file], ['MISSING_DIRECTORY', DIR]);
});

test('without db.autocreate an empty server knows that it knows nothing, unless the file initialize says so', async () => {
  const cautious = { dbAutocreate: false };
  equal(int64ToHex((await recoverFrom(newDisk(), cautious)).lastZxid), 'ffffffffffffffff');
  const disk = newDisk();
  disk.putFile('/data/initialize', Buffer.alloc(0));
  equal(int64ToHex((await recoverFrom(disk, cautious)).lastZxid), '0');
  deepEqual(disk.paths, [], 'it counts once');
  const withData = newDisk({ 'log.1': logFileOf(creates(1, 2)) });
  equal(int64ToHex((await recoverFrom(withData, cautious)).lastZxid), '2');
});

test('an error of the disk while the log is cleaned up is passed on', async () => {
  const disk = newDisk({
    'log.1': Buffer.concat([logFileOf(creates(1, 2)), Buffer.from('begun')]),
  });
  disk.failAt(0, diskError('EIO', 'truncate'));
  let code: unknown;
  await recoverFrom(disk).catch((error: NodeJS.ErrnoException) => {
    code = error.code;
  });
  equal(code, 'EIO');
});

test('the log that goes on after a recovery is replayed with what was there before', async () => {
  const torn = Buffer.concat([logFileOf(creates(1, 3)), Buffer.from('begun')]);
  const disk = newDisk({ 'log.1': torn });
  const { lastZxid, logDir } = await recoverFrom(disk);
  const { log, events } = openLog(disk, { dir: logDir });
  for (let lo = lastZxid.lo + 1; lo <= 6; lo++) log.append(zxid(lo), create(zxid(lo)));
  await disk.run(log.close());
  deepEqual(events.notes, ['roll log.4', 'durable 6']);
  const again = await recoverFrom(disk.crash());
  equal(int64ToHex(again.lastZxid), '6');
  equal(again.database.tree.nodeCount, 5 + 6);
});

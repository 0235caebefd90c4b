import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { type Int64, JuteReader } from 'jute-ts';
import type { ACL } from '../../../protocol/generated/data.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { Database } from '../../../storage/database.ts';
import { FileDisk } from '../../../storage/io/file-disk.ts';
import { NodeGzip } from '../../../storage/io/snapshot-gzip.ts';
import { type SnapshotCompression, snapshotFileName } from '../../../storage/snapshot-format.ts';
import {
  findUnresolvedAcl,
  loadSnapshotFile,
  type SnapshotLoad,
  SnapshotLoader,
} from '../../../storage/snapshot-loader.ts';
import { compressed } from '../../../storage/snapshot-stream.ts';
import { decodeTxn, type MultiOp } from '../../../storage/txn-codec.ts';
import { TxnLogReader } from '../../../storage/txn-log-reader.ts';
import { SeededRandom } from './seeded-random.ts';
import {
  describeDatabase,
  memoryFile,
  newDatabase,
  type PlainSnapshot,
  readSnapshot,
  snapshotError,
  snapshotOf,
  TREE_OPTIONS,
  vector,
  writeSnapshot,
} from './snapshot-fixtures.ts';
import {
  create,
  createContainer,
  createTtl,
  READ_ONLY,
  remove,
  setAcl,
  setData,
  txn,
} from './tree-txns.ts';

const VECTORS = path.join(import.meta.dirname, '../../../../test/vectors');
const PORTS = { disk: new FileDisk(), gzip: new NodeGzip() };
const NO_LOGS = { logsFollow: false };

const OTHER_ACL: readonly ACL[] = [
  { perms: 31, id: { scheme: 'digest', id: 'ann:x' } },
  { perms: 1, id: { scheme: 'ip', id: '10.0.0.0/8' } },
];

describe('the snapshot that Apache ZooKeeper 3.9.5 left', () => {
  it('loads to what its log replays to: tree, sessions, digest', async () => {
    const replayed = await replayedLog();
    const loaded = newDatabase();
    const load = await loadVector(loaded, 'apache-3.9.5/data/version-2/snapshot.45');
    assert.deepEqual(describeDatabase(loaded), describeDatabase(replayed));
    assert.deepEqual(load.digest, { kind: 'equal' });
    assert.deepEqual(load.unresolvedAcls, []);
    assert.equal(loaded.sessions.size, 6);
  });

  for (const extension of ['gz', 'snappy']) {
    it(`loads the same from what Apache's code compressed as ${extension}`, async () => {
      const plain = newDatabase();
      await loadVector(plain, 'apache-3.9.5/data/version-2/snapshot.45');
      const database = newDatabase();
      const load = await loadVector(database, `snapshots/snapshot.45.${extension}`);
      assert.deepEqual(describeDatabase(database), describeDatabase(plain));
      assert.deepEqual(load.digest, { kind: 'none' });
    });
  }

  it('loads where digests are off, without comparing them', async () => {
    const database = new Database({ ...TREE_OPTIONS, digestEnabled: false });
    const load = await loadVector(database, 'apache-3.9.5/data/version-2/snapshot.45');
    assert.deepEqual(load.digest, { kind: 'none' });
    assert.equal(database.tree.nodeCount, load.facts.nodeCount + 1);
  });
});

describe('a database', () => {
  for (const compression of ['none', 'gz', 'snappy'] as const) {
    it(`is the same from its snapshot, compressed: ${compression}`, async () => {
      for (let seed = 1; seed <= 12; seed++) {
        const database = randomDatabase(new SeededRandom(seed));
        const bytes = writeSnapshot(snapshotOf(database), { chunkBytes: 1000 });
        const copy = newDatabase();
        const zxid = database.lastProcessedZxid;
        const file = await compress(bytes, compression);
        const load = await loadBytes(copy, file, { compression, zxid });
        assert.deepEqual(describeDatabase(copy), describeDatabase(database), `seed ${seed}`);
        assert.deepEqual(load.digest, { kind: 'equal' });
      }
    });
  }

  it('comes from the body that a leader sends', () => {
    const database = randomDatabase(new SeededRandom(99));
    const zxid = database.lastProcessedZxid;
    const body = writeSnapshot(snapshotOf(database), { form: 'body' });
    const copy = newDatabase();
    const options = { file: 'the leader', form: 'body', zxid, logsFollow: true } as const;
    const loader = new SnapshotLoader(copy, options);
    assert.equal(loader.push(Buffer.concat([body, Buffer.from('BenWasHere')])), body.length);
    assert.equal(loader.isDone, true);
    loader.end();
    assert.deepEqual(describeDatabase(copy), describeDatabase(database));
  });
});

describe('the digest in a snapshot', () => {
  const base = snapshotOf(randomDatabase(new SeededRandom(4)));
  const recorded = base.trailer.digest!;
  const { zxid } = recorded;
  const CASES: readonly [string, PlainSnapshot['trailer']['digest'], SnapshotLoad['digest']][] = [
    ['is the tree’s', recorded, { kind: 'equal' }],
    [
      'is another',
      { ...recorded, value: { hi: 1, lo: 2 } },
      { kind: 'different', recorded: { ...recorded, value: { hi: 1, lo: 2 } } },
    ],
    [
      'is of a later txn, which was applied while the snapshot was taken',
      { ...recorded, zxid: { hi: 0, lo: zxid.lo + 1 } },
      { kind: 'later', recorded: { ...recorded, zxid: { hi: 0, lo: zxid.lo + 1 } } },
    ],
    ['is of an earlier epoch', { ...recorded, zxid: { hi: 0, lo: 1 } }, { kind: 'none' }],
    ['is empty', { ...recorded, zxid: { hi: 0, lo: 0 } }, { kind: 'none' }],
    ['is of another version', { ...recorded, version: 3 }, { kind: 'none' }],
    ['is not there', null, { kind: 'none' }],
  ];
  for (const [what, digest, expected] of CASES) {
    it(what, () => {
      const bytes = writeSnapshot({ ...base, trailer: { digest, lastProcessedZxid: null } });
      const loader = new SnapshotLoader(newDatabase(), { file: 'x', zxid, logsFollow: false });
      loader.push(bytes);
      assert.deepEqual(loader.end().digest, expected);
    });
  }

  it('does not decide the zxid, nor does the last zxid: the file name does', async () => {
    const database = newDatabase();
    await loadBytes(database, writeSnapshot(base), { zxid: { hi: 0, lo: 7 } });
    assert.deepEqual(database.lastProcessedZxid, { hi: 0, lo: 7 });
  });
});

describe('an ACL that came up while an Apache server took the snapshot', () => {
  const base = snapshotOf(newDatabase());
  const stat = base.nodes[0]!.stat;
  const bytes = writeSnapshot({
    ...base,
    nodes: [...base.nodes, { path: '/new', data: null, aclKey: 99, stat }],
    trailer: { digest: null, lastProcessedZxid: null },
  });

  it('is refused if no log follows', async () => {
    await assert.rejects(
      loadBytes(newDatabase(), bytes, { logsFollow: false }),
      snapshotError('BAD_STRUCTURE', /ACL key 99 of a node is not among the 1 ACLs/),
    );
  });

  it('permits nothing until the log has it', async () => {
    const database = newDatabase();
    const load = await loadBytes(database, bytes);
    assert.deepEqual(load.unresolvedAcls, ['/new']);
    const node = database.tree.find('/new');
    assert.ok(database.tree.acl(node).length > 0, 'an empty list would permit everything');
    assert.ok(database.tree.acl(node).every(({ perms }) => perms === 0));
    assert.equal(findUnresolvedAcl(database, load), '/new');
  });

  for (const [what, op] of [
    ['a create', create('/new', { acl: READ_ONLY })],
    ['a setACL', setAcl('/new', READ_ONLY)],
    ['a delete', remove('/new')],
  ] as const) {
    it(`is resolved by ${what} in the log`, async () => {
      const database = newDatabase();
      const load = await loadBytes(database, bytes);
      database.apply(txn(2, op));
      assert.equal(findUnresolvedAcl(database, load), null);
    });
  }
});

describe('a snapshot file', () => {
  const base = snapshotOf(newDatabase());
  const stat = base.nodes[0]!.stat;
  const node = (at: string): PlainSnapshot['nodes'][number] => ({
    path: at,
    data: null,
    aclKey: -1,
    stat,
  });

  const BAD: readonly [string, readonly PlainSnapshot['nodes'][number][], RegExp][] = [
    ['a child before its parent', [node('/a/b'), node('/a')], /"\/a\/b" comes before its parent/],
    ['a node twice', [node('/a'), node('/a')], /snapshot\.1: node "\/a" is there twice/],
    ['an empty name', [node('/a'), node('/a/')], /"\/a\/" is not the path of a node/],
    ['an empty name at the top', [node('//a')], /"\/\/a" is not the path of a node/],
  ];
  for (const [what, nodes, says] of BAD) {
    it(`is refused with ${what}`, async () => {
      const bytes = writeSnapshot({ ...base, nodes: [...base.nodes, ...nodes] });
      const load = loadBytes(newDatabase(), bytes);
      await assert.rejects(load, snapshotError('BAD_STRUCTURE', says));
    });
  }

  it('is refused with an owner of the root', async () => {
    const root = { ...base.nodes[0]!, stat: { ...stat, ephemeralOwner: { hi: 1, lo: 1 } } };
    const bytes = writeSnapshot({ ...base, nodes: [root, ...base.nodes.slice(1)] });
    const load = loadBytes(newDatabase(), bytes);
    await assert.rejects(load, snapshotError('BAD_STRUCTURE', /the root has an ephemeralOwner/));
  });

  it('must have the name of one', async () => {
    const load = loadSnapshotFile(newDatabase(), '/x/snapshot.1.bak', PORTS, NO_LOGS);
    await assert.rejects(load, snapshotError('NOT_A_SNAPSHOT', /the name is not snapshot\.<zxid>/));
  });

  for (const compression of ['gz', 'snappy'] as const) {
    const good = vector(`snapshots/snapshot.45.${compression}`);

    it(`with ${compression} is refused wherever it breaks off`, async () => {
      for (let bytes = 0; bytes < good.length; bytes += 1 + (bytes >> 4)) {
        const load = loadBytes(newDatabase(), good.subarray(0, bytes), { compression });
        await assert.rejects(load, isDamage, `${bytes} bytes`);
      }
    });

    it(`with ${compression} never gives anything else, whatever byte is changed`, async () => {
      const expected = readSnapshot(vector('apache-3.9.5/data/version-2/snapshot.45'));
      const digest = expected.trailer.digest?.value;
      let refused = 0;
      for (let at = 0; at < good.length; at += at < 40 ? 1 : 11) {
        const bad = Buffer.from(good);
        bad[at]! ^= 1 << (at & 7);
        const database = newDatabase();
        try {
          const { facts } = await loadBytes(database, bad, { compression });
          // Some bytes of headers say nothing, and what repeats may be copied from elsewhere.
          assert.equal(facts.nodeCount, expected.facts.nodeCount);
          assert.deepEqual(database.tree.digest, digest, `byte ${at}`);
        } catch (error) {
          assert.ok(isDamage(error), String(error));
          refused++;
        }
      }
      assert.ok(refused > 80);
    });
  }

  it('that cannot be read is the disk’s error', async () => {
    const load = loadSnapshotFile(newDatabase(), '/nowhere/snapshot.1', PORTS, NO_LOGS);
    await assert.rejects(load, { code: 'ENOENT' });
  });
});

function isDamage(error: unknown): boolean {
  return error instanceof Error && error.name === 'SnapshotError';
}

function loadVector(database: Database, name: string): Promise<SnapshotLoad> {
  return loadSnapshotFile(database, path.join(VECTORS, name), PORTS, NO_LOGS);
}

/** From memory, as if it were a file of that name. */
function loadBytes(
  database: Database,
  bytes: Buffer,
  options: { compression?: SnapshotCompression; zxid?: Int64; logsFollow?: boolean } = {},
): Promise<SnapshotLoad> {
  const { compression = 'none', zxid = { hi: 0, lo: 1 }, logsFollow = true } = options;
  const disk = { openForReading: () => Promise.resolve(memoryFile(bytes)) };
  const file = snapshotFileName({ zxid, compression });
  return loadSnapshotFile(database, file, { disk, gzip: PORTS.gzip }, { logsFollow });
}

async function compress(bytes: Buffer, compression: SnapshotCompression): Promise<Buffer> {
  const output: Buffer[] = [];
  for await (const chunk of compressed(inPieces(bytes), compression, PORTS)) {
    output.push(Buffer.from(chunk));
  }
  return Buffer.concat(output);
}

/** One piece of memory for all, as the contract of Chunks allows. */
async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  const piece = Buffer.alloc(777);
  for (let at = 0; at < bytes.length; at += piece.length) {
    yield piece.subarray(0, bytes.copy(piece, 0, at, at + piece.length));
  }
}

async function replayedLog(): Promise<Database> {
  const database = newDatabase();
  const file = path.join(VECTORS, 'apache-3.9.5/data/version-2/log.1');
  const log = await TxnLogReader.open(file, PORTS.disk, { afterZxid: { hi: -1, lo: -1 } });
  const reader = new JuteReader();
  do {
    while (log.next()) database.apply(decodeTxn(reader.reset(log.txn)).txn);
  } while (await log.fill());
  await log.close();
  return database;
}

/** What a few hundred txns of all kinds make. */
function randomDatabase(random: SeededRandom): Database {
  const database = newDatabase();
  const sessions = [1, 2, 3].map((lo) => ({ hi: 0x0100_0000, lo }));
  let zxid = 0;
  for (const session of sessions) {
    const timeOut = 1000 * session.lo;
    database.apply(txn(++zxid, { type: OpCode.createSession, body: { timeOut } }, session));
  }
  const paths = ['', '/q'];
  database.apply(txn(++zxid, create('/q'), sessions[0]));
  for (let i = 0; i < 200; i++) {
    database.apply(txn(++zxid, randomOp(random, paths, i), random.pick(sessions)));
  }
  for (const at of ['', '/zookeeper_limits', '/zookeeper_stats']) {
    database.apply(txn(++zxid, create(`/zookeeper/quota/q${at}`)));
  }
  return database;
}

function randomOp(
  random: SeededRandom,
  paths: string[],
  i: number,
): MultiOp | ReturnType<typeof setAcl> {
  const existing = random.pick(paths);
  const path = `${existing}/${random.pick(['n', 'ü', '中'])}${i}`;
  const data = random.below(5) === 0 ? null : Buffer.alloc(random.below(2000), `${i}`);
  const acl = random.pick([null, READ_ONLY, OTHER_ACL]);
  switch (random.below(8)) {
    case 0:
      return remove(existing);
    case 1:
      return setData(existing, data, i);
    case 2:
      return setAcl(existing, acl, i);
    case 3:
      return create(path, { data, ephemeral: true });
    case 4:
      return createContainer(path);
    case 5:
      return createTtl(path, 1 + random.below(2 ** 39));
    default:
      paths.push(path);
      return create(path, { data, acl });
  }
}

/**
 * Snapshots at size: what writing and loading one costs.
 *
 *   npm run build && node --expose-gc dist/test/bench/snapshot-bench.js [nodes] [dataBytes] [plain|gz|snappy ...]
 *
 * The file is made by the writer, from nodes as they are persisted, and lies in the system's folder for temporary files. It
 * is read from the page cache then. Times are of the wall, and beside them CPU of the process, all threads.
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { int64FromNumber } from '../../protocol/int64.ts';
import { Database } from '../../storage/database.ts';
import { FileDisk } from '../../storage/io/file-disk.ts';
import { NodeGzip } from '../../storage/io/snapshot-gzip.ts';
import { type SnapshotCompression, snapshotFileName } from '../../storage/snapshot-format.ts';
import { loadSnapshotFile } from '../../storage/snapshot-loader.ts';
import { type SnapshotNode, snapshotNode } from '../../storage/snapshot-node.ts';
import { SnapshotReader } from '../../storage/snapshot-reader.ts';
import { compressed, decompressed, fileChunks } from '../../storage/snapshot-stream.ts';
import { SnapshotWriter } from '../../storage/snapshot-writer.ts';

const NODES = Number(process.argv[2] ?? 1_000_000);
const DATA_BYTES = Number(process.argv[3] ?? 100);
const KINDS = process.argv.length > 4 ? process.argv.slice(4) : ['plain', 'snappy', 'gz'];
const CHILDREN_PER_PARENT = 1000;
/** Nodes written between two looks at the chunks. */
const STEP_NODES = 1000;
const ZXID = int64FromNumber(NODES);
const PORTS = { disk: new FileDisk(), gzip: new NodeGzip() };

/** A Stat with some life in it, so that the compressors don't have too easy a time. */
function node(pathText: string, i: number, data: Buffer): SnapshotNode {
  const zxid = int64FromNumber(i);
  const time = int64FromNumber(1_700_000_000_000 + i * 37);
  const zero = { hi: 0, lo: 0 };
  const stat = {
    czxid: zxid,
    mzxid: zxid,
    ctime: time,
    mtime: time,
    version: i % 7,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: zero,
    pzxid: zxid,
  };
  return snapshotNode({ path: pathText, data, aclKey: 1, stat });
}

function dataOf(i: number): Buffer {
  return Buffer.from(`{"id":${i},"host":"10.0.${i & 0xff}.7"}`.padEnd(DATA_BYTES, 'x')).subarray(
    0,
    DATA_BYTES,
  );
}

/** The nodes of the tree, parents first. */
function* nodes(): Generator<SnapshotNode> {
  const none = Buffer.alloc(0);
  for (const top of ['', '/zookeeper', '/zookeeper/config', '/zookeeper/quota', '/bench']) {
    yield node(top, 0, none);
  }
  for (let i = 0; i < NODES; i++) {
    const parent = `/bench/p${String(Math.floor(i / CHILDREN_PER_PARENT)).padStart(5, '0')}`;
    if (i % CHILDREN_PER_PARENT === 0) yield node(parent, i, none);
    yield node(`${parent}/n${String(i).padStart(8, '0')}`, i, dataOf(i));
  }
}

/** Nodes made beforehand, a step at a time, so that only writing is measured. */
let writeMs = 0;

async function* written(): AsyncGenerator<Buffer> {
  let ready: Buffer[] = [];
  const writer = new SnapshotWriter((chunk) => ready.push(chunk));
  writer.begin({
    sessions: [{ id: { hi: 1, lo: 1 }, timeoutMs: 30_000 }],
    acls: [{ key: 1, acl: [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }] }],
  });
  let step: SnapshotNode[] = [];
  const write = (): void => {
    const start = performance.now();
    for (const each of step) writer.node(each);
    writeMs += performance.now() - start;
    step = [];
  };
  for (const each of nodes()) {
    if (step.push(each) < STEP_NODES) continue;
    write();
    yield* ready;
    ready = [];
  }
  write();
  writer.end({
    digest: { zxid: ZXID, version: 2, value: { hi: 0, lo: 0 } },
    lastProcessedZxid: ZXID,
  });
  yield* ready;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function measured<T>(
  what: string,
  bytes: (result: T) => number,
  run: () => Promise<T>,
): Promise<T> {
  (globalThis as { gc?: () => void }).gc?.();
  const cpu = cpuMs();
  const start = performance.now();
  const result = await run();
  const ms = performance.now() - start;
  const mb = bytes(result) / 1e6;
  process.stdout.write(
    `${what.padEnd(34)} ${(ms / 1000).toFixed(2).padStart(6)} s  ${(mb / (ms / 1000)).toFixed(0).padStart(5)} MB/s  ` +
      `${(cpuMs() - cpu).toFixed(0).padStart(6)} ms CPU\n`,
  );
  return result;
}

async function bench(kind: string, dir: string): Promise<void> {
  const compression: SnapshotCompression = kind === 'gz' || kind === 'snappy' ? kind : 'none';
  const file = path.join(dir, snapshotFileName({ zxid: ZXID, compression }));
  const size = await measured(
    `make nodes and write, ${kind}`,
    (bytes: number) => bytes,
    async () => {
      const handle = await open(file, 'w');
      let bytes = 0;
      for await (const chunk of compressed(written(), compression, PORTS)) {
        await handle.write(chunk);
        bytes += chunk.length;
      }
      await handle.close();
      return bytes;
    },
  );
  process.stdout.write(`  ${(size / 1e6).toFixed(1)} MB; of it writer ${writeMs.toFixed(0)} ms\n`);
  writeMs = 0;

  await measured(
    `read only, ${kind}`,
    (facts) => facts.bytes,
    async () => {
      const handle = await PORTS.disk.openForReading(file);
      const sink = { session: () => {}, acl: () => {}, node: () => {} };
      const reader = new SnapshotReader(sink, { file });
      for await (const chunk of decompressed(fileChunks(handle), compression, { ...PORTS, file })) {
        reader.push(chunk);
      }
      await handle.close();
      return reader.end();
    },
  );

  for (const digestEnabled of [true, false]) {
    const tree = { digestEnabled, extendedTypesEnabled: true, emulate353TtlNodes: false };
    const database = new Database(tree);
    await measured(
      `load, ${kind}, digest ${digestEnabled ? 'on' : 'off'}`,
      (load) => load.facts.bytes,
      () => loadSnapshotFile(database, file, PORTS, { logsFollow: true }),
    );
    if (database.tree.nodeCount < NODES) throw new Error('nodes are missing');
  }
}

const dir = await mkdtemp(path.join(tmpdir(), 'okapi-snapshot-bench-'));
try {
  for (const kind of KINDS) await bench(kind, dir);
} finally {
  await rm(dir, { recursive: true });
}

/**
 * The znode tree by itself: what a node costs in memory and time.
 *
 *   npm run build && node --expose-gc dist/test/bench/tree-bench.js [nodes] [dataBytes] [no-digest]
 *
 * Look-ups and reads go to nodes in random order, so that they show what the memory hierarchy makes of them.
 * Times are CPU time of the process, garbage collection included, so that other work on the machine counts
 * less.
 */
import { JuteReader, JuteWriter } from 'jute-ts';
import { int64FromNumber } from '../../protocol/int64.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { DataTree } from '../../storage/data-tree.ts';
import { decodeTxn, encodeTxn, type MultiOp } from '../../storage/txn-codec.ts';

const NODES = Number(process.argv[2] ?? 1_000_000);
const DATA_BYTES = Number(process.argv[3] ?? 100);
const CHILDREN_PER_PARENT = 1000;
const PROBES = 1_000_000;

function nodePath(i: number): string {
  const parent = Math.floor(i / CHILDREN_PER_PARENT);
  return `/bench/p${String(parent).padStart(5, '0')}/n${String(i).padStart(8, '0')}`;
}

function rss(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().rss;
}

function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

function report(what: string, count: number, startNs: number): void {
  const ns = cpuNs() - startNs;
  const each = (ns / count).toFixed(0);
  process.stdout.write(
    `${what.padEnd(34)} ${each.padStart(6)} ns each  ${(ns / 1e6).toFixed(0).padStart(7)} ms\n`,
  );
}

const tree = new DataTree({
  digestEnabled: process.argv[4] !== 'no-digest',
  extendedTypesEnabled: false,
  emulate353TtlNodes: false,
});
const data = Buffer.alloc(DATA_BYTES, 'x');
let zxid = 0;

function apply(op: MultiOp): void {
  zxid++;
  const header = {
    clientId: { hi: 1, lo: 1 },
    cxid: zxid,
    zxid: int64FromNumber(zxid),
    time: int64FromNumber(1_700_000_000_000 + zxid),
    type: op.type,
  };
  tree.apply({ header, ...op });
}

function create(path: string, bytes: Buffer): void {
  const body = { path, data: bytes, acl: null, ephemeral: false, parentCVersion: -1 };
  apply({ type: OpCode.create, body });
}

const before = rss();
let start = cpuNs();
create('/bench', Buffer.alloc(0));
for (let i = 0; i < NODES; i++) {
  if (i % CHILDREN_PER_PARENT === 0) create(nodePath(i).slice(0, 13), Buffer.alloc(0));
  create(nodePath(i), data);
}
report(`create ${NODES} nodes of ${DATA_BYTES} B`, NODES, start);
const after = rss();

const { arenaReservedBytes, arenaUsedBytes, recordBytes, indexBytes } = tree.memory;
const perNode = (bytes: number): string => (bytes / NODES).toFixed(1);
process.stdout.write(
  `bytes per node: rss ${perNode(after - before)}; arena used ${perNode(arenaUsedBytes)}, ` +
    `reserved ${perNode(arenaReservedBytes)}; records ${perNode(recordBytes)}; index ${perNode(indexBytes)}; ` +
    `JS heap ${perNode(process.memoryUsage().heapUsed)}\n`,
);

// Requests as they come in: path bytes in a few frames, in an order that no cache likes.
const pathBytes = Buffer.byteLength(nodePath(0));
const requests = Buffer.alloc(PROBES * pathBytes);
for (let i = 0; i < PROBES; i++) {
  requests.write(nodePath((i * 7_919_317) % NODES), i * pathBytes);
}
const writer = new JuteWriter();
const reply = Buffer.alloc(1 << 16);

for (const round of ['first', 'second']) {
  start = cpuNs();
  let found = 0;
  for (let i = 0; i < PROBES; i++) {
    if (tree.findBytes(requests, i * pathBytes, pathBytes) >= 0) found++;
  }
  report(`findBytes, ${round} time`, found, start);
}

start = cpuNs();
for (let i = 0; i < PROBES; i++) {
  const node = tree.findBytes(requests, i * pathBytes, pathBytes);
  tree.writeDataAndStat(node, writer.reset(reply));
}
report('findBytes + writeDataAndStat', PROBES, start);

start = cpuNs();
for (let i = 0; i < PROBES; i++) {
  tree.writeDataAndStat(tree.find('/bench/p00000/n00000007'), writer.reset(reply));
}
report('the same, one hot node by string', PROBES, start);

const parent = tree.find('/bench/p00000');
const list = Buffer.alloc(tree.childrenBytes(parent));
start = cpuNs();
for (let i = 0; i < 1000; i++) tree.writeChildren(parent, writer.reset(list));
report('writeChildren, per child', 1000 * tree.childCount(parent), start);

start = cpuNs();
for (let i = 0; i < PROBES; i++) {
  const path = nodePath((i * 7_919_317) % NODES);
  apply({ type: OpCode.setData, body: { path, data, version: 1 } });
}
report('apply setData (with making path)', PROBES, start);

const bytes = Buffer.alloc(4096);
const reader = new JuteReader();
const sample: MultiOp = {
  type: OpCode.setData,
  body: { path: nodePath(0), data, version: 1 },
};
const header = {
  clientId: { hi: 1, lo: 1 },
  cxid: 1,
  zxid: int64FromNumber(zxid),
  time: int64FromNumber(1_700_000_000_000),
  type: sample.type,
};
start = cpuNs();
for (let i = 0; i < PROBES; i++) {
  encodeTxn(writer.reset(bytes), { header, ...sample }, { hi: 0, lo: i });
  decodeTxn(reader.reset(bytes, 0, writer.offset));
}
report('encode + decode a setData txn', PROBES, start);

start = cpuNs();
for (let i = 0; i < NODES; i++) apply({ type: OpCode.delete, body: { path: nodePath(i) } });
report(`delete ${NODES} nodes`, NODES, start);
process.stdout.write(`arena after: ${JSON.stringify(tree.memory)}, rss ${rss() - before}\n`);

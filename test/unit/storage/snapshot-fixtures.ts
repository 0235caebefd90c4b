import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Int64 } from 'jute-ts';
import type { ACL, StatPersisted } from '../../../protocol/generated/data.ts';
import { int64FromNumber, int64ToHex } from '../../../protocol/int64.ts';
import type { DataTree } from '../../../storage/data-tree.ts';
import { Database } from '../../../storage/database.ts';
import type { ReadableFile } from '../../../storage/ports.ts';
import { SnapshotError } from '../../../storage/snapshot-error.ts';
import type {
  SnapshotAcl,
  SnapshotForm,
  SnapshotSession,
  SnapshotTrailer,
} from '../../../storage/snapshot-format.ts';
import { dataOf, pathOf, snapshotNode, statOf } from '../../../storage/snapshot-node.ts';
import { type SnapshotFacts, SnapshotReader } from '../../../storage/snapshot-reader.ts';
import { SnapshotWriter } from '../../../storage/snapshot-writer.ts';
import type { SeededRandom } from './seeded-random.ts';

export const TREE_OPTIONS = {
  digestEnabled: true,
  extendedTypesEnabled: true,
  emulate353TtlNodes: false,
} as const;

/** A node in the form that is easy to compare. */
export type PlainNode = {
  readonly path: string;
  readonly data: Buffer | null;
  readonly aclKey: number;
  readonly stat: StatPersisted;
};

/** All that a snapshot says, in its order. */
export type PlainSnapshot = {
  readonly sessions: readonly SnapshotSession[];
  readonly acls: readonly SnapshotAcl[];
  readonly nodes: readonly PlainNode[];
  readonly trailer: SnapshotTrailer;
};

export type ReadSnapshot = PlainSnapshot & { readonly facts: SnapshotFacts };

/** A recorded file of `test/vectors`. */
export function vector(name: string): Buffer {
  return readFileSync(path.join(import.meta.dirname, '../../../../test/vectors', name));
}

export function readSnapshot(
  bytes: Buffer,
  options: { readonly chunkBytes?: number; readonly form?: SnapshotForm } = {},
): ReadSnapshot {
  const sessions: SnapshotSession[] = [];
  const acls: SnapshotAcl[] = [];
  const nodes: PlainNode[] = [];
  const reader = new SnapshotReader(
    {
      session: (id, timeoutMs) => sessions.push({ id, timeoutMs }),
      acl: (key, acl) => acls.push({ key, acl }),
      node: (node) => {
        const data = dataOf(node);
        nodes.push({
          path: pathOf(node),
          data: data === null ? null : Buffer.from(data),
          aclKey: node.aclKey,
          stat: statOf(node),
        });
      },
    },
    { file: 'the snapshot', form: options.form ?? 'file' },
  );
  const step = options.chunkBytes ?? bytes.length;
  for (let at = 0; at < bytes.length; at += step) {
    // Each chunk is a copy that is spoilt afterwards: nothing may be kept of it.
    const chunk = Buffer.from(bytes.subarray(at, at + step));
    assert.equal(reader.push(chunk), chunk.length);
    chunk.fill(0xee);
  }
  const facts = reader.end();
  const { digest, lastProcessedZxid } = facts;
  return { sessions, acls, nodes, trailer: { digest, lastProcessedZxid }, facts };
}

export function writeSnapshot(
  snapshot: PlainSnapshot,
  options: { readonly chunkBytes?: number; readonly form?: SnapshotForm } = {},
): Buffer {
  const chunks: Buffer[] = [];
  const writer = new SnapshotWriter((chunk) => chunks.push(chunk), options);
  writer.begin(snapshot);
  for (const node of snapshot.nodes) writer.node(snapshotNode(node));
  writer.end(snapshot.trailer);
  const bytes = Buffer.concat(chunks);
  assert.equal(writer.bytes, bytes.length);
  return bytes;
}

/** A SnapshotError whose message matches. */
export function snapshotError(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SnapshotError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}

/**
 * Everything about a database that must be equal if two are. Not the approximate size: it does not follow the usage of
 * quotas that is written in place.
 */
export function describeDatabase(database: Database): object {
  const { tree } = database;
  const nodes: Record<string, object> = {};
  const paths = ['/'];
  for (let at = paths.pop(); at !== undefined; at = paths.pop()) {
    const node = tree.find(at);
    const children = tree.children(node).sort();
    for (const name of children) paths.push(at === '/' ? `/${name}` : `${at}/${name}`);
    nodes[at] = {
      data: tree.data(node)?.toString('hex'),
      stat: tree.statPersisted(node),
      acl: tree.acl(node),
      nodeDigest: tree.nodeDigest(node),
    };
  }
  return {
    nodes,
    sessions: [...database.sessions.values()].sort((a, b) => a.id.lo - b.id.lo),
    zxid: database.lastProcessedZxid,
    digest: tree.digest,
    nodeCount: tree.nodeCount,
    aclCount: tree.aclCount,
    ephemerals: ephemeralsOf(tree),
    containers: [...tree.containerPaths()].sort(),
    ttls: [...tree.ttlPaths()].sort(),
  };
}

/** Sessions that own something, in no particular order. */
function ephemeralsOf(tree: DataTree): object {
  const owned = [...tree.ephemeralOwners()].filter(({ paths }) => paths.length > 0);
  return Object.fromEntries(
    owned.map(({ session, paths }) => [int64ToHex(session), paths.sort()] as const),
  );
}

/** The snapshot of a database in which every list of ACLs gets a key as it comes. */
export function snapshotOf(database: Database): PlainSnapshot {
  const { tree } = database;
  const acls = new Map<number, SnapshotAcl>();
  const nodes: PlainNode[] = [];
  const paths = ['/'];
  for (let at = paths.pop(); at !== undefined; at = paths.pop()) {
    const node = tree.find(at);
    for (const name of tree.children(node).reverse()) {
      paths.push(at === '/' ? `/${name}` : `${at}/${name}`);
    }
    const aclKey = tree.aclId(node);
    if (aclKey >= 0) acls.set(aclKey, { key: aclKey, acl: tree.acl(node) });
    const data = tree.data(node);
    nodes.push({
      path: at === '/' ? '' : at,
      data: data === null ? null : Buffer.from(data),
      aclKey,
      stat: tree.statPersisted(node),
    });
  }
  const zxid = database.lastProcessedZxid;
  return {
    sessions: [...database.sessions.values()],
    acls: [...acls.values()],
    nodes,
    trailer: { digest: { zxid, version: 2, value: tree.digest }, lastProcessedZxid: zxid },
  };
}

/** A snapshot of some size with everything in it that may be in one. */
export function randomSnapshot(random: SeededRandom): PlainSnapshot {
  const acls: SnapshotAcl[] = [];
  for (let key = 1; key <= random.below(6) + 1; key++) acls.push({ key, acl: randomAcl(random) });
  const keys = [-1, ...acls.map(({ key }) => key)];
  const nodes: PlainNode[] = [];
  const paths = [''];
  const count = random.below(300) + 1;
  for (let i = 0; i < count; i++) {
    if (i > 0) paths.push(`${random.pick(paths)}/${randomName(random)}${i}`);
    nodes.push({
      path: paths[i]!,
      data: randomData(random),
      aclKey: random.pick(keys),
      stat: randomStat(random, i === 0),
    });
  }
  const sessions = Array.from({ length: random.below(20) }, () => ({
    id: randomInt64(random),
    timeoutMs: random.below(60_000),
  }));
  const digest = { zxid: randomInt64(random), version: 2, value: randomInt64(random) };
  const trailer = {
    digest: random.below(3) === 0 ? null : digest,
    lastProcessedZxid: random.below(3) === 0 ? null : randomInt64(random),
  };
  return { sessions, acls, nodes, trailer };
}

function randomName(random: SeededRandom): string {
  return random.pick(['n', 'name-', 'ü', '中文', 'a.b', 'x'.repeat(random.below(300) + 1)]);
}

function randomData(random: SeededRandom): Buffer | null {
  switch (random.below(8)) {
    case 0:
      return null;
    case 1:
      return Buffer.alloc(0);
    case 2:
      return Buffer.alloc(random.below(5000), 'compressible ');
    default:
      return Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)));
  }
}

function randomStat(random: SeededRandom, isRoot: boolean): StatPersisted {
  const zero = { hi: 0, lo: 0 };
  return {
    czxid: randomInt64(random),
    mzxid: randomInt64(random),
    ctime: randomInt64(random),
    mtime: randomInt64(random),
    version: random.below(2 ** 32) | 0,
    cversion: random.below(2 ** 32) | 0,
    aversion: random.below(2 ** 32) | 0,
    ephemeralOwner: isRoot || random.below(3) > 0 ? zero : randomInt64(random),
    pzxid: randomInt64(random),
  };
}

function randomInt64(random: SeededRandom): Int64 {
  if (random.below(2) === 0) return int64FromNumber(random.below(2 ** 40));
  return { hi: random.below(2 ** 32) | 0, lo: random.below(2 ** 32) | 0 };
}

function randomAcl(random: SeededRandom): readonly ACL[] {
  return Array.from({ length: random.below(4) }, () => ({
    perms: random.below(32),
    id: {
      scheme: random.pick(['world', 'digest', 'ip', '', 'ä']),
      id: random.below(10) === 0 ? null : `id-${random.below(1000)}`,
    },
  }));
}

export function newDatabase(): Database {
  return new Database(TREE_OPTIONS);
}

export function memoryFile(bytes: Buffer): ReadableFile {
  return {
    bytes: bytes.length,
    read: (target, offset, length, position) =>
      Promise.resolve(bytes.copy(target, offset, position, position + length)),
    close: () => Promise.resolve(),
  };
}

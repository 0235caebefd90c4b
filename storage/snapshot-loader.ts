import type { Int64 } from 'jute-ts';
import type { ACL } from '../protocol/generated/data.ts';
import { compareInt64, equalInt64, INT64_ZERO, int64Key } from '../protocol/int64.ts';
import type { Database } from './database.ts';
import { DIGEST_VERSION } from './digest.ts';
import type { Disk } from './ports.ts';
import { SnapshotError } from './snapshot-error.ts';
import {
  parseSnapshotFileName,
  type SnapshotDigest,
  type SnapshotForm,
} from './snapshot-format.ts';
import { OPEN_ACL_KEY, PersistedOffset, pathOf, type SnapshotNode } from './snapshot-node.ts';
import { type SnapshotFacts, SnapshotReader, type SnapshotSink } from './snapshot-reader.ts';
import { type Chunks, type CompressionPorts, decompressed, fileChunks } from './snapshot-stream.ts';
import { LoadRefusal, type TreeLoader } from './tree-loader.ts';

export type SnapshotLoadOptions = {
  /** Path of the file, for errors. */
  readonly file: string;
  /** What is in it for sure: all txns up to this one. For a file, the name says so, and nothing else. */
  readonly zxid: Int64;
  /** Default 'file'. */
  readonly form?: SnapshotForm;
  /** Whether logs follow, which may have the ACLs that the snapshot lacks; see `unresolvedAcls`. */
  readonly logsFollow: boolean;
};

/**
 * What is to be made of the digest in the snapshot:
 *
 * - 'equal', 'different': it is of the snapshot's zxid, and the tree's is so.
 * - 'later': the snapshot was taken while the tree changed; once the log was replayed up to the digest's zxid, the tree must
 *   have it, and until then no digest in the log can be compared.
 * - 'none': there is nothing to compare, or not in this version of the digest, or digests are off.
 */
export type DigestVerdict =
  | { readonly kind: 'equal' | 'none' }
  | { readonly kind: 'different' | 'later'; readonly recorded: SnapshotDigest };

export type SnapshotLoad = {
  readonly facts: SnapshotFacts;
  readonly digest: DigestVerdict;
  /** Paths of nodes whose ACL is not in the snapshot. Until the log says what it is, nobody may do anything with them. */
  readonly unresolvedAcls: readonly string[];
};

/**
 * In the place of an ACL that is not known: no permission for anybody (an empty list would be every permission), and of a
 * scheme that no client can use.
 */
const UNRESOLVED_ACL: readonly ACL[] = [{ perms: 0, id: { scheme: 'unresolved', id: '' } }];

/** So many nodes can come up with new ACLs while a snapshot is taken; more are damage. */
const MAX_UNRESOLVED = 100_000;

/**
 * Loads a snapshot, chunk by chunk, into a fresh database: sessions, tree, zxid. Where it fails, the database is of no
 * further use. A learner uses it as it is; for files there is `loadSnapshotFile`.
 */
export class SnapshotLoader {
  readonly #database: Database;
  readonly #options: SnapshotLoadOptions;
  readonly #sink: DatabaseSink;
  readonly #reader: SnapshotReader;

  constructor(database: Database, options: SnapshotLoadOptions) {
    this.#database = database;
    this.#options = options;
    this.#sink = new DatabaseSink(database, options.file);
    this.#reader = new SnapshotReader(this.#sink, {
      file: options.file,
      form: options.form ?? 'file',
      allowUnknownAcls: options.logsFollow,
    });
  }

  /** Whether the end of a body was reached; see SnapshotReader. */
  get isDone(): boolean {
    return this.#reader.isDone;
  }

  /**
   * Loads the next bytes, which may change afterwards. Answers how many of them were used: all, but for what follows a body.
   *
   * @throws SnapshotError
   */
  push(chunk: Buffer): number {
    return this.#reader.push(chunk);
  }

  /**
   * Checks that all was there, and finishes the database.
   *
   * @throws SnapshotError
   */
  end(): SnapshotLoad {
    const { zxid } = this.#options;
    const facts = this.#reader.end();
    this.#sink.finish();
    this.#database.lastProcessedZxid = zxid;
    return {
      facts,
      digest: judgeDigest(this.#database, facts.digest, zxid),
      unresolvedAcls: this.#sink.unresolvedAcls,
    };
  }
}

/**
 * Loads a snapshot from its chunks, without compression.
 *
 * @throws SnapshotError; what the chunks throw
 */
export async function loadSnapshot(
  database: Database,
  chunks: Chunks,
  options: SnapshotLoadOptions,
): Promise<SnapshotLoad> {
  const loader = new SnapshotLoader(database, options);
  for await (const chunk of chunks) loader.push(chunk);
  return loader.end();
}

/**
 * Loads a snapshot file, whose name says its zxid and compression.
 *
 * @throws SnapshotError; the disk's errors
 */
export async function loadSnapshotFile(
  database: Database,
  path: string,
  ports: CompressionPorts & { readonly disk: Pick<Disk, 'openForReading'> },
  options: { readonly logsFollow: boolean },
): Promise<SnapshotLoad> {
  const name = parseSnapshotFileName(path.slice(path.lastIndexOf('/') + 1));
  if (name === null) {
    throw new SnapshotError({
      code: 'NOT_A_SNAPSHOT',
      file: path,
      offset: null,
      problem: 'the name is not snapshot.<zxid>, with or without .gz or .snappy behind',
      remedy: 'give the file the name that it was written under, which says up to where it goes',
    });
  }
  const file = await ports.disk.openForReading(path);
  try {
    const chunks = decompressed(fileChunks(file), name.compression, { ...ports, file: path });
    return await loadSnapshot(database, chunks, { ...options, file: path, zxid: name.zxid });
  } finally {
    await file.close();
  }
}

/**
 * The first node whose ACL has not come to light in the log that was replayed since; null if there is none, as there must be
 * before clients are served.
 */
export function findUnresolvedAcl(database: Database, load: SnapshotLoad): string | null {
  const { tree } = database;
  for (const path of load.unresolvedAcls) {
    const node = tree.find(path);
    if (node >= 0 && tree.acl(node) === UNRESOLVED_ACL) return path;
  }
  return null;
}

function judgeDigest(
  database: Database,
  recorded: SnapshotDigest | null,
  zxid: Int64,
): DigestVerdict {
  if (recorded === null || recorded.version !== DIGEST_VERSION) return { kind: 'none' };
  if (!database.tree.digestEnabled || equalInt64(recorded.zxid, INT64_ZERO))
    return { kind: 'none' };
  const order = compareInt64(recorded.zxid, zxid);
  // A new leader's snapshot is named by its epoch's zxid 0, after which no digest was made yet.
  if (order < 0) return { kind: 'none' };
  if (order > 0) return { kind: 'later', recorded };
  const isEqual = equalInt64(recorded.value, database.tree.digest);
  return isEqual ? { kind: 'equal' } : { kind: 'different', recorded };
}

class DatabaseSink implements SnapshotSink {
  readonly unresolvedAcls: string[] = [];
  readonly #database: Database;
  readonly #file: string;
  readonly #loader: TreeLoader;
  /** ACL ids of the tree by the snapshot's keys. */
  readonly #aclIds: Map<number, number> = new Map([[OPEN_ACL_KEY, -1]]);
  #lastKey: number = OPEN_ACL_KEY;
  #lastId = -1;

  constructor(database: Database, file: string) {
    this.#database = database;
    this.#file = file;
    this.#loader = database.tree.beginLoad();
  }

  session(id: Int64, timeoutMs: number): void {
    this.#database.sessions.set(int64Key(id), { id, timeoutMs });
  }

  acl(key: number, acl: readonly ACL[]): void {
    this.#aclIds.set(key, this.#loader.acl(acl));
  }

  node(node: SnapshotNode, offset: number): void {
    const aclId = node.aclKey === this.#lastKey ? this.#lastId : this.#aclId(node, offset);
    const slot = this.#loader.add(node, aclId);
    if (slot < 0) this.#refuse(node, offset, slot);
    else if (slot === 0) this.#checkRoot(node, offset);
  }

  finish(): void {
    const doubled = this.#loader.finish();
    if (doubled !== null) throw this.#error(null, `node ${JSON.stringify(doubled)} is there twice`);
  }

  #aclId(node: SnapshotNode, offset: number): number {
    const id = this.#aclIds.get(node.aclKey);
    if (id === undefined) {
      const path = pathOf(node);
      if (this.unresolvedAcls.length === MAX_UNRESOLVED) {
        throw this.#error(offset, `${MAX_UNRESOLVED} nodes have ACL keys that are not there`);
      }
      this.unresolvedAcls.push(path);
      return this.#loader.acl(UNRESOLVED_ACL);
    }
    this.#lastKey = node.aclKey;
    this.#lastId = id;
    return id;
  }

  #checkRoot({ stat, statAt }: SnapshotNode, offset: number): void {
    const at = statAt + PersistedOffset.EPHEMERAL_OWNER;
    if (stat.getInt32(at) === 0 && stat.getInt32(at + 4) === 0) return;
    throw this.#error(offset, 'the root has an ephemeralOwner');
  }

  #refuse(node: SnapshotNode, offset: number, refusal: number): never {
    const path = JSON.stringify(pathOf(node).slice(0, 200));
    switch (refusal) {
      case LoadRefusal.SECOND_ROOT:
        throw this.#error(offset, 'the root is there twice');
      case LoadRefusal.NOT_A_PATH:
        throw this.#error(offset, `${path} is not the path of a node`);
      default:
        throw this.#error(offset, `node ${path} comes before its parent, or has none`);
    }
  }

  #error(offset: number | null, problem: string): SnapshotError {
    return new SnapshotError({ code: 'BAD_STRUCTURE', file: this.#file, offset, problem });
  }
}

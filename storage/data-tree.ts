import type { Int64, JuteWriter } from 'jute-ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { ACL, StatPersisted } from '../protocol/generated/data.ts';
import type { TxnHeader } from '../protocol/generated/txn.ts';
import { OpCode } from '../protocol/op-code.ts';
import { AclCache } from './acl.ts';
import { CONTAINER_OWNER, type EphemeralRules, ttlOwner } from './ephemeral-type.ts';
import { longAt } from './long-view.ts';
import { NodeOwners } from './node-owners.ts';
import { QuotaUpkeep } from './quota.ts';
import { StatOffset } from './stat-layout.ts';
import { TreeDigest } from './tree-digest.ts';
import { TreeLoader } from './tree-loader.ts';
import { type TreeParts, TreeWriter } from './tree-writer.ts';
import type { MultiOp, Txn, TxnOp } from './txn-codec.ts';
import { ROOT_SLOT, type ZnodeMemory, ZnodeStore } from './znode-store.ts';
import { ZnodeField } from './znode-table.ts';

export type DataTreeOptions = EphemeralRules & {
  /** `zookeeper.digest.enabled`: keep the tree digest. */
  readonly digestEnabled: boolean;
  /** An int32 that clients can't know, from which the path index makes its hashes. Default 0. */
  readonly hashSeed?: number;
};

/** What a transaction, or one operation of a multi, came to. */
export type OpResult = {
  /** The type of the operation; those of a failed multi are all `error`. */
  readonly type: number;
  /** An ErrorCode. */
  readonly err: number;
  readonly path: string | null;
  /** The node's Stat after the operation, as wire bytes; not after a plain create, a delete or a failure. */
  readonly stat: Buffer | null;
};

/** `err` of a multi is the first error among its operations. */
export type TxnResult = OpResult & { readonly multi: readonly OpResult[] | null };

/** Told of every change that watches may wait for, in order, when it is in the tree. */
export interface TreeObserver {
  /** `parentPath` is `/` for a node at the top. */
  nodeCreated(
    path: string,
    parentPath: string,
    zxid: Int64,
    acl: readonly ACL[],
    parentAcl: readonly ACL[],
  ): void;
  nodeDeleted(
    path: string,
    parentPath: string,
    zxid: Int64,
    acl: readonly ACL[],
    parentAcl: readonly ACL[],
  ): void;
  nodeDataChanged(path: string, zxid: Int64, acl: readonly ACL[]): void;
}

const NO_OWNER: Int64 = { hi: 0, lo: 0 };

/**
 * The znodes, and what a transaction does to them (DataTree). `apply` reads nothing but the tree and the
 * txn, so that the same txns make the same tree, which `digest` shows.
 *
 * A node is named by its slot, an integer; a slot, and any view of a node's bytes, is good until the next
 * `apply`.
 */
export class DataTree {
  readonly #store: ZnodeStore;
  readonly #digest: TreeDigest;
  readonly #quota: QuotaUpkeep;
  readonly #acls: AclCache = new AclCache();
  readonly #owners: NodeOwners;
  readonly #writer: TreeWriter;

  constructor(options: DataTreeOptions) {
    this.#store = new ZnodeStore(options.hashSeed ?? 0);
    this.#digest = new TreeDigest(this.#store, options.digestEnabled);
    this.#quota = new QuotaUpkeep(this.#store);
    this.#owners = new NodeOwners(this.#store, options);
    this.#writer = new TreeWriter(this.#parts());
    this.#writer.plantBuiltIns();
  }

  /** Begins to fill the tree, which must be fresh, with nodes that were persisted. */
  beginLoad(): TreeLoader {
    return new TreeLoader(this.#parts(), this.#writer);
  }

  /** Watches; called during `apply`. */
  get observer(): TreeObserver | null {
    return this.#writer.observer;
  }

  set observer(observer: TreeObserver | null) {
    this.#writer.observer = observer;
  }

  // --- finding ---

  /** The node at `path`, −1 if there is none. '' and '/' are the root. */
  find(path: string): number {
    return this.#store.findPath(path);
  }

  /** As `find`, for path bytes in a request: no string is made. */
  findBytes(bytes: Uint8Array, offset: number, length: number): number {
    return this.#store.find(bytes, offset, length);
  }

  /** The path; the root's is `/`. */
  path(node: number): string {
    return this.#store.path(node);
  }

  /** The children's names, the oldest first. */
  children(node: number): string[] {
    return this.#store.childNames(node);
  }

  /** Nodes below `node`, at any depth. Takes a step for each. */
  descendantCount(node: number): number {
    if (node === ROOT_SLOT) return this.#store.count - 1;
    let count = -1;
    for (let at = node; at >= 0; at = this.#store.nextInSubtree(at, node)) count++;
    return count;
  }

  // --- a node, as clients see it ---

  /** Data and Stat as getData answers: data:buffer, then 68 bytes of Stat. */
  writeDataAndStat(node: number, writer: JuteWriter): void {
    this.#store.writeDataAndStat(node, writer);
  }

  /** The 68 bytes of Stat. */
  writeStat(node: number, writer: JuteWriter): void {
    this.#store.writeStat(node, writer);
  }

  /** The children's names as vector<ustring>: `childrenBytes(node)` bytes. */
  writeChildren(node: number, writer: JuteWriter): void {
    this.#store.writeChildren(node, writer);
  }

  /** Bytes that `writeChildren` writes; known without a look at the children. */
  childrenBytes(node: number): number {
    return this.#store.get(node, ZnodeField.CHILDREN_BYTES);
  }

  childCount(node: number): number {
    return this.#store.get(node, ZnodeField.CHILD_COUNT);
  }

  /** A view of the data, good until the next `apply`; null if the node has null. */
  data(node: number): Buffer | null {
    return this.#store.data(node);
  }

  /** 0 also for null. */
  dataLength(node: number): number {
    return this.#store.dataLength(node);
  }

  version(node: number): number {
    return this.#store.statInt(node, StatOffset.VERSION);
  }

  aversion(node: number): number {
    return this.#store.statInt(node, StatOffset.AVERSION);
  }

  czxid(node: number): Int64 {
    return this.#statLong(node, StatOffset.CZXID);
  }

  mzxid(node: number): Int64 {
    return this.#statLong(node, StatOffset.MZXID);
  }

  pzxid(node: number): Int64 {
    return this.#statLong(node, StatOffset.PZXID);
  }

  /** ms since 1970. */
  mtime(node: number): Int64 {
    return this.#statLong(node, StatOffset.MTIME);
  }

  // --- a node, as it is kept ---

  /** The persisted cversion: creates ever made below the node. Clients see 2 * this − children. */
  cversion(node: number): number {
    return this.#store.get(node, ZnodeField.CVERSION);
  }

  /** The raw owner, of which clients see only a session's; see ephemeral-type.ts. */
  ephemeralOwner(node: number): Int64 {
    return longAt(this.#store.view(node), this.#store.ownerAt(node));
  }

  /**
   * A number that is larger than that of every node made before, the parent among them, and that no later
   * node gets. Unlike the slot it names the node for ever.
   */
  nodeId(node: number): number {
    const hi = this.#store.get(node, ZnodeField.ID_HI);
    return hi * 0x1_0000_0000 + (this.#store.get(node, ZnodeField.ID_LO) >>> 0);
  }

  statPersisted(node: number): StatPersisted {
    const view = this.#store.view(node);
    const at = this.#store.statAt(node);
    return {
      czxid: longAt(view, at + StatOffset.CZXID),
      mzxid: longAt(view, at + StatOffset.MZXID),
      ctime: longAt(view, at + StatOffset.CTIME),
      mtime: longAt(view, at + StatOffset.MTIME),
      version: view.getInt32(at + StatOffset.VERSION),
      cversion: this.cversion(node),
      aversion: view.getInt32(at + StatOffset.AVERSION),
      ephemeralOwner: this.ephemeralOwner(node),
      pzxid: longAt(view, at + StatOffset.PZXID),
    };
  }

  /** The same list is the same array. */
  acl(node: number): readonly ACL[] {
    return this.#acls.list(this.aclId(node));
  }

  /** OPEN_ACL_ID, or a positive number. */
  aclId(node: number): number {
    return this.#store.get(node, ZnodeField.ACL);
  }

  /** The list of an id that some node has. */
  aclById(id: number): readonly ACL[] {
    return this.#acls.list(id);
  }

  /** The node digest as an unsigned number; 0 if the node does not count or digests are off. */
  nodeDigest(node: number): number {
    return this.#store.get(node, ZnodeField.DIGEST) >>> 0;
  }

  /** The CRC-32 state of path and data, from which `nodeDigestOf` goes on; 0 where `nodeDigest` is. */
  contentCrc(node: number): number {
    return this.#store.get(node, ZnodeField.CONTENT_CRC);
  }

  // --- the whole tree ---

  /** Nodes as ZooKeeper counts them: the root, which has two names, is two. */
  get nodeCount(): number {
    return this.#store.count + 1;
  }

  /** Characters of all paths and bytes of all data, as `zk_approximate_data_size` counts them. */
  get approximateDataSize(): number {
    return this.#writer.dataSize;
  }

  /** Nodes that sessions own. */
  get ephemeralCount(): number {
    return this.#owners.ephemerals.count;
  }

  /** Different ACL lists in use, the open one not counted. */
  get aclCount(): number {
    return this.#acls.size;
  }

  /** The tree digest (see digest.ts); 0 if digests are off. */
  get digest(): Int64 {
    return this.#digest.value;
  }

  get digestEnabled(): boolean {
    return this.#digest.isEnabled;
  }

  get memory(): ZnodeMemory {
    return this.#store.memory;
  }

  /** The paths that the session owns, the oldest first. */
  ephemeralPaths(session: Int64): string[] {
    return this.#paths(this.#owners.ephemerals.owned(session) ?? []);
  }

  /** Every session that owns a node, or has owned one since it was created. */
  *ephemeralOwners(): Generator<{ readonly session: Int64; readonly paths: string[] }> {
    for (const { session, owned } of this.#owners.ephemerals.entries()) {
      yield { session, paths: this.#paths(owned) };
    }
  }

  /** The containers. Don't `apply` while iterating. */
  *containerPaths(): Generator<string> {
    for (const node of this.#owners.containers) yield this.#store.path(node);
  }

  /** The nodes that have a time to live. Don't `apply` while iterating. */
  *ttlPaths(): Generator<string> {
    for (const node of this.#owners.ttls) yield this.#store.path(node);
  }

  /** The longest path with a quota that covers `path`, or null. */
  quotaPrefix(path: string): string | null {
    return this.#quota.prefix(path);
  }

  // --- changes ---

  /**
   * Carries out a transaction. Those of a healthy pipeline succeed; an error in the answer is that of a
   * refused request, or comes of a replay over a tree that is ahead of the log, and is to be ignored then.
   */
  apply(txn: Txn): TxnResult {
    if (txn.type === OpCode.multi) return this.#applyMulti(txn.header, txn.body.ops);
    const { type, err, path, stat } = this.#applyOp(txn.header, txn);
    return { type, err, path, stat, multi: null };
  }

  /** Deletes what the session owns. Called for a session of which, after recovery, nothing else is left. */
  killSession(session: Int64, zxid: Int64): void {
    const owned = this.#owners.ephemerals.owned(session);
    if (owned === undefined) return;
    for (const path of this.#paths(owned)) this.#writer.delete(path, zxid);
    this.#owners.ephemerals.forget(session);
  }

  /**
   * A multi that holds an error was refused as a whole, which its operations' results tell: those before
   * the error OK, those after it RUNTIMEINCONSISTENCY.
   */
  #applyMulti(header: TxnHeader, ops: readonly MultiOp[]): TxnResult {
    const refused = ops.some((op) => op.type === OpCode.error);
    const results: OpResult[] = [];
    let err: number = ErrorCode.OK;
    let afterError = false;
    for (const op of ops) {
      if (op.type === OpCode.error) afterError = true;
      const result =
        refused && op.type !== OpCode.error ? refusedResult(afterError) : this.#applyOp(header, op);
      results.push(result);
      if (err === ErrorCode.OK) err = result.err;
    }
    return { type: OpCode.multi, err, path: null, stat: null, multi: results };
  }

  #applyOp(
    header: TxnHeader,
    op: Exclude<TxnOp, { readonly type: typeof OpCode.multi }>,
  ): OpResult {
    // biome-ignore lint/nursery/useExhaustiveSwitchCases: it does not see that Exclude took multi out; tsc does
    switch (op.type) {
      case OpCode.create:
      case OpCode.create2:
        return this.#writer.create(
          header,
          op.type,
          op.body,
          op.body.ephemeral ? header.clientId : NO_OWNER,
        );
      case OpCode.createContainer:
        return this.#writer.create(header, op.type, op.body, CONTAINER_OWNER);
      case OpCode.createTTL:
        return this.#writer.create(header, op.type, op.body, ttlOwner(op.body.ttl));
      case OpCode.delete:
      case OpCode.deleteContainer: {
        const path = op.body.path ?? '';
        return { type: op.type, err: this.#writer.delete(path, header.zxid), path, stat: null };
      }
      case OpCode.setData:
      case OpCode.reconfig:
        return this.#writer.setData(header, op.type, op.body);
      case OpCode.setACL:
        return this.#writer.setACL(op.body);
      case OpCode.closeSession:
        for (const path of op.body?.paths2Delete ?? [])
          this.#writer.delete(path ?? '', header.zxid);
        this.killSession(header.clientId, header.zxid);
        return { type: op.type, err: ErrorCode.OK, path: null, stat: null };
      case OpCode.check:
        return { type: op.type, err: ErrorCode.OK, path: op.body.path, stat: null };
      case OpCode.createSession:
        return { type: op.type, err: ErrorCode.OK, path: null, stat: null };
      case OpCode.error:
        return { type: op.type, err: op.body.err, path: null, stat: null };
    }
  }

  #statLong(node: number, offset: number): Int64 {
    return longAt(this.#store.view(node), this.#store.statAt(node) + offset);
  }

  #parts(): TreeParts {
    return {
      store: this.#store,
      acls: this.#acls,
      owners: this.#owners,
      digest: this.#digest,
      quota: this.#quota,
    };
  }

  #paths(slots: Iterable<number>): string[] {
    return Array.from(slots, (slot) => this.#store.path(slot));
  }
}

function refusedResult(afterError: boolean): OpResult {
  const err = afterError ? ErrorCode.RUNTIMEINCONSISTENCY : ErrorCode.OK;
  return { type: OpCode.error, err, path: null, stat: null };
}

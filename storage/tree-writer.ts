import type { Int64 } from 'jute-ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { ACL } from '../protocol/generated/data.ts';
import type { SetACLTxn, SetDataTxn, TxnHeader } from '../protocol/generated/txn.ts';
import { INT64_ZERO } from '../protocol/int64.ts';
import { OpCode } from '../protocol/op-code.ts';
import { READ_ACL_UNSAFE } from '../protocol/permission.ts';
import { type AclCache, OPEN_ACL_ID } from './acl.ts';
import type { OpResult, TreeObserver } from './data-tree.ts';
import { longAt, setLong } from './long-view.ts';
import type { NodeOwners } from './node-owners.ts';
import { CONFIG_PATH, parentPath, QUOTA_PATH, ZOOKEEPER_PATH } from './path.ts';
import type { QuotaUpkeep } from './quota.ts';
import { STAT_BYTES, StatOffset } from './stat-layout.ts';
import type { TreeDigest } from './tree-digest.ts';
import { ROOT_SLOT, type ZnodeStore } from './znode-store.ts';
import { ZnodeField } from './znode-table.ts';

/** What a create says of the new node. */
export type Creation = {
  readonly path: string | null;
  readonly data: Uint8Array | null;
  readonly acl: readonly ACL[] | null;
  readonly parentCVersion: number;
};

/** The znodes and the books that are kept about them. */
export type TreeParts = {
  readonly store: ZnodeStore;
  readonly acls: AclCache;
  readonly owners: NodeOwners;
  readonly digest: TreeDigest;
  readonly quota: QuotaUpkeep;
};

const NO_DATA: Buffer = Buffer.alloc(0);

/** The changes that transactions consist of: each leaves the znodes and all books in agreement. */
export class TreeWriter {
  observer: TreeObserver | null = null;
  /** Characters of all paths and bytes of all data; quota usage that is written in place is not followed. */
  dataSize = 0;
  readonly #store: ZnodeStore;
  readonly #acls: AclCache;
  readonly #owners: NodeOwners;
  readonly #digest: TreeDigest;
  readonly #quota: QuotaUpkeep;

  constructor(parts: TreeParts) {
    this.#store = parts.store;
    this.#acls = parts.acls;
    this.#owners = parts.owners;
    this.#digest = parts.digest;
    this.#quota = parts.quota;
  }

  /** A new node, unless it is there or its parent is not. */
  create(header: TxnHeader, type: number, creation: Creation, owner: Int64): OpResult {
    const store = this.#store;
    const path = creation.path ?? '';
    const pathBytes = store.encodePath(path);
    const parent = store.findEncodedParent(pathBytes);
    if (parent < 0) return { type, err: ErrorCode.NONODE, path, stat: null };
    const aclId = this.#acls.acquire(creation.acl);
    const existing = store.findEncoded(pathBytes);
    if (existing >= 0) {
      // Only a replay over a tree that is ahead of the log finds the node there. The tree may have an ACL
      // of its later life (ZOOKEEPER-4846) and a parent that was written before it was made.
      this.#acls.release(store.get(existing, ZnodeField.ACL));
      store.set(existing, ZnodeField.ACL, aclId);
      if (type === OpCode.create) this.#raiseCversion(parent, creation.parentCVersion, header.zxid);
      return { type, err: ErrorCode.NODEEXISTS, path, stat: null };
    }
    this.#raiseCversion(parent, creation.parentCVersion, header.zxid);
    const node = store.insert({ parent, pathBytes, data: creation.data, owner });
    store.set(node, ZnodeField.ACL, aclId);
    this.#initializeStat(node, header, owner);
    this.#digest.onContentChanged(node);
    this.#owners.add(node, owner);
    const dataBytes = creation.data === null ? 0 : creation.data.length;
    this.dataSize += path.length + dataBytes;
    const stat = type === OpCode.create ? null : this.#captureStat(node);
    this.#quota.onCreated(path, dataBytes);
    this.observer?.nodeCreated(
      path,
      parentPath(path),
      header.zxid,
      this.#acls.list(aclId),
      this.#aclOf(parent),
    );
    return { type, err: ErrorCode.OK, path, stat };
  }

  /** Deletes the node; the parent learns of it even if the node is not there (ZOOKEEPER-3125). */
  delete(path: string, zxid: Int64): number {
    const store = this.#store;
    const pathBytes = store.encodePath(path);
    const parent = store.findEncodedParent(pathBytes);
    if (parent < 0 || pathBytes === 1) return ErrorCode.NONODE;
    this.#raisePzxid(parent, zxid);
    const node = store.findEncoded(pathBytes);
    if (node < 0) return ErrorCode.NONODE;
    this.#dropDescendants(node);
    const acl = this.#aclOf(node);
    this.#drop(node, path);
    this.observer?.nodeDeleted(path, parentPath(path), zxid, acl, this.#aclOf(parent));
    return ErrorCode.OK;
  }

  /** New data, with the version that the txn says. */
  setData(header: TxnHeader, type: number, body: SetDataTxn): OpResult {
    const store = this.#store;
    const path = body.path ?? '';
    const node = store.findPath(path);
    if (node < 0) return { type, err: ErrorCode.NONODE, path, stat: null };
    const bytesDiff = (body.data === null ? 0 : body.data.length) - store.dataLength(node);
    store.setData(node, body.data);
    const view = store.view(node);
    const at = store.statAt(node);
    setLong(view, at + StatOffset.MZXID, header.zxid);
    setLong(view, at + StatOffset.MTIME, header.time);
    view.setInt32(at + StatOffset.VERSION, body.version);
    this.#digest.onContentChanged(node);
    const stat = this.#captureStat(node);
    this.#quota.onDataChanged(path, bytesDiff);
    this.dataSize += bytesDiff;
    this.observer?.nodeDataChanged(path, header.zxid, this.#aclOf(node));
    return { type, err: ErrorCode.OK, path, stat };
  }

  /** A new ACL, with the aversion that the txn says; nothing else of the Stat changes. */
  setACL(body: SetACLTxn): OpResult {
    const store = this.#store;
    const path = body.path ?? '';
    const type = OpCode.setACL;
    const node = store.findPath(path);
    if (node < 0) return { type, err: ErrorCode.NONODE, path, stat: null };
    this.#changeAcl(node, body.acl, body.version);
    return { type, err: ErrorCode.OK, path, stat: this.#captureStat(node) };
  }

  #changeAcl(node: number, acl: readonly ACL[] | null, aversion: number): void {
    const store = this.#store;
    const aclId = this.#acls.acquire(acl);
    this.#acls.release(store.get(node, ZnodeField.ACL));
    store.set(node, ZnodeField.ACL, aclId);
    store.setStatInt(node, StatOffset.AVERSION, aversion);
    this.#digest.onStatChanged(node);
  }

  /** A replay may meet a parent that already knows of later creates, which must not be undone. */
  #raiseCversion(parent: number, parentCVersion: number, zxid: Int64): void {
    const current = this.#store.get(parent, ZnodeField.CVERSION);
    const cversion = parentCVersion === -1 ? (current + 1) | 0 : parentCVersion;
    if (cversion <= current) return;
    this.#store.setCversion(parent, cversion);
    this.#store.setStatLong(parent, StatOffset.PZXID, zxid.hi, zxid.lo);
    this.#digest.onStatChanged(parent);
  }

  #raisePzxid(parent: number, zxid: Int64): void {
    const view = this.#store.view(parent);
    const at = this.#store.statAt(parent) + StatOffset.PZXID;
    const hi = view.getInt32(at);
    if (zxid.hi < hi || (zxid.hi === hi && zxid.lo >>> 0 <= view.getUint32(at + 4))) return;
    setLong(view, at, zxid);
    this.#digest.onStatChanged(parent);
  }

  #initializeStat(node: number, header: TxnHeader, owner: Int64): void {
    const view = this.#store.view(node);
    const at = this.#store.statAt(node);
    setLong(view, at + StatOffset.CZXID, header.zxid);
    setLong(view, at + StatOffset.MZXID, header.zxid);
    setLong(view, at + StatOffset.PZXID, header.zxid);
    setLong(view, at + StatOffset.CTIME, header.time);
    setLong(view, at + StatOffset.MTIME, header.time);
    setLong(view, at + StatOffset.EPHEMERAL_OWNER, this.#owners.shown(owner));
  }

  /** Takes a node without children out of the tree and all the books. */
  #drop(node: number, path: string): void {
    const store = this.#store;
    const dataBytes = store.dataLength(node);
    this.#digest.onRemove(node);
    this.#owners.delete(node, longAt(store.view(node), store.ownerAt(node)));
    this.#acls.release(store.get(node, ZnodeField.ACL));
    store.remove(node);
    this.dataSize -= path.length + dataBytes;
    this.#quota.onDeleted(path, dataBytes);
  }

  /**
   * A node that is deleted has no children, unless a replay runs over a tree that is ahead of the log; then
   * they are of a later life of the node, and the log will create them again.
   *
   * deviates: Apache's server leaves them behind without a parent, and then fails to create them.
   */
  #dropDescendants(node: number): void {
    const store = this.#store;
    while (store.get(node, ZnodeField.CHILD_COUNT) > 0) {
      let leaf = store.get(node, ZnodeField.FIRST_CHILD);
      while (store.get(leaf, ZnodeField.CHILD_COUNT) > 0) {
        leaf = store.get(leaf, ZnodeField.FIRST_CHILD);
      }
      this.#drop(leaf, store.path(leaf));
    }
  }

  /** Takes out what a fresh server has but for the root, to make room for a tree that has its own. */
  uprootBuiltIns(): void {
    for (const path of [CONFIG_PATH, QUOTA_PATH, ZOOKEEPER_PATH]) {
      this.#drop(this.#store.findPath(path), path);
    }
  }

  /** Snapshots of servers before 3.5 have no node for the configuration (DataTree.addConfigNode). */
  plantMissingConfig(): void {
    const zookeeper = this.#store.findPath(ZOOKEEPER_PATH);
    if (zookeeper < 0 || this.#store.findPath(CONFIG_PATH) >= 0) return;
    this.#plantConfig(zookeeper);
  }

  /** What a fresh server has; no transaction made it, so that all of its Stats are 0. */
  plantBuiltIns(): void {
    this.#plant(-1, '');
    const zookeeper = this.#plant(ROOT_SLOT, ZOOKEEPER_PATH);
    this.#plant(zookeeper, QUOTA_PATH);
    this.#plantConfig(zookeeper);
    // The root counts with its second name.
    this.dataSize += 1;
  }

  /** It may only be read (ZOOKEEPER-2014). */
  #plantConfig(zookeeper: number): void {
    this.#changeAcl(this.#plant(zookeeper, CONFIG_PATH), READ_ACL_UNSAFE, -1);
  }

  #plant(parent: number, path: string): number {
    const pathBytes = this.#store.encodePath(path);
    const node = this.#store.insert({ parent, pathBytes, data: NO_DATA, owner: INT64_ZERO });
    this.#store.set(node, ZnodeField.ACL, OPEN_ACL_ID);
    this.#digest.onContentChanged(node);
    this.dataSize += path.length;
    return node;
  }

  #captureStat(node: number): Buffer {
    const at = this.#store.statAt(node);
    const stat = Buffer.allocUnsafe(STAT_BYTES);
    this.#store.buffer(node).copy(stat, 0, at, at + STAT_BYTES);
    return stat;
  }

  #aclOf(node: number): readonly ACL[] {
    return this.#acls.list(this.#store.get(node, ZnodeField.ACL));
  }
}

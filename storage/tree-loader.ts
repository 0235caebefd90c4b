import assert from 'node:assert';
import type { ACL } from '../protocol/generated/data.ts';
import type { AclCache } from './acl.ts';
import { longAt, setLong } from './long-view.ts';
import type { NodeOwners } from './node-owners.ts';
import { PersistedOffset, pathOf, type SnapshotNode } from './snapshot-node.ts';
import { StatOffset } from './stat-layout.ts';
import type { TreeDigest } from './tree-digest.ts';
import type { TreeParts, TreeWriter } from './tree-writer.ts';
import { ROOT_SLOT, type ZnodeStore } from './znode-store.ts';
import { ZnodeField } from './znode-table.ts';

/** What `TreeLoader.add` answers for a node that has no place in the tree; it answers slots otherwise. */
export const LoadRefusal = {
  /** The parent is not there, or the path is none. */
  NO_PARENT: -1,
  /** A node of that path is there. */
  EXISTS: -2,
} as const;

/** Root, /zookeeper, quota, config. */
const BUILT_IN_COUNT = 4;
const SLASH = 0x2f;
const NO_BYTES: Buffer = Buffer.alloc(0);

/**
 * Fills a fresh tree with nodes that were persisted, parents before their children. It takes the bytes as
 * they are: no string and no object is made per node. Until `finish` the tree is not to be used.
 */
export class TreeLoader {
  readonly #parts: TreeParts;
  readonly #store: ZnodeStore;
  readonly #acls: AclCache;
  readonly #owners: NodeOwners;
  readonly #digest: TreeDigest;
  readonly #writer: TreeWriter;
  /** By ACL id, how many nodes have it; undefined where `acl` did not give the id out. */
  readonly #aclCounts: (number | undefined)[] = [];
  #hasRoot = false;
  /** The node whose child came last: siblings tend to come together. */
  #parent: number = ROOT_SLOT;

  constructor(parts: TreeParts, writer: TreeWriter) {
    assert(parts.store.count === BUILT_IN_COUNT, 'a tree must be fresh to be loaded');
    this.#parts = parts;
    this.#store = parts.store;
    this.#acls = parts.acls;
    this.#owners = parts.owners;
    this.#digest = parts.digest;
    this.#writer = writer;
    writer.uprootBuiltIns();
  }

  /** The id to give to `add` for nodes that have this list. */
  acl(list: readonly ACL[]): number {
    const id = this.#acls.acquire(list);
    if (id < 0) return id;
    if (this.#aclCounts[id] === undefined) this.#aclCounts[id] = 0;
    else this.#acls.release(id);
    return id;
  }

  /** The slot of the node, or a LoadRefusal. The root comes first. */
  add(node: SnapshotNode, aclId: number): number {
    const slot = node.pathBytes === 0 ? this.#addRoot(node) : this.#addNode(node);
    if (slot < 0) return slot;
    this.#store.set(slot, ZnodeField.ACL, aclId);
    if (aclId >= 0) this.#aclCounts[aclId]!++;
    this.#digest.onContentChanged(slot);
    return slot;
  }

  /** The books that need the whole tree: quotas, ACLs that no node has. */
  finish(): void {
    for (const [id, count] of this.#aclCounts.entries()) {
      if (count === undefined) continue;
      this.#acls.retain(id, count);
      this.#acls.release(id);
    }
    this.#writer.plantMissingConfig();
    this.#parts.quota.rebuild();
  }

  #addRoot(node: SnapshotNode): number {
    if (this.#hasRoot) return LoadRefusal.EXISTS;
    this.#hasRoot = true;
    const { bytes, dataAt, dataBytes } = node;
    const data = dataBytes === 0 ? NO_BYTES : bytes.subarray(dataAt, dataAt + dataBytes);
    this.#store.setData(ROOT_SLOT, dataBytes < 0 ? null : data);
    this.#store.setPersistedStat(ROOT_SLOT, node);
    this.#writer.dataSize += Math.max(dataBytes, 0);
    return ROOT_SLOT;
  }

  #addNode(node: SnapshotNode): number {
    const { bytes, pathAt, pathBytes, stat } = node;
    const store = this.#store;
    const parent = this.#parentOf(node);
    if (parent < 0) return LoadRefusal.NO_PARENT;
    if (store.find(bytes, pathAt, pathBytes) >= 0) return LoadRefusal.EXISTS;
    const slot = store.insertPersisted(parent, node);
    const ownerAt = node.statAt + PersistedOffset.EPHEMERAL_OWNER;
    if (stat.getInt32(ownerAt) !== 0 || stat.getInt32(ownerAt + 4) !== 0) {
      const owner = longAt(stat, ownerAt);
      const shownAt = store.statAt(slot) + StatOffset.EPHEMERAL_OWNER;
      setLong(store.view(slot), shownAt, this.#owners.shown(owner));
      this.#owners.add(slot, owner);
    }
    const pathUnits = isAscii(bytes, pathAt, pathAt + pathBytes) ? pathBytes : pathOf(node).length;
    this.#writer.dataSize += pathUnits + Math.max(node.dataBytes, 0);
    return slot;
  }

  #parentOf({ bytes, pathAt, pathBytes }: SnapshotNode): number {
    if (!this.#hasRoot || bytes[pathAt] !== SLASH) return LoadRefusal.NO_PARENT;
    let length = pathBytes - 1;
    // A name must not be empty.
    if (bytes[pathAt + length] === SLASH) return LoadRefusal.NO_PARENT;
    while (bytes[pathAt + length] !== SLASH) length--;
    if (this.#store.isPath(this.#parent, bytes, pathAt, length)) return this.#parent;
    // As a parent the root has no slash: `//x` is no path.
    if (length === 1) return LoadRefusal.NO_PARENT;
    const parent = this.#store.find(bytes, pathAt, length);
    if (parent >= 0) this.#parent = parent;
    return parent;
  }
}

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  let bits = 0;
  for (let i = start; i < end; i++) bits |= bytes[i]!;
  return bits < 0x80;
}

import assert from 'node:assert';
import { isUtf8 } from 'node:buffer';
import type { ACL } from '../protocol/generated/data.ts';
import type { AclCache } from './acl.ts';
import { longAt, setLong } from './long-view.ts';
import type { NodeOwners } from './node-owners.ts';
import { PersistedOffset, type SnapshotNode } from './snapshot-node.ts';
import { StatOffset } from './stat-layout.ts';
import type { TreeDigest } from './tree-digest.ts';
import type { TreeParts, TreeWriter } from './tree-writer.ts';
import { ROOT_SLOT, type ZnodeStore } from './znode-store.ts';
import { ZnodeField } from './znode-table.ts';

/** What `TreeLoader.add` answers for a node that has no place in the tree; it answers slots otherwise. */
export const LoadRefusal = {
  /** The parent is not there. */
  NO_PARENT: -1,
  /** The root, once more. */
  SECOND_ROOT: -2,
  /** Not UTF-8, without a slash in front, or with an empty name. */
  NOT_A_PATH: -3,
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
  /** The node that came last: the next one's parent is mostly it, or above it. */
  #last: number = ROOT_SLOT;
  /** A slot whose path another node has, too. */
  #doubled = -1;

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

  /**
   * Makes the books that need the whole tree. Answers a path that two nodes have, or null if all is well; with such a path
   * the tree is of no use.
   */
  finish(): string | null {
    this.#index();
    if (this.#doubled >= 0) return this.#store.path(this.#doubled);
    for (const [id, count] of this.#aclCounts.entries()) {
      if (count === undefined) continue;
      this.#acls.retain(id, count);
      this.#acls.release(id);
    }
    this.#writer.plantMissingConfig();
    this.#parts.quota.rebuild();
    return null;
  }

  #addRoot(node: SnapshotNode): number {
    if (this.#hasRoot) return LoadRefusal.SECOND_ROOT;
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
    if (parent < 0) return parent;
    const isPlain = isAscii(bytes, pathAt, pathAt + pathBytes);
    const pathUnits = isPlain ? pathBytes : unitsOf(node);
    if (pathUnits < 0) return LoadRefusal.NOT_A_PATH;
    const slot = store.insertPersisted(parent, node);
    this.#last = slot;
    const ownerAt = node.statAt + PersistedOffset.EPHEMERAL_OWNER;
    if (stat.getInt32(ownerAt) !== 0 || stat.getInt32(ownerAt + 4) !== 0) {
      const owner = longAt(stat, ownerAt);
      const shownAt = store.statAt(slot) + StatOffset.EPHEMERAL_OWNER;
      setLong(store.view(slot), shownAt, this.#owners.shown(owner));
      this.#owners.add(slot, owner);
    }
    this.#writer.dataSize += pathUnits + Math.max(node.dataBytes, 0);
    return slot;
  }

  #parentOf({ bytes, pathAt, pathBytes }: SnapshotNode): number {
    if (bytes[pathAt] !== SLASH) return LoadRefusal.NOT_A_PATH;
    let length = pathBytes - 1;
    if (bytes[pathAt + length] === SLASH) return LoadRefusal.NOT_A_PATH;
    if (!this.#hasRoot) return LoadRefusal.NO_PARENT;
    while (bytes[pathAt + length] !== SLASH) length--;
    for (let slot = this.#last; slot >= 0; slot = this.#store.get(slot, ZnodeField.PARENT)) {
      if (this.#store.isPath(slot, bytes, pathAt, length)) return slot;
    }
    // As a parent the root has no slash: `//x` is no path.
    if (length === 1) return LoadRefusal.NOT_A_PATH;
    this.#index();
    return this.#store.find(bytes, pathAt, length);
  }

  #index(): void {
    const doubled = this.#store.indexInserted();
    if (doubled >= 0) this.#doubled = doubled;
  }
}

/** UTF-16 units of a path; −1 if it is not UTF-8. */
function unitsOf({ bytes, pathAt, pathBytes }: SnapshotNode): number {
  const path = bytes.subarray(pathAt, pathAt + pathBytes);
  return isUtf8(path) ? path.toString('utf8').length : -1;
}

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  let bits = 0;
  for (let i = start; i < end; i++) bits |= bytes[i]!;
  return bits < 0x80;
}

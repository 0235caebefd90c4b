import assert from 'node:assert';
import type { Int64, JuteWriter } from 'jute-ts';
import { Arena } from './arena.ts';
import { ChildLinks } from './child-links.ts';
import { hashPath } from './path-hash.ts';
import { PathIndex } from './path-index.ts';
import { PersistedOffset, type SnapshotNode } from './snapshot-node.ts';
import { STAT_BYTES, StatOffset } from './stat-layout.ts';
import { ZnodeField, ZnodeTable } from './znode-table.ts';

/** The root's slot: it is the first node made. */
export const ROOT_SLOT = 0;

/** Bytes of a block before the path. */
const OWNER_BYTES = 8;
const LENGTH_BYTES = 4;
/** Bytes of a block after the Stat, if it has an owner. */
const OWNED_LINK_BYTES = 8;
const SLASH = 0x2f;
/** The start of a Stat that is the same in both of its forms, but for the cversion within. */
const SAME_STAT_BYTES = 44;
/** Up to here a loop copies faster than a call does (measured on Node 20). */
const LOOP_COPY_BYTES = 24;
/** Likewise, for a loop over words of four bytes. */
const WORD_COPY_BYTES = 1024;

/** What a new node is made of. */
export type NewZnode = {
  /** Its slot; −1 makes the root. */
  readonly parent: number;
  /** What `encodePath` answered for its path. */
  readonly pathBytes: number;
  readonly data: Uint8Array | null;
  /** The raw ephemeralOwner, which never changes. */
  readonly owner: Int64;
};

/** Memory of the tree by what it is for, in bytes. */
export type ZnodeMemory = {
  readonly arenaReservedBytes: number;
  readonly arenaUsedBytes: number;
  readonly recordBytes: number;
  readonly indexBytes: number;
};

/**
 * Where znodes rest: no object per node, only a record of int32s (ZnodeTable) and a block of the arena:
 *
 *   block = ephemeralOwner:long (raw), path bytes, then as getData answers: data:buffer, Stat;
 *           if the owner is not 0, the links of an OwnedList: previous:int, next:int
 *
 * The Stat is the one that clients see; the persisted cversion is in the record, the raw owner in front.
 * Nodes are named by their slot. What a slot or a view of data means ends with the next change to the tree.
 */
export class ZnodeStore {
  readonly #arena: Arena = new Arena();
  readonly #table: ZnodeTable = new ZnodeTable();
  readonly #index: PathIndex = new PathIndex(this.#table);
  readonly #links: ChildLinks = new ChildLinks(this.#table);
  readonly #hashSeed: number;
  /** The encoded path; see `encodePath`. */
  #path: Buffer = Buffer.allocUnsafe(1024);

  constructor(hashSeed: number) {
    this.#hashSeed = hashSeed;
  }

  /** Nodes, the root among them. */
  get count(): number {
    return this.#table.count;
  }

  get memory(): ZnodeMemory {
    const { reservedBytes, usedBytes } = this.#arena.stats;
    return {
      arenaReservedBytes: reservedBytes,
      arenaUsedBytes: usedBytes,
      recordBytes: this.#table.reservedBytes,
      indexBytes: this.#index.reservedBytes,
    };
  }

  // --- finding ---

  /** The slot of the node at the path in bytes [offset, offset + length), −1 if there is none. */
  find(bytes: Uint8Array, offset: number, length: number): number {
    if (length <= 1 && (length === 0 || bytes[offset] === SLASH)) return ROOT_SLOT;
    const table = this.#table;
    const hash = hashPath(bytes, offset, offset + length, this.#hashSeed);
    let slot = this.#index.first(hash);
    while (slot >= 0) {
      if (table.get(slot, ZnodeField.HASH) === hash && this.isPath(slot, bytes, offset, length)) {
        return slot;
      }
      slot = table.get(slot, ZnodeField.CHAIN);
    }
    return -1;
  }

  /** As `find`, for a string. */
  findPath(path: string): number {
    return this.findEncoded(this.encodePath(path));
  }

  /**
   * Makes `path` the encoded path, of which `findEncoded`, `findEncodedParent` and `insert` speak until
   * the next path is encoded, and answers how many bytes it has.
   */
  encodePath(path: string): number {
    const units = path.length;
    if (units * 3 > this.#path.length) this.#path = Buffer.allocUnsafe(units * 4);
    const bytes = this.#path;
    for (let i = 0; i < units; i++) {
      const unit = path.charCodeAt(i);
      if (unit >= 0x80) return bytes.write(path, 0, 'utf8');
      bytes[i] = unit;
    }
    return units;
  }

  /** As `find`, for the encoded path. */
  findEncoded(pathBytes: number): number {
    return this.find(this.#path, 0, pathBytes);
  }

  /** The parent of the node that is, or would be, at the encoded path; −1 if there is none. */
  findEncodedParent(pathBytes: number): number {
    const path = this.#path;
    for (let i = pathBytes - 1; i >= 0; i--) if (path[i] === SLASH) return this.find(path, 0, i);
    return -1;
  }

  /** The node after `node` in the subtree of `top`, parents first; −1 after the last. */
  nextInSubtree(node: number, top: number): number {
    return this.#links.nextInSubtree(node, top);
  }

  // --- records ---

  get(slot: number, field: number): number {
    return this.#table.get(slot, field);
  }

  set(slot: number, field: number, value: number): void {
    this.#table.set(slot, field, value);
  }

  // --- blocks ---

  /** The buffer in which the node's block lies, for numbers; see `statAt` and `ownerAt`. */
  view(slot: number): DataView {
    return this.#arena.view(this.#table.get(slot, ZnodeField.ADDRESS));
  }

  /** The same bytes as `view`. */
  buffer(slot: number): Buffer {
    return this.#arena.buffer(this.#table.get(slot, ZnodeField.ADDRESS));
  }

  /** Where in `view` the raw ephemeralOwner is. */
  ownerAt(slot: number): number {
    return this.#arena.offset(this.#table.get(slot, ZnodeField.ADDRESS));
  }

  /** Where in `view` the path is. */
  pathAt(slot: number): number {
    return this.ownerAt(slot) + OWNER_BYTES;
  }

  /** Where in `view` data:buffer is, followed by the Stat. */
  dataAt(slot: number): number {
    return this.pathAt(slot) + this.#table.get(slot, ZnodeField.PATH_BYTES);
  }

  /** Where in `view` the Stat is. */
  statAt(slot: number): number {
    const at = this.dataAt(slot);
    return at + LENGTH_BYTES + Math.max(this.view(slot).getInt32(at), 0);
  }

  /** An int32 field of the Stat. */
  statInt(slot: number, offset: number): number {
    return this.view(slot).getInt32(this.statAt(slot) + offset);
  }

  setStatInt(slot: number, offset: number, value: number): void {
    this.view(slot).setInt32(this.statAt(slot) + offset, value);
  }

  setStatLong(slot: number, offset: number, hi: number, lo: number): void {
    const view = this.view(slot);
    const at = this.statAt(slot) + offset;
    view.setInt32(at, hi);
    view.setInt32(at + 4, lo);
  }

  // --- links of an OwnedList, in a node whose owner is not 0 ---

  previousOwned(slot: number): number {
    return this.statInt(slot, STAT_BYTES);
  }

  setPreviousOwned(slot: number, previous: number): void {
    this.setStatInt(slot, STAT_BYTES, previous);
  }

  nextOwned(slot: number): number {
    return this.statInt(slot, STAT_BYTES + 4);
  }

  setNextOwned(slot: number, next: number): void {
    this.setStatInt(slot, STAT_BYTES + 4, next);
  }

  // --- content ---

  /** The path as a string; the root's is `/`. */
  path(slot: number): string {
    const at = this.pathAt(slot);
    const end = at + this.#table.get(slot, ZnodeField.PATH_BYTES);
    return at === end ? '/' : this.buffer(slot).toString('utf8', at, end);
  }

  /** A view of the data, or null if the node has null. */
  data(slot: number): Buffer | null {
    const at = this.dataAt(slot);
    const length = this.view(slot).getInt32(at);
    if (length < 0) return null;
    return this.buffer(slot).subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + length);
  }

  dataLength(slot: number): number {
    return Math.max(this.view(slot).getInt32(this.dataAt(slot)), 0);
  }

  /** data:buffer and Stat, as getData answers. */
  writeDataAndStat(slot: number, writer: JuteWriter): void {
    const at = this.dataAt(slot);
    const length = Math.max(this.view(slot).getInt32(at), 0);
    copyTo(writer, this.buffer(slot), at, LENGTH_BYTES + length + STAT_BYTES);
  }

  writeStat(slot: number, writer: JuteWriter): void {
    copyTo(writer, this.buffer(slot), this.statAt(slot), STAT_BYTES);
  }

  /** The children's names as vector<ustring>, the oldest first. */
  writeChildren(slot: number, writer: JuteWriter): void {
    const table = this.#table;
    writer.reserve(table.get(slot, ZnodeField.CHILDREN_BYTES));
    writer.writeInt(table.get(slot, ZnodeField.CHILD_COUNT));
    const skipped = table.get(slot, ZnodeField.PATH_BYTES) + 1;
    let child = table.get(slot, ZnodeField.FIRST_CHILD);
    while (child >= 0) {
      const nameBytes = table.get(child, ZnodeField.PATH_BYTES) - skipped;
      writer.writeInt(nameBytes);
      copyTo(writer, this.buffer(child), this.pathAt(child) + skipped, nameBytes);
      child = table.get(child, ZnodeField.NEXT_SIBLING);
    }
  }

  /** The children's names, the oldest first. */
  childNames(slot: number): string[] {
    const table = this.#table;
    const names: string[] = [];
    const skipped = table.get(slot, ZnodeField.PATH_BYTES) + 1;
    let child = table.get(slot, ZnodeField.FIRST_CHILD);
    while (child >= 0) {
      const at = this.pathAt(child);
      const end = at + table.get(child, ZnodeField.PATH_BYTES);
      names.push(this.buffer(child).toString('utf8', at + skipped, end));
      child = table.get(child, ZnodeField.NEXT_SIBLING);
    }
    return names;
  }

  // --- changes ---

  /**
   * Makes a node, and appends it to its parent's children. All of the Stat but dataLength is 0, and the
   * node is in no OwnedList.
   */
  insert({ parent, pathBytes, data, owner }: NewZnode): number {
    const dataBytes = data === null ? -1 : data.length;
    const slot = this.#insert(parent, this.#path, 0, pathBytes, dataBytes, owner.hi, owner.lo);
    if (data !== null) this.buffer(slot).set(data, this.dataAt(slot) + LENGTH_BYTES);
    this.#index.insert(slot);
    return slot;
  }

  /**
   * As `insert`, for a node as it was persisted, while the store is being filled for the first time: the Stat is set but
   * for the owner that clients see, and the node can't be found until `indexInserted`.
   */
  insertPersisted(parent: number, node: SnapshotNode): number {
    const { stat, statAt } = node;
    const ownerAt = statAt + PersistedOffset.EPHEMERAL_OWNER;
    const slot = this.#insert(
      parent,
      node.bytes,
      node.pathAt,
      node.pathBytes,
      node.dataBytes,
      stat.getInt32(ownerAt),
      stat.getInt32(ownerAt + 4),
    );
    assert(slot === this.#table.count - 1, 'slots must be given out in order');
    if (node.dataBytes > 0) {
      const at = this.dataAt(slot) + LENGTH_BYTES;
      const { bytes, view, dataAt, dataBytes } = node;
      if (dataBytes > WORD_COPY_BYTES) {
        bytes.copy(this.buffer(slot), at, dataAt, dataAt + dataBytes);
      } else {
        copyWords(view, dataAt, this.view(slot), at, dataBytes);
      }
    }
    this.setPersistedStat(slot, node);
    return slot;
  }

  /**
   * Lets the nodes of `insertPersisted` be found: one pass over their records in order, where node by node every step would
   * miss the caches. Answers a slot whose path another node has, too; −1 if there is none.
   */
  indexInserted(): number {
    const table = this.#table;
    return this.#index.insertAll(this.#index.count, table.count, (slot, other) => {
      const pathBytes = table.get(other, ZnodeField.PATH_BYTES);
      return this.isPath(slot, this.buffer(other), this.pathAt(other), pathBytes);
    });
  }

  /** Sets the Stat as it was persisted, but for the owner. */
  setPersistedStat(slot: number, { stat, statAt }: SnapshotNode): void {
    const view = this.view(slot);
    const at = this.statAt(slot);
    for (let i = 0; i < SAME_STAT_BYTES; i += 4) view.setInt32(at + i, stat.getInt32(statAt + i));
    const pzxidAt = statAt + PersistedOffset.PZXID;
    view.setInt32(at + StatOffset.PZXID, stat.getInt32(pzxidAt));
    view.setInt32(at + StatOffset.PZXID + 4, stat.getInt32(pzxidAt + 4));
    this.setCversion(slot, stat.getInt32(statAt + StatOffset.CVERSION));
  }

  /** `dataBytes` −1 is null; the data is not written, and the node not indexed. */
  #insert(
    parent: number,
    path: Buffer,
    pathStart: number,
    pathBytes: number,
    dataBytes: number,
    ownerHi: number,
    ownerLo: number,
  ): number {
    const table = this.#table;
    const slot = table.allocate();
    const dataRoom = Math.max(dataBytes, 0);
    const linkBytes = ownerHi === 0 && ownerLo === 0 ? 0 : OWNED_LINK_BYTES;
    const address = this.#arena.allocate(
      OWNER_BYTES + pathBytes + LENGTH_BYTES + dataRoom + STAT_BYTES + linkBytes,
    );
    const pathEnd = pathStart + pathBytes;
    table.set(slot, ZnodeField.ADDRESS, address);
    table.set(slot, ZnodeField.PARENT, parent);
    table.set(slot, ZnodeField.CHILDREN_BYTES, LENGTH_BYTES);
    table.set(slot, ZnodeField.PATH_BYTES, pathBytes);
    table.set(slot, ZnodeField.HASH, hashPath(path, pathStart, pathEnd, this.#hashSeed));
    const view = this.#arena.view(address);
    const ownerAt = this.#arena.offset(address);
    const pathAt = ownerAt + OWNER_BYTES;
    const dataAt = pathAt + pathBytes;
    const statAt = dataAt + LENGTH_BYTES + dataRoom;
    view.setInt32(ownerAt, ownerHi);
    view.setInt32(ownerAt + 4, ownerLo);
    copyBytes(path, pathStart, this.#arena.buffer(address), pathAt, pathBytes);
    view.setInt32(dataAt, dataBytes);
    for (let at = statAt; at < statAt + STAT_BYTES; at += 4) view.setInt32(at, 0);
    view.setInt32(statAt + StatOffset.DATA_LENGTH, dataRoom);
    if (parent >= 0) {
      this.#links.append(parent, slot);
      this.#showChildren(parent);
    }
    return slot;
  }

  /** Takes a node without children out of the tree and frees what it had. */
  remove(slot: number): void {
    const parent = this.#table.get(slot, ZnodeField.PARENT);
    this.#links.unlink(parent, slot);
    this.#showChildren(parent);
    this.#index.remove(slot);
    this.#arena.free(this.#table.get(slot, ZnodeField.ADDRESS));
    this.#table.release(slot);
  }

  /** Replaces the data; of the Stat only dataLength changes. `data` must not be a view of this node. */
  setData(slot: number, data: Uint8Array | null): void {
    const arena = this.#arena;
    const old = this.#table.get(slot, ZnodeField.ADDRESS);
    const oldStart = arena.offset(old);
    const oldStat = this.statAt(slot);
    const headBytes = OWNER_BYTES + this.#table.get(slot, ZnodeField.PATH_BYTES);
    const dataBytes = data === null ? 0 : data.length;
    const tailBytes = STAT_BYTES + (this.#isOwned(slot) ? OWNED_LINK_BYTES : 0);
    const blockBytes = headBytes + LENGTH_BYTES + dataBytes + tailBytes;
    const address = arena.fits(old, blockBytes) ? old : arena.allocate(blockBytes);
    const buffer = arena.buffer(address);
    const view = arena.view(address);
    const start = arena.offset(address);
    const stat = start + headBytes + LENGTH_BYTES + dataBytes;
    // In place the Stat must move before the data, which may cover where it was.
    if (address !== old || stat !== oldStat) {
      arena.buffer(old).copy(buffer, stat, oldStat, oldStat + tailBytes);
    }
    if (address !== old) {
      arena.buffer(old).copy(buffer, start, oldStart, oldStart + headBytes);
      arena.free(old);
      this.#table.set(slot, ZnodeField.ADDRESS, address);
    }
    view.setInt32(start + headBytes, data === null ? -1 : dataBytes);
    if (data !== null) buffer.set(data, start + headBytes + LENGTH_BYTES);
    view.setInt32(stat + StatOffset.DATA_LENGTH, dataBytes);
  }

  /** Sets the persisted cversion, and with it the one that is shown. */
  setCversion(slot: number, cversion: number): void {
    this.#table.set(slot, ZnodeField.CVERSION, cversion);
    this.#showChildren(slot);
  }

  /** Clients see creates and deletes as cversion: for each create a delete, but for the children there. */
  #showChildren(slot: number): void {
    const children = this.#table.get(slot, ZnodeField.CHILD_COUNT);
    const cversion = this.#table.get(slot, ZnodeField.CVERSION);
    const view = this.view(slot);
    const at = this.statAt(slot);
    view.setInt32(at + StatOffset.NUM_CHILDREN, children);
    view.setInt32(at + StatOffset.CVERSION, 2 * cversion - children);
  }

  #isOwned(slot: number): boolean {
    const view = this.view(slot);
    const at = this.ownerAt(slot);
    return view.getInt32(at) !== 0 || view.getInt32(at + 4) !== 0;
  }

  /** Whether the node's path is the one in bytes [offset, offset + length); the root's is empty. */
  isPath(slot: number, bytes: Uint8Array, offset: number, length: number): boolean {
    if (this.#table.get(slot, ZnodeField.PATH_BYTES) !== length) return false;
    const buffer = this.buffer(slot);
    const at = this.pathAt(slot);
    // Siblings differ at the end.
    for (let i = length - 1; i >= 0; i--) {
      if (buffer[at + i] !== bytes[offset + i]) return false;
    }
    return true;
  }
}

function copyTo(writer: JuteWriter, from: Buffer, start: number, bytes: number): void {
  writer.reserve(bytes);
  copyBytes(from, start, writer.buffer, writer.offset, bytes);
  writer.offset += bytes;
}

function copyWords(from: DataView, start: number, to: DataView, at: number, bytes: number): void {
  let i = 0;
  for (const last = bytes - 3; i < last; i += 4) to.setInt32(at + i, from.getInt32(start + i));
  for (; i < bytes; i++) to.setUint8(at + i, from.getUint8(start + i));
}

function copyBytes(from: Buffer, start: number, to: Buffer, at: number, bytes: number): void {
  if (bytes > LOOP_COPY_BYTES) {
    from.copy(to, at, start, start + bytes);
    return;
  }
  for (let i = 0; i < bytes; i++) to[at + i] = from[start + i]!;
}

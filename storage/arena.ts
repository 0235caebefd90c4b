import assert from 'node:assert';
import { BLOCK_UNITS, LARGEST_CLASS_UNITS, sizeClassOf, UNIT_BYTES } from './size-class.ts';

/** A slab's size: large enough that a million znodes are a few hundred buffers. */
export const SLAB_BYTES: number = 1 << 20;
const SLAB_UNITS = SLAB_BYTES / UNIT_BYTES;
/** The address of a block is `slab << 16 | unit`, in 32 bits. */
const MAX_SLABS = 1 << 16;
/** Empty slabs kept for reuse before they go back to the operating system. */
const SPARE_SLABS = 8;

/** What `class` says of a slab that is not divided into blocks of a size class. */
const UNUSED = -1;
const OVERSIZED = -2;
const NONE = -1;

/** Fields of a slab's record. */
const CLASS = 0;
const LIVE_BLOCKS = 1;
/** The first free block as unit + 1, or 0; a free block's first four bytes hold the next one likewise. */
const FREE_LIST = 2;
/** The first unit that no block was ever taken from. */
const UNTOUCHED = 3;
/** Links of the list of slabs of one class that have room. */
const PREVIOUS = 4;
const NEXT = 5;
const SLAB_FIELDS = 8;

/** Sizes in bytes, from the arena's own books. */
export type ArenaStats = {
  /** Buffers, large blocks' own ones included. */
  readonly slabs: number;
  /** Memory taken from the system. */
  readonly reservedBytes: number;
  /** Blocks in use, each counted with the size of its class. */
  readonly usedBytes: number;
  /** Blocks in use. */
  readonly blocks: number;
};

/**
 * Memory for many small byte sequences in few buffers.
 *
 * A slab is cut into blocks of one size class; classes are at most an eighth (and 15 bytes) apart. Free
 * blocks are chained through their own bytes, and a slab without blocks in use may serve another class, so
 * that nothing but the slabs costs the garbage collector anything. A block larger than an eighth of a slab
 * gets a buffer of its own, for which it uses up a slab number.
 *
 * An address is an int32 (as unsigned, slab and unit), valid from `allocate` to `free`.
 */
export class Arena {
  readonly #buffers: (Buffer | undefined)[] = [];
  readonly #views: (DataView | undefined)[] = [];
  #records: Int32Array = new Int32Array(64 * SLAB_FIELDS);
  /** By size class, the first slab with room. */
  readonly #roomy: Int32Array = new Int32Array(BLOCK_UNITS.length).fill(NONE);
  /** Numbers of slabs that have a buffer but no class. */
  readonly #spare: number[] = [];
  /** Numbers of slabs that have no buffer any more. */
  readonly #vacant: number[] = [];
  #reservedBytes = 0;
  #usedBytes = 0;
  #blocks = 0;

  get stats(): ArenaStats {
    return {
      slabs: this.#buffers.length - this.#vacant.length,
      reservedBytes: this.#reservedBytes,
      usedBytes: this.#usedBytes,
      blocks: this.#blocks,
    };
  }

  /** The address of a new block of at least `bytes` bytes, whose content is whatever was there before. */
  allocate(bytes: number): number {
    const units = (bytes + UNIT_BYTES - 1) >>> 4;
    if (units > LARGEST_CLASS_UNITS) return this.#allocateOversized(bytes);
    const sizeClass = sizeClassOf(units);
    const blockUnits = BLOCK_UNITS[sizeClass]!;
    let slab = this.#roomy[sizeClass]!;
    if (slab === NONE) slab = this.#openSlab(sizeClass);
    const records = this.#records;
    const record = slab * SLAB_FIELDS;
    let unit: number;
    const free = records[record + FREE_LIST]!;
    if (free !== 0) {
      unit = free - 1;
      records[record + FREE_LIST] = this.#views[slab]!.getInt32(unit << 4);
    } else {
      unit = records[record + UNTOUCHED]!;
      records[record + UNTOUCHED] = unit + blockUnits;
    }
    records[record + LIVE_BLOCKS]!++;
    this.#blocks++;
    this.#usedBytes += blockUnits << 4;
    if (!this.#hasRoom(slab)) this.#unlink(slab);
    return (slab << 16) | unit;
  }

  /** Gives a block back. */
  free(address: number): void {
    const slab = address >>> 16;
    const record = slab * SLAB_FIELDS;
    const records = this.#records;
    const sizeClass = records[record + CLASS]!;
    this.#blocks--;
    if (sizeClass === OVERSIZED) {
      this.#usedBytes -= this.#buffers[slab]!.length;
      this.#vacate(slab);
      return;
    }
    assert(sizeClass >= 0, 'a block must lie in a slab that is in use');
    this.#usedBytes -= BLOCK_UNITS[sizeClass]! << 4;
    const hadRoom = this.#hasRoom(slab);
    if (--records[record + LIVE_BLOCKS]! === 0) {
      if (hadRoom) this.#unlink(slab);
      this.#closeSlab(slab);
      return;
    }
    const unit = address & 0xffff;
    this.#views[slab]!.setInt32(unit << 4, records[record + FREE_LIST]!);
    records[record + FREE_LIST] = unit + 1;
    if (!hadRoom) this.#link(slab);
  }

  /** Whether the block at `address` is the one that `allocate(bytes)` would choose, or close to it. */
  fits(address: number, bytes: number): boolean {
    const slab = address >>> 16;
    const sizeClass = this.#records[slab * SLAB_FIELDS]!;
    const units = (bytes + UNIT_BYTES - 1) >>> 4;
    if (sizeClass === OVERSIZED) {
      const capacity = this.#buffers[slab]!.length;
      return (
        units > LARGEST_CLASS_UNITS && bytes <= capacity && bytes >= capacity - (capacity >>> 3)
      );
    }
    return units <= LARGEST_CLASS_UNITS && sizeClassOf(units) === sizeClass;
  }

  /** The buffer in which the block lies; the block starts at `offset(address)`. */
  buffer(address: number): Buffer {
    return this.#buffers[address >>> 16]!;
  }

  /** The same bytes as `buffer`, for reading and writing numbers. */
  view(address: number): DataView {
    return this.#views[address >>> 16]!;
  }

  /** Where in its buffer the block starts. */
  offset(address: number): number {
    return (address & 0xffff) << 4;
  }

  #allocateOversized(bytes: number): number {
    const slab = this.#newSlab(bytes);
    this.#records[slab * SLAB_FIELDS] = OVERSIZED;
    this.#blocks++;
    this.#usedBytes += bytes;
    return slab << 16;
  }

  #hasRoom(slab: number): boolean {
    const records = this.#records;
    const record = slab * SLAB_FIELDS;
    if (records[record + FREE_LIST] !== 0) return true;
    return records[record + UNTOUCHED]! + BLOCK_UNITS[records[record + CLASS]!]! <= SLAB_UNITS;
  }

  #openSlab(sizeClass: number): number {
    const slab = this.#spare.pop() ?? this.#newSlab(SLAB_BYTES);
    const record = slab * SLAB_FIELDS;
    this.#records.fill(0, record, record + SLAB_FIELDS);
    this.#records[record + CLASS] = sizeClass;
    this.#link(slab);
    return slab;
  }

  #closeSlab(slab: number): void {
    if (this.#spare.length >= SPARE_SLABS) {
      this.#vacate(slab);
      return;
    }
    this.#records[slab * SLAB_FIELDS] = UNUSED;
    this.#spare.push(slab);
  }

  #newSlab(bytes: number): number {
    const slab = this.#vacant.pop() ?? this.#buffers.length;
    assert(slab < MAX_SLABS, `the arena is full: ${this.#reservedBytes} bytes in ${slab} slabs`);
    if ((slab + 1) * SLAB_FIELDS > this.#records.length) {
      const grown = new Int32Array(this.#records.length * 2);
      grown.set(this.#records);
      this.#records = grown;
    }
    const buffer = Buffer.allocUnsafeSlow(bytes);
    this.#buffers[slab] = buffer;
    this.#views[slab] = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    this.#reservedBytes += bytes;
    return slab;
  }

  #vacate(slab: number): void {
    this.#reservedBytes -= this.#buffers[slab]!.length;
    this.#buffers[slab] = undefined;
    this.#views[slab] = undefined;
    this.#records[slab * SLAB_FIELDS] = UNUSED;
    this.#vacant.push(slab);
  }

  #link(slab: number): void {
    const records = this.#records;
    const record = slab * SLAB_FIELDS;
    const sizeClass = records[record + CLASS]!;
    const first = this.#roomy[sizeClass]!;
    records[record + PREVIOUS] = NONE;
    records[record + NEXT] = first;
    if (first !== NONE) records[first * SLAB_FIELDS + PREVIOUS] = slab;
    this.#roomy[sizeClass] = slab;
  }

  #unlink(slab: number): void {
    const records = this.#records;
    const record = slab * SLAB_FIELDS;
    const previous = records[record + PREVIOUS]!;
    const next = records[record + NEXT]!;
    if (previous === NONE) this.#roomy[records[record + CLASS]!] = next;
    else records[previous * SLAB_FIELDS + NEXT] = next;
    if (next !== NONE) records[next * SLAB_FIELDS + PREVIOUS] = previous;
  }
}

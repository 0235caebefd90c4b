import { ZnodeField, type ZnodeTable } from './znode-table.ts';

/** Buckets in a segment (256 KiB): growth allocates a segment and copies nothing. */
const SEGMENT_SHIFT = 16;
const SEGMENT_BUCKETS = 1 << SEGMENT_SHIFT;
const SEGMENT_MASK = SEGMENT_BUCKETS - 1;
const FIRST_BUCKETS = 1024;

/**
 * Slots by hash, as chains through the records of the znode table.
 *
 * Linear hashing: when there are more slots than buckets, one bucket is split in two. So it grows by
 * one short chain at a time, with no pause at any size.
 */
export class PathIndex {
  readonly #table: ZnodeTable;
  readonly #segments: Int32Array[] = [newSegment()];
  #buckets = FIRST_BUCKETS;
  /** Of the hash, the bits that may count: the smallest 2^n − 1 that is at least `#buckets`. */
  #mask = 2 * FIRST_BUCKETS - 1;
  #count = 0;

  constructor(table: ZnodeTable) {
    this.#table = table;
  }

  /** Slots in the index. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the buckets. */
  get reservedBytes(): number {
    return this.#segments.length * SEGMENT_BUCKETS * 4;
  }

  /** The first slot of the chain in which every slot with `hash` is; −1 ends a chain (ZnodeField.CHAIN). */
  first(hash: number): number {
    const bucket = this.#bucketOf(hash);
    return this.#segments[bucket >>> SEGMENT_SHIFT]![bucket & SEGMENT_MASK]!;
  }

  /** Adds a slot by the hash in its record. */
  insert(slot: number): void {
    this.#push(this.#bucketOf(this.#table.get(slot, ZnodeField.HASH)), slot);
    if (++this.#count > this.#buckets) this.#split();
  }

  /**
   * Adds slots [from, to) by the hashes in their records, with as many buckets at once as they need. Answers the last one
   * that is the same as one that was there before, −1 if there is none.
   */
  insertAll(from: number, to: number, isSame: (slot: number, other: number) => boolean): number {
    const table = this.#table;
    let doubled = -1;
    if (to - from > this.#count) this.#rebuild(to - from + this.#count);
    for (let slot = from; slot < to; slot++) {
      const hash = table.get(slot, ZnodeField.HASH);
      let other = this.first(hash);
      for (; other >= 0; other = table.get(other, ZnodeField.CHAIN)) {
        if (table.get(other, ZnodeField.HASH) === hash && isSame(slot, other)) doubled = slot;
      }
      this.insert(slot);
    }
    return doubled;
  }

  /** Takes a slot out. */
  remove(slot: number): void {
    const table = this.#table;
    const bucket = this.#bucketOf(table.get(slot, ZnodeField.HASH));
    const next = table.get(slot, ZnodeField.CHAIN);
    const segment = this.#segments[bucket >>> SEGMENT_SHIFT]!;
    let before = segment[bucket & SEGMENT_MASK]!;
    if (before === slot) {
      segment[bucket & SEGMENT_MASK] = next;
    } else {
      while (table.get(before, ZnodeField.CHAIN) !== slot) {
        before = table.get(before, ZnodeField.CHAIN);
      }
      table.set(before, ZnodeField.CHAIN, next);
    }
    this.#count--;
  }

  #bucketOf(hash: number): number {
    const bucket = hash & this.#mask;
    return bucket < this.#buckets ? bucket : hash & (this.#mask >>> 1);
  }

  #push(bucket: number, slot: number): void {
    const segment = this.#segments[bucket >>> SEGMENT_SHIFT]!;
    this.#table.set(slot, ZnodeField.CHAIN, segment[bucket & SEGMENT_MASK]!);
    segment[bucket & SEGMENT_MASK] = slot;
  }

  /** Makes `buckets` buckets at once, if there are fewer, and puts the slots into them. */
  #rebuild(buckets: number): void {
    if (buckets <= this.#buckets) return;
    const table = this.#table;
    const firstSlots: number[] = [];
    for (let bucket = 0; bucket < this.#buckets; bucket++) {
      const segment = this.#segments[bucket >>> SEGMENT_SHIFT]!;
      const slot = segment[bucket & SEGMENT_MASK]!;
      if (slot >= 0) firstSlots.push(slot);
      segment[bucket & SEGMENT_MASK] = -1;
    }
    while (this.#segments.length * SEGMENT_BUCKETS < buckets) this.#segments.push(newSegment());
    this.#buckets = buckets;
    while (this.#mask < buckets) this.#mask = this.#mask * 2 + 1;
    for (const first of firstSlots) {
      let slot = first;
      while (slot >= 0) {
        const next = table.get(slot, ZnodeField.CHAIN);
        this.#push(this.#bucketOf(table.get(slot, ZnodeField.HASH)), slot);
        slot = next;
      }
    }
  }

  /** Adds one bucket, whose slots have been in the one with the same lower bits. */
  #split(): void {
    const added = this.#buckets++;
    if (added >>> SEGMENT_SHIFT === this.#segments.length) this.#segments.push(newSegment());
    const old = added & (this.#mask >>> 1);
    if (this.#buckets > this.#mask) this.#mask = this.#mask * 2 + 1;
    const segment = this.#segments[old >>> SEGMENT_SHIFT]!;
    let slot = segment[old & SEGMENT_MASK]!;
    segment[old & SEGMENT_MASK] = -1;
    while (slot >= 0) {
      const next = this.#table.get(slot, ZnodeField.CHAIN);
      this.#push(this.#bucketOf(this.#table.get(slot, ZnodeField.HASH)), slot);
      slot = next;
    }
  }
}

function newSegment(): Int32Array {
  return new Int32Array(SEGMENT_BUCKETS).fill(-1);
}

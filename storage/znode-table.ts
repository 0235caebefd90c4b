/** Fields of a znode's record: int32 each, 64 bytes together. */
export const ZnodeField = {
  /** Address of its block in the arena. */
  ADDRESS: 0,
  /** The parent's slot; −1 for the root. In a free slot: the next free slot, or −1. */
  PARENT: 1,
  /** Slot of the oldest child, −1 if there is none. */
  FIRST_CHILD: 2,
  /** Slot of the next younger child of the same parent; −1 for the youngest. */
  NEXT_SIBLING: 3,
  /** Slot of the next older child of the same parent; for the oldest child, of the youngest. */
  PREVIOUS_SIBLING: 4,
  CHILD_COUNT: 5,
  /** Size of the list of children on the wire: 4 + the sum of (4 + name bytes). */
  CHILDREN_BYTES: 6,
  ACL: 7,
  /** The persisted cversion: creates ever made below the node. */
  CVERSION: 8,
  /** Bytes of the path; the root's is empty. */
  PATH_BYTES: 9,
  /** Hash of the path bytes. */
  HASH: 10,
  /** Slot of the next node in the same bucket of the path index; −1 for the last. */
  CHAIN: 11,
  /** CRC-32 of path and data. */
  CONTENT_CRC: 12,
  /** The node digest; 0 if the node does not count. */
  DIGEST: 13,
  /** The node id, two halves: larger than that of every node made before, and never used again. */
  ID_HI: 14,
  ID_LO: 15,
} as const;

const RECORD_SHIFT = 4;
const RECORD_INTS = 1 << RECORD_SHIFT;
/** Records in a chunk (1 MiB): growth allocates a chunk and copies nothing. */
const CHUNK_SHIFT = 14;
const CHUNK_RECORDS = 1 << CHUNK_SHIFT;
const CHUNK_MASK = CHUNK_RECORDS - 1;

/** One fixed-size record per znode, at a slot (0, 1, …) that is reused after `release`. */
export class ZnodeTable {
  readonly #chunks: Int32Array[] = [];
  #freeSlot = -1;
  /** Slots ever used. */
  #slots = 0;
  #count = 0;
  #lastIdHi = 0;
  #lastIdLo = 0;

  /** Records in use. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of all chunks. */
  get reservedBytes(): number {
    return this.#chunks.length * CHUNK_RECORDS * RECORD_INTS * 4;
  }

  get(slot: number, field: number): number {
    return this.#chunks[slot >>> CHUNK_SHIFT]![((slot & CHUNK_MASK) << RECORD_SHIFT) | field]!;
  }

  set(slot: number, field: number, value: number): void {
    this.#chunks[slot >>> CHUNK_SHIFT]![((slot & CHUNK_MASK) << RECORD_SHIFT) | field] = value;
  }

  add(slot: number, field: number, difference: number): void {
    this.#chunks[slot >>> CHUNK_SHIFT]![((slot & CHUNK_MASK) << RECORD_SHIFT) | field]! +=
      difference;
  }

  /** A slot whose record is new: no links, all numbers 0, its id given. */
  allocate(): number {
    let slot = this.#freeSlot;
    const isReused = slot >= 0;
    if (isReused) {
      this.#freeSlot = this.get(slot, ZnodeField.PARENT);
    } else {
      slot = this.#slots++;
      if (slot >>> CHUNK_SHIFT === this.#chunks.length) {
        this.#chunks.push(new Int32Array(CHUNK_RECORDS * RECORD_INTS));
      }
    }
    this.#count++;
    const chunk = this.#chunks[slot >>> CHUNK_SHIFT]!;
    const record = (slot & CHUNK_MASK) << RECORD_SHIFT;
    if (isReused) chunk.fill(0, record, record + RECORD_INTS);
    chunk[record + ZnodeField.PARENT] = -1;
    chunk[record + ZnodeField.FIRST_CHILD] = -1;
    chunk[record + ZnodeField.NEXT_SIBLING] = -1;
    chunk[record + ZnodeField.PREVIOUS_SIBLING] = -1;
    chunk[record + ZnodeField.CHAIN] = -1;
    this.#lastIdLo = (this.#lastIdLo + 1) | 0;
    if (this.#lastIdLo === 0) this.#lastIdHi++;
    chunk[record + ZnodeField.ID_HI] = this.#lastIdHi;
    chunk[record + ZnodeField.ID_LO] = this.#lastIdLo;
    return slot;
  }

  /** Makes the slot free for another node. */
  release(slot: number): void {
    this.set(slot, ZnodeField.PARENT, this.#freeSlot);
    this.#freeSlot = slot;
    this.#count--;
  }
}

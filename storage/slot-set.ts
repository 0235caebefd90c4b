/** Slots in a part; a JavaScript Set holds no more than 2^24 items. */
const PART_SHIFT = 20;

/** A set of slots of any size. Iterates in parts, by the order of adding within each. */
export class SlotSet implements Iterable<number> {
  readonly #parts: (Set<number> | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(slot: number): void {
    let part = this.#parts[slot >>> PART_SHIFT];
    if (part === undefined) {
      part = new Set();
      this.#parts[slot >>> PART_SHIFT] = part;
    }
    const before = part.size;
    this.#size += part.add(slot).size - before;
  }

  /** Answers whether the slot was there. */
  delete(slot: number): boolean {
    const deleted = this.#parts[slot >>> PART_SHIFT]?.delete(slot) === true;
    if (deleted) this.#size--;
    return deleted;
  }

  *[Symbol.iterator](): Generator<number> {
    for (const part of this.#parts) if (part !== undefined) yield* part;
  }
}

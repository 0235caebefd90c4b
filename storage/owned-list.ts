import type { ZnodeStore } from './znode-store.ts';

/**
 * Nodes with an ephemeralOwner, the oldest first, linked through the ends of their own blocks: no limit
 * to their number, nothing that must grow, and no cost for nodes without owner. A node is in one list.
 */
export class OwnedList implements Iterable<number> {
  readonly #store: ZnodeStore;
  #first = -1;
  #last = -1;
  #count = 0;

  constructor(store: ZnodeStore) {
    this.#store = store;
  }

  get count(): number {
    return this.#count;
  }

  /** Appends a node that is in no list. */
  add(slot: number): void {
    this.#store.setPreviousOwned(slot, this.#last);
    this.#store.setNextOwned(slot, -1);
    if (this.#last >= 0) this.#store.setNextOwned(this.#last, slot);
    else this.#first = slot;
    this.#last = slot;
    this.#count++;
  }

  /** Takes out a node that is in this list. */
  delete(slot: number): void {
    const previous = this.#store.previousOwned(slot);
    const next = this.#store.nextOwned(slot);
    if (previous >= 0) this.#store.setNextOwned(previous, next);
    else this.#first = next;
    if (next >= 0) this.#store.setPreviousOwned(next, previous);
    else this.#last = previous;
    this.#count--;
  }

  /** The list must not change meanwhile. */
  *[Symbol.iterator](): Generator<number> {
    for (let slot = this.#first; slot >= 0; slot = this.#store.nextOwned(slot)) yield slot;
  }
}

/** A seeded generator (mulberry32), so that a failing property can be run again by its seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** Any 32-bit integer, signed; the limits more often than chance. */
  int32(): number {
    const edges = [0, 1, -1, 0x7fffffff, -0x80000000];
    return this.below(4) === 0 ? edges[this.below(edges.length)]! : this.below(2 ** 32) | 0;
  }

  /** One of `items`. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

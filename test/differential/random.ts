/**
 * A small seeded generator of pseudo-random numbers (mulberry32): the same seed gives the same sequence on every
 * machine, which is all that a replayable test needs of it.
 */
export class Random {
  #state: number;

  /** @param seed any integer; its low 32 bits count */
  constructor(seed: number) {
    // Neighbouring seeds must not give neighbouring first values.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  }

  /** An integer in [0, 2^32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** An integer in [0, `bound`). */
  below(bound: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * bound);
  }

  /** An integer in [`low`, `high`]. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True in `percent` of 100 cases. */
  chance(percent: number): boolean {
    return this.next() / 0x1_0000_0000 < percent / 100;
  }

  /** One item of a list that is not empty. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** One value of a table of weights and values; the weights are positive and need not sum to anything. */
  weighted<T>(table: readonly (readonly [weight: number, value: T])[]): T {
    let total = 0;
    for (const [weight] of table) total += weight;
    let point = (this.next() / 0x1_0000_0000) * total;
    for (const [weight, value] of table) {
      point -= weight;
      if (point < 0) return value;
    }
    return table[table.length - 1]![1];
  }

  /** `count` bytes. */
  bytes(count: number): Buffer {
    const out = Buffer.alloc(count);
    for (let i = 0; i < count; i += 1) out[i] = this.next() & 0xff;
    return out;
  }

  /** A generator of its own, so that what is drawn from it does not shift what is drawn later from this one. */
  fork(): Random {
    return new Random(this.next());
  }
}

/** What an expiry queue holds: it keeps its own place in the queue. */
export interface Expiring {
  /** The bucket it lies in (ms of monotonic time), or 0 while it is in no queue. Written by the queue alone. */
  expiresAtMs: number;
}

/**
 * Finds what has expired, in buckets of a fixed interval: `touch` costs nothing while the bucket stays
 * the same, and one timer serves any number of elements. Rounding is always up, so that an element
 * lives for its timeout and at most one interval more (ExpiryQueue).
 */
export class ExpiryQueue<T extends Expiring> {
  readonly #intervalMs: number;
  readonly #buckets = new Map<number, Set<T>>();
  #nextMs: number;

  constructor(intervalMs: number, nowMs: number) {
    this.#intervalMs = intervalMs;
    this.#nextMs = this.#roundUp(nowMs);
  }

  /** When `poll` should be called next, in ms of monotonic time. */
  get deadlineMs(): number {
    return this.#nextMs;
  }

  get bucketCount(): number {
    return this.#buckets.size;
  }

  /** Makes `element` live until at least `nowMs + timeoutMs`; adds it if it is in no bucket. */
  touch(element: T, nowMs: number, timeoutMs: number): void {
    const expiresAtMs = this.#roundUp(nowMs + timeoutMs);
    if (element.expiresAtMs === expiresAtMs) return;
    this.remove(element);
    let bucket = this.#buckets.get(expiresAtMs);
    if (bucket === undefined) {
      bucket = new Set();
      this.#buckets.set(expiresAtMs, bucket);
    }
    bucket.add(element);
    element.expiresAtMs = expiresAtMs;
  }

  remove(element: T): void {
    const bucket = this.#buckets.get(element.expiresAtMs);
    if (bucket?.delete(element) === true && bucket.size === 0) {
      this.#buckets.delete(element.expiresAtMs);
    }
    element.expiresAtMs = 0;
  }

  /** Takes out and returns everything whose time has come at `nowMs`. */
  poll(nowMs: number): T[] {
    const expired: T[] = [];
    while (this.#nextMs <= nowMs) {
      const bucket = this.#buckets.get(this.#nextMs);
      if (bucket !== undefined) {
        for (const element of bucket) {
          element.expiresAtMs = 0;
          expired.push(element);
        }
        this.#buckets.delete(this.#nextMs);
      }
      this.#nextMs += this.#intervalMs;
    }
    return expired;
  }

  /** The buckets in the order in which they expire, for `dump`. */
  entries(): [number, ReadonlySet<T>][] {
    return [...this.#buckets].sort((a, b) => a[0] - b[0]);
  }

  #roundUp(timeMs: number): number {
    return (Math.floor(timeMs / this.#intervalMs) + 1) * this.#intervalMs;
  }
}

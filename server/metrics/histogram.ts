/** Values below this have a bucket each, so that percentiles of small whole numbers are exact. */
const EXACT = 64;
const EXACT_BITS = 6;
/** Buckets for each power of two above: a percentile is at most 1/32 below the true value. */
const SUB_BUCKETS = 32;
const SUB_BUCKET_BITS = 5;
/** Greater values (24 days in ms) fall into the last bucket. */
const LARGEST = 0x7fff_ffff;

/**
 * How often each value occurred, in buckets whose width grows with the value.
 *
 * The buckets are made once (6.9 KB); an observation is an index computation and one addition. Counts
 * are doubles, because a 32-bit count at 50,000 observations a second overflows within a day.
 */
export class Histogram {
  readonly #counts: Float64Array = new Float64Array(bucketOf(LARGEST) + 1);
  #total: number = 0;

  /** Fractions are cut off; a negative value counts as 0. */
  add(value: number): void {
    this.#counts[bucketOf(value)]! += 1;
    this.#total += 1;
  }

  /**
   * The value below which the fraction `quantile` (0 to 1) of the observations lies; 0 without any.
   *
   * Between two ranks it interpolates, which is what the metrics library of Apache ZooKeeper does, so
   * that equal observations give equal percentiles.
   */
  percentile(quantile: number): number {
    if (this.#total === 0) return 0;
    const position = quantile * (this.#total + 1);
    const rank = Math.floor(position);
    const lower = this.#valueAt(rank);
    return lower + (position - rank) * (this.#valueAt(rank + 1) - lower);
  }

  reset(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }

  /** The value of the observation at `rank` (from 1) in ascending order; ranks outside are clamped. */
  #valueAt(rank: number): number {
    const wanted = Math.min(Math.max(rank, 1), this.#total);
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= wanted) return lowestOf(bucket);
    }
    return LARGEST;
  }
}

function bucketOf(value: number): number {
  if (value < EXACT) return value > 0 ? value | 0 : 0;
  const whole = value < LARGEST ? value | 0 : LARGEST;
  const power = 31 - Math.clz32(whole);
  const sub = (whole >>> (power - SUB_BUCKET_BITS)) & (SUB_BUCKETS - 1);
  return EXACT + (power - EXACT_BITS) * SUB_BUCKETS + sub;
}

function lowestOf(bucket: number): number {
  if (bucket < EXACT) return bucket;
  const power = EXACT_BITS + Math.floor((bucket - EXACT) / SUB_BUCKETS);
  const sub = (bucket - EXACT) % SUB_BUCKETS;
  return (SUB_BUCKETS + sub) * 2 ** (power - SUB_BUCKET_BITS);
}

import type { Metric, MetricSink } from './metric.ts';

/**
 * Count, sum, least and greatest of what was observed since the last reset.
 *
 * Observations are in the unit of the metric's name and may have fractions (a time of 0.3 ms counts
 * towards the average); `mntr` shows min, max and sum whole, rounded down, as whole milliseconds are
 * what Apache ZooKeeper measures.
 */
export class Summary implements Metric {
  readonly name: string;
  count: number = 0;
  sum: number = 0;
  #min: number = Number.POSITIVE_INFINITY;
  #max: number = Number.NEGATIVE_INFINITY;

  constructor(name: string) {
    this.name = name;
  }

  /** Adds one observation. Allocates nothing. */
  add(value: number): void {
    this.count += 1;
    this.sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  /** 0 before the first observation. */
  get min(): number {
    return this.count === 0 ? 0 : this.#min;
  }

  /** 0 before the first observation. */
  get max(): number {
    return this.count === 0 ? 0 : this.#max;
  }

  /** Rounded half up to 4 decimals; 0 before the first observation. */
  get average(): number {
    return this.count === 0 ? 0 : Number((this.sum / this.count).toFixed(4));
  }

  dump(sink: MetricSink): void {
    sink(`avg_${this.name}`, this.average, 'double');
    sink(`min_${this.name}`, Math.floor(this.min), 'integer');
    sink(`max_${this.name}`, Math.floor(this.max), 'integer');
    sink(`cnt_${this.name}`, this.count, 'integer');
    sink(`sum_${this.name}`, Math.floor(this.sum), 'integer');
  }

  reset(): void {
    this.count = 0;
    this.sum = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
  }
}

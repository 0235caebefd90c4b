import { Histogram } from './histogram.ts';
import type { MetricSink } from './metric.ts';
import { Summary } from './summary.ts';

/**
 * A summary that also knows percentiles; what Apache ZooKeeper calls detail level ADVANCED.
 *
 * deviates: Apache ZooKeeper keeps 4096 random samples, this counts every observation in buckets. Values
 * below 64 are exact, greater ones up to 3% low.
 */
export class PercentileSummary extends Summary {
  readonly #histogram: Histogram = new Histogram();

  override add(value: number): void {
    super.add(value);
    this.#histogram.add(value);
  }

  /** As `Histogram.percentile`. */
  percentile(quantile: number): number {
    return this.#histogram.percentile(quantile);
  }

  override dump(sink: MetricSink): void {
    super.dump(sink);
    sink(`p50_${this.name}`, Math.round(this.percentile(0.5)), 'integer');
    sink(`p95_${this.name}`, Math.round(this.percentile(0.95)), 'integer');
    sink(`p99_${this.name}`, Math.round(this.percentile(0.99)), 'integer');
    sink(`p999_${this.name}`, Math.round(this.percentile(0.999)), 'integer');
  }

  override reset(): void {
    super.reset();
    this.#histogram.reset();
  }
}

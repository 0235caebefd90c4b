import assert from 'node:assert';
import { Counter } from './counter.ts';
import { Gauge, GaugeSet } from './gauge.ts';
import type { Metric, MetricSink, NumberKind } from './metric.ts';
import { MetricSet } from './metric-set.ts';
import { PercentileSummary } from './percentile-summary.ts';
import { Summary } from './summary.ts';

/** A counter per key. */
export type CounterSet = MetricSet<Counter>;
/** A summary per key. */
export type SummarySet = MetricSet<Summary>;

/**
 * All metrics of one server, each under its own name, in the order of their registration.
 *
 * There is one registry per server and none in the module, so that servers in one process (tests, the
 * simulator) do not see each other.
 */
export class MetricsRegistry {
  readonly #byName: Map<string, Metric> = new Map();

  counter(name: string): Counter {
    return this.#add(new Counter(name));
  }

  summary(name: string): Summary {
    return this.#add(new Summary(name));
  }

  percentileSummary(name: string): PercentileSummary {
    return this.#add(new PercentileSummary(name));
  }

  counterSet(name: string): CounterSet {
    return this.#add(new MetricSet(name, (keyed) => new Counter(keyed)));
  }

  summarySet(name: string): SummarySet {
    return this.#add(new MetricSet(name, (keyed) => new Summary(keyed)));
  }

  percentileSummarySet(name: string): SummarySet {
    return this.#add(new MetricSet<Summary>(name, (keyed) => new PercentileSummary(keyed)));
  }

  /** `read` is called whenever the metrics are shown, and must be cheap. */
  gauge(name: string, kind: NumberKind, read: () => number): void {
    this.#add(new Gauge(name, kind, read));
  }

  gaugeSet(name: string, read: () => ReadonlyMap<string, number>): void {
    this.#add(new GaugeSet(name, read));
  }

  /** Removes a metric whose owner is gone, such as a gauge of a role that the server no longer has. */
  remove(name: string): void {
    this.#byName.delete(name);
  }

  metrics(): Iterable<Metric> {
    return this.#byName.values();
  }

  /** Writes every value, as `mntr` shows them. */
  dump(sink: MetricSink): void {
    for (const metric of this.#byName.values()) metric.dump(sink);
  }

  /** Begins all counting anew (`srst`); gauges keep showing what is. */
  reset(): void {
    for (const metric of this.#byName.values()) metric.reset();
  }

  #add<M extends Metric>(metric: M): M {
    assert(!this.#byName.has(metric.name), `metric ${metric.name} is registered once`);
    this.#byName.set(metric.name, metric);
    return metric;
  }
}

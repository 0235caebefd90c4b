import type { Metric, MetricSink } from './metric.ts';

/**
 * Keys that a set counts separately. Keys come from clients (the first component of a path), so their
 * number must have an end; further keys are counted together.
 */
export const MAX_SET_KEYS: number = 1000;

/** The key under which everything beyond `MAX_SET_KEYS` is counted. */
export const OTHER_KEYS = '_other_';

/** One metric per key, each made when its key first occurs and named `<key>_<name>`. */
export class MetricSet<M extends Metric & { add(value: number): void }> implements Metric {
  readonly name: string;
  readonly #create: (name: string) => M;
  readonly #byKey: Map<string, M> = new Map();

  constructor(name: string, create: (name: string) => M) {
    this.name = name;
    this.#create = create;
  }

  /** Counts `value` under `key`: a map look-up more than without a set. */
  add(key: string, value: number): void {
    this.get(key).add(value);
  }

  /** The metric of `key`, for callers that can keep it. */
  get(key: string): M {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const newKey = this.#byKey.size < MAX_SET_KEYS ? key : OTHER_KEYS;
    const existing = this.#byKey.get(newKey);
    if (existing !== undefined) return existing;
    const created = this.#create(`${newKey}_${this.name}`);
    this.#byKey.set(newKey, created);
    return created;
  }

  /** The metrics with their keys, in the order in which the keys first occurred. */
  entries(): Iterable<readonly [string, M]> {
    return this.#byKey.entries();
  }

  dump(sink: MetricSink): void {
    for (const metric of this.#byKey.values()) metric.dump(sink);
  }

  /** Values go back to 0; the keys stay, as they do in Apache ZooKeeper. */
  reset(): void {
    for (const metric of this.#byKey.values()) metric.reset();
  }
}

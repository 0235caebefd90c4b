/**
 * Where a metric writes its values, in the form of the `mntr` four-letter word.
 *
 * `name` has no `zk_` prefix. An `integer` is printed whole; a `double` as Java prints one (`0.0`).
 */
export type MetricSink = (name: string, value: number, kind: NumberKind) => void;

/** How a value is printed; Apache ZooKeeper's exporters and parsers know both forms. */
export type NumberKind = 'integer' | 'double';

/** Anything that has a name, values to show and a state to begin anew. */
export interface Metric {
  /** The name that dashboards know, as in Apache ZooKeeper. */
  readonly name: string;
  dump(sink: MetricSink): void;
  /** Back to the state of a fresh server; what `srst` does. */
  reset(): void;
}

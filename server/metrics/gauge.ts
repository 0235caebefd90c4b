import type { Metric, MetricSink, NumberKind } from './metric.ts';

/** A value that is read from its owner when somebody asks for it. */
export class Gauge implements Metric {
  readonly name: string;
  readonly kind: NumberKind;
  readonly read: () => number;

  constructor(name: string, kind: NumberKind, read: () => number) {
    this.name = name;
    this.kind = kind;
    this.read = read;
  }

  dump(sink: MetricSink): void {
    sink(this.name, this.read(), this.kind);
  }

  /** A gauge holds nothing of its own. */
  reset(): void {}
}

/** One gauge per key, as `<key>_<name>`; the keys are whatever the owner has at that moment. */
export class GaugeSet implements Metric {
  readonly name: string;
  readonly read: () => ReadonlyMap<string, number>;

  constructor(name: string, read: () => ReadonlyMap<string, number>) {
    this.name = name;
    this.read = read;
  }

  dump(sink: MetricSink): void {
    for (const [key, value] of this.read()) sink(`${key}_${this.name}`, value, 'integer');
  }

  /** A gauge set holds nothing of its own. */
  reset(): void {}
}

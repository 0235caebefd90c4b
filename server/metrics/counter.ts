import type { Metric, MetricSink } from './metric.ts';

/** A number that only grows until it is reset. Adding to it is one field write. */
export class Counter implements Metric {
  readonly name: string;
  value: number = 0;

  constructor(name: string) {
    this.name = name;
  }

  add(delta: number): void {
    this.value += delta;
  }

  dump(sink: MetricSink): void {
    sink(this.name, this.value, 'integer');
  }

  reset(): void {
    this.value = 0;
  }
}

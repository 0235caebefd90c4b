import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferStats } from '../../../server/metrics/buffer-stats.ts';
import { Histogram } from '../../../server/metrics/histogram.ts';
import type { Metric } from '../../../server/metrics/metric.ts';
import { MAX_SET_KEYS, OTHER_KEYS } from '../../../server/metrics/metric-set.ts';
import { MetricsRegistry } from '../../../server/metrics/metrics-registry.ts';

function valuesOf(metric: Metric): Record<string, number> {
  const values: Record<string, number> = {};
  metric.dump((name, value) => {
    values[name] = value;
  });
  return values;
}

test('a summary without observations is all zeros', () => {
  const summary = new MetricsRegistry().summary('fsynctime');
  assert.deepEqual(valuesOf(summary), {
    avg_fsynctime: 0,
    min_fsynctime: 0,
    max_fsynctime: 0,
    cnt_fsynctime: 0,
    sum_fsynctime: 0,
  });
});

test('a summary keeps fractions in the average and shows the rest whole', () => {
  const summary = new MetricsRegistry().summary('fsynctime');
  for (const ms of [0.25, 3.9, 7]) summary.add(ms);
  assert.deepEqual(valuesOf(summary), {
    avg_fsynctime: 3.7167,
    min_fsynctime: 0,
    max_fsynctime: 7,
    cnt_fsynctime: 3,
    sum_fsynctime: 11,
  });
  summary.reset();
  assert.equal(summary.max, 0);
  assert.equal(summary.count, 0);
});

test('an average is rounded half up to four decimals', () => {
  const summary = new MetricsRegistry().summary('x');
  for (let i = 0; i < 31; i++) summary.add(0);
  summary.add(1); // 0.03125
  assert.equal(summary.average, 0.0313);
});

test('percentiles interpolate between ranks as the metrics library of Apache ZooKeeper does', () => {
  // From UniformSnapshot.getValue: position q(n+1), clamped to the first and last value.
  const cases: readonly [observations: readonly number[], quantile: number, expected: number][] = [
    [[], 0.5, 0],
    [[5], 0.5, 5],
    [[5], 0.999, 5],
    [[1, 2], 0.5, 1.5],
    [[1, 2, 3, 4], 0.5, 2.5],
    [[1, 2, 3, 4, 5], 0.95, 5],
    [[10, 20, 30], 0.25, 10],
    [[0, 0, 0, 60], 0.75, 45],
  ];
  for (const [observations, quantile, expected] of cases) {
    const histogram = new Histogram();
    for (const value of observations) histogram.add(value);
    assert.equal(histogram.percentile(quantile), expected, `${quantile} of ${observations}`);
  }
});

test('a bucket is at most 1/32 wide, whatever the value', () => {
  for (const value of [1, 63, 64, 65, 127, 128, 1000, 4095, 123_456, 2 ** 30, 2 ** 31 - 1]) {
    const histogram = new Histogram();
    histogram.add(value);
    const shown = histogram.percentile(0.5);
    assert.ok(shown <= value && value - shown <= value / 32, `${value} is shown as ${shown}`);
  }
});

test('values that no bucket was made for go to the first and the last one', () => {
  const histogram = new Histogram();
  histogram.add(-3);
  assert.equal(histogram.percentile(0.5), 0);
  histogram.reset();
  histogram.add(Number.MAX_SAFE_INTEGER);
  assert.ok(histogram.percentile(0.5) > 2 ** 30);
});

test('a percentile summary shows four percentiles after the values of a summary', () => {
  const summary = new MetricsRegistry().percentileSummary('readlatency');
  for (let ms = 1; ms <= 60; ms++) summary.add(ms);
  assert.deepEqual(Object.entries(valuesOf(summary)), [
    ['avg_readlatency', 30.5],
    ['min_readlatency', 1],
    ['max_readlatency', 60],
    ['cnt_readlatency', 60],
    ['sum_readlatency', 1830],
    ['p50_readlatency', 31],
    ['p95_readlatency', 58],
    ['p99_readlatency', 60],
    ['p999_readlatency', 60],
  ]);
});

test('a set names its metrics after their key', () => {
  const registry = new MetricsRegistry();
  const reads = registry.summarySet('read_per_namespace');
  reads.add('app', 80);
  reads.add('app', 72);
  registry.counterSet('quota_exceeded_error_per_namespace').add('app', 1);
  const values: Record<string, number> = {};
  registry.dump((name, value) => {
    values[name] = value;
  });
  assert.deepEqual(values, {
    avg_app_read_per_namespace: 76,
    min_app_read_per_namespace: 72,
    max_app_read_per_namespace: 80,
    cnt_app_read_per_namespace: 2,
    sum_app_read_per_namespace: 152,
    app_quota_exceeded_error_per_namespace: 1,
  });
});

test('a set stops making new keys at its limit and counts the rest together', () => {
  const set = new MetricsRegistry().counterSet('x');
  for (let i = 0; i < MAX_SET_KEYS + 50; i++) set.add(`key${i}`, 1);
  assert.equal([...set.entries()].length, MAX_SET_KEYS + 1);
  assert.equal(set.get(OTHER_KEYS).value, 50);
  assert.equal(set.get('key7').value, 1);
});

test('sizes are −1 until there was one', () => {
  const sizes = new BufferStats();
  assert.deepEqual([sizes.lastBytes, sizes.minBytes, sizes.maxBytes], [-1, -1, -1]);
  for (const bytes of [20, 16, 88, 40]) sizes.add(bytes);
  assert.deepEqual([sizes.lastBytes, sizes.minBytes, sizes.maxBytes], [40, 16, 88]);
  sizes.reset();
  assert.equal(sizes.lastBytes, -1);
});

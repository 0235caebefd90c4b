import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricsRegistry } from '../../../server/metrics/metrics-registry.ts';
import { ServerMetrics } from '../../../server/metrics/server-metrics.ts';
import { ServerStats } from '../../../server/metrics/server-stats.ts';
import { UNMEASURED } from '../../../server/metrics/unmeasured.ts';

test('a name is registered once', () => {
  const registry = new MetricsRegistry();
  registry.counter('commit_count');
  assert.throws(() => registry.summary('commit_count'), /commit_count is registered once/);
  registry.remove('commit_count');
  registry.summary('commit_count');
});

/** Metrics that Apache ZooKeeper does not have. */
const OWN_METRICS = ['slow_reader_disconnect_count'];

test('a fresh server has the 51 counters and 65 summaries of Apache ZooKeeper 3.9', () => {
  const { registry } = new ServerMetrics();
  const shown = new Set<string>();
  registry.dump((name) => shown.add(name));
  for (const name of OWN_METRICS) shown.delete(name);
  // Each of 42 summaries shows five values and each of 23 with percentiles nine.
  assert.equal(shown.size, 51 + 42 * 5 + 23 * 9);
});

test('what is said to be unmeasured is a metric', () => {
  const { registry } = new ServerMetrics();
  const names = new Set([...registry.metrics()].map((metric) => metric.name));
  names.add('outstanding_tls_handshake'); // a gauge of server-gauges.ts
  for (const name of UNMEASURED.keys()) assert.ok(names.has(name), name);
});

test('a latency is counted for the server and for its kind of request', () => {
  const metrics = new ServerMetrics();
  const stats = new ServerStats(metrics);
  stats.addReadLatency(3);
  stats.addUpdateLatency(8);
  assert.equal(stats.latencyMs.average, 5.5);
  assert.equal(metrics.readLatency.max, 3);
  assert.equal(metrics.updateLatency.max, 8);
});

test('a reset begins traffic anew and leaves what is wrong since the start', () => {
  const metrics = new ServerMetrics();
  const stats = new ServerStats(metrics);
  stats.packetsReceived = 5;
  stats.packetsSent = 6;
  stats.authFailedCount = 2;
  stats.clientResponse.add(16);
  stats.addReadLatency(3);
  metrics.commitCount.add(4);
  stats.reset();
  assert.deepEqual(
    [
      stats.packetsReceived,
      stats.packetsSent,
      stats.latencyMs.count,
      stats.clientResponse.maxBytes,
    ],
    [0, 0, 0, -1],
  );
  assert.equal(metrics.commitCount.value, 0);
  assert.equal(metrics.readLatency.percentile(0.99), 0);
  assert.equal(stats.authFailedCount, 2);
});

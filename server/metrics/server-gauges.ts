import type { MetricsRegistry } from './metrics-registry.ts';
import type { ServerStats } from './server-stats.ts';

/**
 * What the gauges of a server read. A server implements it with getters; each is called once whenever
 * the metrics are shown, and must cost no more than a look-up.
 */
export interface ServerGaugeSource {
  readonly uptimeMs: number;
  readonly aliveConnectionCount: number;
  /** Requests received and not yet answered. */
  readonly outstandingRequestCount: number;
  /** As Apache ZooKeeper counts: 5 when fresh. */
  readonly znodeCount: number;
  /** Data and child watches. */
  readonly watchCount: number;
  readonly ephemeralCount: number;
  /** Paths and data of all znodes. */
  readonly approximateDataBytes: number;
  readonly globalSessionCount: number;
  readonly localSessionCount: number;
  /** −1 where the platform does not tell. */
  readonly openFileDescriptorCount: number;
  /** −1 where the platform does not tell. */
  readonly maxFileDescriptorCount: number;
  /** Probability, 0 to 1, with which the connection throttle drops a connection at this moment. */
  readonly connectionDropProbability: number;
  readonly outstandingTlsHandshakeCount: number;
  /** Quota limits and usage by namespace (first component of the path). */
  readonly quotaCountLimits: ReadonlyMap<string, number>;
  readonly quotaBytesLimits: ReadonlyMap<string, number>;
  readonly quotaCountUsage: ReadonlyMap<string, number>;
  readonly quotaBytesUsage: ReadonlyMap<string, number>;
}

/** Registers the gauges that every server has, whatever its role. */
export function registerServerGauges(
  registry: MetricsRegistry,
  stats: ServerStats,
  source: ServerGaugeSource,
): void {
  registry.gauge('avg_latency', 'double', () => stats.latencyMs.average);
  registry.gauge('max_latency', 'integer', () => Math.floor(stats.latencyMs.max));
  registry.gauge('min_latency', 'integer', () => Math.floor(stats.latencyMs.min));
  registry.gauge('packets_received', 'integer', () => stats.packetsReceived);
  registry.gauge('packets_sent', 'integer', () => stats.packetsSent);
  registry.gauge('num_alive_connections', 'integer', () => source.aliveConnectionCount);
  registry.gauge('outstanding_requests', 'integer', () => source.outstandingRequestCount);
  registry.gauge('uptime', 'integer', () => Math.floor(source.uptimeMs));
  registry.gauge('znode_count', 'integer', () => source.znodeCount);
  registry.gauge('watch_count', 'integer', () => source.watchCount);
  registry.gauge('ephemerals_count', 'integer', () => source.ephemeralCount);
  registry.gauge('approximate_data_size', 'integer', () => source.approximateDataBytes);
  registry.gauge('global_sessions', 'integer', () => source.globalSessionCount);
  registry.gauge('local_sessions', 'integer', () => source.localSessionCount);
  registry.gauge('open_file_descriptor_count', 'integer', () => source.openFileDescriptorCount);
  registry.gauge('max_file_descriptor_count', 'integer', () => source.maxFileDescriptorCount);
  registry.gauge('connection_drop_probability', 'double', () => source.connectionDropProbability);
  registry.gauge('last_client_response_size', 'integer', () => stats.clientResponse.lastBytes);
  registry.gauge('max_client_response_size', 'integer', () => stats.clientResponse.maxBytes);
  registry.gauge('min_client_response_size', 'integer', () => stats.clientResponse.minBytes);
  registry.gauge('outstanding_tls_handshake', 'integer', () => source.outstandingTlsHandshakeCount);
  registry.gauge('auth_failed_count', 'integer', () => stats.authFailedCount);
  registry.gauge('non_mtls_remote_conn_count', 'integer', () => stats.nonMtlsRemoteConnectionCount);
  registry.gauge('non_mtls_local_conn_count', 'integer', () => stats.nonMtlsLocalConnectionCount);
  registry.gaugeSet('quota_count_limit_per_namespace', () => source.quotaCountLimits);
  registry.gaugeSet('quota_bytes_limit_per_namespace', () => source.quotaBytesLimits);
  registry.gaugeSet('quota_count_usage_per_namespace', () => source.quotaCountUsage);
  registry.gaugeSet('quota_bytes_usage_per_namespace', () => source.quotaBytesUsage);
}

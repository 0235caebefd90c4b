import { BufferStats } from './buffer-stats.ts';
import type { ServerMetrics } from './server-metrics.ts';
import { Summary } from './summary.ts';

/**
 * What `srvr` and `stat` show of the traffic of one server: packets, latency and reply sizes.
 *
 * The packet counts are plain fields: the connection adds to them once a frame.
 */
export class ServerStats {
  /** Frames and four-letter words received. */
  packetsReceived: number = 0;
  /** Frames sent, watch events included. */
  packetsSent: number = 0;
  /** Authentications that failed. */
  authFailedCount: number = 0;
  /** Connections from elsewhere and from this machine that did not present a client certificate. */
  nonMtlsRemoteConnectionCount: number = 0;
  nonMtlsLocalConnectionCount: number = 0;
  /** Syncs of the log above `fsync.warningthresholdms`. */
  slowSyncCount: number = 0;
  /** Time from the reading of a request to its reply, for requests of this server's own clients. */
  readonly latencyMs: Summary = new Summary('latency');
  /** Sizes of the replies to clients. */
  readonly clientResponse: BufferStats = new BufferStats();
  readonly #metrics: ServerMetrics;

  constructor(metrics: ServerMetrics) {
    this.#metrics = metrics;
  }

  /** Notes the latency of a read that was answered. */
  addReadLatency(latencyMs: number): void {
    this.latencyMs.add(latencyMs);
    this.#metrics.readLatency.add(latencyMs);
  }

  /** Notes the latency of a request that became a transaction, refused ones included. */
  addUpdateLatency(latencyMs: number): void {
    this.latencyMs.add(latencyMs);
    this.#metrics.updateLatency.add(latencyMs);
  }

  /**
   * The four-letter word `srst`: latency, packets, reply sizes and every counter and summary begin anew.
   * Counts that say what is wrong since the start (failed authentications, slow syncs) stay.
   */
  reset(): void {
    this.latencyMs.reset();
    this.packetsReceived = 0;
    this.packetsSent = 0;
    this.clientResponse.reset();
    this.#metrics.registry.reset();
  }
}

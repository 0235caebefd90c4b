import type { ClientConnection } from './client-connection.ts';
import { PauseReason } from './client-connection.ts';
import type { Config } from './config/config-type.ts';
import type { ServerMetrics } from './metrics/server-metrics.ts';
import type { Clock } from './ports.ts';
import type { RequestPipeline } from './request/pipeline.ts';

export type AdmissionParts = {
  readonly config: Config;
  readonly pipeline: RequestPipeline;
  readonly clock: Clock;
  readonly metrics: ServerMetrics;
};

/**
 * How many requests may be in the pipeline. At `globalOutstandingLimit`, a connection that has requests under
 * way is not read until they are fewer; at the request throttle's limit, no connection is, first come first
 * served; above the bytes that large requests may take together, one more costs its connection.
 */
export class Admission {
  readonly #parts: AdmissionParts;
  /** Connections that the request throttle holds. */
  readonly #throttled: ClientConnection[] = [];
  #isResuming = false;
  #largeBytes = 0;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** Whether the connection's next request may be taken now; if not, the connection is read again later. */
  admit(connection: ClientConnection): boolean {
    const { config, pipeline, clock, metrics } = this.#parts;
    const inPipeline = pipeline.requestCount;
    if (inPipeline > config.globalOutstandingLimit && connection.outstandingCount > 0) {
      connection.pauseFor(PauseReason.OUTSTANDING);
      return false;
    }
    const { maxRequests } = config.requestThrottle;
    if (maxRequests === null || inPipeline < maxRequests) return true;
    metrics.requestThrottleWaitCount.add(1);
    connection.throttledSinceMs ??= clock.monotonicMs();
    connection.pauseFor(PauseReason.THROTTLED);
    this.#throttled.push(connection);
    return false;
  }

  /** Whether the request that was just admitted had to wait so long that it is answered THROTTLEDOP. */
  waitedTooLong(connection: ClientConnection): boolean {
    const since = connection.throttledSinceMs;
    if (since === undefined) return false;
    connection.throttledSinceMs = undefined;
    const { clock, metrics, config } = this.#parts;
    const waitedMs = clock.monotonicMs() - since;
    metrics.requestThrottleQueueTimeMs.add(waitedMs);
    return config.throttledOpWaitMs !== null && waitedMs > config.throttledOpWaitMs;
  }

  /** Reserves the bytes of a request, header included, if it is a large one; false if there are too many of them. */
  reserve(connection: ClientConnection, requestBytes: number): boolean {
    if (!this.#isLarge(requestBytes)) return true;
    if (this.#largeBytes + requestBytes > this.#parts.config.largeRequestMaxBytes) {
      this.#parts.metrics.largeRequestsRejected.add(1);
      return false;
    }
    this.#largeBytes += requestBytes;
    connection.largeBytes += requestBytes;
    return true;
  }

  /** Gives back what `reserve` took for a request of this size. */
  release(connection: ClientConnection, requestBytes: number): void {
    if (!this.#isLarge(requestBytes)) return;
    // A connection that is gone has given everything back, also for its writes that go on.
    this.#giveBack(connection, Math.min(requestBytes, connection.largeBytes));
  }

  /** A request of `requestBytes` has left the pipeline; the connection is null for one of the server's own. */
  onRequestDone(connection: ClientConnection | null, requestBytes: number): void {
    const { pipeline, config } = this.#parts;
    if (connection !== null) {
      this.release(connection, requestBytes);
      const limit = config.globalOutstandingLimit;
      if (pipeline.requestCount <= limit || connection.outstandingCount === 0) {
        connection.resumeFor(PauseReason.OUTSTANDING);
      }
    }
    this.#resumeThrottled();
  }

  onConnectionClosed(connection: ClientConnection): void {
    this.#giveBack(connection, connection.largeBytes);
  }

  #resumeThrottled(): void {
    const { pipeline, config } = this.#parts;
    const { maxRequests } = config.requestThrottle;
    // A request that is answered at once brings us here again: left to the loop below, or a host of them
    // would go one deeper into the stack each.
    if (maxRequests === null || this.#isResuming) return;
    this.#isResuming = true;
    while (this.#throttled.length > 0 && pipeline.requestCount < maxRequests) {
      this.#resume(this.#throttled.shift() as ClientConnection);
    }
    this.#isResuming = false;
  }

  #resume(connection: ClientConnection): void {
    const { config, clock, metrics } = this.#parts;
    const { dropStale, staleLatencyCheck } = config.requestThrottle;
    const waitedMs = clock.monotonicMs() - (connection.throttledSinceMs ?? clock.monotonicMs());
    const stale = staleLatencyCheck && waitedMs > connection.idleTimeoutMs;
    if (stale || !connection.isOpen) metrics.staleRequests.add(1);
    if (stale && dropStale) {
      metrics.staleRequestsDropped.add(1);
      connection.refuse('its request waited longer than its session lives');
      return;
    }
    connection.resumeFor(PauseReason.THROTTLED);
  }

  #isLarge(requestBytes: number): boolean {
    const threshold = this.#parts.config.largeRequestThresholdBytes;
    return threshold !== null && requestBytes > threshold;
  }

  #giveBack(connection: ClientConnection, bytes: number): void {
    this.#largeBytes -= bytes;
    connection.largeBytes -= bytes;
  }
}

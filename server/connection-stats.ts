import type { Int64 } from 'jute-ts';
import { INT64_MINUS_ONE } from '../protocol/int64.ts';

/** What `cons` shows of one connection (ServerCnxn's statistics). */
export class ConnectionStats {
  /** Wall-clock ms at which the connection was accepted. */
  readonly establishedAtMs: number;
  packetsReceived: number = 0;
  packetsSent: number = 0;
  lastOperation: string = 'NA';
  /** xid of the last answer other than to pings and their like; null before the first. */
  lastCxid: number | null = null;
  lastZxid: Int64 = INT64_MINUS_ONE;
  /** Monotonic ms of the last answer; 0 before the first. */
  lastResponseAtMs: number = 0;
  lastLatencyMs: number = 0;
  maxLatencyMs: number = 0;
  #minLatencyMs = Number.POSITIVE_INFINITY;
  #latencySumMs = 0;
  #latencyCount = 0;

  constructor(establishedAtMs: number) {
    this.establishedAtMs = establishedAtMs;
  }

  get minLatencyMs(): number {
    return this.#latencyCount === 0 ? 0 : this.#minLatencyMs;
  }

  get avgLatencyMs(): number {
    return this.#latencyCount === 0 ? 0 : this.#latencySumMs / this.#latencyCount;
  }

  /** A request was answered. Five plain arguments: it is on the path of every request. */
  onResponse(operation: string, xid: number, zxid: Int64, nowMs: number, latencyMs: number): void {
    this.lastOperation = operation;
    if (xid >= 0) this.lastCxid = xid;
    this.lastZxid = zxid;
    this.lastResponseAtMs = nowMs;
    this.lastLatencyMs = latencyMs;
    if (latencyMs < this.#minLatencyMs) this.#minLatencyMs = latencyMs;
    if (latencyMs > this.maxLatencyMs) this.maxLatencyMs = latencyMs;
    this.#latencySumMs += latencyMs;
    this.#latencyCount += 1;
  }

  /** `crst`. */
  reset(): void {
    this.packetsReceived = 0;
    this.packetsSent = 0;
    this.lastOperation = 'NA';
    this.lastCxid = null;
    this.lastZxid = INT64_MINUS_ONE;
    this.lastResponseAtMs = 0;
    this.lastLatencyMs = 0;
    this.maxLatencyMs = 0;
    this.#minLatencyMs = Number.POSITIVE_INFINITY;
    this.#latencySumMs = 0;
    this.#latencyCount = 0;
  }
}

import type { Int64 } from 'jute-ts';
import type { ConnectRequest, ConnectResponse } from '../protocol/client-codec.ts';
import { compareInt64, equalInt64, INT64_ZERO } from '../protocol/int64.ts';
import type { SessionIdentity, SessionOptions } from './session-events.ts';
import { type SessionTiming, sessionTiming } from './session-timing.ts';

/**
 * What the ensemble has granted this client: a session with an id, for as long as they hear of each other. Times are ms
 * of the clock that `heard` and `sent` are given.
 */
export class SessionLease {
  readonly #options: SessionOptions;
  #timing: SessionTiming;
  #timeoutMs: number;
  #id: Int64;
  #password: Buffer;
  #lastZxidSeen: Int64;
  /** Whether a server with quorum ever knew the session; one of a read-only server means nothing to others. */
  #isResumable: boolean;
  #lastHeardMs = 0;
  #lastSentMs = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#timeoutMs = options.sessionTimeoutMs;
    this.#timing = this.#timingOf(options.sessionTimeoutMs);
    this.#id = options.resume?.id ?? INT64_ZERO;
    this.#password = options.resume?.password ?? Buffer.alloc(PASSWORD_BYTES);
    this.#lastZxidSeen = options.resume?.lastZxidSeen ?? INT64_ZERO;
    this.#isResumable = options.resume !== null;
  }

  /** Null before a server has granted it. */
  get identity(): SessionIdentity | null {
    if (equalInt64(this.#id, INT64_ZERO)) return null;
    return { id: this.#id, password: this.#password, lastZxidSeen: this.#lastZxidSeen };
  }

  /** What was granted; before that, what is asked for. */
  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  get timing(): SessionTiming {
    return this.#timing;
  }

  get lastZxidSeen(): Int64 {
    return this.#lastZxidSeen;
  }

  /** When a silent connection must be given up. */
  get silentUntilMs(): number {
    return this.#lastHeardMs + this.#timing.readTimeoutMs;
  }

  /** When the server must be sent a sign of life. */
  get pingAtMs(): number {
    return this.#lastSentMs + this.#timing.pingIntervalMs;
  }

  /** When the session must be taken for dead; Infinity for one that was never granted: there is nothing to lose. */
  get expiresAtMs(): number {
    if (!this.#isResumable) return Number.POSITIVE_INFINITY;
    return this.#lastHeardMs + this.#timing.expirationMs;
  }

  heard(nowMs: number): void {
    this.#lastHeardMs = nowMs;
  }

  sent(nowMs: number): void {
    this.#lastSentMs = nowMs;
  }

  /** For how long nothing has been heard. */
  silenceMs(nowMs: number): number {
    return Math.floor(nowMs - this.#lastHeardMs);
  }

  /** A state of the tree that this client has been shown; it must not be shown an earlier one. */
  see(zxid: Int64): void {
    if (compareInt64(zxid, this.#lastZxidSeen) > 0) this.#lastZxidSeen = zxid;
  }

  /** What to ask the next server for: a session, or this session. */
  request(): ConnectRequest & { readonly readOnly: boolean } {
    return {
      protocolVersion: 0,
      lastZxidSeen: this.#lastZxidSeen,
      timeOut: this.#options.sessionTimeoutMs,
      sessionId: this.#isResumable ? this.#id : INT64_ZERO,
      passwd: this.#password,
      // Always sent, since 3.4 knows it and the C client always does.
      readOnly: this.#options.readOnly,
    };
  }

  /** A server has said yes. */
  grant(response: ConnectResponse): void {
    this.#id = response.sessionId;
    this.#password = Buffer.from(response.passwd ?? []);
    this.#isResumable ||= response.readOnly !== true;
    this.#timeoutMs = response.timeOut;
    this.#timing = this.#timingOf(response.timeOut);
  }

  #timingOf(sessionTimeoutMs: number): SessionTiming {
    return sessionTiming({ sessionTimeoutMs, hostCount: this.#options.endpoints.length });
  }
}

const PASSWORD_BYTES = 16;

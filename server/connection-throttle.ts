import type { ConnectionThrottleConfig } from './config/config-type.ts';

/**
 * A token bucket that new sessions draw from, so that a herd of clients comes in at a rate the server can
 * take (BlueThrottle). With a freeze time, connections are also dropped by chance, with a probability
 * that rises while tokens are short and falls while they are not.
 */
export class ConnectionThrottle {
  readonly #config: ConnectionThrottleConfig;
  readonly #random: () => number;
  #tokens: number;
  #filledAtMs: number;
  #frozenAtMs: number;
  #dropProbability = 0;

  /** @param random uniform in [0, 1) */
  constructor(config: ConnectionThrottleConfig, nowMs: number, random: () => number) {
    this.#config = config;
    this.#random = random;
    this.#tokens = config.tokens ?? 0;
    this.#filledAtMs = nowMs;
    this.#frozenAtMs = nowMs;
  }

  /** Probability, 0 to 1, with which a connection is dropped now. */
  get dropProbability(): number {
    return this.#dropProbability;
  }

  /** Tokens that are missing from a full bucket. */
  get deficit(): number {
    return this.#config.tokens === null ? 0 : this.#config.tokens - this.#tokens;
  }

  /** Whether a connection may come in; if so, its tokens are taken. */
  admit(kind: 'new' | 'renew', nowMs: number): boolean {
    const { tokens, freezeTimeMs } = this.#config;
    if (tokens === null) return true;
    this.#fill(tokens, nowMs);
    if (freezeTimeMs !== null) {
      this.#adjust(tokens, freezeTimeMs, nowMs);
      if (this.#random() < this.#dropProbability) return false;
    }
    const cost = this.#costOf(kind);
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }

  #costOf(kind: 'new' | 'renew'): number {
    const { weightEnabled, globalSessionWeight, renewSessionWeight } = this.#config;
    if (!weightEnabled) return 1;
    return kind === 'new' ? globalSessionWeight : renewSessionWeight;
  }

  #fill(capacity: number, nowMs: number): void {
    const { fillTimeMs, fillCount } = this.#config;
    const passedMs = nowMs - this.#filledAtMs;
    if (passedMs <= fillTimeMs) return;
    const refill = Math.floor((passedMs * fillCount) / fillTimeMs);
    this.#tokens = Math.min(this.#tokens + refill, capacity);
    this.#filledAtMs = nowMs;
  }

  #adjust(capacity: number, freezeTimeMs: number, nowMs: number): void {
    if (nowMs - this.#frozenAtMs <= freezeTimeMs) return;
    this.#frozenAtMs = nowMs;
    const { decreaseRatio, dropIncrease, dropDecrease } = this.#config;
    if (this.#tokens <= 0) {
      this.#dropProbability = Math.min(1, this.#dropProbability + dropIncrease);
    } else if (this.deficit <= Math.round(capacity * decreaseRatio)) {
      this.#dropProbability = Math.max(0, this.#dropProbability - dropDecrease);
    }
  }
}

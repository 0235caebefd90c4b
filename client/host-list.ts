import type { Endpoint } from './connect-string.ts';

export type HostListOptions = {
  readonly endpoints: readonly Endpoint[];
  /** The first wait after a lost connection is up to this long, ms. */
  readonly reconnectMinMs: number;
  /** No wait is longer, ms. */
  readonly reconnectMaxMs: number;
};

/**
 * Which server to try next, and after what wait. The order is shuffled once, so that the clients of an ensemble spread
 * over its servers, and then kept, so that every server gets its turn. Waits are random, so that the clients of a
 * server that went away do not come to the next one all at once; they double with every round in which none answered.
 */
export class HostList {
  readonly #endpoints: readonly Endpoint[];
  readonly #options: HostListOptions;
  readonly #random: () => number;
  #nextIndex = 0;
  /** Attempts that failed since a server last accepted us. */
  #failureCount = 0;

  /** @param random uniform in [0, 1) */
  constructor(options: HostListOptions, random: () => number) {
    this.#options = options;
    this.#random = random;
    this.#endpoints = shuffled(options.endpoints, random);
  }

  get count(): number {
    return this.#endpoints.length;
  }

  /** The server whose turn it is. */
  next(): Endpoint {
    const endpoint = this.#endpoints[this.#nextIndex % this.#endpoints.length];
    this.#nextIndex += 1;
    if (endpoint === undefined) throw new RangeError('a host list has at least one endpoint');
    return endpoint;
  }

  /** A server accepted us: the next loss starts with short waits again. */
  onConnected(): void {
    this.#failureCount = 0;
  }

  /** A connection was lost or could not be made; answers how long to wait before the next attempt, ms. */
  onDisconnected(): number {
    const { reconnectMinMs, reconnectMaxMs } = this.#options;
    const round = Math.floor(this.#failureCount / this.#endpoints.length);
    this.#failureCount += 1;
    const limitMs = Math.min(reconnectMaxMs, reconnectMinMs * 2 ** Math.min(round, 30));
    // The first round may be immediate: the next server is most likely well.
    const floorMs = round === 0 ? 0 : limitMs / 2;
    return Math.floor(floorMs + this.#random() * (limitMs - floorMs));
  }
}

/** Fisher and Yates: every order is equally likely. */
function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    const a = copy[i];
    const b = copy[j];
    if (a !== undefined && b !== undefined) {
      copy[i] = b;
      copy[j] = a;
    }
  }
  return copy;
}

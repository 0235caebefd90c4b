import type { Endpoint } from './connect-string.ts';

/** Time as the client needs it. */
export interface Clock {
  /** ms since some fixed moment; never goes back. */
  monotonicMs(): number;
  /** Calls `fn` once, not before `delayMs` from now, and never from within this call. */
  setTimer(delayMs: number, fn: () => void): Timer;
  /** Calls `fn` soon, after the promise continuations that are due now. */
  defer(fn: () => void): void;
}

export interface Timer {
  cancel(): void;
}

/** Connections to servers. */
export interface Dialer {
  /** Begins to connect. Nothing is reported from within this call. */
  dial(endpoint: Endpoint, events: ConnectionEvents): Connection;
}

/** What a connection reports: `onOpen` at most once, then chunks in order, and `onClosed` once as the last. */
export interface ConnectionEvents {
  onOpen(): void;
  /** The chunk belongs to the receiver. */
  onData(chunk: Buffer): void;
  /** Not connected, failed, or closed by the other side. */
  onClosed(reason: string): void;
}

export interface Connection {
  /** Sends bytes after those sent before. They must not change afterwards. */
  send(bytes: Buffer): void;
  /** Drops the connection; reports nothing any more. */
  close(): void;
}

/** All that the client needs from outside. */
export type ClientPorts = {
  readonly clock: Clock;
  readonly dialer: Dialer;
  /** Uniform in [0, 1). */
  readonly random: () => number;
};

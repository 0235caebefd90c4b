/**
 * The periods that follow from a session timeout. The server drops a session that it has not heard of for the timeout;
 * all others are chosen so that the client notices first and has time left to reach another server.
 */
export type SessionTiming = {
  /** A connection that has brought nothing for this long is given up. */
  readonly readTimeoutMs: number;
  /** After this long without a word to the server a ping is sent. */
  readonly pingIntervalMs: number;
  /** TCP connect and handshake together may take this long. */
  readonly connectTimeoutMs: number;
  /** A session that no server has confirmed for this long is given up (ZOOKEEPER-4508). */
  readonly expirationMs: number;
};

/** However long the session timeout: a connection that is broken should not go unnoticed for longer. */
const MAX_PING_INTERVAL_MS = 10_000;
/** A ping goes out this much early, so that a busy moment does not make it late. */
const PING_MARGIN_MS = 1000;

/**
 * An attempt that hangs must leave time for another one before the session is lost, even if there is one server only: one
 * that is just starting may take a handshake and never answer it.
 */
const MIN_ATTEMPT_COUNT = 3;

export function sessionTiming(facts: {
  readonly sessionTimeoutMs: number;
  readonly hostCount: number;
}): SessionTiming {
  const readTimeoutMs = Math.floor((facts.sessionTimeoutMs * 2) / 3);
  const half = Math.floor(readTimeoutMs / 2);
  const early = half <= PING_MARGIN_MS ? half : Math.max(PING_MARGIN_MS, half - PING_MARGIN_MS);
  return {
    readTimeoutMs,
    pingIntervalMs: Math.min(early, MAX_PING_INTERVAL_MS),
    connectTimeoutMs: Math.max(
      1,
      Math.floor(facts.sessionTimeoutMs / Math.max(facts.hostCount, MIN_ATTEMPT_COUNT)),
    ),
    expirationMs: Math.floor((facts.sessionTimeoutMs * 4) / 3),
  };
}

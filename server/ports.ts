/**
 * What the server needs from the outside world. `io/` holds the real ones; the simulator brings its own.
 */

export interface Timer {
  /** Stops the timer; harmless once it has fired. */
  cancel(): void;
}

export interface Clock {
  /** Milliseconds of a clock that never jumps; its zero means nothing. */
  monotonicMs(): number;
  /** Milliseconds since 1970, as the leader stamps them on transactions. */
  wallMs(): number;
  /** Calls `fire` once, not before `delayMs` from now. */
  setTimer(delayMs: number, fire: () => void): Timer;
  /**
   * Calls `run` once the events that are ready now have been handled. What many events of a turn caused
   * (a log write, the replies of a connection) is done there once for all.
   */
  afterTurn(run: () => void): void;
}

/** One accepted client connection, as a stream of bytes. */
export interface Transport {
  /** The peer's address as `toHostAddress` writes it. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Sends `bytes`, which the transport owns until `done` is called; `done` is called in order, also after a failure. */
  write(bytes: Buffer, done: () => void): void;
  /** Stops and resumes the delivery of received bytes; some may still arrive after `pause`. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then closes. */
  end(): void;
  /** Closes at once; what was not sent is lost. */
  destroy(): void;
}

/** What a listener calls on whoever takes its connections. */
export interface TransportHandler {
  onData(chunk: Buffer): void;
  /** The peer closed its side, or the connection failed. Called once; nothing follows it. */
  onClose(): void;
}

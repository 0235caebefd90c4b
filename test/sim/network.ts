import assert from 'node:assert';
import type { Transport, TransportHandler } from '../../server/ports.ts';

/** What a server that listens does with a new connection: a handler, or undefined if it turns it away. */
export type Accept = (transport: Transport) => TransportHandler | undefined;

export type SimConnectionOptions = {
  /** The client's address, as the server sees it. Default 127.0.0.1. */
  readonly address?: string;
};

/** How a connection has ended, as its client sees it. */
export type SimConnectionEnd =
  /** The server closed in good order: everything it had sent came before. */
  | 'closed'
  /** It was cut: what was under way is lost. */
  | 'reset';

/** The connections of one server. */
export class SimNetwork {
  readonly #accept: Accept;
  #connections: SimConnection[] = [];
  #nextPort = 50_000;

  constructor(accept: Accept) {
    this.#accept = accept;
  }

  connect(options: SimConnectionOptions = {}): SimConnection {
    const connection = new SimConnection(this.#accept, { ...options, port: this.#nextPort++ });
    this.#connections.push(connection);
    return connection;
  }

  /** Lets every connection take a step, in the order in which they were opened. False if none had anything to do. */
  step(): boolean {
    let moved = false;
    for (const connection of this.#connections) {
      if (connection.step()) moved = true;
    }
    if (moved) this.#connections = this.#connections.filter((connection) => !connection.isOver);
    return moved;
  }
}

/**
 * A connection between a client and a server in one process: the server has it as a Transport, the test has its other
 * end, which is this. Bytes wait in it until `step` moves them, in order, as a socket would.
 */
export class SimConnection {
  readonly #server: ServerEnd;

  constructor(accept: Accept, options: SimConnectionOptions & { readonly port: number }) {
    this.#server = new ServerEnd(options.address ?? '127.0.0.1', options.port);
    this.#server.handler = accept(this.#server);
  }

  /** How it ended; undefined while it is open. What the server sent before it closed is still to be taken. */
  get ended(): SimConnectionEnd | undefined {
    return this.#server.ended;
  }

  /** Whether it has ended and nothing will happen on it any more. */
  get isOver(): boolean {
    return this.#server.isOver;
  }

  /** Whether the server has asked for no more bytes. */
  get isPaused(): boolean {
    return this.#server.isPaused;
  }

  /** Bytes that were sent and that the server has not been given. */
  get unreadBytes(): number {
    return this.#server.inbound.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  /** Sends bytes, which the server gets as a chunk of their own. */
  send(bytes: Uint8Array): void {
    this.#server.inbound.push(Buffer.from(bytes));
  }

  /** Takes what has come from the server. */
  take(): Buffer {
    return Buffer.concat(this.#server.outbound.splice(0));
  }

  /** The client takes no bytes from now on: what the server writes is never done. */
  stall(): void {
    this.#server.isStalled = true;
  }

  /** The client takes bytes again. */
  unstall(): void {
    this.#server.isStalled = false;
  }

  /** The client closes its side: the server hears of it after the bytes that were sent before. */
  finish(): void {
    this.#server.isFinished = true;
  }

  /** The connection fails: bytes of both directions are lost. */
  reset(): void {
    this.#server.cut();
  }

  /** Moves what can move: writes to the client, then a chunk to the server, then an end. False if nothing did. */
  step(): boolean {
    return this.#server.step();
  }
}

type Write = { readonly bytes: Buffer; readonly done: () => void };

/** The server's end of a connection, and what is on its way between the two. */
class ServerEnd implements Transport {
  readonly remoteAddress: string;
  readonly remotePort: number;
  handler: TransportHandler | undefined;
  /** On its way to the server. */
  inbound: Buffer[] = [];
  /** What the client has got and not taken. */
  outbound: Buffer[] = [];
  isPaused = false;
  isStalled = false;
  /** The client has closed its side. */
  isFinished = false;
  ended: SimConnectionEnd | undefined;
  #writes: Write[] = [];
  /** Nothing follows the writes that are there. */
  #isEnding = false;
  #isDestroyed = false;
  #isReported = false;

  constructor(address: string, port: number) {
    this.remoteAddress = address;
    this.remotePort = port;
  }

  get isOver(): boolean {
    return this.ended !== undefined && this.#isReported && this.#writes.length === 0;
  }

  // -- Transport --------------------------------------------------------------------------------

  write(bytes: Buffer, done: () => void): void {
    // To a connection that has failed a server may write until it hears of it.
    assert(!this.#isEnding && !this.#isDestroyed, 'nothing is written after the end');
    this.#writes.push({ bytes, done });
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.#isEnding = true;
  }

  destroy(): void {
    this.#isDestroyed = true;
    this.cut();
  }

  // -- what happens by itself -------------------------------------------------------------------

  cut(): void {
    if (this.ended !== undefined) return;
    this.ended = 'reset';
    this.outbound = [];
  }

  step(): boolean {
    // What comes after the end is thrown away unread.
    if (this.#isEnding || this.ended !== undefined) this.inbound = [];
    return this.#stepWrites() || this.#stepInbound() || this.#stepEnd();
  }

  #stepWrites(): boolean {
    const isCut = this.ended !== undefined;
    if (this.#writes.length === 0 || (this.isStalled && !isCut)) return false;
    for (const { bytes, done } of this.#writes.splice(0)) {
      // Copied as late as can be: whoever reuses the buffer before `done` is found out.
      if (!isCut) this.outbound.push(Buffer.from(bytes));
      done();
    }
    return true;
  }

  #stepInbound(): boolean {
    if (this.isPaused) return false;
    const chunk = this.inbound.shift();
    if (chunk === undefined) return false;
    this.handler?.onData(chunk);
    return true;
  }

  #stepEnd(): boolean {
    if (this.ended !== undefined) return this.#report();
    if (this.#isEnding) {
      if (this.#writes.length > 0) return false;
      this.ended = 'closed';
      this.#report();
      return true;
    }
    if (!this.isFinished || this.isPaused) return false;
    this.#report();
    this.#isEnding = true;
    return true;
  }

  /** Tells the server that the connection is gone: once, and only if it was let in. */
  #report(): boolean {
    if (this.#isReported) return false;
    this.#isReported = true;
    this.handler?.onClose();
    return true;
  }
}

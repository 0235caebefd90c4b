import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Int64, JuteWriter } from 'jute-ts';
import type { ClientExchange } from './client-vectors.ts';

/** A request to be sent; `write` writes the body behind the header, and nothing if it is absent. */
export type RecordedRequest = {
  readonly name: string;
  readonly op: number;
  readonly xid?: number;
  readonly write?: (w: JuteWriter) => void;
  readonly malformed?: boolean;
  /** The server is to close the connection after the answer, which must come if `isAnswered`. */
  readonly closes?: boolean;
  readonly isAnswered?: boolean;
};

export type Handshake = {
  readonly name: string;
  /** Undefined leaves the byte out. */
  readonly readOnly: boolean | undefined;
  readonly timeoutMs: number;
  readonly lastZxidSeen?: Int64;
  readonly session?: { readonly id: Int64; readonly passwd: Uint8Array };
  readonly closes?: boolean;
  readonly isAnswered?: boolean;
};

const ZERO: Int64 = { hi: 0, lo: 0 };
const ANSWER_TIMEOUT_MS = 10_000;

/** A connection to a server that writes down every frame of both directions. */
export class RecordingConnection {
  readonly #name: string;
  readonly #exchanges: ClientExchange[];
  readonly #socket: Socket;
  #pending: Buffer = Buffer.alloc(0);
  #frames: Buffer[] = [];
  #isClosed = false;
  #wake: () => void = () => {};
  #xid = 0;

  /** Frames go to `exchanges`, in the order in which they are answered. */
  constructor(name: string, port: number, exchanges: ClientExchange[]) {
    this.#name = name;
    this.#exchanges = exchanges;
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (chunk) => this.#onData(chunk));
    // A connection that the server resets is a connection that it closed.
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  /** Opens a session, or resumes one; answers the ConnectResponse, or null if the server just closed. */
  async handshake(options: Handshake): Promise<Buffer | null> {
    const frame = written((w) => {
      w.writeInt(0);
      w.writeLong(options.lastZxidSeen ?? ZERO);
      w.writeInt(options.timeoutMs);
      w.writeLong(options.session?.id ?? ZERO);
      w.writeBuffer(options.session?.passwd ?? Buffer.alloc(16));
      if (options.readOnly !== undefined) w.writeBool(options.readOnly);
    });
    const { name, closes = false, isAnswered = true } = options;
    const received = await this.#exchange(
      { name, op: null, malformed: false, closes, isAnswered },
      frame,
      () => true,
    );
    return received.at(-1) ?? null;
  }

  /** Sends a request and answers the frames that came up to its reply. */
  request(request: RecordedRequest): Promise<Buffer[]> {
    const xid = request.xid ?? ++this.#xid;
    const frame = written((w) => {
      w.writeInt(xid);
      w.writeInt(request.op);
      request.write?.(w);
    });
    const { name, op, malformed = false, closes = false, isAnswered = true } = request;
    return this.#exchange(
      { name, op, malformed, closes, isAnswered },
      frame,
      (reply) => reply.readInt32BE(0) === xid,
    );
  }

  /** Cuts the connection without a word, as a client does that dies. */
  async cut(): Promise<void> {
    if (this.#isClosed)
      throw new Error(`${this.#name}: the server has closed the connection before`);
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
  }

  async #exchange(
    facts: {
      readonly name: string;
      readonly op: number | null;
      readonly malformed: boolean;
      readonly closes: boolean;
      readonly isAnswered: boolean;
    },
    frame: Buffer,
    isReply: (frame: Buffer) => boolean,
  ): Promise<Buffer[]> {
    const { name, op, malformed, closes, isAnswered } = facts;
    const prefix = Buffer.alloc(4);
    prefix.writeInt32BE(frame.length);
    this.#socket.write(Buffer.concat([prefix, frame]));
    const received: Buffer[] = [];
    if (isAnswered) {
      for (;;) {
        await this.#until(name, () => this.#frames.length > 0 || this.#isClosed);
        const next = this.#frames.shift();
        if (next === undefined) throw new Error(`${name}: the server closed without an answer`);
        received.push(next);
        if (isReply(next)) break;
      }
    }
    if (closes) {
      await this.#until(name, () => this.#isClosed);
      received.push(...this.#frames.splice(0));
    }
    this.#exchanges.push({
      name,
      connection: this.#name,
      op,
      malformed,
      sent: frame.toString('hex'),
      received: received.map((bytes) => bytes.toString('hex')),
      closed: closes,
    });
    return received;
  }

  /** Waits for what `#onData` or the end of the socket bring about. */
  async #until(name: string, condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${name}: no answer after ${ANSWER_TIMEOUT_MS} ms`)),
          ANSWER_TIMEOUT_MS,
        );
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #onData(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 4) {
      const end = 4 + this.#pending.readInt32BE(0);
      if (this.#pending.length < end) break;
      this.#frames.push(this.#pending.subarray(4, end));
      this.#pending = this.#pending.subarray(end);
    }
    this.#wake();
  }
}

/** The bytes that `write` writes. */
export function written(write: (w: JuteWriter) => void): Buffer {
  const w = new JuteWriter().reset(Buffer.alloc(1 << 16));
  write(w);
  return w.buffer.subarray(0, w.offset);
}

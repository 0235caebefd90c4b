import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { JuteWriter } from 'jute-ts';

/** How long a server may take to do what it must. Nothing here measures time more finely. */
export const PATIENCE_MS = 20_000;

/** A reply as a client sees it first: its header, and how many bytes of body follow. */
export type RawReply = {
  readonly xid: number;
  readonly err: number;
  readonly bodyBytes: number;
};

/** A connection on which a test writes whatever bytes it likes. */
export class RawClient {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    // A reset is one of the ways in which a server may close.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
    });
  }

  /** A TCP connection, nothing sent. */
  static async open(port: number): Promise<RawClient> {
    const socket = connect({ host: '127.0.0.1', port });
    socket.setNoDelay(true);
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** A connection with a session of its own. */
  static async openSession(port: number, timeoutMs = 10_000): Promise<RawClient> {
    const client = await RawClient.open(port);
    client.send(frame(connectRequest({ timeoutMs })));
    await client.until(() => client.frames().length > 0);
    if (client.frames().length === 0) throw new Error('the handshake was not answered');
    client.forget();
    return client;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** All that has come, frames or not. */
  get received(): Buffer {
    return this.#received;
  }

  send(bytes: Uint8Array): void {
    if (!this.#closed && !this.socket.destroyed) this.socket.write(bytes);
  }

  /** Whole frames that have come, without their lengths. */
  frames(): Buffer[] {
    const all: Buffer[] = [];
    for (let at = 0; at + 4 <= this.#received.length; ) {
      const length = this.#received.readInt32BE(at);
      if (at + 4 + length > this.#received.length) break;
      all.push(this.#received.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    return all;
  }

  replies(): RawReply[] {
    return this.frames().map((bytes) => ({
      xid: bytes.readInt32BE(0),
      err: bytes.readInt32BE(12),
      bodyBytes: bytes.length - 16,
    }));
  }

  /** Drops what has come so far. */
  forget(): void {
    this.#received = Buffer.alloc(0);
  }

  /** Waits until `condition` holds or the server has closed; rejects when neither happens in time. */
  async until(condition: () => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!this.#closed && !condition()) {
      if (performance.now() > deadline) {
        throw new Error(`neither an answer nor a close; got ${this.#received.toString('hex')}`);
      }
      await delay(5);
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

/** A length and that many bytes. */
export function frame(body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + body.length);
  bytes.writeInt32BE(body.length, 0);
  bytes.set(body, 4);
  return bytes;
}

/** What a test writes, in the order of the wire. */
export function bytesOf(write: (writer: JuteWriter) => void): Buffer {
  const writer = new JuteWriter({
    grow: (current, used, needed) => {
      const grown = Buffer.alloc(Math.max(needed, 2 * current.length));
      current.copy(grown, 0, 0, used);
      return grown;
    },
  }).reset(Buffer.alloc(256));
  write(writer);
  return writer.buffer.subarray(0, writer.offset);
}

/** ConnectRequest with the readOnly byte, for a session of its own unless told otherwise. */
export function connectRequest(
  options: {
    readonly timeoutMs?: number;
    readonly lastZxidSeen?: { readonly hi: number; readonly lo: number };
    readonly sessionId?: { readonly hi: number; readonly lo: number };
    readonly passwd?: Uint8Array | null;
  } = {},
): Buffer {
  return bytesOf((w) => {
    w.writeInt(0);
    w.writeLong(options.lastZxidSeen ?? { hi: 0, lo: 0 });
    w.writeInt(options.timeoutMs ?? 10_000);
    w.writeLong(options.sessionId ?? { hi: 0, lo: 0 });
    w.writeBuffer(options.passwd === undefined ? Buffer.alloc(16) : options.passwd);
    w.writeBool(false);
  });
}

/** RequestHeader and a body. */
export function request(xid: number, type: number, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(8);
  header.writeInt32BE(xid, 0);
  header.writeInt32BE(type, 4);
  return Buffer.concat([header, body]);
}

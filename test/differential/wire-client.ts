/** A connection at wire level: it writes bytes and records every frame in order. No retry, no cleverness. */
import { connect, type Socket } from 'node:net';

/** What arrived on a connection since it was last asked. */
export type Arrived = {
  /** Payloads of whole frames, in order. */
  readonly frames: readonly Buffer[];
  /** Bytes that are not a whole frame; only looked at once the connection is closed. */
  readonly rest: Buffer;
  /** Whether the server ended the connection (FIN or reset; which one depends on what it had not read yet). */
  readonly closed: boolean;
};

/** How long a server may take for anything; a server that does not answer is a finding, not a slow test. */
export const ANSWER_TIMEOUT_MS = 20_000;

export class WireClient {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #frames: Buffer[] = [];
  #totalFrames = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#onData(chunk));
    // A reset is a close like any other: see Arrived.closed.
    socket.on('error', () => this.#onClose());
    socket.on('end', () => this.#onClose());
    socket.on('close', () => this.#onClose());
  }

  /** Resolves when the TCP connection is there; rejects if there is no server. */
  static open(target: { readonly host: string; readonly port: number }): Promise<WireClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: target.host, port: target.port });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new WireClient(socket));
      });
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Frames that arrived since the connection was opened, taken or not. */
  get totalFrames(): number {
    return this.#totalFrames;
  }

  /** Writes bytes in `pieces` writes, each in a turn of its own so that they become TCP segments of their own. */
  async write(bytes: Buffer, pieces: number = 1): Promise<void> {
    const size = Math.max(1, Math.ceil(bytes.length / pieces));
    for (let at = 0; at < bytes.length; at += size) {
      if (at > 0) await nextTurn();
      if (this.#closed) return;
      this.#socket.write(bytes.subarray(at, at + size));
    }
  }

  /** Sends FIN; what the server still says is recorded. */
  finish(): void {
    this.#socket.end();
  }

  /** Ends the connection from our side; nothing is recorded any more. */
  disconnect(how: 'fin' | 'rst'): void {
    if (how === 'rst') this.#socket.resetAndDestroy();
    else this.#socket.destroy();
    this.#onClose();
  }

  /** The frames that arrived and were not taken yet, without taking them. */
  peek(): readonly Buffer[] {
    return this.#frames;
  }

  take(): Arrived {
    const frames = this.#frames;
    this.#frames = [];
    return { frames, rest: this.#received, closed: this.#closed };
  }

  /** Resolves true when `condition` holds or the connection is closed, false after `timeoutMs` without either. */
  async until(condition: () => boolean, timeoutMs: number = ANSWER_TIMEOUT_MS): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (!this.#closed && !condition()) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }

  #onData(chunk: Buffer): void {
    const bytes = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    let at = 0;
    while (bytes.length - at >= 4) {
      const length = bytes.readInt32BE(at);
      if (length < 0 || bytes.length - at - 4 < length) break;
      this.#frames.push(bytes.subarray(at + 4, at + 4 + length));
      this.#totalFrames += 1;
      at += 4 + length;
    }
    this.#received = bytes.subarray(at);
    this.#wakeUp();
  }

  #onClose(): void {
    this.#closed = true;
    this.#socket.destroy();
    this.#wakeUp();
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

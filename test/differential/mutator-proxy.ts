/**
 * A TCP proxy that falsifies what a server says, once: the tester is to notice. It follows both directions well enough
 * to know which request a reply answers.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { isEvent } from './decode.ts';
import type { Address } from './server-pair.ts';

/** A frame on its way to the client. `op` is undefined for a notification and the answer to the handshake. */
export type PassingFrame = {
  readonly kind: 'handshake' | 'event' | 'reply';
  readonly op: number | undefined;
  readonly payload: Buffer;
};

/** What becomes of a frame: other frames (none: it is lost), or the end of the connection; undefined: it passes. */
export type Verdict = readonly Buffer[] | 'close' | undefined;

/** Called for every frame until it has given a verdict once. */
export type Mutation = (frame: PassingFrame) => Verdict;

export class MutatorProxy {
  readonly #target: Address;
  readonly #mutation: Mutation;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #fired = false;

  private constructor(target: Address, mutation: Mutation) {
    this.#target = target;
    this.#mutation = mutation;
    this.#server = createServer((client) => this.#onClient(client));
  }

  static async start(target: Address, mutation: Mutation): Promise<MutatorProxy> {
    const proxy = new MutatorProxy(target, mutation);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get address(): Address {
    const address = this.#server.address();
    if (address === null || typeof address === 'string')
      throw new Error('the proxy does not listen');
    return { host: '127.0.0.1', port: address.port };
  }

  /** Whether the mutation has found something to falsify. */
  get fired(): boolean {
    return this.#fired;
  }

  async stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #onClient(client: Socket): void {
    const server = connect(this.#target);
    const connection = new MutatedConnection((frame) => this.#judge(frame));
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroySoon();
      });
    }
    client.on('data', (chunk) => {
      connection.fromClient(chunk);
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      const out = connection.fromServer(chunk);
      if (out === 'close') client.destroy();
      else client.write(out);
    });
  }

  #judge(frame: PassingFrame): Verdict {
    if (this.#fired) return undefined;
    const verdict = this.#mutation(frame);
    this.#fired = verdict !== undefined;
    return verdict;
  }
}

class MutatedConnection {
  readonly #judge: Mutation;
  readonly #ops: number[] = [];
  #clientBytes: Buffer = Buffer.alloc(0);
  #serverBytes: Buffer = Buffer.alloc(0);
  #clientFrameCount = 0;
  #serverFrameCount = 0;
  /** A four-letter word has no frames, in neither direction. */
  #isCommand = false;

  constructor(judge: Mutation) {
    this.#judge = judge;
  }

  fromClient(chunk: Buffer): void {
    if (this.#clientFrameCount === 0 && this.#clientBytes.length === 0) {
      this.#isCommand = /^[a-z]{4}/.test(chunk.toString('latin1'));
    }
    if (this.#isCommand) return;
    const { frames, rest } = cut(Buffer.concat([this.#clientBytes, chunk]));
    this.#clientBytes = rest;
    for (const frame of frames) {
      if (this.#clientFrameCount > 0 && frame.length >= 8) this.#ops.push(frame.readInt32BE(4));
      this.#clientFrameCount += 1;
    }
  }

  fromServer(chunk: Buffer): Buffer | 'close' {
    if (this.#isCommand) return chunk;
    const { frames, rest } = cut(Buffer.concat([this.#serverBytes, chunk]));
    this.#serverBytes = rest;
    const out: Buffer[] = [];
    for (const payload of frames) {
      const verdict = this.#judge(this.#identify(payload));
      if (verdict === 'close') return 'close';
      for (const one of verdict ?? [payload]) out.push(framed(one));
    }
    return Buffer.concat(out);
  }

  #identify(payload: Buffer): PassingFrame {
    this.#serverFrameCount += 1;
    if (this.#serverFrameCount === 1) return { kind: 'handshake', op: undefined, payload };
    if (isEvent(payload)) return { kind: 'event', op: undefined, payload };
    return { kind: 'reply', op: this.#ops.shift(), payload };
  }
}

function cut(bytes: Buffer): { readonly frames: Buffer[]; readonly rest: Buffer } {
  const frames: Buffer[] = [];
  let at = 0;
  while (bytes.length - at >= 4) {
    const length = bytes.readInt32BE(at);
    if (length < 0 || bytes.length - at - 4 < length) break;
    frames.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return { frames, rest: bytes.subarray(at) };
}

function framed(payload: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(payload.length);
  return Buffer.concat([length, payload]);
}

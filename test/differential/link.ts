/** A connection together with what was asked on it, so that every frame can be told for what it is. */

import { ErrorCode } from '../../protocol/error-code.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { isEvent } from './decode.ts';
import type { Address } from './server-pair.ts';
import { ANSWER_TIMEOUT_MS, WireClient } from './wire-client.ts';

const REPLY_HEADER_BYTES = 16;

/** A frame and what it answers. */
export type Item =
  | { readonly kind: 'event'; readonly frame: Buffer }
  | { readonly kind: 'handshake'; readonly frame: Buffer }
  | {
      readonly kind: 'reply';
      readonly op: number;
      readonly barrier: boolean;
      readonly frame: Buffer;
    }
  /** An answer to nothing. */
  | { readonly kind: 'stray'; readonly frame: Buffer };

/** What a connection brought during a step. */
export type Drained = {
  readonly items: readonly Item[];
  /** How many requests should have been answered and were not, though the connection is open. */
  readonly unanswered: number;
  readonly closed: boolean;
  /** Bytes that were not a whole frame when the connection was closed. */
  readonly rest: Buffer;
};

type Expected =
  | { readonly kind: 'handshake' }
  | { readonly kind: 'reply'; readonly op: number; readonly barrier: boolean };

export class Link {
  readonly #client: WireClient;
  readonly #expected: Expected[] = [];
  #nextXid = 1;

  private constructor(client: WireClient) {
    this.#client = client;
  }

  static async open(address: Address): Promise<Link> {
    return new Link(await WireClient.open(address));
  }

  get closed(): boolean {
    return this.#client.closed;
  }

  /** The next xid of a client that counts its requests. */
  takeXid(): number {
    return this.#nextXid++;
  }

  /** Writes bytes that the server is to answer with one frame each. */
  async ask(expected: readonly Expected[], bytes: Buffer, pieces: number): Promise<void> {
    this.#expected.push(...expected);
    await this.#client.write(bytes, pieces);
    await this.settled();
  }

  /** Writes bytes that are no request. */
  async say(bytes: Buffer, options: { readonly end: boolean }): Promise<void> {
    await this.#client.write(bytes);
    if (options.end) this.#client.finish();
  }

  /** Resolves when everything was answered, or the connection is closed, or the server has had its time. */
  async settled(): Promise<void> {
    await this.#client.until(() => this.#answerCount() >= this.#expected.length);
  }

  /** Whether the server has said something behind which it closes the connection. */
  get isEnding(): boolean {
    const replies = this.#client.peek().filter((frame) => !isEvent(frame));
    return replies.some((frame, i) => endsConnection(this.#expected[i], frame));
  }

  /** Resolves when the server has closed the connection, or has had its time. */
  async untilClosed(): Promise<void> {
    await this.#client.until(() => false, ANSWER_TIMEOUT_MS);
  }

  disconnect(how: 'fin' | 'rst' = 'fin'): void {
    this.#client.disconnect(how);
  }

  /** The frames since the last time, each with what it answers; forgets what was not answered. */
  drain(): Drained {
    const { frames, rest, closed } = this.#client.take();
    const items = frames.map((frame): Item => {
      if (isEvent(frame)) return { kind: 'event', frame };
      const expected = this.#expected.shift();
      if (expected === undefined) return { kind: 'stray', frame };
      // Apache's server answers createSession, which no client should send, with a second handshake.
      const isSecondHandshake =
        expected.kind === 'reply' &&
        expected.op === OpCode.createSession &&
        frame.length > REPLY_HEADER_BYTES;
      return isSecondHandshake ? { kind: 'handshake', frame } : { ...expected, frame };
    });
    const unanswered = closed ? 0 : this.#expected.length;
    this.#expected.length = 0;
    return { items, unanswered, closed, rest: closed ? rest : Buffer.alloc(0) };
  }

  #answerCount(): number {
    let count = 0;
    for (const frame of this.#client.peek()) if (!isEvent(frame)) count += 1;
    return count;
  }
}

/**
 * A request that reaches Apache's server between such an answer and the close may still be answered, or not: nothing
 * may be sent any more.
 */
function endsConnection(expected: Expected | undefined, frame: Buffer): boolean {
  if (expected?.kind !== 'reply' || frame.length < REPLY_HEADER_BYTES) return false;
  const zxidHigh = frame.readInt32BE(4);
  const err = frame.readInt32BE(12);
  switch (expected.op) {
    case OpCode.closeSession:
      return err === ErrorCode.OK;
    case OpCode.auth:
    case OpCode.sasl:
      return err !== ErrorCode.OK;
    default:
      // Of an op that is not known; an op that is known but not available answers with a proper zxid.
      return err === ErrorCode.UNIMPLEMENTED && zxidHigh === -1;
  }
}

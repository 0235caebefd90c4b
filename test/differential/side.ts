/** One of the two servers during a run: its view, and its connections by slot. */

import type { Int64 } from 'jute-ts';
import { OpCode } from '../../protocol/op-code.ts';
import { encodeHandshake, encodeRequest, type Symbols } from './encode.ts';
import { type Drained, Link } from './link.ts';
import type { Address } from './server-pair.ts';
import type { ServerView } from './server-view.ts';
import { sessionPassword } from './session-password.ts';
import type { Handshake, PasswordChoice, Pieces, Request, Slot } from './step.ts';

/** Where the connection of a handshake lives until it is known whether the server accepts it. */
export const CANDIDATE: Slot = -1;
const PING_XID = -2;

export class Side {
  readonly address: Address;
  readonly view: ServerView;
  readonly #links = new Map<Slot, Link>();
  readonly #symbols: Symbols;

  constructor(address: Address, view: ServerView) {
    this.address = address;
    this.view = view;
    this.#symbols = { zxid: (symbolic) => view.resolveZxid(symbolic) };
  }

  isOpen(slot: Slot): boolean {
    return this.#links.get(slot)?.closed === false;
  }

  /** Opens the candidate and sends a handshake for `sessionId`; resolves when it is answered or refused. */
  async shakeHands(handshake: Handshake, sessionId: Int64, pieces: Pieces): Promise<void> {
    const link = await Link.open(this.address);
    this.#links.set(CANDIDATE, link);
    const password = passwordBytes(handshake.password, sessionId);
    const bytes = encodeHandshake(handshake, { id: sessionId, password }, this.#symbols);
    const behind = this.#encode(handshake.behind, link);
    const expected = [{ kind: 'handshake' } as const, ...handshake.behind.map(expectedReply)];
    await link.ask(expected, Buffer.concat([bytes, ...behind]), pieces);
  }

  /** The candidate takes the slot; whoever was there before is disconnected. */
  promoteCandidate(slot: Slot): void {
    const link = this.#links.get(CANDIDATE);
    if (link === undefined) return;
    this.#links.delete(CANDIDATE);
    this.disconnect(slot, 'fin');
    this.#links.set(slot, link);
  }

  /** Sends requests in one write (of several pieces) and resolves when they are answered. */
  async ask(slot: Slot, requests: readonly Request[], pieces: Pieces): Promise<void> {
    const link = this.#links.get(slot);
    if (link === undefined) return;
    await link.ask(
      requests.map(expectedReply),
      Buffer.concat(this.#encode(requests, link)),
      pieces,
    );
  }

  /** Sends bytes after which the server must close the connection, and waits for that. */
  async offend(slot: Slot, bytes: Uint8Array, options: { readonly end: boolean }): Promise<void> {
    const link = this.#links.get(slot);
    await link?.say(Buffer.from(bytes), options);
    await link?.untilClosed();
  }

  /** The same on a connection of its own, in the candidate's place. */
  async offendAsStranger(bytes: Uint8Array): Promise<void> {
    this.#links.set(CANDIDATE, await Link.open(this.address));
    await this.offend(CANDIDATE, bytes, { end: true });
  }

  /**
   * Pings every open connection: what the server has to say comes before the answers. Waits for the end of those
   * that the server is about to close.
   */
  async barrier(): Promise<void> {
    const ping: Request = {
      op: OpCode.ping,
      body: { record: 'none' },
      xid: PING_XID,
      damage: undefined,
    };
    const bytes = encodeRequest(ping, PING_XID, this.#symbols);
    const open = [...this.#links.values()].filter((link) => !link.closed);
    await Promise.all(
      open.map((link) =>
        link.isEnding
          ? link.untilClosed()
          : link.ask([{ kind: 'reply', op: OpCode.ping, barrier: true }], bytes, 1),
      ),
    );
  }

  /** What every connection brought since the last time; closed ones are forgotten. */
  drain(): Map<Slot, Drained> {
    const drained = new Map<Slot, Drained>();
    for (const [slot, link] of this.#links) {
      const arrived = link.drain();
      drained.set(slot, arrived);
      if (arrived.closed || arrived.unanswered > 0) this.disconnect(slot, 'fin');
    }
    return drained;
  }

  disconnect(slot: Slot, how: 'fin' | 'rst'): void {
    this.#links.get(slot)?.disconnect(how);
    this.#links.delete(slot);
  }

  disconnectAll(): void {
    for (const slot of [...this.#links.keys()]) this.disconnect(slot, 'fin');
  }

  #encode(requests: readonly Request[], link: Link): Buffer[] {
    return requests.map((request) =>
      encodeRequest(request, request.xid ?? xidOf(request, link), this.#symbols),
    );
  }
}

function expectedReply({ op }: Request): {
  readonly kind: 'reply';
  readonly op: number;
  readonly barrier: false;
} {
  return { kind: 'reply', op, barrier: false };
}

/** Pings have the xid that stock clients give them; everything else is counted. */
function xidOf(request: Request, link: Link): number {
  return request.op === OpCode.ping ? PING_XID : link.takeXid();
}

function passwordBytes(choice: PasswordChoice, sessionId: Int64): Buffer | null {
  const right = sessionPassword(sessionId);
  switch (choice) {
    case 'right':
      return right;
    case 'wrong':
      right.writeUInt8(right.readUInt8(15) ^ 1, 15);
      return right;
    case 'zero':
      return Buffer.alloc(16);
    case 'empty':
      return Buffer.alloc(0);
    case 'null':
      return null;
    case 'short':
      return right.subarray(0, 15);
    case 'long':
      return Buffer.concat([right, Buffer.alloc(4)]);
  }
}

import { ErrorCode } from '../protocol/error-code.ts';
import { Xid } from '../protocol/watch-event.ts';
import { Fifo } from './fifo.ts';
import { setFrameXid } from './request.ts';

/** `request` is null once its submitter has been answered; the frame is sent on every connection. */
type Auth<R> = { readonly frame: Buffer; request: R | null };

/**
 * The identities of a session. A server forgets them with the connection, so that every new one is told again. Their
 * replies have an xid of their own, and come in the order in which they were sent.
 */
export class AuthList<R extends { readonly frame: Buffer }> {
  readonly #auths = new Set<Auth<R>>();
  readonly #sent = new Fifo<Auth<R>>();

  /** Takes a request `auth` up; `send` must follow where there is a connection. */
  add(request: R): Auth<R> {
    const auth: Auth<R> = { frame: request.frame, request };
    setFrameXid(auth.frame, Xid.AUTH);
    this.#auths.add(auth);
    return auth;
  }

  /** The frame to send; its reply is expected from now on. */
  send(auth: Auth<R>): Buffer {
    this.#sent.push(auth);
    return auth.frame;
  }

  /** The frames that a new connection begins with. */
  sendAll(): readonly Buffer[] {
    return [...this.#auths].map((auth) => this.send(auth));
  }

  /** A reply has come; answers whom to tell, null if that one knows already. */
  onReply(err: number): R | null {
    const auth = this.#sent.shift();
    if (auth === undefined) return null;
    // What a server does not want now it would not want on the next connection.
    if (err !== ErrorCode.OK) this.#auths.delete(auth);
    const { request } = auth;
    auth.request = null;
    return request;
  }

  /** The connection is gone, and the replies with it. */
  onDisconnected(): void {
    this.#sent.drain();
  }

  /** Forgets all; answers the requests that have never been answered. */
  clear(): readonly R[] {
    const waiting = [...this.#auths].flatMap(({ request }) => (request === null ? [] : [request]));
    this.#auths.clear();
    this.#sent.drain();
    return waiting;
  }
}

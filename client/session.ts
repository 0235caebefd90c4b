import { type Int64, JuteError, JuteReader } from 'jute-ts';
import { readConnectResponse } from '../protocol/client-codec.ts';
import { ErrorCode, errorCodeName } from '../protocol/error-code.ts';
import { FrameReader } from '../protocol/framing.ts';
import { readReplyHeader, readWatcherEvent } from '../protocol/generated/proto.ts';
import { INT64_MINUS_ONE } from '../protocol/int64.ts';
import { Xid } from '../protocol/watch-event.ts';
import { AuthList } from './auth-list.ts';
import type { Endpoint } from './connect-string.ts';
import { HostList } from './host-list.ts';
import { PendingRequests, type Queued } from './pending-requests.ts';
import { setFrameXid } from './request.ts';
import type {
  SessionIdentity,
  SessionInput,
  SessionOptions,
  SessionOutput,
  SessionRequest,
  SessionState,
} from './session-events.ts';
import { encodeCloseSession, encodeConnectRequest, encodePing } from './session-frames.ts';
import { SessionLease } from './session-lease.ts';
import { encodeSetWatches } from './set-watches.ts';
import { watchEventTypeFromWire } from './watch.ts';
import { WatchRegistry } from './watch-registry.ts';

type Phase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'waiting'; readonly untilMs: number }
  | { readonly kind: 'dialing'; readonly endpoint: Endpoint; readonly deadlineMs: number }
  | { readonly kind: 'handshaking'; readonly endpoint: Endpoint; readonly deadlineMs: number }
  | { readonly kind: 'connected'; readonly endpoint: Endpoint }
  /** Final; `code` is what requests fail with from now on. */
  | { readonly kind: 'over'; readonly code: number };

/**
 * The client's side of the session protocol: finding a server, handshake, requests and replies in order, pings, and
 * auth and watches again after a reconnect. Pure: time comes in with every step, bytes go in and out as values.
 *
 * Rules that hold throughout:
 * - Replies come in the order of the requests, with the same xid; anything else ends the connection.
 * - A request that was sent when the connection drops fails with CONNECTIONLOSS. One that was not waits for the next
 *   connection, in order: it cannot have happened.
 * - A watch is known here from the very reply that confirms it, so that an event right behind it finds its listener.
 */
export class Session<R extends SessionRequest> {
  /** Known to survive reconnects; paths are the server's. */
  readonly watches: WatchRegistry = new WatchRegistry();
  readonly #options: SessionOptions;
  readonly #hosts: HostList;
  readonly #lease: SessionLease;
  readonly #reader: JuteReader;
  #frames: FrameReader;
  #phase: Phase = { kind: 'idle' };
  #state: SessionState = 'connecting';
  #nextXid = 1;
  #closing = false;
  readonly #pending = new PendingRequests<R>();
  readonly #auths = new AuthList<R>();

  /** @param random uniform in [0, 1): the order of servers and the waits between attempts */
  constructor(options: SessionOptions, random: () => number) {
    this.#options = options;
    this.#hosts = new HostList(options, random);
    this.#lease = new SessionLease(options);
    // A reply wraps data that came in a frame of its own: it may be larger by its header and Stat.
    this.#reader = new JuteReader({ maxBufferBytes: options.maxFrameBytes });
    this.#frames = new FrameReader(options.maxFrameBytes);
  }

  get state(): SessionState {
    return this.#state;
  }

  /** The session as any server knows it; null before the first connection. */
  get identity(): SessionIdentity | null {
    return this.#lease.identity;
  }

  /** What the server granted; before that, what was asked for. */
  get timeoutMs(): number {
    return this.#lease.timeoutMs;
  }

  /** Requests that wait for an answer, sent or not. */
  get pendingCount(): number {
    return this.#pending.count;
  }

  /** The server in use, or being tried. */
  get endpoint(): Endpoint | null {
    return 'endpoint' in this.#phase ? this.#phase.endpoint : null;
  }

  /** When `timeout` is due, ms of the clock given to `step`; undefined while nothing is. */
  get deadline(): number | undefined {
    const phase = this.#phase;
    let due = Number.POSITIVE_INFINITY;
    switch (phase.kind) {
      case 'idle':
      case 'over':
        return undefined;
      case 'waiting':
        due = Math.min(phase.untilMs, this.#lease.expiresAtMs);
        break;
      case 'dialing':
      case 'handshaking':
        due = Math.min(phase.deadlineMs, this.#lease.expiresAtMs);
        break;
      case 'connected':
        due = Math.min(this.#lease.silentUntilMs, this.#lease.pingAtMs);
        break;
    }
    return Math.min(due, this.#pending.deadlineMs);
  }

  step(nowMs: number, input: SessionInput<R>): SessionOutput<R>[] {
    const out: SessionOutput<R>[] = [];
    switch (input.kind) {
      case 'start':
        this.#lease.heard(nowMs);
        this.#dial(nowMs, out);
        break;
      case 'socketOpened':
        this.#onSocketOpened(nowMs, out);
        break;
      case 'received':
        this.#onReceived(nowMs, input.chunk, out);
        break;
      case 'socketClosed':
        this.#onSocketClosed(nowMs, input.reason, out);
        break;
      case 'timeout':
        this.#onTimeout(nowMs, out);
        break;
      case 'request':
        this.#onRequest(nowMs, input.request, out);
        break;
      case 'addAuth':
        this.#onAddAuth(nowMs, input.request, out);
        break;
      case 'close':
        this.#onClose(nowMs, out);
        break;
    }
    return out;
  }

  // --- reaching a server

  #dial(nowMs: number, out: SessionOutput<R>[]): void {
    const endpoint = this.#hosts.next();
    this.#phase = {
      kind: 'dialing',
      endpoint,
      deadlineMs: nowMs + this.#lease.timing.connectTimeoutMs,
    };
    this.#frames = new FrameReader(this.#options.maxFrameBytes);
    out.push({ kind: 'openSocket', endpoint });
  }

  #onSocketOpened(nowMs: number, out: SessionOutput<R>[]): void {
    if (this.#phase.kind !== 'dialing') return;
    this.#phase = { ...this.#phase, kind: 'handshaking' };
    this.#send(nowMs, encodeConnectRequest(this.#lease.request()), out);
  }

  #onConnectResponse(nowMs: number, endpoint: Endpoint, out: SessionOutput<R>[]): void {
    const response = readConnectResponse(this.#reader);
    if (response.timeOut <= 0) {
      this.#finish({ state: 'expired', reason: 'the server does not know the session' }, out);
      return;
    }
    this.#lease.grant(response);
    this.#hosts.onConnected();
    this.#phase = { kind: 'connected', endpoint };
    this.#enter(response.readOnly === true ? 'connectedReadOnly' : 'connected', null, out);
    // Who we are comes first: events that setWatches catches up on are subject to READ.
    for (const frame of this.#auths.sendAll()) this.#send(nowMs, frame, out);
    this.#sendSetWatches(nowMs, out);
    for (const queued of this.#pending.takeQueued()) this.#sendRequest(nowMs, queued, out);
    if (this.#closing) this.#sendClose(nowMs, out);
  }

  // --- losing it

  #onSocketClosed(nowMs: number, reason: string, out: SessionOutput<R>[]): void {
    if (this.#hasSocket()) this.#disconnect(nowMs, { reason, socketIsGone: true }, out);
  }

  #disconnect(
    nowMs: number,
    how: { readonly reason: string; readonly socketIsGone?: true },
    out: SessionOutput<R>[],
  ): void {
    const phase = this.#phase;
    if (how.socketIsGone !== true) out.push({ kind: 'closeSocket' });
    this.#failSent(ErrorCode.CONNECTIONLOSS, out);
    if (this.#closing) {
      this.#phase = { kind: 'idle' };
      this.#finish({ state: 'closed', reason: how.reason }, out);
      return;
    }
    this.#phase = { kind: 'waiting', untilMs: nowMs + this.#hosts.onDisconnected() };
    if (phase.kind === 'connected') this.#enter('disconnected', how.reason, out);
    else if ('endpoint' in phase) {
      out.push({ kind: 'attemptFailed', endpoint: phase.endpoint, reason: how.reason });
    }
  }

  #onTimeout(nowMs: number, out: SessionOutput<R>[]): void {
    if (this.#phase.kind === 'idle' || this.#phase.kind === 'over') return;
    this.#failOverdue(nowMs, out);
    const phase = this.#phase;
    if (phase.kind === 'connected') {
      if (nowMs >= this.#lease.silentUntilMs) {
        const reason = `nothing heard for ${this.#lease.silenceMs(nowMs)} ms`;
        this.#disconnect(nowMs, { reason }, out);
      } else if (nowMs >= this.#lease.pingAtMs) {
        this.#send(nowMs, encodePing(), out);
      }
      return;
    }
    if (nowMs >= this.#lease.expiresAtMs) {
      const reason = `no server has confirmed the session for ${this.#lease.timing.expirationMs} ms`;
      this.#finish({ state: 'expired', reason }, out);
    } else if (phase.kind === 'waiting') {
      if (nowMs >= phase.untilMs) this.#dial(nowMs, out);
    } else if (nowMs >= phase.deadlineMs) {
      const what = phase.kind === 'dialing' ? 'not connected' : 'no answer to the handshake';
      this.#disconnect(nowMs, { reason: `${what} in time` }, out);
    }
  }

  /** Replies are in order, so that a late one blocks all behind it: the connection is given up. */
  #failOverdue(nowMs: number, out: SessionOutput<R>[]): void {
    for (const request of this.#pending.takeOverdueQueued(nowMs)) {
      this.#fail(request, ErrorCode.REQUESTTIMEOUT, out);
    }
    const late = this.#pending.nextToAnswer;
    if (late === undefined || late.deadlineMs > nowMs) return;
    for (const request of this.#pending.takeOverdueSent(nowMs)) {
      this.#fail(request, ErrorCode.REQUESTTIMEOUT, out);
    }
    this.#disconnect(nowMs, { reason: `no reply to xid ${late.xid} in time` }, out);
  }

  // --- the end

  #onClose(nowMs: number, out: SessionOutput<R>[]): void {
    if (this.#closing || this.#phase.kind === 'over') return;
    this.#closing = true;
    if (this.#phase.kind === 'connected') this.#sendClose(nowMs, out);
    else if (!this.#hasSocket()) this.#finish({ state: 'closed', reason: null }, out);
    // Otherwise an attempt is under way: it ends with a closeSession, or it fails.
  }

  #finish(
    end: { readonly state: 'expired' | 'authFailed' | 'closed'; readonly reason: string | null },
    out: SessionOutput<R>[],
  ): void {
    if (this.#hasSocket()) out.push({ kind: 'closeSocket' });
    const code = end.state === 'authFailed' ? ErrorCode.AUTHFAILED : ErrorCode.SESSIONEXPIRED;
    this.#phase = { kind: 'over', code };
    // Of a request that was sent before the client was closed nobody knows.
    this.#failSent(end.state === 'closed' ? ErrorCode.CONNECTIONLOSS : code, out);
    for (const { request } of this.#pending.takeQueued()) this.#fail(request, code, out);
    for (const request of this.#auths.clear()) this.#fail(request, code, out);
    this.watches.clear();
    this.#enter(end.state, end.reason, out);
  }

  // --- requests

  #onRequest(nowMs: number, request: R, out: SessionOutput<R>[]): void {
    const phase = this.#phase;
    if (phase.kind === 'over' || this.#closing) {
      this.#fail(request, this.#refusalCode(), out);
      return;
    }
    if (this.pendingCount >= this.#options.maxPendingCount) {
      this.#fail(request, ErrorCode.THROTTLEDOP, out);
      return;
    }
    const queued = { request, deadlineMs: this.#requestDeadlineMs(nowMs) };
    if (phase.kind === 'connected') this.#sendRequest(nowMs, queued, out);
    else this.#pending.queue(queued);
  }

  #sendRequest(nowMs: number, queued: Queued<R>, out: SessionOutput<R>[]): void {
    const { frame } = queued.request;
    const xid = this.#takeXid();
    setFrameXid(frame, xid);
    this.#pending.sent({ kind: 'request', xid, ...queued });
    this.#send(nowMs, frame, out);
  }

  /** Tells a new connection of all watches; it also reports what happened to them in between. */
  #sendSetWatches(nowMs: number, out: SessionOutput<R>[]): void {
    // What is queued waits behind these, and may be overdue before they are.
    const deadlineMs = Math.min(this.#requestDeadlineMs(nowMs), this.#pending.deadlineMs);
    for (const frame of encodeSetWatches(this.watches.paths(), this.#lease.lastZxidSeen)) {
      this.#pending.sent({ kind: 'setWatches', xid: Xid.SET_WATCHES, deadlineMs });
      this.#send(nowMs, frame, out);
    }
  }

  #sendClose(nowMs: number, out: SessionOutput<R>[]): void {
    const xid = this.#takeXid();
    const deadlineMs = this.#requestDeadlineMs(nowMs);
    this.#pending.sent({ kind: 'closeSession', xid, deadlineMs });
    this.#send(nowMs, encodeCloseSession(xid), out);
  }

  #onAddAuth(nowMs: number, request: R, out: SessionOutput<R>[]): void {
    if (this.#phase.kind === 'over' || this.#closing) {
      this.#fail(request, this.#refusalCode(), out);
      return;
    }
    const auth = this.#auths.add(request);
    if (this.#phase.kind === 'connected') this.#send(nowMs, this.#auths.send(auth), out);
  }

  #send(nowMs: number, bytes: Buffer, out: SessionOutput<R>[]): void {
    this.#lease.sent(nowMs);
    out.push({ kind: 'send', bytes });
  }

  /** Negative xids have meanings of their own, so the counter starts over before it gets there. */
  #takeXid(): number {
    const xid = this.#nextXid;
    this.#nextXid = xid === MAX_XID ? 1 : xid + 1;
    return xid;
  }

  // --- what a server says

  #onReceived(nowMs: number, chunk: Buffer, out: SessionOutput<R>[]): void {
    if (!this.#hasSocket()) return;
    this.#lease.heard(nowMs);
    this.#frames.push(chunk);
    // A frame may end the connection, and with it the meaning of the bytes behind.
    while (this.#hasSocket()) {
      const found = this.#frames.next();
      if (found === 'more') return;
      if (found === 'invalid') {
        const reason = `frame of ${this.#frames.peekInt()} bytes; the limit is ${this.#options.maxFrameBytes}`;
        this.#disconnect(nowMs, { reason }, out);
        return;
      }
      this.#reader.reset(this.#frames.buffer, this.#frames.start, this.#frames.end);
      try {
        this.#onFrame(nowMs, out);
      } catch (error) {
        if (!(error instanceof JuteError)) throw error;
        this.#disconnect(nowMs, { reason: `malformed frame: ${error.message}` }, out);
        return;
      }
    }
  }

  #onFrame(nowMs: number, out: SessionOutput<R>[]): void {
    if (this.#phase.kind !== 'connected') {
      if (this.#phase.kind === 'handshaking') {
        this.#onConnectResponse(nowMs, this.#phase.endpoint, out);
      }
      return;
    }
    const header = readReplyHeader(this.#reader);
    switch (header.xid) {
      case Xid.NOTIFICATION:
        this.#onNotification(header.zxid, out);
        break;
      case Xid.PING:
        break;
      case Xid.AUTH:
        this.#onAuthReply(header.err, out);
        break;
      default:
        this.#onReply(nowMs, header, out);
        break;
    }
  }

  #onNotification(zxid: Int64, out: SessionOutput<R>[]): void {
    const wire = readWatcherEvent(this.#reader);
    const type = watchEventTypeFromWire(wire.type);
    // A later server may know more kinds of events; nobody here can have asked for them.
    if (type === undefined || wire.path === null) return;
    const listeners = this.watches.take(type, wire.path);
    out.push({ kind: 'watch', event: { type, path: wire.path, zxid }, listeners });
  }

  #onAuthReply(err: number, out: SessionOutput<R>[]): void {
    if (err === ErrorCode.AUTHFAILED) {
      this.#finish({ state: 'authFailed', reason: 'the server refused the authentication' }, out);
      return;
    }
    const request = this.#auths.onReply(err);
    if (request === null) return;
    if (err === ErrorCode.OK) out.push({ kind: 'answered', request, value: undefined });
    else this.#fail(request, err, out);
  }

  #onReply(
    nowMs: number,
    header: { readonly xid: number; readonly zxid: Int64; readonly err: number },
    out: SessionOutput<R>[],
  ): void {
    const sent = this.#pending.nextToAnswer;
    if (sent === undefined || sent.xid !== header.xid) {
      const expected = sent === undefined ? 'none was due' : `xid ${sent.xid} was due`;
      this.#disconnect(nowMs, { reason: `reply to xid ${header.xid}, but ${expected}` }, out);
      return;
    }
    switch (sent.kind) {
      case 'setWatches':
        this.#pending.answered();
        this.#onSetWatchesReply(nowMs, header, out);
        break;
      case 'closeSession':
        this.#pending.answered();
        this.#finish({ state: 'closed', reason: null }, out);
        break;
      case 'request':
        this.#lease.see(header.zxid);
        this.#answer(sent.request, header.err, out);
        break;
    }
  }

  #onSetWatchesReply(
    nowMs: number,
    header: { readonly zxid: Int64; readonly err: number },
    out: SessionOutput<R>[],
  ): void {
    if (header.err !== ErrorCode.OK) {
      // Watches that nobody keeps would be silent for ever: try again on another connection.
      this.#disconnect(nowMs, { reason: `setWatches failed: ${errorCodeName(header.err)}` }, out);
      return;
    }
    // Only the last batch shows that all watches have caught up. If the connection drops before, the watches of the
    // later ones must still be compared with what was seen when they were set.
    if (this.#pending.nextToAnswer?.kind !== 'setWatches') this.#lease.see(header.zxid);
  }

  /** @throws JuteError with the request still pending, so that it fails with the connection */
  #answer(request: R, err: number, out: SessionOutput<R>[]): void {
    const { watch, removal } = request;
    const value = err === ErrorCode.OK ? request.decode(this.#reader) : undefined;
    this.#pending.answered();
    if (err !== ErrorCode.OK) {
      if (watch !== null && watch.kindIfMissing !== null && err === ErrorCode.NONODE) {
        this.watches.add(watch.kindIfMissing, watch.path, watch.listener);
      }
      this.#fail(request, err, out);
      return;
    }
    if (watch !== null) this.watches.add(watch.kind, watch.path, watch.listener);
    if (removal !== null) this.#removeWatches(request, out);
    out.push({ kind: 'answered', request, value });
  }

  #removeWatches(request: R, out: SessionOutput<R>[]): void {
    const { removal } = request;
    if (removal === null) return;
    const { path, type, listener } = removal;
    for (const removed of this.watches.remove(type, path, listener ?? undefined)) {
      const event = { type: removed.type, path, zxid: INT64_MINUS_ONE };
      out.push({ kind: 'watch', event, listeners: removed.listeners });
    }
  }

  #fail(request: R, code: number, out: SessionOutput<R>[]): void {
    if (request.removal?.local === true) this.#removeWatches(request, out);
    out.push({ kind: 'failed', request, code });
  }

  #failSent(code: number, out: SessionOutput<R>[]): void {
    for (const request of this.#pending.takeSent()) this.#fail(request, code, out);
    this.#auths.onDisconnected();
  }

  // --- small things

  #requestDeadlineMs(nowMs: number): number {
    const { requestTimeoutMs } = this.#options;
    return requestTimeoutMs === null ? Number.POSITIVE_INFINITY : nowMs + requestTimeoutMs;
  }

  /** What a request fails with that comes too late. */
  #refusalCode(): number {
    return this.#phase.kind === 'over' ? this.#phase.code : ErrorCode.SESSIONEXPIRED;
  }

  #enter(state: SessionState, reason: string | null, out: SessionOutput<R>[]): void {
    this.#state = state;
    out.push({ kind: 'state', state, reason });
  }

  #hasSocket(): boolean {
    const { kind } = this.#phase;
    return kind === 'dialing' || kind === 'handshaking' || kind === 'connected';
  }
}

const MAX_XID = 0x7fffffff;

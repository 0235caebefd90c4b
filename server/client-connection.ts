import { type Int64, JuteReader } from 'jute-ts';
import {
  type ConnectRequest,
  readConnectRequest,
  writeConnectResponse,
} from '../protocol/client-codec.ts';
import { FrameReader } from '../protocol/framing.ts';
import type { ACL, Id } from '../protocol/generated/data.ts';
import { writeWatcherEvent } from '../protocol/generated/proto.ts';
import { int64ToHex } from '../protocol/int64.ts';
import { Permission } from '../protocol/permission.ts';
import { type EventType, KEEPER_STATE_SYNC_CONNECTED, Xid } from '../protocol/watch-event.ts';
import type { Log } from '../storage/ports.ts';
import type { AccessControl } from './auth/access-control.ts';
import { ConnectionStats } from './connection-stats.ts';
import type { ServerMetrics } from './metrics/server-metrics.ts';
import type { ServerStats } from './metrics/server-stats.ts';
import type { Clock, Transport, TransportHandler } from './ports.ts';
import { ReplyOutput, type SlabPool } from './reply-output.ts';
import { RequestQueue } from './request/request-queue.ts';
import type { Expiring } from './session/expiry-queue.ts';
import type { Session, SessionConnection } from './session/session-tracker.ts';
import type { Watcher } from './watch/watch-manager.ts';

/** What a connection calls on the server behind it. */
export interface ConnectionHost {
  /** Bytes that must follow the four-letter word before it can be answered; undefined if `code` is no such word. */
  fourLetterWordArgumentBytes(code: number): number | undefined;
  /** The answer to a four-letter word. */
  fourLetterWord(code: number, argument: Buffer | undefined): string;
  /** Whether sessions can be opened now; before that only four-letter words are answered. */
  readonly serving: boolean;
  /** The client's first message. The connection is not read until `sessionOpened` or `sessionRefused`. */
  connect(connection: ClientConnection, request: ConnectRequest): void;
  /** Whether the next request may be taken now. If not, the host resumes the connection later. */
  admit(connection: ClientConnection): boolean;
  /** One request: `buffer[start, end)`, header first. The bytes stay as they are. */
  submit(connection: ClientConnection, buffer: Buffer, start: number, end: number): void;
  /** Something was written: the host calls `flush` at the end of the turn. */
  flushLater(connection: ClientConnection): void;
  /** Bytes came or went: the connection is alive. */
  touch(connection: ClientConnection): void;
  /** The connection is gone; called once. */
  closed(connection: ClientConnection): void;
}

export type ConnectionLimits = {
  /** `jute.maxbuffer`: the largest frame accepted. */
  readonly maxFrameBytes: number;
  /** Unsent bytes above which the client is not read until it has taken some. */
  readonly outputHighWaterBytes: number;
  /** Unsent bytes above which the client is disconnected. */
  readonly outputLimitBytes: number;
};

/** What all connections of a server share. */
export type ConnectionContext = {
  readonly host: ConnectionHost;
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  readonly log: Log;
  readonly slabs: SlabPool;
  readonly access: AccessControl;
  readonly stats: ServerStats;
  readonly metrics: ServerMetrics;
};

/** Reasons for which a connection is not read; it is read while there is none. */
export const PauseReason = {
  /** The session is being opened. */
  SESSION: 1,
  /** Too many requests are in the pipeline. */
  OUTSTANDING: 2,
  /** The client does not take its replies. */
  BACKLOG: 4,
  /** Nothing more is to be read: the connection is about to close. */
  CLOSING: 8,
  /** The request throttle holds the connection. */
  THROTTLED: 16,
} as const;

type State = 'new' | 'connecting' | 'open' | 'closed';

/** One client's connection: frames in, replies and watch events out. It owns no socket. */
export class ClientConnection implements TransportHandler, Watcher, SessionConnection, Expiring {
  readonly transport: Transport;
  readonly stats: ConnectionStats;
  readonly #context: ConnectionContext;
  readonly #frames: FrameReader;
  readonly #output: ReplyOutput;
  #state: State = 'new';
  #pausedFor = 0;
  #processing = false;
  #unsentBytes = 0;
  /** Whether the client's ConnectRequest had the readOnly byte, so that the answer must too. */
  #sendsReadOnly = false;
  #serveReadOnly = false;
  /** Who the client is; replaced, never changed, since requests under way keep the list they came with. */
  ids: readonly Id[];
  session: Session | null = null;
  /** The session's timeout, or that of the handshake: silence for longer closes the connection. */
  idleTimeoutMs: number;
  expiresAtMs = 0;
  /** Requests that wait: writes for their commit, reads for the writes before them. */
  readonly queue: RequestQueue = new RequestQueue();
  /** Requests with xid > 0 that were taken and not answered. */
  outstandingCount = 0;
  /** When the request now being read arrived, in ms of monotonic time. */
  receivedMs = 0;
  /** Whether it is among those that are flushed at the end of the turn; kept by the host. */
  isDirty = false;
  /** Bytes of its large requests under way; kept by the host. */
  largeBytes = 0;
  /** Since when the request throttle has held this connection; undefined while it does not. */
  throttledSinceMs: number | undefined;

  constructor(transport: Transport, context: ConnectionContext, handshakeTimeoutMs: number) {
    this.transport = transport;
    this.#context = context;
    this.#frames = new FrameReader(context.limits.maxFrameBytes);
    this.#output = new ReplyOutput(context.slabs);
    this.idleTimeoutMs = handshakeTimeoutMs;
    this.ids = [{ scheme: 'ip', id: transport.remoteAddress }];
    this.stats = new ConnectionStats(context.clock.wallMs());
  }

  get isOpen(): boolean {
    return this.#state !== 'closed';
  }

  /** `/address:port`, as ZooKeeper shows a client. */
  get remote(): string {
    return `/${this.transport.remoteAddress}:${this.transport.remotePort}`;
  }

  get sessionHex(): string {
    return `0x${this.session === null ? '0' : int64ToHex(this.session.id)}`;
  }

  get isPaused(): boolean {
    return this.#pausedFor !== 0;
  }

  /** Replies that were written and not yet sent, in bytes. */
  get unsentBytes(): number {
    return this.#unsentBytes + this.#output.bytes;
  }

  onData(chunk: Buffer): void {
    if (this.#state === 'closed') return;
    this.receivedMs = this.#context.clock.monotonicMs();
    this.#context.metrics.bytesReceivedCount.add(chunk.length);
    this.#context.host.touch(this);
    this.#frames.push(chunk);
    this.#processFrames();
  }

  onClose(): void {
    if (this.#state === 'closed') return;
    this.#context.metrics.connectionDropCount.add(1);
    this.#closeState();
  }

  /** Stops reading for `reason`, a bit of PauseReason. */
  pauseFor(reason: number): void {
    if (this.#pausedFor === 0) this.transport.pause();
    this.#pausedFor |= reason;
  }

  /** The reason is gone; reading goes on if it was the last, at once with what has already arrived. */
  resumeFor(reason: number): void {
    if ((this.#pausedFor & reason) === 0) return;
    this.#pausedFor &= ~reason;
    if (this.#pausedFor !== 0 || this.#state === 'closed') return;
    this.transport.resume();
    this.#processFrames();
  }

  addIds(ids: readonly Id[]): void {
    const added = ids.filter(
      ({ scheme, id }) => !this.ids.some((own) => own.scheme === scheme && own.id === id),
    );
    this.ids = [...this.ids, ...added];
  }

  /** Opens a reply; `endReply` must follow. Returns the writer for the body. */
  beginReply(xid: number, zxid: Int64): ReturnType<ReplyOutput['begin']> {
    return this.#output.begin(xid, zxid);
  }

  /** Closes the reply and sends it at the end of the turn. */
  endReply(err: number): void {
    this.#sent(this.#output.end(err));
  }

  /** As `endReply`, for the one reply whose body is sent with an error too. */
  endReplyWithBody(err: number): void {
    this.#sent(this.#output.endWithBody(err));
  }

  /** A reply without a body. */
  reply(xid: number, zxid: Int64, err: number): void {
    this.#output.begin(xid, zxid);
    this.endReply(err);
  }

  onWatchEvent(type: EventType, path: string, zxid: Int64, acl: readonly ACL[] | null): void {
    if (this.#state === 'closed') return;
    if (acl !== null && !this.#context.access.permits(acl, Permission.READ, this.ids)) return;
    const writer = this.#output.begin(Xid.NOTIFICATION, zxid);
    writeWatcherEvent(writer, { type, state: KEEPER_STATE_SYNC_CONNECTED, path });
    const bytes = this.#output.end(0);
    this.#context.metrics.watchBytes.add(bytes);
    this.#sent(bytes);
  }

  /** The session is confirmed: answer the handshake and read on. */
  sessionOpened(session: Session, passwd: Uint8Array): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#answerConnect(session.timeoutMs, session.id, passwd);
    this.resumeFor(PauseReason.SESSION);
  }

  /** The session is not to be had; the client learns that it has expired. */
  sessionRefused(): void {
    if (this.#state !== 'connecting') return;
    this.#answerConnect(0, { hi: 0, lo: 0 }, Buffer.alloc(16));
    this.closeAfterReplies();
  }

  /** Sends what was written, then closes; nothing more is read. */
  closeAfterReplies(): void {
    if (this.#state === 'closed') return;
    this.flush();
    this.transport.end();
    this.#closeState();
  }

  /** Closes at once; what was not sent is lost. */
  destroy(): void {
    if (this.#state === 'closed') return;
    this.transport.destroy();
    this.#closeState();
  }

  closeForSession(): void {
    // A client that takes nothing is not read either, and so its session is the first thing to run out.
    if ((this.#pausedFor & PauseReason.BACKLOG) !== 0) this.disconnectSlowReader();
    else this.closeAfterReplies();
  }

  /** Closes because the client does not take what it is sent. */
  disconnectSlowReader(): void {
    const { metrics, log } = this.#context;
    metrics.slowReaderDisconnectCount.add(1);
    log.warn(
      { client: this.remote, session: this.sessionHex, unsentBytes: this.unsentBytes },
      'client does not read its replies; disconnected',
    );
    this.destroy();
  }

  /** Sends what was written in this turn. */
  flush(): void {
    if (this.#output.bytes === 0 || this.#state === 'closed') return;
    const bytes = this.#output.take();
    this.#unsentBytes += bytes.length;
    this.transport.write(bytes, () => {
      this.#unsentBytes -= bytes.length;
      this.#output.release(bytes);
      if (this.#unsentBytes < this.#context.limits.outputHighWaterBytes / 2) {
        this.resumeFor(PauseReason.BACKLOG);
      }
    });
    this.#context.host.touch(this);
  }

  #sent(frameBytes: number): void {
    const { stats, metrics, limits, host } = this.#context;
    stats.packetsSent += 1;
    this.stats.packetsSent += 1;
    stats.clientResponse.add(frameBytes);
    metrics.responseBytes.add(frameBytes);
    host.flushLater(this);
    if (this.unsentBytes <= limits.outputHighWaterBytes) return;
    this.pauseFor(PauseReason.BACKLOG);
    // What is still unsent after this turn's write counts; a large reply by itself is no backlog.
    if (this.#unsentBytes > limits.outputLimitBytes) this.disconnectSlowReader();
  }

  #processFrames(): void {
    if (this.#processing) return;
    this.#processing = true;
    try {
      while (this.#pausedFor === 0 && this.#state !== 'closed') {
        if (!this.#processFrame()) break;
      }
    } finally {
      this.#processing = false;
    }
  }

  /** Takes one frame; false when there is none yet. */
  #processFrame(): boolean {
    const { host } = this.#context;
    if (this.#state === 'new' && this.#answerFourLetterWord()) return false;
    if (this.#frames.bufferedBytes >= 4 && this.#state === 'open' && !host.admit(this)) {
      return false;
    }
    switch (this.#frames.next()) {
      case 'more':
        return false;
      case 'invalid':
        this.refuse('length of a frame is negative or above jute.maxbuffer');
        return false;
      case 'frame':
        this.#onFrame();
        return true;
    }
  }

  #onFrame(): void {
    const { host, stats } = this.#context;
    stats.packetsReceived += 1;
    this.stats.packetsReceived += 1;
    const { buffer, start, end } = this.#frames;
    if (this.#state === 'open') {
      host.submit(this, buffer, start, end);
      return;
    }
    const request = this.#readConnect(buffer, start, end);
    if (request === undefined) return;
    this.#state = 'connecting';
    this.#sendsReadOnly = request.readOnly !== undefined;
    this.pauseFor(PauseReason.SESSION);
    host.connect(this, request);
  }

  #readConnect(buffer: Buffer, start: number, end: number): ConnectRequest | undefined {
    if (!this.#context.host.serving) {
      this.#context.metrics.cnxnClosedWithoutZkServerRunning.add(1);
      this.refuse('this server is not serving yet');
      return undefined;
    }
    try {
      return readConnectRequest(new JuteReader().reset(buffer, start, end));
    } catch (error) {
      this.refuse(`malformed ConnectRequest: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** The first four bytes may be a command instead of a length. Answered also while the server does not serve. */
  #answerFourLetterWord(): boolean {
    const { host, stats } = this.#context;
    const code = this.#frames.peekInt();
    const argumentBytes = code === undefined ? undefined : host.fourLetterWordArgumentBytes(code);
    if (code === undefined || argumentBytes === undefined) return false;
    if (this.#frames.bufferedBytes < 4 + argumentBytes) return true;
    // The word counts, and the connection is read no more, before the answer is made, which may show both.
    stats.packetsReceived += 1;
    this.stats.packetsReceived += 1;
    this.pauseFor(PauseReason.CLOSING);
    const answer = host.fourLetterWord(code, this.#frames.peek(4, argumentBytes));
    this.#output.writeRaw(Buffer.from(answer, 'utf8'));
    this.closeAfterReplies();
    return true;
  }

  #answerConnect(timeOut: number, sessionId: Int64, passwd: Uint8Array): void {
    const writer = this.#output.beginPlain();
    writeConnectResponse(writer, {
      protocolVersion: 0,
      timeOut,
      sessionId,
      passwd,
      readOnly: this.#sendsReadOnly ? this.#serveReadOnly : undefined,
    });
    this.#sent(this.#output.endPlain());
  }

  /** Closes because of what the client did or did not do. */
  refuse(reason: string): void {
    this.#context.log.info(
      { client: this.remote, session: this.sessionHex, reason },
      'connection closed',
    );
    this.closeAfterReplies();
  }

  #closeState(): void {
    this.#state = 'closed';
    this.#context.host.closed(this);
  }
}

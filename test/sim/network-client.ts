import assert from 'node:assert';
import { type Int64, JuteReader, JuteWriter } from 'jute-ts';
import {
  type ConnectRequest,
  type ConnectResponse,
  readConnectResponse,
  writeConnectRequest,
} from '../../protocol/client-codec.ts';
import { readReplyHeader, readWatcherEvent } from '../../protocol/generated/proto.ts';
import { INT64_ZERO } from '../../protocol/int64.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { Xid } from '../../protocol/watch-event.ts';
import type { SimConnection, SimConnectionEnd } from './network.ts';

/** What a client says first; what is left out is that of a client that asks for a new session. */
export type HandshakeOptions = {
  readonly timeOutMs?: number;
  readonly lastZxidSeen?: Int64;
  readonly sessionId?: Int64;
  readonly passwd?: Buffer;
  /** Undefined leaves the byte out. */
  readonly readOnly?: boolean | undefined;
};

/** An operation and its body, as the builders of requests make them. */
export type SentOperation = { readonly op: number; readonly write?: (w: JuteWriter) => void };

/** A frame that came from the server. `body` stands behind what was already read. */
export type Received =
  | { readonly kind: 'connected'; readonly response: ConnectResponse }
  | {
      readonly kind: 'reply';
      readonly xid: number;
      readonly zxid: Int64;
      readonly err: number;
      readonly body: JuteReader;
    }
  | {
      readonly kind: 'event';
      readonly zxid: Int64;
      readonly type: number;
      readonly path: string | null;
    };

export type Reply = Extract<Received, { kind: 'reply' }>;

/** Lets the server, and everything around it, do what there is to do now. */
export type Settle = () => void;

/**
 * A client at the level of frames, without cleverness: it sends what it is told and decodes what comes, in order. What
 * asks and waits for the answer (`handshake`, `request`) lets the server run with `settle`; the rest does not.
 */
export class NetworkClient {
  readonly connection: SimConnection;
  readonly #settle: Settle;
  #received: Buffer = Buffer.alloc(0);
  #isConnected = false;
  #xid = 0;

  constructor(connection: SimConnection, settle: Settle) {
    this.connection = connection;
    this.#settle = settle;
  }

  get ended(): SimConnectionEnd | undefined {
    return this.connection.ended;
  }

  /** Sends a ConnectRequest. */
  sendHandshake(options: HandshakeOptions = {}): void {
    this.connection.send(handshakeFrame(options));
  }

  /** Sends a ConnectRequest and answers the ConnectResponse, or undefined if none came. */
  handshake(options: HandshakeOptions = {}): ConnectResponse | undefined {
    this.sendHandshake(options);
    this.#settle();
    const first = this.take()[0];
    if (first === undefined) return undefined;
    assert(first.kind === 'connected');
    return first.response;
  }

  /** Sends a request, and answers its xid: the next in turn unless one is given. */
  send(operation: SentOperation, xid?: number): number {
    const used = xid ?? ++this.#xid;
    this.connection.send(requestFrame(operation, used));
    return used;
  }

  /** Sends requests in one chunk, as a client with much to say does; answers their xids. */
  sendTogether(operations: readonly SentOperation[]): number[] {
    const xids = operations.map(() => ++this.#xid);
    const frames = operations.map((operation, i) => requestFrame(operation, xids[i] as number));
    this.connection.send(Buffer.concat(frames));
    return xids;
  }

  ping(): void {
    this.send({ op: OpCode.ping }, Xid.PING);
  }

  /** Sends a request and answers its reply; events and other replies that come before it are dropped. */
  request(operation: SentOperation, xid?: number): Reply {
    const sent = this.send(operation, xid);
    this.#settle();
    const received = this.take();
    const reply = received.find((frame) => frame.kind === 'reply' && frame.xid === sent);
    assert(reply?.kind === 'reply', `operation ${operation.op} was not answered`);
    return reply;
  }

  /** Takes what has come, decoded. */
  take(): Received[] {
    this.#received = Buffer.concat([this.#received, this.connection.take()]);
    const frames: Received[] = [];
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0);
      if (this.#received.length < end) break;
      frames.push(this.#decode(new JuteReader().reset(this.#received, 4, end)));
      this.#received = this.#received.subarray(end);
    }
    return frames;
  }

  /** Takes what has come in short: `reply <xid> <err>`, `event <type> <path>`, `connected <timeout>`. */
  takeNotes(): string[] {
    return this.take().map(noteOf);
  }

  #decode(body: JuteReader): Received {
    if (!this.#isConnected) {
      this.#isConnected = true;
      return { kind: 'connected', response: readConnectResponse(body) };
    }
    const { xid, zxid, err } = readReplyHeader(body);
    if (xid !== Xid.NOTIFICATION) return { kind: 'reply', xid, zxid, err, body };
    const { type, path } = readWatcherEvent(body);
    return { kind: 'event', zxid, type, path };
  }
}

export function noteOf(frame: Received): string {
  switch (frame.kind) {
    case 'connected':
      return `connected ${frame.response.timeOut}`;
    case 'reply':
      return `reply ${frame.xid} ${frame.err}`;
    case 'event':
      return `event ${frame.type} ${frame.path}`;
  }
}

export function handshakeFrame(options: HandshakeOptions = {}): Buffer {
  const request: ConnectRequest = {
    protocolVersion: 0,
    lastZxidSeen: options.lastZxidSeen ?? INT64_ZERO,
    timeOut: options.timeOutMs ?? 10_000,
    sessionId: options.sessionId ?? INT64_ZERO,
    passwd: options.passwd ?? Buffer.alloc(16),
    readOnly: 'readOnly' in options ? options.readOnly : false,
  };
  return frame((writer) => writeConnectRequest(writer, request));
}

export function requestFrame({ op, write }: SentOperation, xid: number): Buffer {
  return frame((writer) => {
    writer.writeInt(xid);
    writer.writeInt(op);
    write?.(writer);
  });
}

/** A length and what `write` writes. */
export function frame(write: (writer: JuteWriter) => void): Buffer {
  const writer = new JuteWriter({ grow }).reset(Buffer.alloc(256), 4);
  write(writer);
  writer.buffer.writeInt32BE(writer.offset - 4, 0);
  return writer.buffer.subarray(0, writer.offset);
}

function grow(current: Buffer, usedBytes: number, neededBytes: number): Buffer {
  const grown = Buffer.alloc(2 * neededBytes);
  current.copy(grown, 0, 0, usedBytes);
  return grown;
}

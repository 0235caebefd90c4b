import assert from 'node:assert';
import { type JuteReader, JuteWriter } from 'jute-ts';
import type { OpCode } from '../protocol/op-code.ts';
import type { WatcherType } from '../protocol/watch-event.ts';
import type { WatchKind, WatchListener } from './watch.ts';

/** A watch that begins when the server has answered. Paths are the server's. */
export type WatchRegistration = {
  readonly path: string;
  readonly listener: WatchListener;
  /** The kind of watch that a successful answer leaves. */
  readonly kind: WatchKind;
  /** The kind that NONODE leaves; null if it leaves none, as with all but `exists`. */
  readonly kindIfMissing: WatchKind | null;
};

/** Watches that end when the server has answered. Paths are the server's. */
export type WatchRemoval = {
  readonly path: string;
  readonly type: WatcherType;
  /** Only this listener; null for all of them. */
  readonly listener: WatchListener | null;
  /** Also if the server refuses or the connection drops. */
  readonly local: boolean;
};

/**
 * A request ready to be sent, and how to read its answer.
 *
 *   frame = int32 length, RequestHeader { int xid, int type }, record
 *
 * The xid is filled in when the request goes out (`setFrameXid`).
 */
export type Request<T> = {
  /** What the caller asked for, and about which path of the caller's: for errors. */
  readonly operation: string;
  readonly path: string | null;
  readonly frame: Buffer;
  /** Reads the record that follows the ReplyHeader. @throws JuteError */
  readonly decode: (reader: JuteReader) => T;
  readonly watch: WatchRegistration | null;
  readonly removal: WatchRemoval | null;
};

/** How a record of the wire becomes bytes: its size function and its write function. */
export type RecordCodec<V> = {
  readonly size: (value: V) => number;
  readonly write: (writer: JuteWriter, value: V) => void;
};

/** int32 length, int xid, int type */
const FRAME_HEADER_BYTES = 12;

/** A whole frame around a record, with xid 0. */
export function encodeFrame<V>(type: OpCode, record: V, codec: RecordCodec<V>): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + codec.size(record));
  const writer = new JuteWriter().reset(frame);
  writer.writeInt(frame.length - 4);
  writer.writeInt(0);
  writer.writeInt(type);
  codec.write(writer, record);
  assert(writer.offset === frame.length, 'a record takes as many bytes as its size function says');
  return frame;
}

/** A whole frame of a request that is a header alone, with xid 0. */
export function encodeBareFrame(type: OpCode): Buffer {
  return encodeFrame(type, null, { size: () => 0, write: () => {} });
}

/** Gives a frame its place in the order of a connection. */
export function setFrameXid(frame: Buffer, xid: number): void {
  frame.writeInt32BE(xid, 4);
}

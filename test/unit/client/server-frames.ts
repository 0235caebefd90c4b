/** What a server sends, byte by byte, for tests that play the server. */
import { type Int64, JuteReader, JuteWriter } from 'jute-ts';
import { writeConnectResponse } from '../../../protocol/client-codec.ts';
import { writeReplyHeader, writeWatcherEvent } from '../../../protocol/generated/proto.ts';
import { INT64_MINUS_ONE, int64FromNumber } from '../../../protocol/int64.ts';
import { KEEPER_STATE_SYNC_CONNECTED, Xid } from '../../../protocol/watch-event.ts';

export const SESSION_ID: Int64 = { hi: 0x01000000, lo: 0x17 };
export const PASSWORD: Buffer = Buffer.from('0123456789abcdef');

/** A length and what `write` writes. */
export function frame(write: (writer: JuteWriter) => void): Buffer {
  const writer = new JuteWriter({ grow: (current, used, needed) => grown(current, used, needed) });
  writer.reset(Buffer.alloc(256), 4);
  write(writer);
  writer.buffer.writeInt32BE(writer.offset - 4, 0);
  return writer.buffer.subarray(0, writer.offset);
}

function grown(current: Buffer, used: number, needed: number): Buffer {
  const larger = Buffer.alloc(needed * 2);
  current.copy(larger, 0, 0, used);
  return larger;
}

export function connectResponse(
  facts: {
    readonly timeOut?: number;
    readonly sessionId?: Int64;
    readonly readOnly?: boolean;
  } = {},
): Buffer {
  return frame((w) =>
    writeConnectResponse(w, {
      protocolVersion: 0,
      timeOut: facts.timeOut ?? 6000,
      sessionId: facts.sessionId ?? SESSION_ID,
      passwd: PASSWORD,
      readOnly: facts.readOnly ?? false,
    }),
  );
}

export function reply(facts: {
  readonly xid: number;
  readonly zxid?: number;
  readonly err?: number;
  readonly body?: (writer: JuteWriter) => void;
}): Buffer {
  return frame((w) => {
    const zxid = int64FromNumber(facts.zxid ?? 1);
    writeReplyHeader(w, { xid: facts.xid, zxid, err: facts.err ?? 0 });
    facts.body?.(w);
  });
}

export function notification(facts: {
  readonly type: number;
  readonly path: string;
  readonly zxid?: number;
}): Buffer {
  return frame((w) => {
    const zxid = facts.zxid === undefined ? INT64_MINUS_ONE : int64FromNumber(facts.zxid);
    writeReplyHeader(w, { xid: Xid.NOTIFICATION, zxid, err: 0 });
    const { type, path } = facts;
    writeWatcherEvent(w, { type, state: KEEPER_STATE_SYNC_CONNECTED, path });
  });
}

/** A request as a server reads it: the header, and a reader that stands at the record. */
export type ReceivedRequest = {
  readonly xid: number;
  readonly type: number;
  readonly body: JuteReader;
};

/** Takes a whole frame of a client apart. */
export function readRequest(bytes: Buffer): ReceivedRequest {
  const body = new JuteReader().reset(bytes, 4);
  return { xid: body.readInt(), type: body.readInt(), body };
}

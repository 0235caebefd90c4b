/** Steps to bytes. */
import { type Int64, JuteWriter } from 'jute-ts';
import { writeConnectRequest } from '../../protocol/client-codec.ts';
import {
  writeAddWatchRequest,
  writeAuthPacket,
  writeCheckVersionRequest,
  writeCheckWatchesRequest,
  writeCreateRequest,
  writeCreateTTLRequest,
  writeDeleteRequest,
  writeGetDataRequest,
  writeMultiHeader,
  writeReconfigRequest,
  writeRequestHeader,
  writeSetACLRequest,
  writeSetDataRequest,
} from '../../protocol/generated/proto.ts';
import type { Body, Damage, Handshake, Request, SymbolicZxid } from './step.ts';

/** What the symbolic parts of a step stand for on one of the two servers. */
export interface Symbols {
  zxid(symbolic: SymbolicZxid): Int64;
}

const MULTI_ERR_PLACE = -1;

/** The frame of a request: int length, RequestHeader, body. */
export function encodeRequest(request: Request, xid: number, symbols: Symbols): Buffer {
  const body = damaged(encodeBody(request.body, symbols), request.damage);
  return framed((w) => {
    writeRequestHeader(w, { xid, type: request.op });
    w.writeBytes(body);
  });
}

/** The frame of a ConnectRequest. */
export function encodeHandshake(
  handshake: Handshake,
  session: { readonly id: Int64; readonly password: Uint8Array | null },
  symbols: Symbols,
): Buffer {
  return framed((w) => {
    writeConnectRequest(w, {
      protocolVersion: handshake.protocolVersion,
      lastZxidSeen: symbols.zxid(handshake.lastZxidSeen),
      timeOut: handshake.timeOutMs,
      sessionId: session.id,
      passwd: session.password === null ? null : Buffer.from(session.password),
      readOnly: handshake.readOnly,
    });
    w.writeBytes(handshake.trailing);
  });
}

function encodeBody(body: Body, symbols: Symbols): Buffer {
  return written((w) => writeBody(w, body, symbols));
}

function writeBody(w: JuteWriter, body: Body, symbols: Symbols): void {
  switch (body.record) {
    case 'none':
      return;
    case 'Bytes':
      w.writeBytes(body.bytes);
      return;
    case 'Path':
      w.writeString(body.value.path);
      return;
    case 'PathAndWatch':
      writeGetDataRequest(w, body.value);
      return;
    case 'Create':
      writeCreateRequest(w, body.value);
      return;
    case 'CreateTTL':
      writeCreateTTLRequest(w, body.value);
      return;
    case 'Delete':
      writeDeleteRequest(w, body.value);
      return;
    case 'SetData':
      writeSetDataRequest(w, body.value);
      return;
    case 'SetACL':
      writeSetACLRequest(w, body.value);
      return;
    case 'Check':
      writeCheckVersionRequest(w, body.value);
      return;
    case 'Reconfig':
      writeReconfigRequest(w, body.value);
      return;
    case 'CheckWatches':
      writeCheckWatchesRequest(w, body.value);
      return;
    case 'AddWatch':
      writeAddWatchRequest(w, body.value);
      return;
    case 'Auth':
      writeAuthPacket(w, body.value);
      return;
    case 'SetWatches':
      writeSetWatches(w, body, symbols);
      return;
    case 'Multi':
      writeMulti(w, body, symbols);
      return;
  }
}

/** setWatches has three lists and setWatches2 five, else they are the same. */
function writeSetWatches(
  w: JuteWriter,
  body: Extract<Body, { record: 'SetWatches' }>,
  symbols: Symbols,
): void {
  w.writeLong(symbols.zxid(body.relativeZxid));
  for (const list of body.lists) {
    w.writeCount(list === null ? -1 : list.length);
    for (const path of list ?? []) w.writeString(path);
  }
}

function writeMulti(
  w: JuteWriter,
  body: Extract<Body, { record: 'Multi' }>,
  symbols: Symbols,
): void {
  for (const op of body.ops) {
    writeMultiHeader(w, { type: op.type, done: false, err: op.err });
    writeBody(w, op.body, symbols);
  }
  if (body.end.kind === 'missing') return;
  writeMultiHeader(w, { type: body.end.type, done: true, err: MULTI_ERR_PLACE });
}

function damaged(body: Buffer, damage: Damage | undefined): Buffer {
  switch (damage?.kind) {
    case undefined:
      return body;
    case 'cut':
      return body.subarray(0, Math.floor((body.length * damage.keepPerMille) / 1000));
    case 'append':
      return Buffer.concat([body, damage.bytes]);
    case 'int': {
      const out = Buffer.from(body);
      const at = Math.floor(((body.length - 4) * damage.atPerMille) / 1000);
      if (at >= 0) out.writeInt32BE(damage.value, at);
      return out;
    }
  }
}

function framed(write: (w: JuteWriter) => void): Buffer {
  const payload = written(write);
  const length = Buffer.alloc(4);
  length.writeInt32BE(payload.length);
  return Buffer.concat([length, payload]);
}

function written(write: (w: JuteWriter) => void): Buffer {
  const writer = new JuteWriter({
    grow: (current, used, needed) => {
      const grown = Buffer.alloc(Math.max(256, 2 * needed));
      current.copy(grown, 0, 0, used);
      return grown;
    },
  });
  writer.reset(Buffer.alloc(256));
  write(writer);
  return writer.buffer.subarray(0, writer.offset);
}

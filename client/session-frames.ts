import { JuteWriter } from 'jute-ts';
import { type ConnectRequest, writeConnectRequest } from '../protocol/client-codec.ts';
import { sizeConnectRequest } from '../protocol/generated/proto.ts';
import { OpCode } from '../protocol/op-code.ts';
import { Xid } from '../protocol/watch-event.ts';
import { encodeBareFrame, setFrameXid } from './request.ts';

/** A sign of life; the server answers with a header alone. */
export function encodePing(): Buffer {
  const frame = encodeBareFrame(OpCode.ping);
  setFrameXid(frame, Xid.PING);
  return frame;
}

/** Ends the session and takes its ephemeral nodes away; the server answers and closes the connection. */
export function encodeCloseSession(xid: number): Buffer {
  const frame = encodeBareFrame(OpCode.closeSession);
  setFrameXid(frame, xid);
  return frame;
}

/** The first message of a connection, and the only one without a RequestHeader. */
export function encodeConnectRequest(
  request: ConnectRequest & { readonly readOnly: boolean },
): Buffer {
  const frame = Buffer.alloc(4 + sizeConnectRequest(request));
  const writer = new JuteWriter().reset(frame);
  writer.writeInt(frame.length - 4);
  writeConnectRequest(writer, request);
  return frame;
}

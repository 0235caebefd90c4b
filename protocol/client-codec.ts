import type { Int64, JuteReader, JuteWriter } from 'jute-ts';

/**
 * The first message of a client. `readOnly` is undefined where the client is of a kind that does not
 * send the byte; the answer must then leave it out too.
 *
 *   connectRequest = int protocolVersion, long lastZxidSeen, int timeOut, long sessionId, buffer passwd, [bool readOnly]
 */
export type ConnectRequest = {
  readonly protocolVersion: number;
  readonly lastZxidSeen: Int64;
  readonly timeOut: number;
  readonly sessionId: Int64;
  readonly passwd: Buffer | null;
  readonly readOnly: boolean | undefined;
};

/** @throws JuteError if the frame ends early or the password's length is unreasonable. */
export function readConnectRequest(reader: JuteReader): ConnectRequest {
  reader.field = 'ConnectRequest.protocolVersion';
  const protocolVersion = reader.readInt();
  reader.field = 'ConnectRequest.lastZxidSeen';
  const lastZxidSeen = reader.readLong();
  reader.field = 'ConnectRequest.timeOut';
  const timeOut = reader.readInt();
  reader.field = 'ConnectRequest.sessionId';
  const sessionId = reader.readLong();
  reader.field = 'ConnectRequest.passwd';
  const passwd = reader.readBuffer();
  const readOnly = reader.offset < reader.end ? reader.readBool() : undefined;
  return { protocolVersion, lastZxidSeen, timeOut, sessionId, passwd, readOnly };
}

export function writeConnectRequest(writer: JuteWriter, request: ConnectRequest): void {
  writer.writeInt(request.protocolVersion);
  writer.writeLong(request.lastZxidSeen);
  writer.writeInt(request.timeOut);
  writer.writeLong(request.sessionId);
  writer.writeBuffer(request.passwd);
  if (request.readOnly !== undefined) writer.writeBool(request.readOnly);
}

/**
 *   connectResponse = int protocolVersion, int timeOut, long sessionId, buffer passwd, [bool readOnly]
 *
 * `timeOut` 0 tells the client that its session is gone.
 */
export type ConnectResponse = {
  readonly protocolVersion: number;
  readonly timeOut: number;
  readonly sessionId: Int64;
  readonly passwd: Uint8Array | null;
  readonly readOnly: boolean | undefined;
};

export function writeConnectResponse(writer: JuteWriter, response: ConnectResponse): void {
  writer.writeInt(response.protocolVersion);
  writer.writeInt(response.timeOut);
  writer.writeLong(response.sessionId);
  writer.writeBuffer(response.passwd);
  if (response.readOnly !== undefined) writer.writeBool(response.readOnly);
}

/** @throws JuteError if the frame ends early. */
export function readConnectResponse(reader: JuteReader): ConnectResponse {
  reader.field = 'ConnectResponse.protocolVersion';
  const protocolVersion = reader.readInt();
  reader.field = 'ConnectResponse.timeOut';
  const timeOut = reader.readInt();
  reader.field = 'ConnectResponse.sessionId';
  const sessionId = reader.readLong();
  reader.field = 'ConnectResponse.passwd';
  const passwd = reader.readBuffer();
  const readOnly = reader.offset < reader.end ? reader.readBool() : undefined;
  return { protocolVersion, timeOut, sessionId, passwd, readOnly };
}

/** Frames to plain values in which what is legitimately unspecified looks the same for both servers. */
import { type Int64, JuteError, JuteReader } from 'jute-ts';
import { errorCodeName } from '../../protocol/error-code.ts';
import { type ACL, readStat, type Stat } from '../../protocol/generated/data.ts';
import {
  readErrorResponse,
  readGetACLResponse,
  readGetChildrenResponse,
  readMultiHeader,
  readReplyHeader,
  readWatcherEvent,
  readWhoAmIResponse,
} from '../../protocol/generated/proto.ts';
import { INT64_MINUS_ONE } from '../../protocol/int64.ts';
import { OpCode } from '../../protocol/op-code.ts';
import type { ServerView } from './server-view.ts';

/** A decoded frame or part of one. Equal answers are equal as JSON. */
export type Plain =
  | null
  | boolean
  | number
  | string
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** xid of a notification. */
const EVENT_XID = -1;
/** ReplyHeader alone. */
const HEADER_BYTES = 16;

export type DecodedReply = {
  readonly plain: Plain;
  readonly xid: number;
  readonly zxid: Int64;
  readonly err: number;
};

export type DecodedEvent = {
  readonly plain: Plain;
  readonly zxid: Int64;
};

export type DecodedHandshake = {
  /** Zero if the server refused the session. */
  readonly sessionId: Int64;
  readonly timeOutMs: number;
  readonly password: Buffer | null;
  readonly readOnly: boolean | undefined;
  readonly protocolVersion: number;
};

/** Whether a frame is a notification. No request of this tester has the xid of one. */
export function isEvent(frame: Buffer): boolean {
  return frame.length >= HEADER_BYTES && frame.readInt32BE(0) === EVENT_XID;
}

export function decodeEvent(frame: Buffer, view: ServerView): DecodedEvent {
  const r = new JuteReader().reset(frame);
  try {
    const header = readReplyHeader(r);
    const event = readWatcherEvent(r);
    return {
      zxid: header.zxid,
      plain: {
        event: { ...event },
        zxid: view.zxid(header.zxid),
        err: header.err,
        ...trailing(r),
      },
    };
  } catch (error) {
    return { zxid: INT64_MINUS_ONE, plain: undecodable(frame, error) };
  }
}

/** Decodes the answer to a request of type `op`. */
export function decodeReply(op: number, frame: Buffer, view: ServerView): DecodedReply {
  const r = new JuteReader().reset(frame);
  try {
    const header = readReplyHeader(r);
    const body = r.remaining === 0 ? {} : { body: readBody(op, r, view) };
    return {
      xid: header.xid,
      zxid: header.zxid,
      err: header.err,
      plain: {
        reply: header.xid,
        zxid: view.zxid(header.zxid),
        err: errorCodeName(header.err),
        ...body,
        ...trailing(r),
      },
    };
  } catch (error) {
    return { xid: 0, zxid: INT64_MINUS_ONE, err: 0, plain: undecodable(frame, error) };
  }
}

/** Decodes a ConnectResponse without a view: its session may be one that no view knows yet. */
export function decodeHandshake(frame: Buffer): DecodedHandshake | undefined {
  const r = new JuteReader().reset(frame);
  try {
    const protocolVersion = r.readInt();
    const timeOutMs = r.readInt();
    const sessionId = r.readLong();
    const password = r.readBuffer();
    const readOnly = r.remaining > 0 ? r.readBool() : undefined;
    if (r.remaining > 0) return undefined;
    return { sessionId, timeOutMs, password, readOnly, protocolVersion };
  } catch (error) {
    if (error instanceof JuteError) return undefined;
    throw error;
  }
}

export function plainHandshake(response: DecodedHandshake, view: ServerView): Plain {
  return {
    connected: view.session(response.sessionId),
    protocolVersion: response.protocolVersion,
    timeOutMs: response.timeOutMs,
    password: view.password(response.sessionId, response.password),
    readOnlyByte: response.readOnly ?? 'absent',
  };
}

function readBody(op: number, r: JuteReader, view: ServerView): Plain {
  switch (op) {
    case OpCode.create:
    case OpCode.sync:
      return { path: r.readString() };
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      return { path: r.readString(), stat: plainStat(readStat(r), view) };
    case OpCode.exists:
    case OpCode.setData:
    case OpCode.setACL:
      return { stat: plainStat(readStat(r), view) };
    case OpCode.getData:
    case OpCode.reconfig:
      return { data: plainBytes(r.readBuffer()), stat: plainStat(readStat(r), view) };
    case OpCode.getACL: {
      const { acl, stat } = readGetACLResponse(r);
      return { acl: plainAcl(acl), stat: plainStat(stat, view) };
    }
    case OpCode.getChildren:
      return { children: unordered(readGetChildrenResponse(r).children) };
    case OpCode.getChildren2:
      return {
        children: unordered(readGetChildrenResponse(r).children),
        stat: plainStat(readStat(r), view),
      };
    case OpCode.getEphemerals:
      return { ephemerals: unordered(readGetChildrenResponse(r).children) };
    case OpCode.getAllChildrenNumber:
      return { totalNumber: r.readInt() };
    case OpCode.multi:
    case OpCode.multiRead:
      return readMultiResponse(r, view);
    case OpCode.addWatch:
      return { err: readErrorResponse(r).err };
    case OpCode.whoAmI:
      return whoAmI(r);
    case OpCode.sasl:
      return { token: plainBytes(r.readBuffer()) };
    default:
      return { bytes: rest(r) };
  }
}

function readMultiResponse(r: JuteReader, view: ServerView): Plain {
  const results: Plain[] = [];
  for (;;) {
    const header = readMultiHeader(r);
    if (header.done) return { results, end: { ...header } };
    results.push({ ...header, ...readResult(header.type, r, view) });
  }
}

function readResult(
  type: number,
  r: JuteReader,
  view: ServerView,
): { readonly [key: string]: Plain } {
  switch (type) {
    case OpCode.error:
      return { error: errorCodeName(readErrorResponse(r).err) };
    case OpCode.delete:
    case OpCode.check:
      return {};
    default:
      return { result: readBody(type, r, view) };
  }
}

/** Identities are a set; Java's happens to be ordered by hash. */
function whoAmI(r: JuteReader): Plain {
  const { clientInfo } = readWhoAmIResponse(r);
  return {
    clientInfo: unordered(clientInfo?.map((info) => `${info.authScheme}:${info.user}`) ?? null),
  };
}

function plainStat(stat: Stat, view: ServerView): Plain {
  return {
    czxid: view.zxid(stat.czxid),
    mzxid: view.zxid(stat.mzxid),
    ctime: view.time(stat.ctime, stat.czxid),
    mtime: view.time(stat.mtime, stat.mzxid),
    version: stat.version,
    cversion: stat.cversion,
    aversion: stat.aversion,
    ephemeralOwner: view.session(stat.ephemeralOwner),
    dataLength: stat.dataLength,
    numChildren: stat.numChildren,
    pzxid: view.zxid(stat.pzxid),
  };
}

/**
 * The order of an ACL is the client's, but `auth` is replaced by the identities of the connection, which are a set: so
 * neighbours of scheme digest with equal permissions may come in any order.
 */
function plainAcl(acl: readonly ACL[] | null): Plain {
  if (acl === null) return null;
  const runs: { readonly key: string; readonly ids: string[] }[] = [];
  for (const { perms, id } of acl) {
    const key = `${perms} ${id.scheme}`;
    const last = runs[runs.length - 1];
    if (last?.key === key && id.scheme === 'digest') last.ids.push(String(id.id));
    else runs.push({ key, ids: [String(id.id)] });
  }
  return runs.map(({ key, ids }) => `${key}:${ids.sort().join(' ')}`);
}

/** Children, ephemerals and identities are sets: no order is promised, and Java's comes from hash tables. */
function unordered(list: readonly (string | null)[] | null): Plain {
  return list === null ? null : list.map(String).sort();
}

function plainBytes(bytes: Uint8Array | null): Plain {
  if (bytes === null) return null;
  return bytes.length <= 64
    ? `hex ${Buffer.from(bytes).toString('hex')}`
    : `${bytes.length} bytes ${Buffer.from(bytes).toString('base64')}`;
}

function trailing(r: JuteReader): { readonly trailing?: Plain } {
  if (r.remaining === 0) return {};
  return { trailing: rest(r) };
}

function rest(r: JuteReader): string {
  const from = r.offset;
  r.offset = r.end;
  return r.buffer.subarray(from).toString('hex');
}

function undecodable(frame: Buffer, error: unknown): Plain {
  return {
    undecodable: frame.toString('hex'),
    reason: error instanceof Error ? error.message : String(error),
  };
}

/**
 * What a differential run does, one step after the other. Steps are plain data and name sessions and zxids
 * symbolically: the real ids differ between the two servers, and the minimiser may take any step away.
 */

import type { Int64 } from 'jute-ts';
import type { ACL } from '../../protocol/generated/data.ts';
import type {
  AddWatchRequest,
  AuthPacket,
  CheckVersionRequest,
  CheckWatchesRequest,
  CreateRequest,
  CreateTTLRequest,
  DeleteRequest,
  GetDataRequest,
  ReconfigRequest,
  SetACLRequest,
  SetDataRequest,
} from '../../protocol/generated/proto.ts';

/** A connection's place: at most one connection is open in a slot, and it keeps the session it was opened with. */
export type Slot = number;

/** A zxid relative to the last one that the server has handed out, or a fixed number. */
export type SymbolicZxid =
  | { readonly at: 'last'; readonly plus: number }
  | { readonly at: 'number'; readonly value: Int64 };

/** Which session a ConnectRequest names. */
export type SessionChoice =
  | { readonly kind: 'new' }
  /** The session of a slot, whether its connection is open or not; a new one if the slot never had any. */
  | { readonly kind: 'of-slot'; readonly slot: Slot }
  /** The `back`-th last session that was closed; an unknown one if there are not so many. */
  | { readonly kind: 'closed'; readonly back: number }
  | { readonly kind: 'unknown'; readonly id: Int64 }
  /** The session with this number in the order of creation. */
  | { readonly kind: 'number'; readonly index: number };

export type PasswordChoice = 'right' | 'wrong' | 'zero' | 'empty' | 'null' | 'short' | 'long';

export type Handshake = {
  readonly protocolVersion: number;
  readonly lastZxidSeen: SymbolicZxid;
  readonly timeOutMs: number;
  readonly session: SessionChoice;
  readonly password: PasswordChoice;
  /** undefined: the byte is left out, as old clients do. */
  readonly readOnly: boolean | undefined;
  /** Bytes behind the record, within its frame. */
  readonly trailing: Uint8Array;
  /** Requests in the same write, which a server must leave alone until there is a session. */
  readonly behind: readonly Request[];
};

/** One `ustring` field; what sync, getACL, getEphemerals, ... have as their whole body. */
export type PathOnly = { readonly path: string | null };

/** The body of a request: the name of its record on the wire, and the fields. */
export type Body =
  | { readonly record: 'none' }
  | { readonly record: 'Bytes'; readonly bytes: Uint8Array }
  | { readonly record: 'Path'; readonly value: PathOnly }
  /** exists, getData, getChildren and getChildren2 have the same fields. */
  | { readonly record: 'PathAndWatch'; readonly value: GetDataRequest }
  | { readonly record: 'Create'; readonly value: CreateRequest }
  | { readonly record: 'CreateTTL'; readonly value: CreateTTLRequest }
  | { readonly record: 'Delete'; readonly value: DeleteRequest }
  | { readonly record: 'SetData'; readonly value: SetDataRequest }
  | { readonly record: 'SetACL'; readonly value: SetACLRequest }
  | { readonly record: 'Check'; readonly value: CheckVersionRequest }
  | { readonly record: 'Reconfig'; readonly value: ReconfigRequest }
  /** removeWatches has the same fields. */
  | { readonly record: 'CheckWatches'; readonly value: CheckWatchesRequest }
  | { readonly record: 'AddWatch'; readonly value: AddWatchRequest }
  | { readonly record: 'Auth'; readonly value: AuthPacket }
  | {
      readonly record: 'SetWatches';
      readonly relativeZxid: SymbolicZxid;
      readonly lists: readonly PathList[];
    }
  | { readonly record: 'Multi'; readonly ops: readonly MultiOp[]; readonly end: MultiEnd };

export type PathList = readonly (string | null)[] | null;

/** One op of a multi: MultiHeader{type, false, err} and the body. */
export type MultiOp = { readonly type: number; readonly err: number; readonly body: Body };

/** How a multi ends: as it should, without the closing header, or with one of another type. */
export type MultiEnd =
  | { readonly kind: 'header'; readonly type: number; readonly err: number }
  | { readonly kind: 'missing' };

/** What happens to the encoded body before it is sent. */
export type Damage =
  /** Keeps this many thousandths of the bytes (never all of them). */
  | { readonly kind: 'cut'; readonly keepPerMille: number }
  | { readonly kind: 'append'; readonly bytes: Uint8Array }
  /** Overwrites four bytes at this many thousandths of the body: a hostile length or count. */
  | { readonly kind: 'int'; readonly atPerMille: number; readonly value: number };

export type Request = {
  readonly op: number;
  readonly body: Body;
  /** undefined: the next number of the connection. */
  readonly xid: number | undefined;
  readonly damage: Damage | undefined;
};

/** In how many pieces bytes are written, so that frames arrive in parts; 1 is one write. */
export type Pieces = number;

export type Step =
  | {
      readonly kind: 'connect';
      readonly slot: Slot;
      readonly handshake: Handshake;
      readonly pieces: Pieces;
    }
  | {
      readonly kind: 'request';
      readonly slot: Slot;
      readonly request: Request;
      readonly pieces: Pieces;
    }
  /** Several requests in one write. */
  | {
      readonly kind: 'pipeline';
      readonly slot: Slot;
      readonly requests: readonly Request[];
      readonly pieces: Pieces;
    }
  | { readonly kind: 'disconnect'; readonly slot: Slot; readonly how: 'fin' | 'rst' }
  /** Bytes on an established connection after which a server must close it; `end`: the client's FIN follows. */
  | {
      readonly kind: 'garbage';
      readonly slot: Slot;
      readonly bytes: Uint8Array;
      readonly end: boolean;
    }
  /** Bytes, then FIN, on a connection of their own that never gets a session. */
  | { readonly kind: 'stranger'; readonly bytes: Uint8Array }
  /** The slot's session gets the shortest timeout and no client, until both servers have expired it. */
  | { readonly kind: 'expire'; readonly slot: Slot }
  /**
   * A request, and then the wait until both servers have deleted all nodes but so many by themselves. One step, since
   * nobody knows whether a server does that before or after it could be asked about the request.
   */
  | {
      readonly kind: 'reap';
      readonly slot: Slot;
      readonly request: Request;
      readonly remaining: number;
    }
  /** Both servers are ended (`kill`: without warning) and started again on their data. */
  | { readonly kind: 'restart'; readonly slot: Slot; readonly signal: 'SIGTERM' | 'SIGKILL' };

/** The kinds of servers that steps are made for: what is configured decides which steps make sense. */
export type Profile = {
  readonly name: string;
  /** zoo.cfg lines, for both servers. */
  readonly config: Readonly<Record<string, string>>;
  /** Whether a session may be left alone with the shortest timeout without expiring during the run. */
  readonly shortTimeoutsAreSafe: boolean;
  readonly ttlEnabled: boolean;
  readonly quotaEnforced: boolean;
};

export type AclList = readonly ACL[] | null;

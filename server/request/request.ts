import type { Int64 } from 'jute-ts';
import type { Id } from '../../protocol/generated/data.ts';
import { INT64_ZERO } from '../../protocol/int64.ts';
import type { Txn } from '../../storage/txn-codec.ts';
import type { ClientConnection } from '../client-connection.ts';
import type { Session } from '../session/session-tracker.ts';

/** Where a request comes from. */
export type RequestOrigin = {
  /** Null for the server's own requests: expiry, reaping. */
  readonly connection: ClientConnection | null;
  readonly session: Session | null;
  readonly sessionId: Int64;
  readonly ids: readonly Id[];
};

/** int xid, int type. */
const HEADER_BYTES = 8;

/**
 * A request that could not be answered on arrival: a write until it is applied, or a read that waits for
 * its session's earlier writes. `buffer[start, end)` is its body, which stays as it is.
 */
export class Request {
  readonly origin: RequestOrigin;
  readonly xid: number;
  readonly type: number;
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  readonly receivedMs: number;
  /** Set for a write as soon as it is prepared: its place in the order of all transactions. */
  zxid: Int64 = INT64_ZERO;
  /** What the write became; null for a read. */
  txn: Txn | null = null;
  /** It waited too long in the throttle: answered THROTTLEDOP in its turn. */
  throttled = false;
  next: Request | null = null;

  constructor(
    origin: RequestOrigin,
    xid: number,
    type: number,
    bytes: { readonly buffer: Buffer; readonly start: number; readonly end: number },
    receivedMs: number,
  ) {
    this.origin = origin;
    this.xid = xid;
    this.type = type;
    this.buffer = bytes.buffer;
    this.start = bytes.start;
    this.end = bytes.end;
    this.receivedMs = receivedMs;
  }

  /** Bytes of the whole request, its header included. */
  get bytes(): number {
    return HEADER_BYTES + this.end - this.start;
  }
}

import { type Int64, JuteError, JuteReader } from 'jute-ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import {
  readCreateRequest,
  readCreateTTLRequest,
  readDeleteContainerRequest,
  readDeleteRequest,
  readReconfigRequest,
  readSetACLRequest,
  readSetDataRequest,
} from '../../protocol/generated/proto.ts';
import { readCreateSessionTxn } from '../../protocol/generated/txn.ts';
import { incrementInt64, int64FromNumber } from '../../protocol/int64.ts';
import { MultiRequestError } from '../../protocol/multi-codec.ts';
import { OpCode } from '../../protocol/op-code.ts';
import type { Txn } from '../../storage/txn-codec.ts';
import { prepareCreate } from './create.ts';
import { prepareDelete, prepareDeleteContainer } from './delete.ts';
import { MalformedRequestError } from './malformed-request-error.ts';
import { prepareMulti } from './multi.ts';
import {
  isRefused,
  type PrepareContext,
  type Prepared,
  type WriteOrigin,
} from './prepare-context.ts';
import { prepareReconfig } from './reconfig.ts';
import type { Request } from './request.ts';
import { prepareCloseSession, prepareCreateSession } from './session-txns.ts';
import { prepareSetACL } from './set-acl.ts';
import { prepareSetData } from './set-data.ts';

/** A transaction with the digest of the tree after it; null for one that changes nothing or when digests are off. */
export type PreparedTxn = { readonly txn: Txn; readonly digest: Int64 | null };

/**
 * Makes a transaction of each write, in the order in which they come: this is where they get their zxid,
 * also those that are refused, since their refusal takes its place in the log.
 */
export class Preparer {
  readonly #context: PrepareContext;
  readonly #reader: JuteReader;
  #lastZxid: Int64;

  constructor(context: PrepareContext, lastZxid: Int64, maxBufferBytes: number) {
    this.#context = context;
    this.#reader = new JuteReader({ maxBufferBytes });
    this.#lastZxid = lastZxid;
  }

  /** The zxid of the last transaction that was prepared. */
  get lastZxid(): Int64 {
    return this.#lastZxid;
  }

  prepare(request: Request, wallMs: number): PreparedTxn {
    const { session, sessionId, ids } = request.origin;
    const zxid = incrementInt64(this.#lastZxid);
    this.#lastZxid = zxid;
    const time = int64FromNumber(wallMs);
    const prepared = this.#prepareOp(request, { session, sessionId, ids, zxid, time });
    const refused = isRefused(prepared);
    const op = refused ? ({ type: OpCode.error, body: { err: prepared } } as const) : prepared;
    const header = { clientId: sessionId, cxid: request.xid, zxid, time, type: op.type };
    return { txn: { header, ...op }, digest: refused ? null : this.#context.pending.digest };
  }

  #prepareOp(request: Request, origin: WriteOrigin): Prepared {
    try {
      this.#reader.reset(request.buffer, request.start, request.end);
      return this.#dispatch(request.type, origin);
    } catch (error) {
      if (!isMalformed(error)) throw error;
      // deviates: Apache's server gives the error the zxid of the transaction before it, which peers take
      // for a duplicate. Ours has a zxid of its own.
      this.#context.log.info(
        { session: request.origin.session?.key, type: request.type, error: error.message },
        'malformed request',
      );
      return ErrorCode.MARSHALLINGERROR;
    }
  }

  #dispatch(type: number, origin: WriteOrigin): Prepared {
    const context = this.#context;
    const reader = this.#reader;
    switch (type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.createContainer:
        return prepareCreate(context, { type, request: readCreateRequest(reader) }, origin);
      case OpCode.createTTL:
        return prepareCreate(context, { type, request: readCreateTTLRequest(reader) }, origin);
      case OpCode.delete:
        return prepareDelete(context, readDeleteRequest(reader), origin);
      case OpCode.deleteContainer:
        return prepareDeleteContainer(context, readDeleteContainerRequest(reader), origin);
      case OpCode.setData:
        return prepareSetData(context, readSetDataRequest(reader), origin);
      case OpCode.setACL:
        return prepareSetACL(context, readSetACLRequest(reader), origin);
      case OpCode.multi:
        return prepareMulti(context, reader, origin);
      case OpCode.reconfig:
        readReconfigRequest(reader);
        return prepareReconfig(context);
      case OpCode.createSession:
        return prepareCreateSession(readCreateSessionTxn(reader).timeOut);
      case OpCode.closeSession:
        return prepareCloseSession(context, origin.sessionId, origin);
      default:
        throw new Error(`operation ${type} does not write`);
    }
  }
}

/** Whether the bytes of a request made us throw; anything else is our own mistake. */
export function isMalformed(error: unknown): error is Error {
  return (
    error instanceof JuteError ||
    error instanceof MultiRequestError ||
    error instanceof MalformedRequestError
  );
}

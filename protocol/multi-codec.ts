import type { JuteReader, JuteWriter } from 'jute-ts';
import { CreateMode, isCreateMode, isTtl } from './create-mode.ts';
import {
  type CheckVersionRequest,
  type CreateRequest,
  type CreateTTLRequest,
  type DeleteRequest,
  type GetChildrenRequest,
  type GetDataRequest,
  readCheckVersionRequest,
  readCreateRequest,
  readCreateTTLRequest,
  readDeleteRequest,
  readGetChildrenRequest,
  readGetDataRequest,
  readMultiHeader,
  readSetDataRequest,
  type SetDataRequest,
  writeMultiHeader,
} from './generated/proto.ts';
import { OpCode } from './op-code.ts';

/** One operation of a multi that writes, with the type under which the server carries it out. */
export type MultiWriteOp =
  | {
      readonly type: typeof OpCode.create | typeof OpCode.create2 | typeof OpCode.createContainer;
      readonly request: CreateRequest;
    }
  | { readonly type: typeof OpCode.createTTL; readonly request: CreateTTLRequest }
  | { readonly type: typeof OpCode.delete; readonly request: DeleteRequest }
  | { readonly type: typeof OpCode.setData; readonly request: SetDataRequest }
  | { readonly type: typeof OpCode.check; readonly request: CheckVersionRequest };

/** One operation of a multiRead. */
export type MultiReadOp =
  | { readonly type: typeof OpCode.getChildren; readonly request: GetChildrenRequest }
  | { readonly type: typeof OpCode.getData; readonly request: GetDataRequest };

/** The operations of a multi or multiRead: all of one kind. */
export type MultiRequest =
  | { readonly kind: 'write'; readonly ops: readonly MultiWriteOp[] }
  | { readonly kind: 'read'; readonly ops: readonly MultiReadOp[] }
  | { readonly kind: 'empty'; readonly ops: readonly [] };

/** A multi whose bytes can be read but make no sense; the whole request is malformed. */
export class MultiRequestError extends Error {
  override readonly name = 'MultiRequestError';
}

/**
 *   multi = {MultiHeader(type, false, -1), record of that type}*, MultiHeader(-1, true, -1)
 *
 * As Apache's server reads it, creates change their type here: with flags of a container every create is
 * a container, and op 21 without TTL flags is a plain create (Op.java, CreateOptions.java).
 *
 * @throws JuteError or MultiRequestError
 */
export function readMultiRequest(reader: JuteReader): MultiRequest {
  const writes: MultiWriteOp[] = [];
  const reads: MultiReadOp[] = [];
  for (;;) {
    const { type, done } = readMultiHeader(reader);
    if (done) break;
    switch (type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.createContainer:
        writes.push(toCreateOp(type, readCreateRequest(reader)));
        break;
      case OpCode.createTTL:
        writes.push(toCreateTtlOp(readCreateTTLRequest(reader)));
        break;
      case OpCode.delete:
        writes.push({ type, request: readDeleteRequest(reader) });
        break;
      case OpCode.setData:
        writes.push({ type, request: readSetDataRequest(reader) });
        break;
      case OpCode.check:
        writes.push({ type, request: readCheckVersionRequest(reader) });
        break;
      case OpCode.getChildren:
        reads.push({ type, request: readGetChildrenRequest(reader) });
        break;
      case OpCode.getData:
        reads.push({ type, request: readGetDataRequest(reader) });
        break;
      default:
        throw new MultiRequestError(`operation of type ${type} can't be part of a multi`);
    }
    if (writes.length > 0 && reads.length > 0) {
      throw new MultiRequestError('a multi must not both read and write');
    }
  }
  if (writes.length > 0) return { kind: 'write', ops: writes };
  if (reads.length > 0) return { kind: 'read', ops: reads };
  return { kind: 'empty', ops: [] };
}

function toCreateOp(
  type: typeof OpCode.create | typeof OpCode.create2 | typeof OpCode.createContainer,
  request: CreateRequest,
): MultiWriteOp {
  const { flags, acl } = request;
  if (!isCreateMode(flags)) throw new MultiRequestError(`${flags} is not a create mode`);
  if (acl === null) throw new MultiRequestError('a create in a multi needs an ACL');
  // These operations carry no TTL, so that a mode which wants one can't be satisfied.
  if (isTtl(flags)) throw new MultiRequestError(`create mode ${flags} needs operation createTTL`);
  return { type: flags === CreateMode.CONTAINER ? OpCode.createContainer : type, request };
}

function toCreateTtlOp(request: CreateTTLRequest): MultiWriteOp {
  const { flags } = request;
  if (isCreateMode(flags) && isTtl(flags)) return { type: OpCode.createTTL, request };
  return {
    type: flags === CreateMode.CONTAINER ? OpCode.createContainer : OpCode.create,
    request: { path: request.path, data: request.data, acl: request.acl, flags },
  };
}

/** Opens one result of a multi's answer; `err` is repeated in the body of an error result. */
export function writeMultiResultHeader(writer: JuteWriter, type: number, err: number): void {
  writeMultiHeader(writer, { type, done: false, err });
}

/** Ends a multi's request or answer. */
export function writeMultiEnd(writer: JuteWriter): void {
  writeMultiHeader(writer, { type: -1, done: true, err: -1 });
}

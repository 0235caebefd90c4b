import type { Int64 } from 'jute-ts';
import {
  type CreateMode,
  isCreateMode,
  isEphemeral,
  isSequential,
  isTtl,
} from '../../protocol/create-mode.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import type { CreateRequest, CreateTTLRequest } from '../../protocol/generated/proto.ts';
import { INT64_ZERO } from '../../protocol/int64.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { Permission } from '../../protocol/permission.ts';
import { contentCrc } from '../../storage/digest.ts';
import { CONTAINER_OWNER, isValidTtl, ttlOwner } from '../../storage/ephemeral-type.ts';
import { validatePath } from '../../storage/path.ts';
import type { MultiOp } from '../../storage/txn-codec.ts';
import type { NodeState } from './pending-changes.ts';
import {
  checkSession,
  isSessionNode,
  type PrepareContext,
  type Prepared,
  permits,
  required,
  type WriteOrigin,
} from './prepare-context.ts';
import {
  dataReplyBytes,
  exceedsQuota,
  withTooManyChildren,
  withTooMuchData,
} from './write-limits.ts';

/** The four ways to ask for a node. */
export type CreateOp =
  | {
      readonly type: typeof OpCode.create | typeof OpCode.create2 | typeof OpCode.createContainer;
      readonly request: CreateRequest;
    }
  | { readonly type: typeof OpCode.createTTL; readonly request: CreateTTLRequest };

/**
 * create, create2, createContainer, createTTL. The order of the checks is part of the protocol: it decides
 * which of several errors a client sees (PrepRequestProcessor.pRequest2TxnCreate).
 */
export function prepareCreate(
  context: PrepareContext,
  op: CreateOp,
  origin: WriteOrigin,
): Prepared<MultiOp> {
  const { request } = op;
  if (!isCreateMode(request.flags)) return ErrorCode.BADARGUMENTS;
  const mode = request.flags;
  const modeError = checkMode(context, mode, op);
  if (modeError !== ErrorCode.OK) return modeError;
  const sessionError = checkSession(origin);
  if (sessionError !== ErrorCode.OK) return sessionError;

  const asked = required(request.path, 'path');
  const lastSlash = asked.lastIndexOf('/');
  if (lastSlash < 0 || asked.includes('\0')) return ErrorCode.BADARGUMENTS;
  const acl = context.access.resolve(request.acl, origin.ids);
  if (acl === ErrorCode.INVALIDACL) return acl;

  const parent = context.pending.find(asked.slice(0, lastSlash));
  if (parent === undefined) return ErrorCode.NONODE;
  if (!permits(context, parent, Permission.CREATE, origin)) return ErrorCode.NOAUTH;
  const path = isSequential(mode) ? asked + sequenceSuffix(parent.cversion) : asked;
  if (validatePath(path) !== null) return ErrorCode.BADARGUMENTS;
  if (context.pending.find(path) !== undefined) return ErrorCode.NODEEXISTS;
  if (isSessionNode(context, parent)) {
    return ErrorCode.NOCHILDRENFOREPHEMERALS;
  }
  const dataBytes = request.data?.length ?? 0;
  if (exceedsQuota(context, path, { bytes: dataBytes, count: 1 })) return ErrorCode.QUOTAEXCEEDED;
  const nameBytes = Buffer.byteLength(path.slice(lastSlash + 1), 'utf8');
  const childrenBytes = parent.childrenBytes + 4 + nameBytes;
  if (withTooManyChildren(context, parent.path, childrenBytes)) return ErrorCode.BADARGUMENTS;
  if (withTooMuchData(context, path, dataReplyBytes(dataBytes))) return ErrorCode.BADARGUMENTS;

  const parentCVersion = (parent.cversion + 1) | 0;
  context.pending.put({
    ...parent,
    zxid: origin.zxid,
    pzxid: origin.zxid,
    cversion: parentCVersion,
    childCount: parent.childCount + 1,
    childrenBytes,
  });
  context.pending.put(newNode(path, request.data, origin, ownerOf(op, mode, origin), acl));

  const { data } = request;
  switch (op.type) {
    case OpCode.createContainer:
      return { type: op.type, body: { path, data, acl, parentCVersion } };
    case OpCode.createTTL:
      return { type: op.type, body: { path, data, acl, parentCVersion, ttl: op.request.ttl } };
    case OpCode.create:
    case OpCode.create2:
      return {
        type: op.type,
        body: { path, data, acl, ephemeral: isEphemeral(mode), parentCVersion },
      };
  }
}

function checkMode(context: PrepareContext, mode: CreateMode, op: CreateOp): ErrorCode {
  if (isTtl(mode) && !context.options.extendedTypesEnabled) return ErrorCode.UNIMPLEMENTED;
  // The operation and the mode must both have a TTL or both none.
  // deviates: Apache's server takes createTTL with a negative TTL for a mode that has none, and dies of the
  // transaction when it applies it.
  if (isTtl(mode) !== (op.type === OpCode.createTTL)) return ErrorCode.BADARGUMENTS;
  return op.type === OpCode.createTTL && !isValidTtl(op.request.ttl)
    ? ErrorCode.BADARGUMENTS
    : ErrorCode.OK;
}

/**
 * Ten digits, zero-padded, of how many nodes were ever created under the parent. The counter is a signed
 * int: after 2^31 − 1 it goes on at −2147483648, whose sign counts towards the width.
 */
export function sequenceSuffix(cversion: number): string {
  return cversion < 0
    ? `-${String(-cversion).padStart(9, '0')}`
    : String(cversion).padStart(10, '0');
}

/**
 * The owner that the transaction will give the node: op create with a container's flag makes a plain one, and
 * createContainer a container with whatever flags.
 *
 * deviates: Apache's server goes by the mode, so that its digest of the tree to come is wrong for these.
 */
function ownerOf(op: CreateOp, mode: CreateMode, origin: WriteOrigin): Int64 {
  switch (op.type) {
    case OpCode.createContainer:
      return CONTAINER_OWNER;
    case OpCode.createTTL:
      return ttlOwner(op.request.ttl);
    case OpCode.create:
    case OpCode.create2:
      return isEphemeral(mode) ? origin.sessionId : INT64_ZERO;
  }
}

function newNode(
  path: string,
  data: Uint8Array | null,
  origin: WriteOrigin,
  ephemeralOwner: Int64,
  acl: NodeState['acl'],
): Omit<NodeState, 'digest'> {
  const { zxid, time } = origin;
  return {
    path,
    zxid,
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctime: time,
    mtime: time,
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner,
    childCount: 0,
    childrenBytes: 4,
    acl,
    dataBytes: data?.length ?? 0,
    contentCrc: contentCrc(path, data),
  };
}

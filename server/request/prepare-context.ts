import type { Int64 } from 'jute-ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import type { Id } from '../../protocol/generated/data.ts';
import type { Permission } from '../../protocol/permission.ts';
import type { DataTree } from '../../storage/data-tree.ts';
import { EphemeralType, ephemeralType } from '../../storage/ephemeral-type.ts';
import type { Log } from '../../storage/ports.ts';
import type { TxnOp } from '../../storage/txn-codec.ts';
import type { AccessControl } from '../auth/access-control.ts';
import type { Session } from '../session/session-tracker.ts';
import { MalformedRequestError } from './malformed-request-error.ts';
import type { NodeState, PendingChanges } from './pending-changes.ts';

export type PrepareOptions = {
  readonly extendedTypesEnabled: boolean;
  readonly emulate353TtlNodes: boolean;
  readonly enforceQuota: boolean;
  readonly closeSessionTxnEnabled: boolean;
  readonly reconfigEnabled: boolean;
  /** Largest answer to getData: a write that would make a larger one is refused. */
  readonly maxDataReplyBytes: number;
  /** Largest answer to getChildren2: a create that would make a larger one is refused. */
  readonly maxChildrenReplyBytes: number;
};

/** What the preparation of a write may look at. */
export type PrepareContext = {
  readonly options: PrepareOptions;
  readonly tree: DataTree;
  readonly pending: PendingChanges;
  readonly access: AccessControl;
  readonly log: Log;
  /** A hard quota refused a write below `path`. */
  readonly onQuotaExceeded: (path: string) => void;
};

/** The write being prepared: one of its own or one operation of a multi. */
export type WriteOrigin = {
  /** Null for the server's own requests. */
  readonly session: Session | null;
  readonly sessionId: Int64;
  readonly ids: readonly Id[];
  readonly zxid: Int64;
  /** Wall-clock ms, as the transaction's header has it. */
  readonly time: Int64;
};

/** What a write becomes: what the transaction does, or the error with which it is refused. */
export type Prepared<Op extends TxnOp = TxnOp> = Op | ErrorCode;

export function isRefused(prepared: Prepared): prepared is ErrorCode {
  return typeof prepared === 'number';
}

/** Whether the node is a session's ephemeral node. */
export function isSessionNode(context: PrepareContext, { ephemeralOwner }: NodeState): boolean {
  const type = ephemeralType(ephemeralOwner.hi, ephemeralOwner.lo, context.options);
  return type === EphemeralType.NORMAL;
}

/** A string that a request must have; Apache's server takes a null one for malformed. */
export function required(value: string | null, what: string): string {
  if (value === null) throw new MalformedRequestError(`${what} must not be null`);
  return value;
}

/** A session that is going away may not write any more. */
export function checkSession(origin: WriteOrigin): ErrorCode {
  return origin.session?.closing === true ? ErrorCode.SESSIONEXPIRED : ErrorCode.OK;
}

export function permits(
  context: PrepareContext,
  state: NodeState,
  permission: (typeof Permission)[keyof typeof Permission],
  origin: WriteOrigin,
): boolean {
  return context.access.permits(state.acl, permission, origin.ids);
}

/** −1 asks for no version in particular. */
export function versionMatches(expected: number, actual: number): boolean {
  return expected === -1 || expected === actual;
}

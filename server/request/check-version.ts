import { ErrorCode } from '../../protocol/error-code.ts';
import type { CheckVersionRequest } from '../../protocol/generated/proto.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { Permission } from '../../protocol/permission.ts';
import { validatePath } from '../../storage/path.ts';
import type { MultiOp } from '../../storage/txn-codec.ts';
import {
  checkSession,
  type PrepareContext,
  type Prepared,
  permits,
  versionMatches,
  type WriteOrigin,
} from './prepare-context.ts';

/** check, which is only allowed within a multi. The transaction carries the version after the one checked. */
export function prepareCheckVersion(
  context: PrepareContext,
  request: CheckVersionRequest,
  origin: WriteOrigin,
): Prepared<MultiOp> {
  const sessionError = checkSession(origin);
  if (sessionError !== ErrorCode.OK) return sessionError;
  const path = request.path;
  if (path === null || validatePath(path) !== null) return ErrorCode.BADARGUMENTS;
  const node = context.pending.find(path);
  if (node === undefined) return ErrorCode.NONODE;
  if (!permits(context, node, Permission.READ, origin)) return ErrorCode.NOAUTH;
  if (!versionMatches(request.version, node.version)) return ErrorCode.BADVERSION;
  return { type: OpCode.check, body: { path, version: (node.version + 1) | 0 } };
}

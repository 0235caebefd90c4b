import { ErrorCode } from '../../protocol/error-code.ts';
import type { SetACLRequest } from '../../protocol/generated/proto.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { Permission } from '../../protocol/permission.ts';
import { validatePath } from '../../storage/path.ts';
import {
  checkSession,
  type PrepareContext,
  type Prepared,
  permits,
  versionMatches,
  type WriteOrigin,
} from './prepare-context.ts';

/** setACL: `version` is the node's aversion; neither mtime nor mzxid changes, and no watch fires. */
export function prepareSetACL(
  context: PrepareContext,
  request: SetACLRequest,
  origin: WriteOrigin,
): Prepared {
  const sessionError = checkSession(origin);
  if (sessionError !== ErrorCode.OK) return sessionError;
  const path = request.path;
  if (path === null || validatePath(path) !== null) return ErrorCode.BADARGUMENTS;
  const acl = context.access.resolve(request.acl, origin.ids);
  if (acl === ErrorCode.INVALIDACL) return acl;
  const node = context.pending.find(path);
  if (node === undefined) return ErrorCode.NONODE;
  if (!permits(context, node, Permission.ADMIN, origin)) return ErrorCode.NOAUTH;
  if (!versionMatches(request.version, node.aversion)) return ErrorCode.BADVERSION;
  const aversion = (node.aversion + 1) | 0;
  context.pending.put({ ...node, zxid: origin.zxid, aversion, acl });
  return { type: OpCode.setACL, body: { path, acl, version: aversion } };
}

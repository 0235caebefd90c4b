import { ErrorCode } from '../../protocol/error-code.ts';
import type { DeleteContainerRequest, DeleteRequest } from '../../protocol/generated/proto.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { Permission } from '../../protocol/permission.ts';
import { isSpecialPath } from '../../storage/path.ts';
import type { MultiOp } from '../../storage/txn-codec.ts';
import type { NodeState } from './pending-changes.ts';
import {
  checkSession,
  isSessionNode,
  type PrepareContext,
  type Prepared,
  permits,
  required,
  versionMatches,
  type WriteOrigin,
} from './prepare-context.ts';

/** delete: the permission is asked of the parent; the node's own ACL does not matter. */
export function prepareDelete(
  context: PrepareContext,
  request: DeleteRequest,
  origin: WriteOrigin,
): Prepared<MultiOp> {
  const sessionError = checkSession(origin);
  if (sessionError !== ErrorCode.OK) return sessionError;
  const path = required(request.path, 'path');
  const parentPath = deletableFrom(path);
  if (parentPath === undefined) return ErrorCode.BADARGUMENTS;
  const parent = context.pending.find(parentPath);
  if (parent === undefined) return ErrorCode.NONODE;
  if (!permits(context, parent, Permission.DELETE, origin)) return ErrorCode.NOAUTH;
  const node = context.pending.find(path);
  if (node === undefined) return ErrorCode.NONODE;
  if (!versionMatches(request.version, node.version)) return ErrorCode.BADVERSION;
  if (node.childCount > 0) return ErrorCode.NOTEMPTY;
  removeNode(context, parent, path, origin);
  return { type: OpCode.delete, body: { path } };
}

/**
 * deleteContainer: the reaper's delete, which asks nobody's permission. It looks again: since the candidate
 * was found it may have got children.
 */
export function prepareDeleteContainer(
  context: PrepareContext,
  request: DeleteContainerRequest,
  origin: WriteOrigin,
): Prepared<MultiOp> {
  const path = required(request.path, 'path');
  const parentPath = deletableFrom(path);
  if (parentPath === undefined) return ErrorCode.BADARGUMENTS;
  const node = context.pending.find(path);
  if (node === undefined) return ErrorCode.NONODE;
  if (node.childCount > 0) return ErrorCode.NOTEMPTY;
  // A session's node is not the reaper's: one with the same name has taken the candidate's place.
  if (isSessionNode(context, node)) {
    return ErrorCode.BADVERSION;
  }
  const parent = context.pending.find(parentPath);
  if (parent === undefined) return ErrorCode.NONODE;
  removeNode(context, parent, path, origin);
  return { type: OpCode.deleteContainer, body: { path } };
}

/** The parent's path, or undefined if a node of this path is never deleted. */
function deletableFrom(path: string): string | undefined {
  const lastSlash = path.lastIndexOf('/');
  if (lastSlash < 0 || path.includes('\0') || isSpecialPath(path)) return undefined;
  return path.slice(0, lastSlash);
}

export function removeNode(
  context: PrepareContext,
  parent: NodeState,
  path: string,
  origin: WriteOrigin,
): void {
  const nameBytes = Buffer.byteLength(path.slice(path.lastIndexOf('/') + 1), 'utf8');
  context.pending.put({
    ...parent,
    zxid: origin.zxid,
    pzxid: origin.zxid,
    childCount: parent.childCount - 1,
    childrenBytes: parent.childrenBytes - 4 - nameBytes,
  });
  context.pending.remove(path, origin.zxid);
}

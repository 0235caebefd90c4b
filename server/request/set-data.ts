import { ErrorCode } from '../../protocol/error-code.ts';
import type { SetDataRequest } from '../../protocol/generated/proto.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { Permission } from '../../protocol/permission.ts';
import { contentCrc } from '../../storage/digest.ts';
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
import { dataReplyBytes, exceedsQuota, withTooMuchData } from './write-limits.ts';

export function prepareSetData(
  context: PrepareContext,
  request: SetDataRequest,
  origin: WriteOrigin,
): Prepared<MultiOp> {
  const sessionError = checkSession(origin);
  if (sessionError !== ErrorCode.OK) return sessionError;
  const path = request.path;
  if (path === null || validatePath(path) !== null) return ErrorCode.BADARGUMENTS;
  const node = context.pending.find(path);
  if (node === undefined) return ErrorCode.NONODE;
  if (!permits(context, node, Permission.WRITE, origin)) return ErrorCode.NOAUTH;
  const dataBytes = request.data?.length ?? 0;
  if (exceedsQuota(context, path, { bytes: dataBytes - node.dataBytes, count: 0 })) {
    return ErrorCode.QUOTAEXCEEDED;
  }
  if (!versionMatches(request.version, node.version)) return ErrorCode.BADVERSION;
  if (withTooMuchData(context, path, dataReplyBytes(dataBytes))) return ErrorCode.BADARGUMENTS;
  const version = (node.version + 1) | 0;
  context.pending.put({
    ...node,
    zxid: origin.zxid,
    mzxid: origin.zxid,
    mtime: origin.time,
    version,
    dataBytes,
    contentCrc: contentCrc(node.path, request.data),
  });
  return { type: OpCode.setData, body: { path, data: request.data, version } };
}

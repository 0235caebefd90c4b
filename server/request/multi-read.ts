import { ErrorCode } from '../../protocol/error-code.ts';
import { writeErrorResponse } from '../../protocol/generated/proto.ts';
import {
  type MultiReadOp,
  readMultiRequest,
  writeMultiEnd,
  writeMultiResultHeader,
} from '../../protocol/multi-codec.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { Permission } from '../../protocol/permission.ts';
import { MalformedRequestError } from './malformed-request-error.ts';
import type { ReadContext } from './read-context.ts';

/** multiRead: several getData and getChildren, each with a result or an error of its own. None of them watches. */
export function multiRead(read: ReadContext): ErrorCode {
  const multi = readMultiRequest(read.reader);
  if (multi.kind === 'write') throw new MalformedRequestError('a multiRead must only read');
  for (const op of multi.ops) answer(read, op);
  writeMultiEnd(read.writer);
  return ErrorCode.OK;
}

function answer(read: ReadContext, op: MultiReadOp): void {
  const { path } = op.request;
  if (path === null) throw new MalformedRequestError('path must not be null');
  const node = read.tree.find(path);
  const error =
    node < 0
      ? ErrorCode.NONODE
      : read.permits(node, Permission.READ)
        ? ErrorCode.OK
        : ErrorCode.NOAUTH;
  if (error !== ErrorCode.OK) {
    writeMultiResultHeader(read.writer, OpCode.error, error);
    writeErrorResponse(read.writer, { err: error });
    return;
  }
  writeMultiResultHeader(read.writer, op.type, 0);
  if (op.type === OpCode.getData) read.tree.writeDataAndStat(node, read.writer);
  else read.tree.writeChildren(node, read.writer);
}

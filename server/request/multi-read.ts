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
import type { ReadContext } from './read-context.ts';

/**
 * multiRead: several getData and getChildren, each with a result or an error of its own. None of them
 * watches. An operation that can't be carried out at all ends it: the results before it are still sent,
 * with the error in the reply's header.
 */
export function multiRead(read: ReadContext): ErrorCode {
  const multi = readMultiRequest(read.reader);
  let error: ErrorCode = multi.kind === 'write' ? ErrorCode.MARSHALLINGERROR : ErrorCode.OK;
  for (const op of multi.kind === 'read' ? multi.ops : []) {
    const { path } = op.request;
    if (path === null) {
      error = ErrorCode.MARSHALLINGERROR;
      break;
    }
    answer(read, op.type, path);
  }
  writeMultiEnd(read.writer);
  return error;
}

function answer(read: ReadContext, type: MultiReadOp['type'], path: string): void {
  const node = read.tree.find(path);
  const error = readError(read, node);
  if (error !== ErrorCode.OK) {
    writeMultiResultHeader(read.writer, OpCode.error, error);
    writeErrorResponse(read.writer, { err: error });
    return;
  }
  writeMultiResultHeader(read.writer, type, 0);
  if (type === OpCode.getData) read.tree.writeDataAndStat(node, read.writer);
  else read.tree.writeChildren(node, read.writer);
}

function readError(read: ReadContext, node: number): ErrorCode {
  if (node < 0) return ErrorCode.NONODE;
  return read.permits(node, Permission.READ) ? ErrorCode.OK : ErrorCode.NOAUTH;
}

import type { JuteReader, JuteWriter } from 'jute-ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { writeErrorResponse } from '../../protocol/generated/proto.ts';
import {
  type MultiWriteOp,
  readMultiRequest,
  writeMultiEnd,
  writeMultiResultHeader,
} from '../../protocol/multi-codec.ts';
import { OpCode } from '../../protocol/op-code.ts';
import type { OpResult } from '../../storage/data-tree.ts';
import type { MultiOp } from '../../storage/txn-codec.ts';
import { prepareCheckVersion } from './check-version.ts';
import { prepareCreate } from './create.ts';
import { prepareDelete } from './delete.ts';
import { MalformedRequestError } from './malformed-request-error.ts';
import {
  isRefused,
  type PrepareContext,
  type Prepared,
  required,
  type WriteOrigin,
} from './prepare-context.ts';
import { prepareSetData } from './set-data.ts';

/**
 * multi: all operations or none, each prepared against what those before it will have made. One that fails
 * takes the whole back; the ones behind it are not looked at. It is logged all the same, with its
 * error in its place, and has used up its zxid.
 *
 * @throws JuteError, MultiRequestError or MalformedRequestError if the request is malformed
 */
export function prepareMulti(
  context: PrepareContext,
  reader: JuteReader,
  origin: WriteOrigin,
): Prepared {
  const multi = readMultiRequest(reader);
  if (multi.kind === 'read') throw new MalformedRequestError('a multi must write; multiRead reads');
  for (const op of multi.ops) required(op.request.path, 'path');
  const ops: MultiOp[] = [];
  context.pending.atomically(() => {
    let failed = false;
    for (const op of multi.ops) {
      const prepared = failed ? ErrorCode.RUNTIMEINCONSISTENCY : prepareOp(context, op, origin);
      failed ||= isRefused(prepared);
      ops.push(isRefused(prepared) ? { type: OpCode.error, body: { err: prepared } } : prepared);
    }
    return !failed;
  });
  return { type: OpCode.multi, body: { ops } };
}

function prepareOp(
  context: PrepareContext,
  op: MultiWriteOp,
  origin: WriteOrigin,
): Prepared<MultiOp> {
  switch (op.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      return prepareCreate(context, op, origin);
    case OpCode.delete:
      return prepareDelete(context, op.request, origin);
    case OpCode.setData:
      return prepareSetData(context, op.request, origin);
    case OpCode.check:
      return prepareCheckVersion(context, op.request, origin);
  }
}

/**
 *   answer = {MultiHeader(type, false, err), record}*, MultiHeader(-1, true, -1)
 *
 * Creates of every kind but the plain one answer as create2 (OpResult.CreateResult).
 */
export function writeMultiResults(writer: JuteWriter, results: readonly OpResult[]): void {
  for (const result of results) writeMultiResult(writer, result);
  writeMultiEnd(writer);
}

function writeMultiResult(writer: JuteWriter, { type, err, path, stat }: OpResult): void {
  switch (type) {
    case OpCode.create:
      writeMultiResultHeader(writer, OpCode.create, 0);
      writer.writeString(path);
      break;
    case OpCode.create2:
    case OpCode.createTTL:
    case OpCode.createContainer:
      writeMultiResultHeader(writer, OpCode.create2, 0);
      writer.writeString(path);
      writer.writeBytes(stat as Buffer);
      break;
    case OpCode.delete:
    case OpCode.deleteContainer:
      writeMultiResultHeader(writer, OpCode.delete, 0);
      break;
    case OpCode.setData:
      writeMultiResultHeader(writer, OpCode.setData, 0);
      writer.writeBytes(stat as Buffer);
      break;
    case OpCode.check:
      writeMultiResultHeader(writer, OpCode.check, 0);
      break;
    default:
      writeMultiResultHeader(writer, OpCode.error, err);
      writeErrorResponse(writer, { err });
  }
}

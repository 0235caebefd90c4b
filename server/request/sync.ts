import { ErrorCode } from '../../protocol/error-code.ts';
import { readSyncRequest } from '../../protocol/generated/proto.ts';
import type { ReadContext } from './read-context.ts';

/** sync: answered in its turn behind the session's earlier writes; the path is only repeated. */
export function sync(read: ReadContext): ErrorCode {
  read.writer.writeString(readSyncRequest(read.reader).path);
  return ErrorCode.OK;
}

/** ping */
export function ping(): ErrorCode {
  return ErrorCode.OK;
}

import { ErrorCode } from '../../protocol/error-code.ts';
import { writeClientInfo } from '../../protocol/generated/data.ts';
import type { ReadContext } from './read-context.ts';

/** whoAmI: the connection's identities, without what a scheme keeps private. */
export function whoAmI(read: ReadContext): ErrorCode {
  read.writer.writeCount(read.ids.length);
  for (const { scheme, id } of read.ids) {
    const user = read.access.provider(scheme)?.userName(id ?? '') ?? '';
    writeClientInfo(read.writer, { authScheme: scheme, user });
  }
  return ErrorCode.OK;
}

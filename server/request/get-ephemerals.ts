import { ErrorCode } from '../../protocol/error-code.ts';
import { readGetEphemeralsRequest } from '../../protocol/generated/proto.ts';
import type { ReadContext } from './read-context.ts';

/** getEphemerals: the caller's own ephemeral nodes whose path begins with a prefix; blank or `/` means all. */
export function getEphemerals(read: ReadContext): ErrorCode {
  const prefix = readGetEphemeralsRequest(read.reader).prefixPath ?? '';
  const own = read.tree.ephemeralPaths(read.session.id);
  const trimmed = prefix.trim();
  const all = trimmed === '' || trimmed === '/';
  const paths = all ? own : own.filter((path) => path.startsWith(prefix));
  read.writer.writeCount(paths.length);
  for (const path of paths) read.writer.writeString(path);
  return ErrorCode.OK;
}

import { ErrorCode } from '../../protocol/error-code.ts';
import { readGetEphemeralsRequest } from '../../protocol/generated/proto.ts';
import type { ReadContext } from './read-context.ts';

/** getEphemerals: the caller's own ephemeral nodes whose path begins with a prefix; blank or `/` means all. */
export function getEphemerals(read: ReadContext): ErrorCode {
  const prefix = readGetEphemeralsRequest(read.reader).prefixPath ?? '';
  const own = read.tree.ephemeralPaths(read.session.id);
  const trimmed = trimLikeJava(prefix);
  const all = trimmed === '' || trimmed === '/';
  const paths = all ? own : own.filter((path) => path.startsWith(prefix));
  read.writer.writeCount(paths.length);
  for (const path of paths) read.writer.writeString(path);
  return ErrorCode.OK;
}

const SPACE = 0x20;

/** Blank to Java's `trim` is every character up to the space, and no other. */
function trimLikeJava(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= SPACE) start += 1;
  while (start < end && text.charCodeAt(end - 1) <= SPACE) end -= 1;
  return text.slice(start, end);
}

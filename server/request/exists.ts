import { ErrorCode } from '../../protocol/error-code.ts';
import { Permission } from '../../protocol/permission.ts';
import { WatchMode } from '../watch/watch-table.ts';
import type { ReadContext } from './read-context.ts';

/** exists: a missing node is an error and is watched all the same. */
export function exists(read: ReadContext): ErrorCode {
  const node = read.readNode('ExistsRequest.path');
  const watch = read.reader.readBool();
  if (read.pathHasNul) return ErrorCode.BADARGUMENTS;
  if (node >= 0 && !read.permits(node, Permission.READ)) return ErrorCode.NOAUTH;
  if (watch) read.watches.data.add(read.path, read.watcher, WatchMode.STANDARD);
  if (node < 0) return ErrorCode.NONODE;
  read.tree.writeStat(node, read.writer);
  return ErrorCode.OK;
}

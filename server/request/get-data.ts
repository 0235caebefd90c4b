import { ErrorCode } from '../../protocol/error-code.ts';
import { Permission } from '../../protocol/permission.ts';
import { WatchMode } from '../watch/watch-table.ts';
import type { ReadContext } from './read-context.ts';

/** getData: the path is not validated, a bad one just has no node. A missing node is not watched. */
export function getData(read: ReadContext): ErrorCode {
  const node = read.readNode('GetDataRequest.path');
  const watch = read.reader.readBool();
  if (node < 0) return ErrorCode.NONODE;
  if (!read.permits(node, Permission.READ)) return ErrorCode.NOAUTH;
  if (watch) read.watches.data.add(read.path, read.watcher, WatchMode.STANDARD);
  read.tree.writeDataAndStat(node, read.writer);
  return ErrorCode.OK;
}

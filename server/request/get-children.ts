import { ErrorCode } from '../../protocol/error-code.ts';
import { Permission } from '../../protocol/permission.ts';
import { WatchMode } from '../watch/watch-table.ts';
import type { ReadContext } from './read-context.ts';

/** getChildren */
export function getChildren(read: ReadContext): ErrorCode {
  return listChildren(read, false);
}

/** getChildren2: the node's Stat follows the list. */
export function getChildren2(read: ReadContext): ErrorCode {
  return listChildren(read, true);
}

function listChildren(read: ReadContext, withStat: boolean): ErrorCode {
  const node = read.readNode('GetChildrenRequest.path');
  const watch = read.reader.readBool();
  if (node < 0) return ErrorCode.NONODE;
  if (!read.permits(node, Permission.READ)) return ErrorCode.NOAUTH;
  if (watch) read.watches.children.add(read.path, read.watcher, WatchMode.STANDARD);
  read.tree.writeChildren(node, read.writer);
  if (withStat) read.tree.writeStat(node, read.writer);
  return ErrorCode.OK;
}

/** getAllChildrenNumber: how many nodes there are below, at any depth. */
export function getAllChildrenNumber(read: ReadContext): ErrorCode {
  const node = read.readNode('GetAllChildrenNumberRequest.path');
  if (node < 0) return ErrorCode.NONODE;
  if (!read.permits(node, Permission.READ)) return ErrorCode.NOAUTH;
  // Apache's server knows the root under two names, "" and "/", and counts the other one below the first.
  const alias = read.pathIsEmpty ? 1 : 0;
  read.writer.writeInt(read.tree.descendantCount(node) + alias);
  return ErrorCode.OK;
}

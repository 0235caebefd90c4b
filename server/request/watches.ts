import { ErrorCode } from '../../protocol/error-code.ts';
import {
  readAddWatchRequest,
  readCheckWatchesRequest,
  readRemoveWatchesRequest,
  readSetWatches,
  readSetWatches2,
} from '../../protocol/generated/proto.ts';
import { AddWatchMode, isWatcherType } from '../../protocol/watch-event.ts';
import { toWatchedPath } from '../watch/watch-manager.ts';
import { MalformedRequestError } from './malformed-request-error.ts';
import type { ReadContext } from './read-context.ts';

/** setWatches: a client's watches after it came back. */
export function setWatches(read: ReadContext): ErrorCode {
  const request = readSetWatches(read.reader);
  const persistent = { persistentWatches: [], persistentRecursiveWatches: [] };
  read.watches.setWatches(read.tree, { ...request, ...persistent }, read.watcher);
  return ErrorCode.OK;
}

/** setWatches2: with persistent watches too. */
export function setWatches2(read: ReadContext): ErrorCode {
  read.watches.setWatches(read.tree, readSetWatches2(read.reader), read.watcher);
  return ErrorCode.OK;
}

/** addWatch */
export function addWatch(read: ReadContext): ErrorCode {
  const { path, mode } = readAddWatchRequest(read.reader);
  if (mode !== AddWatchMode.PERSISTENT && mode !== AddWatchMode.PERSISTENT_RECURSIVE) {
    throw new MalformedRequestError(`${mode} is not a mode of addWatch`);
  }
  read.watches.addWatch(toWatchedPath(path), read.watcher, mode);
  // The answer's body is an ErrorResponse that says «none».
  read.writer.writeInt(0);
  return ErrorCode.OK;
}

/** checkWatches: whether the connection has such a watch. */
export function checkWatches(read: ReadContext): ErrorCode {
  const { path, type } = readCheckWatchesRequest(read.reader);
  if (!isWatcherType(type)) throw new MalformedRequestError(`${type} is not a type of watch`);
  return read.watches.contains(toWatchedPath(path), type, read.watcher)
    ? ErrorCode.OK
    : ErrorCode.NOWATCHER;
}

/** removeWatches */
export function removeWatches(read: ReadContext): ErrorCode {
  const { path, type } = readRemoveWatchesRequest(read.reader);
  if (!isWatcherType(type)) throw new MalformedRequestError(`${type} is not a type of watch`);
  return read.watches.remove(toWatchedPath(path), type, read.watcher)
    ? ErrorCode.OK
    : ErrorCode.NOWATCHER;
}

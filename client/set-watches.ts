import { type Int64, stringBytes } from 'jute-ts';
import {
  sizeSetWatches,
  sizeSetWatches2,
  writeSetWatches,
  writeSetWatches2,
} from '../protocol/generated/proto.ts';
import { OpCode } from '../protocol/op-code.ts';
import { Xid } from '../protocol/watch-event.ts';
import { encodeFrame, setFrameXid } from './request.ts';
import type { WatchKind } from './watch.ts';
import type { WatchedPaths } from './watch-registry.ts';

/** Path bytes of one setWatches, as ZooKeeper's own client has it: well below any server's jute.maxbuffer. */
export const SET_WATCHES_BATCH_BYTES: number = 128 * 1024;

const KINDS: readonly WatchKind[] = ['data', 'exist', 'child', 'persistent', 'recursive'];

type Batch = { readonly [kind in WatchKind]: string[] };

/**
 * The frames that tell a new connection of all watches: requests setWatches, or setWatches2 where a batch has persistent
 * watches, which servers before 3.6 do not know. No batch has more than `SET_WATCHES_BATCH_BYTES` of paths, unless one
 * path alone has. The server makes up for what `relativeZxid` (the last zxid this client has seen) has missed.
 */
export function encodeSetWatches(watched: WatchedPaths, relativeZxid: Int64): readonly Buffer[] {
  return split(watched).map((batch) => encodeBatch(batch, relativeZxid));
}

function split(watched: WatchedPaths): readonly Batch[] {
  const batches: Batch[] = [];
  let batch: Batch | undefined;
  let bytes = 0;
  for (const kind of KINDS) {
    for (const path of watched[kind]) {
      const pathBytes = stringBytes(path);
      if (batch === undefined || bytes + pathBytes > SET_WATCHES_BATCH_BYTES) {
        batch = { data: [], exist: [], child: [], persistent: [], recursive: [] };
        batches.push(batch);
        bytes = 0;
      }
      batch[kind].push(path);
      bytes += pathBytes;
    }
  }
  return batches;
}

function encodeBatch(batch: Batch, relativeZxid: Int64): Buffer {
  const oneShot = {
    relativeZxid,
    dataWatches: batch.data,
    existWatches: batch.exist,
    childWatches: batch.child,
  };
  const all = {
    ...oneShot,
    persistentWatches: batch.persistent,
    persistentRecursiveWatches: batch.recursive,
  };
  const isOneShot = batch.persistent.length === 0 && batch.recursive.length === 0;
  const frame = isOneShot
    ? encodeFrame(OpCode.setWatches, oneShot, { size: sizeSetWatches, write: writeSetWatches })
    : encodeFrame(OpCode.setWatches2, all, { size: sizeSetWatches2, write: writeSetWatches2 });
  setFrameXid(frame, Xid.SET_WATCHES);
  return frame;
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeSetWatches, SET_WATCHES_BATCH_BYTES } from '../../../client/set-watches.ts';
import type { WatchedPaths } from '../../../client/watch-registry.ts';
import { readSetWatches, readSetWatches2 } from '../../../protocol/generated/proto.ts';
import { int64FromNumber } from '../../../protocol/int64.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { Xid } from '../../../protocol/watch-event.ts';
import { readRequest } from './server-frames.ts';

const NONE: WatchedPaths = { data: [], exist: [], child: [], persistent: [], recursive: [] };
const ZXID = int64FromNumber(0x1_0000_0007);

test('without watches there is nothing to tell', () => {
  assert.deepEqual(encodeSetWatches(NONE, ZXID), []);
});

test('one-shot watches go into a setWatches, which every server knows', () => {
  const watched = { ...NONE, data: ['/d'], exist: ['/e', '/f'], child: ['/c'] };
  const [frame, ...others] = encodeSetWatches(watched, ZXID);
  assert.deepEqual(others, []);
  assert(frame !== undefined);
  const { xid, type, body } = readRequest(frame);
  assert.equal(xid, Xid.SET_WATCHES);
  assert.equal(type, OpCode.setWatches);
  assert.deepEqual(readSetWatches(body), {
    relativeZxid: ZXID,
    dataWatches: ['/d'],
    existWatches: ['/e', '/f'],
    childWatches: ['/c'],
  });
  assert.equal(body.remaining, 0);
});

test('a batch holds at most 128 KiB of paths, and only one with persistent watches is a setWatches2', () => {
  const paths = (prefix: string): string[] =>
    Array.from({ length: 1000 }, (_, i) => `/${prefix}${String(i).padStart(90, '-')}`);
  const watched = { ...NONE, data: paths('d'), child: paths('c'), recursive: paths('r') };
  const frames = encodeSetWatches(watched, ZXID);
  const requests = frames.map((frame) => readRequest(frame));
  assert.deepEqual(
    requests.map(({ type }) => type),
    [OpCode.setWatches, OpCode.setWatches2, OpCode.setWatches2],
  );
  const told = requests.map(({ type, body }) =>
    type === OpCode.setWatches
      ? { ...readSetWatches(body), persistentWatches: [], persistentRecursiveWatches: [] }
      : readSetWatches2(body),
  );
  assert.deepEqual(
    told.flatMap((one) => one.dataWatches),
    watched.data,
  );
  assert.deepEqual(
    told.flatMap((one) => one.childWatches),
    watched.child,
  );
  assert.deepEqual(
    told.flatMap((one) => one.persistentRecursiveWatches),
    watched.recursive,
  );
  assert(told.every(({ relativeZxid }) => relativeZxid.hi === 1 && relativeZxid.lo === 7));
  for (const frame of frames) assert(frame.length < SET_WATCHES_BATCH_BYTES + 100);
});

test('a path that is longer than a batch gets one of its own', () => {
  const long = `/${'x'.repeat(SET_WATCHES_BATCH_BYTES)}`;
  const frames = encodeSetWatches({ ...NONE, data: ['/a', long, '/b'] }, ZXID);
  assert.deepEqual(
    frames.map((frame) => readSetWatches(readRequest(frame).body).dataWatches),
    [['/a'], [long], ['/b']],
  );
});

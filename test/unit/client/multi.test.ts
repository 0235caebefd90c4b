import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JuteReader, type JuteWriter } from 'jute-ts';
import { Chroot } from '../../../client/chroot.ts';
import { MultiError, type MultiOp, multi, multiRead } from '../../../client/multi.ts';
import { CreateMode } from '../../../protocol/create-mode.ts';
import { ErrorCode } from '../../../protocol/error-code.ts';
import { writeCreateResponse, writeErrorResponse } from '../../../protocol/generated/proto.ts';
import {
  readMultiRequest,
  writeMultiEnd,
  writeMultiResultHeader,
} from '../../../protocol/multi-codec.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { frame, readRequest } from './server-frames.ts';

const CHROOT = new Chroot('/app');

function answer<T>(
  request: { readonly decode: (reader: JuteReader) => T },
  write: (writer: JuteWriter) => void,
): T {
  return request.decode(new JuteReader().reset(frame(write), 4));
}

test('every step goes out with the type of its kind and mode, below the chroot', () => {
  const data = Buffer.from('x');
  const ops: readonly MultiOp[] = [
    { kind: 'create', path: '/a', data },
    { kind: 'create', path: '/b', withStat: true, mode: CreateMode.EPHEMERAL_SEQUENTIAL },
    { kind: 'create', path: '/c', mode: CreateMode.CONTAINER },
    { kind: 'create', path: '/d', mode: CreateMode.PERSISTENT_WITH_TTL, ttlMs: 5 },
    { kind: 'setData', path: '/a', data: null, version: 3 },
    { kind: 'check', path: '/', version: 4 },
    { kind: 'delete', path: '/a' },
  ];
  const { type, body } = readRequest(multi(ops, CHROOT).frame);
  assert.equal(type, OpCode.multi);
  const read = readMultiRequest(body);
  assert.equal(body.remaining, 0);
  assert.deepEqual(
    read.ops.map((op) => [op.type, op.request.path]),
    [
      [OpCode.create, '/app/a'],
      [OpCode.create2, '/app/b'],
      [OpCode.createContainer, '/app/c'],
      [OpCode.createTTL, '/app/d'],
      [OpCode.setData, '/app/a'],
      [OpCode.check, '/app'],
      [OpCode.delete, '/app/a'],
    ],
  );
  const versions = read.ops.flatMap(({ request }) =>
    'version' in request ? [request.version] : [],
  );
  assert.deepEqual(versions, [3, 4, -1]);
});

test('reads go out as a multiRead without watches', () => {
  const request = multiRead(
    [
      { kind: 'getData', path: '/a' },
      { kind: 'getChildren', path: '/b' },
    ],
    CHROOT,
  );
  const { type, body } = readRequest(request.frame);
  assert.equal(type, OpCode.multiRead);
  assert.deepEqual(readMultiRequest(body), {
    kind: 'read',
    ops: [
      { type: OpCode.getData, request: { path: '/app/a', watch: false } },
      { type: OpCode.getChildren, request: { path: '/app/b', watch: false } },
    ],
  });
});

test('results come back in order, without the chroot', () => {
  const request = multi(
    [
      { kind: 'create', path: '/a' },
      { kind: 'check', path: '/a' },
    ],
    CHROOT,
  );
  const results = answer(request, (w) => {
    writeMultiResultHeader(w, OpCode.create, 0);
    writeCreateResponse(w, { path: '/app/a' });
    writeMultiResultHeader(w, OpCode.check, 0);
    writeMultiEnd(w);
  });
  assert.deepEqual(results, [{ kind: 'create', path: '/a', stat: null }, { kind: 'check' }]);
});

test('a refused multi is an error that names the first step that could not be done', () => {
  const ops: readonly MultiOp[] = ['/a', '/b', '/c'].map((path) => ({ kind: 'delete', path }));
  const codes = [0, ErrorCode.NOTEMPTY, ErrorCode.RUNTIMEINCONSISTENCY];
  const failed = answer(multi(ops, CHROOT), (w) => {
    for (const err of codes) {
      writeMultiResultHeader(w, -1, err);
      writeErrorResponse(w, { err });
    }
    writeMultiEnd(w);
  });
  assert(failed instanceof MultiError);
  assert.equal(failed.name, 'NOTEMPTY');
  assert.equal(failed.code, ErrorCode.NOTEMPTY);
  assert.equal(failed.index, 1);
  assert.equal(failed.path, '/b');
  assert.deepEqual(failed.codes, codes);
});

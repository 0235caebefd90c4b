import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JuteError, JuteReader, JuteWriter } from 'jute-ts';
import { CreateMode } from '../../../protocol/create-mode.ts';
import {
  writeCheckVersionRequest,
  writeCreateRequest,
  writeCreateTTLRequest,
  writeDeleteRequest,
  writeGetDataRequest,
  writeMultiHeader,
  writeSetDataRequest,
} from '../../../protocol/generated/proto.ts';
import {
  MultiRequestError,
  readMultiRequest,
  writeMultiEnd,
  writeMultiResultHeader,
} from '../../../protocol/multi-codec.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { OPEN_ACL_UNSAFE } from '../../../protocol/permission.ts';

type Part = { readonly type: number; readonly write: (writer: JuteWriter) => void };

const DATA = Buffer.from('d');
const PATH = '/a';

function createPart(type: number, flags: number, acl: typeof OPEN_ACL_UNSAFE | null): Part {
  return { type, write: (w) => writeCreateRequest(w, { path: PATH, data: DATA, acl, flags }) };
}

function ttlPart(flags: number): Part {
  const request = { path: PATH, data: DATA, acl: OPEN_ACL_UNSAFE, flags, ttl: { hi: 0, lo: 5 } };
  return { type: OpCode.createTTL, write: (w) => writeCreateTTLRequest(w, request) };
}

function readPart(type: number, watch = false): Part {
  return { type, write: (w) => writeGetDataRequest(w, { path: PATH, watch }) };
}

const SET_DATA: Part = {
  type: OpCode.setData,
  write: (w) => writeSetDataRequest(w, { path: PATH, data: DATA, version: 3 }),
};
const DELETE: Part = {
  type: OpCode.delete,
  write: (w) => writeDeleteRequest(w, { path: PATH, version: 4 }),
};
const CHECK: Part = {
  type: OpCode.check,
  write: (w) => writeCheckVersionRequest(w, { path: PATH, version: 5 }),
};

function bytesOf(parts: readonly Part[]): Buffer {
  const writer = new JuteWriter().reset(Buffer.alloc(4096));
  for (const { type, write } of parts) {
    writeMultiHeader(writer, { type, done: false, err: -1 });
    write(writer);
  }
  writeMultiEnd(writer);
  return writer.buffer.subarray(0, writer.offset);
}

function readMulti(...parts: Part[]): ReturnType<typeof readMultiRequest> {
  return readMultiRequest(new JuteReader().reset(bytesOf(parts)));
}

test('a multi that writes has its operations in order', () => {
  const multi = readMulti(createPart(OpCode.create, 0, OPEN_ACL_UNSAFE), SET_DATA, DELETE, CHECK);
  assert.deepEqual(multi, {
    kind: 'write',
    ops: [
      {
        type: OpCode.create,
        request: { path: PATH, data: DATA, acl: OPEN_ACL_UNSAFE, flags: 0 },
      },
      { type: OpCode.setData, request: { path: PATH, data: DATA, version: 3 } },
      { type: OpCode.delete, request: { path: PATH, version: 4 } },
      { type: OpCode.check, request: { path: PATH, version: 5 } },
    ],
  });
});

test('a multi that reads has its operations in order', () => {
  const multi = readMulti(readPart(OpCode.getChildren), readPart(OpCode.getData, true));
  assert.deepEqual(multi, {
    kind: 'read',
    ops: [
      { type: OpCode.getChildren, request: { path: PATH, watch: false } },
      { type: OpCode.getData, request: { path: PATH, watch: true } },
    ],
  });
});

test('a multi may be empty', () => {
  assert.deepEqual(readMulti(), { kind: 'empty', ops: [] });
});

/** As which operation a create is carried out, by its own type and its flags; undefined: the multi is malformed. */
const CREATES: readonly {
  readonly type: number;
  readonly flags: number;
  readonly becomes: number | undefined;
}[] = [
  ...[OpCode.create, OpCode.create2, OpCode.createContainer].flatMap((type) => [
    { type, flags: CreateMode.PERSISTENT, becomes: type },
    { type, flags: CreateMode.EPHEMERAL, becomes: type },
    { type, flags: CreateMode.PERSISTENT_SEQUENTIAL, becomes: type },
    { type, flags: CreateMode.EPHEMERAL_SEQUENTIAL, becomes: type },
    { type, flags: CreateMode.CONTAINER, becomes: OpCode.createContainer },
    { type, flags: CreateMode.PERSISTENT_WITH_TTL, becomes: undefined },
    { type, flags: CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL, becomes: undefined },
    { type, flags: 7, becomes: undefined },
    { type, flags: -1, becomes: undefined },
  ]),
  { type: OpCode.createTTL, flags: CreateMode.PERSISTENT, becomes: OpCode.create },
  { type: OpCode.createTTL, flags: CreateMode.EPHEMERAL_SEQUENTIAL, becomes: OpCode.create },
  { type: OpCode.createTTL, flags: CreateMode.CONTAINER, becomes: OpCode.createContainer },
  { type: OpCode.createTTL, flags: CreateMode.PERSISTENT_WITH_TTL, becomes: OpCode.createTTL },
  // Unlike the others it does not look at whether its flags are a mode; the preparation does.
  { type: OpCode.createTTL, flags: 99, becomes: OpCode.create },
  {
    type: OpCode.createTTL,
    flags: CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL,
    becomes: OpCode.createTTL,
  },
];

for (const { type, flags, becomes } of CREATES) {
  const what = becomes === undefined ? 'is malformed' : `is carried out as ${becomes}`;
  test(`create operation ${type} with flags ${flags} ${what}`, () => {
    const part =
      type === OpCode.createTTL ? ttlPart(flags) : createPart(type, flags, OPEN_ACL_UNSAFE);
    if (becomes === undefined) {
      assert.throws(() => readMulti(part), MultiRequestError);
      return;
    }
    const [op] = readMulti(part).ops;
    assert.equal(op?.type, becomes);
    assert.equal(op !== undefined && 'flags' in op.request ? op.request.flags : undefined, flags);
    assert.equal(op !== undefined && 'ttl' in op.request, becomes === OpCode.createTTL);
  });
}

test('a create in a multi needs an ACL', () => {
  assert.throws(() => readMulti(createPart(OpCode.create, 0, null)), MultiRequestError);
});

test('reading and writing do not go together, in either order', () => {
  assert.throws(() => readMulti(DELETE, readPart(OpCode.getData)), MultiRequestError);
  assert.throws(() => readMulti(readPart(OpCode.getChildren), CHECK), MultiRequestError);
});

test('no other operation can be part of a multi', () => {
  const allowed: ReadonlySet<number> = new Set([1, 2, 4, 5, 8, 13, 15, 19, 21]);
  for (const type of [...Object.values(OpCode), 10, 23, 999, -1, -100, 0x7fff_ffff]) {
    if (allowed.has(type)) continue;
    assert.throws(() => readMulti({ type, write: () => {} }), MultiRequestError, `${type}`);
  }
});

test('what follows the end is not looked at', () => {
  const bytes = Buffer.concat([bytesOf([DELETE]), Buffer.from('deadbeef', 'hex')]);
  assert.equal(readMultiRequest(new JuteReader().reset(bytes)).ops.length, 1);
});

test('a multi that is cut anywhere is malformed', () => {
  const bytes = bytesOf([createPart(OpCode.create2, 2, OPEN_ACL_UNSAFE), SET_DATA, CHECK]);
  for (let length = 0; length < bytes.length; length += 1) {
    // The last four bytes are the err of the end, which nobody needs but everybody reads.
    assert.throws(
      () => readMultiRequest(new JuteReader().reset(bytes, 0, length)),
      JuteError,
      `${length} of ${bytes.length} bytes`,
    );
  }
});

test('headers of results are written as MultiHeaders', () => {
  const writer = new JuteWriter().reset(Buffer.alloc(64));
  writeMultiResultHeader(writer, OpCode.create2, 0);
  writeMultiResultHeader(writer, OpCode.error, -101);
  writeMultiEnd(writer);
  assert.equal(
    writer.buffer.toString('hex', 0, writer.offset),
    '0000000f0000000000ffffffff00ffffff9bffffffff01ffffffff',
  );
});

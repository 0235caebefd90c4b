/** getEphemerals, whoAmI, sync, ping, multiRead. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JuteReader } from 'jute-ts';
import { readClientInfo, readStat } from '../../../../protocol/generated/data.ts';
import { readMultiHeader } from '../../../../protocol/generated/proto.ts';
import { OpCode } from '../../../../protocol/op-code.ts';
import { create as createRequest, multi, onPath, read } from '../../../vectors/requests.ts';
import { create } from '../../storage/tree-txns.ts';
import { ReadFixture, WRITE_ONLY_ACL } from './read-fixture.ts';

const OTHER_SESSION = { hi: 0x0100_0000, lo: 99 };

function strings(body: JuteReader): string[] {
  return Array.from({ length: body.readCount(4) }, () => body.readString() ?? 'null');
}

const PREFIXES: readonly (readonly [prefix: string | null, paths: readonly string[]])[] = [
  [null, ['/a/e1', '/ab']],
  ['', ['/a/e1', '/ab']],
  ['   ', ['/a/e1', '/ab']],
  ['/', ['/a/e1', '/ab']],
  [' / ', ['/a/e1', '/ab']],
  ['/a', ['/a/e1', '/ab']],
  ['/a/', ['/a/e1']],
  ['/ab', ['/ab']],
  ['/b', []],
  ['a', []],
  ['/theirs', []],
];

for (const [prefix, paths] of PREFIXES) {
  test(`getEphemerals with prefix ${JSON.stringify(prefix)} answers [${paths}]`, () => {
    const f = new ReadFixture([
      create('/a'),
      create('/a/e1', { ephemeral: true }),
      create('/ab', { ephemeral: true }),
    ]);
    f.make(create('/theirs', { ephemeral: true }), OTHER_SESSION);
    const { verdict, body } = f.answer(onPath(OpCode.getEphemerals, prefix));
    assert.equal(verdict, 'OK');
    assert.deepEqual(strings(body).sort(), paths);
  });
}

test('whoAmI answers the identities without what is private', () => {
  const f = new ReadFixture();
  f.ids = [
    { scheme: 'ip', id: '10.0.0.7' },
    { scheme: 'digest', id: 'user:hash' },
    { scheme: 'super', id: '' },
  ];
  const { body } = f.answer({ op: OpCode.whoAmI, write: () => {} });
  const infos = Array.from({ length: body.readCount(8) }, () => readClientInfo(body));
  assert.deepEqual(infos, [
    { authScheme: 'ip', user: '10.0.0.7' },
    { authScheme: 'digest', user: 'user' },
    { authScheme: 'super', user: '' },
  ]);
});

test('sync repeats the path, whatever it is', () => {
  const f = new ReadFixture();
  for (const path of ['/a', 'not a path', '', null]) {
    const { verdict, body } = f.answer(onPath(OpCode.sync, path));
    assert.equal(verdict, 'OK');
    assert.equal(body.readString(), path);
  }
  assert.equal(f.answerBytes(OpCode.sync, Buffer.alloc(2)).verdict, 'MARSHALLINGERROR');
});

test('a ping has no body, to read or to write', () => {
  const { verdict, body } = new ReadFixture().answerBytes(OpCode.ping, Buffer.from('junk'));
  assert.deepEqual([verdict, body.remaining], ['OK', 0]);
});

// -- multiRead ------------------------------------------------------------------------------------------

const { getData, getChildren, multiRead } = OpCode;

test('multiRead answers each operation by itself, and watches nothing', () => {
  const f = new ReadFixture([
    create('/a', { data: Buffer.from('data') }),
    create('/a/x'),
    create('/closed', { acl: WRITE_ONLY_ACL }),
  ]);
  const { verdict, body } = f.answer(
    multi(multiRead, [
      read(getData, '/a', true),
      read(getData, '/missing', true),
      read(getChildren, '/a', true),
      read(getChildren, '/closed', true),
    ]),
  );
  assert.equal(verdict, 'OK');
  assert.deepEqual(readMultiHeader(body), { type: getData, done: false, err: 0 });
  assert.equal(body.readBuffer()?.toString(), 'data');
  assert.equal(readStat(body).numChildren, 1);
  assert.deepEqual(readMultiHeader(body), { type: -1, done: false, err: -101 });
  assert.equal(body.readInt(), -101);
  assert.deepEqual(readMultiHeader(body), { type: getChildren, done: false, err: 0 });
  assert.deepEqual(strings(body), ['x']);
  assert.deepEqual(readMultiHeader(body), { type: -1, done: false, err: -102 });
  assert.equal(body.readInt(), -102);
  assert.deepEqual(readMultiHeader(body), { type: -1, done: true, err: -1 });
  assert.equal(body.remaining, 0);
  assert.equal(f.watches.watchCount, 0);
});

test('an empty multiRead has an empty answer', () => {
  const { verdict, body } = new ReadFixture().answer(multi(multiRead, []));
  assert.equal(verdict, 'OK');
  assert.deepEqual(readMultiHeader(body), { type: -1, done: true, err: -1 });
});

test('a multiRead that writes is malformed', () => {
  const { verdict } = new ReadFixture().answer(multi(multiRead, [createRequest('/a')]));
  assert.equal(verdict, 'MARSHALLINGERROR');
});

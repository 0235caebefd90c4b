/** exists, getData, getChildren, getChildren2, getAllChildrenNumber, getACL. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readACL, readStat } from '../../../../protocol/generated/data.ts';
import { OpCode } from '../../../../protocol/op-code.ts';
import { type Operation, onPath, read } from '../../../vectors/requests.ts';
import { create } from '../../storage/tree-txns.ts';
import { ReadFixture, WRITE_ONLY_ACL } from './read-fixture.ts';

const { exists, getData, getChildren, getChildren2, getAllChildrenNumber, getACL } = OpCode;

function fixture(): ReadFixture {
  return new ReadFixture([
    create('/a', { data: Buffer.from('data') }),
    create('/a/x'),
    create('/a/x/y'),
    create('/a/z'),
    create('/null', { data: null }),
    create('/closed', { acl: WRITE_ONLY_ACL }),
  ]);
}

/** An operation on a path that asks for a watch where it can, its answer, and the watch that it leaves. */
const ANSWERS: readonly {
  readonly op: number;
  readonly path: string;
  readonly verdict: string;
  readonly watched: readonly string[];
}[] = [
  { op: exists, path: '/a', verdict: 'OK', watched: ['data'] },
  { op: exists, path: '/missing', verdict: 'NONODE', watched: ['data'] },
  { op: exists, path: '/closed', verdict: 'NOAUTH', watched: [] },
  { op: exists, path: '/missing/\0', verdict: 'BADARGUMENTS', watched: [] },
  { op: exists, path: 'no slash', verdict: 'NONODE', watched: ['data'] },
  { op: getData, path: '/a', verdict: 'OK', watched: ['data'] },
  { op: getData, path: '/missing', verdict: 'NONODE', watched: [] },
  { op: getData, path: '/closed', verdict: 'NOAUTH', watched: [] },
  { op: getData, path: '/missing/\0', verdict: 'NONODE', watched: [] },
  { op: getChildren, path: '/a', verdict: 'OK', watched: ['children'] },
  { op: getChildren, path: '/missing', verdict: 'NONODE', watched: [] },
  { op: getChildren, path: '/closed', verdict: 'NOAUTH', watched: [] },
  { op: getChildren2, path: '/a', verdict: 'OK', watched: ['children'] },
  { op: getChildren2, path: '/missing', verdict: 'NONODE', watched: [] },
  { op: getChildren2, path: '/closed', verdict: 'NOAUTH', watched: [] },
  { op: getAllChildrenNumber, path: '/a', verdict: 'OK', watched: [] },
  { op: getAllChildrenNumber, path: '/missing', verdict: 'NONODE', watched: [] },
  { op: getAllChildrenNumber, path: '/closed', verdict: 'NOAUTH', watched: [] },
  { op: getACL, path: '/a', verdict: 'OK', watched: [] },
  { op: getACL, path: '/missing', verdict: 'NONODE', watched: [] },
  { op: getACL, path: '/closed', verdict: 'NOAUTH', watched: [] },
];

const WATCHING: ReadonlySet<number> = new Set([exists, getData, getChildren, getChildren2]);

for (const { op, path, verdict, watched } of ANSWERS) {
  const shown = JSON.stringify(path);
  test(`operation ${op} on ${shown} is answered ${verdict} and leaves [${watched}] watched`, () => {
    const f = fixture();
    const request = WATCHING.has(op) ? read(op, path, true) : onPath(op, path);
    assert.equal(f.answer(request).verdict, verdict);
    assert.deepEqual(f.watched(path), watched);
  });

  if (WATCHING.has(op)) {
    test(`operation ${op} on ${shown} without a watch is answered the same and watches nothing`, () => {
      const f = fixture();
      assert.equal(f.answer(read(op, path)).verdict, verdict);
      assert.equal(f.watches.watchCount, 0);
    });
  }
}

const OF_A_NODE = [exists, getData, getChildren, getChildren2, getAllChildrenNumber, getACL];

for (const op of OF_A_NODE) {
  test(`operation ${op} is malformed without a path, with a null one and cut anywhere`, () => {
    const f = fixture();
    const none: Operation = { op, write: (w) => w.writeString(null) };
    assert.equal(f.answer(none).verdict, 'MARSHALLINGERROR');
    const whole = Buffer.from(`${'00000002'}${'2f61'}${WATCHING.has(op) ? '01' : ''}`, 'hex');
    for (let length = 0; length < whole.length; length += 1) {
      const { verdict } = f.answerBytes(op, whole.subarray(0, length));
      assert.equal(verdict, 'MARSHALLINGERROR', `${length} bytes`);
    }
    assert.equal(f.answerBytes(op, whole).verdict, 'OK');
    for (const length of ['7fffffff', '80000000', 'fffffffe', '00000010']) {
      const hostile = Buffer.from(`${length}2f6101`, 'hex');
      assert.equal(f.answerBytes(op, hostile).verdict, 'MARSHALLINGERROR', length);
    }
  });
}

test('exists answers the Stat', () => {
  const f = fixture();
  const { body } = f.answer(read(exists, '/a'));
  const stat = readStat(body);
  assert.deepEqual(
    [stat.dataLength, stat.numChildren, stat.cversion, stat.czxid.lo, stat.pzxid.lo],
    [4, 2, 2, 1, 4],
  );
  assert.equal(body.remaining, 0);
});

test('getData answers data, null as null, and the Stat', () => {
  const f = fixture();
  const some = f.answer(read(getData, '/a')).body;
  assert.equal(some.readBuffer()?.toString(), 'data');
  assert.equal(readStat(some).dataLength, 4);
  assert.equal(some.remaining, 0);
  const none = f.answer(read(getData, '/null')).body;
  assert.equal(none.readBuffer(), null);
  assert.equal(readStat(none).dataLength, 0);
});

test('getChildren answers the names, getChildren2 the Stat as well', () => {
  const f = fixture();
  for (const op of [getChildren, getChildren2]) {
    const { body } = f.answer(read(op, '/a'));
    const names = Array.from({ length: body.readCount(4) }, () => body.readString());
    assert.deepEqual(names.sort(), ['x', 'z']);
    if (op === getChildren2) assert.equal(readStat(body).numChildren, 2);
    assert.equal(body.remaining, 0);
  }
});

test('getAllChildrenNumber counts at any depth, and the root’s empty name counts its other one', () => {
  const f = fixture();
  const numbers = ['/a', '/a/x', '/a/x/y', '/', ''].map((path) =>
    f.answer(onPath(getAllChildrenNumber, path)).body.readInt(),
  );
  assert.deepEqual(numbers, [3, 1, 0, 9, 10]);
});

// -- getACL -----------------------------------------------------------------------------------------

const DIGEST_ID = { scheme: 'digest', id: 'user:hash' };

/** What is shown of /secret, by what the client may do to it. */
const SHOWN: readonly {
  readonly perms: number;
  readonly verdict: string;
  readonly id: string | undefined;
}[] = [
  { perms: 1, verdict: 'OK', id: 'user:x' },
  { perms: 16, verdict: 'OK', id: 'user:hash' },
  { perms: 31, verdict: 'OK', id: 'user:hash' },
  { perms: 2 | 4 | 8, verdict: 'NOAUTH', id: undefined },
];

for (const { perms, verdict, id } of SHOWN) {
  test(`getACL shows ${id ?? 'nothing'} to whom has permissions ${perms}`, () => {
    const acl = [
      { perms: 31, id: DIGEST_ID },
      { perms, id: { scheme: 'world', id: 'anyone' } },
      { perms: 1, id: { scheme: 'ip', id: '1.2.3.4' } },
    ];
    const f = new ReadFixture([create('/secret', { acl })]);
    const answer = f.answer(onPath(getACL, '/secret'));
    assert.equal(answer.verdict, verdict);
    if (id === undefined) return;
    const shown = Array.from({ length: answer.body.readCount(8) }, () => readACL(answer.body));
    assert.deepEqual(shown, [{ perms: 31, id: { scheme: 'digest', id } }, acl[1], acl[2]]);
    assert.equal(readStat(answer.body).czxid.lo, 1);
  });
}

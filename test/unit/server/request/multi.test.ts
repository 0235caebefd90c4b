import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JuteWriter } from 'jute-ts';
import { ErrorCode, errorCodeName } from '../../../../protocol/error-code.ts';
import { OpCode } from '../../../../protocol/op-code.ts';
import { writeMultiResults } from '../../../../server/request/multi.ts';
import type { OpResult } from '../../../../storage/data-tree.ts';
import type { Txn } from '../../../../storage/txn-codec.ts';
import {
  check,
  create,
  createTtl,
  multi,
  type Operation,
  read,
  remove,
  setAcl,
  setData,
} from '../../../vectors/requests.ts';
import { create as txnCreate } from '../../storage/tree-txns.ts';
import { CLIENT, CLOSING_CLIENT, PrepareFixture, verdictOf } from './prepare-fixture.ts';

function fixture(): PrepareFixture {
  return new PrepareFixture({}, (f) => f.make(txnCreate('/a')));
}

function ofAll(...parts: Operation[]): Operation {
  return multi(OpCode.multi, parts);
}

/** The types of the transaction's parts; an error's by its name. */
function shape(prepared: Txn): (number | string)[] {
  assert(prepared.type === OpCode.multi);
  return prepared.body.ops.map((op) =>
    op.type === OpCode.error ? errorCodeName(op.body.err) : op.type,
  );
}

/** Parts, and what the transaction has for each. */
const MULTIS: readonly {
  readonly what: string;
  readonly parts: readonly Operation[];
  readonly shape: readonly (number | string)[];
}[] = [
  { what: 'nothing', parts: [], shape: [] },
  {
    what: 'a parent and its child',
    parts: [create('/p'), create('/p/c')],
    shape: [OpCode.create, OpCode.create],
  },
  {
    what: 'a node that is made and deleted, and made again',
    parts: [create('/p'), remove('/p'), create('/p', { op: OpCode.create2 })],
    shape: [OpCode.create, OpCode.delete, OpCode.create2],
  },
  {
    what: 'versions that follow each other',
    parts: [setData('/a', 'x', 0), check('/a', 1), setData('/a', 'y', 1), check('/a', 2)],
    shape: [OpCode.setData, OpCode.check, OpCode.setData, OpCode.check],
  },
  {
    what: 'a parent that is deleted after its child',
    parts: [create('/a/c'), remove('/a/c'), remove('/a')],
    shape: [OpCode.create, OpCode.delete, OpCode.delete],
  },
  {
    what: 'a container and a TTL node',
    parts: [create('/c', { flags: 4 }), createTtl('/t', 5)],
    shape: [OpCode.createContainer, OpCode.createTTL],
  },
  {
    what: 'a failure at the end',
    parts: [create('/p'), setData('/a', 'x'), remove('/missing')],
    shape: [OpCode.create, OpCode.setData, 'NONODE'],
  },
  {
    what: 'a failure in the middle, and what would fail after it',
    parts: [create('/p'), create('/p'), remove('/missing'), create('bad')],
    shape: [OpCode.create, 'NODEEXISTS', 'RUNTIMEINCONSISTENCY', 'RUNTIMEINCONSISTENCY'],
  },
  {
    what: 'a failure at the start',
    parts: [check('/a', 9), create('/p')],
    shape: ['BADVERSION', 'RUNTIMEINCONSISTENCY'],
  },
];

for (const { what, parts, shape: expected } of MULTIS) {
  test(`a multi of ${what} is one transaction that has a part for each operation`, () => {
    const f = fixture();
    const before = { digest: f.pending.digest, root: f.pending.find('/'), a: f.pending.find('/a') };
    assert.deepEqual(shape(f.prepare(ofAll(...parts))), expected);
    const failed = expected.some((part) => typeof part === 'string');
    if (failed) {
      assert.deepEqual(
        { digest: f.pending.digest, root: f.pending.find('/'), a: f.pending.find('/a') },
        before,
        'nothing of it is left, its parents included (ZOOKEEPER-1624)',
      );
    }
    const [result] = f.apply();
    assert.equal(result?.multi?.length, parts.length);
    assert.deepEqual(f.pending.digest, f.tree.digest);
  });
}

test('a multi that fails takes its zxid, and gives its sequence number back', () => {
  const f = fixture();
  const failed = f.prepare(ofAll(create('/a/n-', { flags: 2 }), check('/missing', 0)));
  const next = f.prepare(create('/a/n-', { flags: 2 }));
  assert.equal(next.header.zxid.lo - failed.header.zxid.lo, 1);
  assert.equal(next.type === OpCode.create && next.body.path, '/a/n-0000000000');
});

test('sequential creates in one multi are numbered one after the other', () => {
  const parts = [1, 2, 3].map(() => create('/a/n-', { flags: 2 }));
  const prepared = fixture().prepare(ofAll(...parts));
  assert(prepared.type === OpCode.multi);
  assert.deepEqual(
    prepared.body.ops.map((op) => op.type === OpCode.create && op.body.path),
    ['/a/n-0000000000', '/a/n-0000000001', '/a/n-0000000002'],
  );
});

test('a failure rolls back to what was under way before, not to what is applied', () => {
  const f = fixture();
  f.prepare(setData('/a', 'x'));
  f.prepare(ofAll(setData('/a', 'y'), remove('/a'), remove('/missing')));
  assert.equal(f.pending.find('/a')?.version, 1);
  f.apply();
  assert.equal(f.tree.version(f.tree.find('/a')), 1);
});

test('a closing session fails the first operation', () => {
  const prepared = fixture().prepare(ofAll(create('/p'), create('/q')), CLOSING_CLIENT);
  assert.deepEqual(shape(prepared), ['SESSIONEXPIRED', 'RUNTIMEINCONSISTENCY']);
});

/** The whole multi is malformed: it is an error, not a multi with an error inside. */
const MALFORMED: readonly (readonly [what: string, parts: readonly Operation[]])[] = [
  ['reads', [read(OpCode.getData, '/a')]],
  ['writes and reads', [create('/p'), read(OpCode.getData, '/a')]],
  ['has a setACL', [create('/p'), setAcl('/a', [])]],
  ['has flags that are no mode', [create('/p'), create('/q', { flags: 9 })]],
  ['has a create without an ACL', [create('/p', { acl: null })]],
  ['has a null path', [create('/p'), create(null)]],
];

for (const [what, parts] of MALFORMED) {
  test(`a multi that ${what} is malformed as a whole`, () => {
    const f = fixture();
    assert.equal(verdictOf(f.prepare(ofAll(...parts))), 'MARSHALLINGERROR');
    assert.equal(f.pending.find('/p'), undefined);
    assert.deepEqual(f.pending.digest, f.tree.digest);
  });
}

test('an empty multi of nobody in particular is a transaction', () => {
  assert.deepEqual(shape(fixture().prepare(ofAll(), CLIENT)), []);
});

// -- the answer -------------------------------------------------------------------------------------------

const STAT = Buffer.alloc(68, 0xab);
const STAT_HEX = STAT.toString('hex');
const PATH_HEX = '000000022f70';
const END = 'ffffffff01ffffffff';

const RESULTS: readonly {
  readonly what: string;
  readonly result: OpResult;
  readonly hex: string;
}[] = [
  {
    what: 'create: its path',
    result: { type: OpCode.create, err: 0, path: '/p', stat: null },
    hex: `000000010000000000${PATH_HEX}`,
  },
  ...[OpCode.create2, OpCode.createContainer, OpCode.createTTL].map((type) => ({
    what: `create of type ${type}: as create2, path and Stat`,
    result: { type, err: 0, path: '/p', stat: STAT },
    hex: `0000000f0000000000${PATH_HEX}${STAT_HEX}`,
  })),
  ...[OpCode.delete, OpCode.deleteContainer].map((type) => ({
    what: `delete of type ${type}: nothing`,
    result: { type, err: 0, path: '/p', stat: null },
    hex: '000000020000000000',
  })),
  {
    what: 'setData: its Stat',
    result: { type: OpCode.setData, err: 0, path: '/p', stat: STAT },
    hex: `000000050000000000${STAT_HEX}`,
  },
  {
    what: 'check: nothing',
    result: { type: OpCode.check, err: 0, path: '/p', stat: null },
    hex: '0000000d0000000000',
  },
  {
    what: 'an error: twice its code',
    result: { type: OpCode.error, err: ErrorCode.NONODE, path: null, stat: null },
    hex: 'ffffffff00ffffff9bffffff9b',
  },
  {
    what: 'an operation before the one that failed: an error that is none',
    result: { type: OpCode.error, err: ErrorCode.OK, path: null, stat: null },
    hex: 'ffffffff000000000000000000',
  },
];

for (const { what, result, hex } of RESULTS) {
  test(`the result of ${what}`, () => {
    const writer = new JuteWriter().reset(Buffer.alloc(256));
    writeMultiResults(writer, [result]);
    assert.equal(writer.buffer.toString('hex', 0, writer.offset), hex + END);
  });
}

test('the results stand one behind the other', () => {
  const writer = new JuteWriter().reset(Buffer.alloc(1024));
  writeMultiResults(
    writer,
    RESULTS.map(({ result }) => result),
  );
  const all = RESULTS.map(({ hex }) => hex).join('') + END;
  assert.equal(writer.buffer.toString('hex', 0, writer.offset), all);
});

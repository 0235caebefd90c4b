import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpCode } from '../../../../protocol/op-code.ts';
import { type Operation, setData } from '../../../vectors/requests.ts';
import { create as txnCreate, setData as txnSetData } from '../../storage/tree-txns.ts';
import {
  type Asker,
  CLIENT,
  CLOSING_CLIENT,
  PrepareFixture,
  READ_ONLY_ACL,
} from './prepare-fixture.ts';

const MAX_DATA_REPLY_BYTES = 88 + 100;
const TOO_MUCH = 'x'.repeat(101);

function fixture(): PrepareFixture {
  return new PrepareFixture({ maxDataReplyBytes: MAX_DATA_REPLY_BYTES }, (f) => {
    f.make(txnCreate('/open', { data: Buffer.from('12345') }));
    f.make(txnSetData('/open', Buffer.from('12345'), 3));
    f.make(txnCreate('/closed', { acl: READ_ONLY_ACL }));
    f.make(txnCreate('/full', { data: Buffer.from('12345') }));
    f.makeQuota('/full', 'count=-1,bytes=-1=;byteHardLimit=10', 'count=0,bytes=0');
    f.make(txnSetData('/full', Buffer.from('1234567890'), 1));
    f.make(txnCreate('/last'));
    f.make(txnSetData('/last', null, 0x7fff_ffff));
  });
}

/** Each request has several faults, of which the first in the order of the checks decides. */
const REFUSALS: readonly {
  readonly faults: string;
  readonly operation: Operation;
  readonly asker?: Asker;
  readonly verdict: string;
}[] = [
  {
    faults: 'a closing session, a bad path',
    operation: setData('open', 'x'),
    asker: CLOSING_CLIENT,
    verdict: 'SESSIONEXPIRED',
  },
  { faults: 'a path without /', operation: setData('open', 'x'), verdict: 'BADARGUMENTS' },
  {
    faults: 'a path that is not valid, no node',
    operation: setData('/missing//x', 'x'),
    verdict: 'BADARGUMENTS',
  },
  { faults: 'no node', operation: setData('/missing', 'x', 4), verdict: 'NONODE' },
  {
    faults: 'no permission, a wrong version',
    operation: setData('/closed', 'x', 4),
    verdict: 'NOAUTH',
  },
  {
    faults: 'an exceeded quota, a wrong version',
    operation: setData('/full', TOO_MUCH, 4),
    verdict: 'QUOTAEXCEEDED',
  },
  {
    faults: 'a wrong version, too much data',
    operation: setData('/open', TOO_MUCH, 2),
    verdict: 'BADVERSION',
  },
  { faults: 'too much data', operation: setData('/open', TOO_MUCH, 3), verdict: 'BADARGUMENTS' },
  { faults: 'a version of −2', operation: setData('/open', 'x', -2), verdict: 'BADVERSION' },
];

for (const { faults, operation, asker = CLIENT, verdict } of REFUSALS) {
  test(`a setData with ${faults} is answered ${verdict}`, () => {
    assert.equal(fixture().verdict(operation, asker), verdict);
  });
}

/** The version that the transaction carries is the one after it. */
const VERSIONS: readonly (readonly [path: string, expected: number, next: number])[] = [
  ['/open', 3, 4],
  ['/open', -1, 4],
  ['/last', 0x7fff_ffff, -0x8000_0000],
  ['/', 0, 1],
];

for (const [path, expected, next] of VERSIONS) {
  test(`setData of ${path} at version ${expected} makes version ${next}`, () => {
    const f = fixture();
    const prepared = f.prepare(setData(path, 'new', expected));
    assert.deepEqual(prepared.type === OpCode.setData && prepared.body, {
      path,
      data: Buffer.from('new'),
      version: next,
    });
    const state = f.pending.find(path)!;
    assert.deepEqual(
      [state.version, state.dataBytes, state.mzxid, state.mtime],
      [next, 3, prepared.header.zxid, prepared.header.time],
    );
    f.apply();
    assert.deepEqual(f.pending.digest, f.tree.digest);
  });
}

test('a version that is under way counts', () => {
  const f = fixture();
  assert.equal(f.verdict(setData('/open', 'a', 3)), 'OK');
  assert.equal(f.verdict(setData('/open', 'b', 3)), 'BADVERSION');
  assert.equal(f.verdict(setData('/open', 'b', 4)), 'OK');
});

test('a null path is answered as one that is not valid', () => {
  const operation: Operation = {
    op: OpCode.setData,
    write: (w) => {
      w.writeString(null);
      w.writeBuffer(null);
      w.writeInt(-1);
    },
  };
  assert.equal(fixture().verdict(operation), 'BADARGUMENTS');
});

test('a quota lets through what makes a node smaller', () => {
  const f = fixture();
  assert.equal(f.verdict(setData('/full', '12345678901')), 'QUOTAEXCEEDED');
  assert.equal(f.verdict(setData('/full', '123456789')), 'OK');
  assert.equal(f.verdict(setData('/full', null)), 'OK');
});

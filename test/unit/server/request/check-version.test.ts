import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorCodeName } from '../../../../protocol/error-code.ts';
import { OpCode } from '../../../../protocol/op-code.ts';
import { check, multi, setData } from '../../../vectors/requests.ts';
import { create as txnCreate, setData as txnSetData } from '../../storage/tree-txns.ts';
import { type Asker, CLIENT, CLOSING_CLIENT, PrepareFixture } from './prepare-fixture.ts';

/** Nobody may read it. */
const WRITE_ONLY = [{ perms: 2, id: { scheme: 'world', id: 'anyone' } }];

function fixture(): PrepareFixture {
  return new PrepareFixture({}, (f) => {
    f.make(txnCreate('/open'));
    f.make(txnSetData('/open', null, 3));
    f.make(txnCreate('/closed', { acl: WRITE_ONLY }));
  });
}

/** Each request has several faults, of which the first in the order of the checks decides. */
const CASES: readonly {
  readonly what: string;
  readonly path: string;
  readonly version: number;
  readonly asker?: Asker;
  readonly verdict: string;
}[] = [
  {
    what: 'a closing session, a bad path',
    path: 'open',
    version: 0,
    asker: CLOSING_CLIENT,
    verdict: 'SESSIONEXPIRED',
  },
  { what: 'a path that is not valid', path: '/missing/', version: 0, verdict: 'BADARGUMENTS' },
  { what: 'no node, a version', path: '/missing', version: 5, verdict: 'NONODE' },
  { what: 'no permission, a wrong version', path: '/closed', version: 5, verdict: 'NOAUTH' },
  { what: 'a wrong version', path: '/open', version: 2, verdict: 'BADVERSION' },
  { what: 'the right version', path: '/open', version: 3, verdict: 'OK' },
  { what: 'any version', path: '/open', version: -1, verdict: 'OK' },
];

for (const { what, path, version, asker = CLIENT, verdict } of CASES) {
  test(`a check with ${what} comes to ${verdict}`, () => {
    const prepared = fixture().prepare(multi(OpCode.multi, [check(path, version)]), asker);
    assert(prepared.type === OpCode.multi);
    const [op] = prepared.body.ops;
    assert.equal(errorCodeName(op?.type === OpCode.error ? op.body.err : 0), verdict);
    if (verdict === 'OK') {
      assert.deepEqual(op, { type: OpCode.check, body: { path, version: 4 } });
    }
  });
}

test('a check changes nothing', () => {
  const f = fixture();
  const digest = f.pending.digest;
  f.prepare(multi(OpCode.multi, [check('/open', 3), check('/open', 3)]));
  assert.equal(f.verdict(setData('/open', 'x', 3)), 'OK');
  assert.notDeepEqual(f.pending.digest, digest);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpCode } from '../../../../protocol/op-code.ts';
import { OPEN_ACL_UNSAFE } from '../../../../protocol/permission.ts';
import { create, type Operation, setAcl } from '../../../vectors/requests.ts';
import { create as txnCreate, setAcl as txnSetAcl } from '../../storage/tree-txns.ts';
import {
  type Asker,
  CLIENT,
  CLOSING_CLIENT,
  PrepareFixture,
  READ_ONLY_ACL,
} from './prepare-fixture.ts';

function fixture(): PrepareFixture {
  return new PrepareFixture({}, (f) => {
    f.make(txnCreate('/open'));
    f.make(txnSetAcl('/open', OPEN_ACL_UNSAFE, 3));
    f.make(txnCreate('/closed', { acl: READ_ONLY_ACL }));
    f.make(txnCreate('/last'));
    f.make(txnSetAcl('/last', OPEN_ACL_UNSAFE, 0x7fff_ffff));
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
    operation: setAcl('open', OPEN_ACL_UNSAFE),
    asker: CLOSING_CLIENT,
    verdict: 'SESSIONEXPIRED',
  },
  {
    faults: 'a path that is not valid, an empty list',
    operation: setAcl('/a//b', []),
    verdict: 'BADARGUMENTS',
  },
  { faults: 'an empty list, no node', operation: setAcl('/missing', []), verdict: 'INVALIDACL' },
  { faults: 'no list, no node', operation: setAcl('/missing', null), verdict: 'INVALIDACL' },
  {
    faults: 'no node, a version',
    operation: setAcl('/missing', OPEN_ACL_UNSAFE, 5),
    verdict: 'NONODE',
  },
  {
    faults: 'no permission, a wrong version',
    operation: setAcl('/closed', OPEN_ACL_UNSAFE, 5),
    verdict: 'NOAUTH',
  },
  {
    faults: 'a wrong version',
    operation: setAcl('/open', OPEN_ACL_UNSAFE, 2),
    verdict: 'BADVERSION',
  },
];

for (const { faults, operation, asker = CLIENT, verdict } of REFUSALS) {
  test(`a setACL with ${faults} is answered ${verdict}`, () => {
    assert.equal(fixture().verdict(operation, asker), verdict);
  });
}

const VERSIONS: readonly (readonly [path: string, expected: number, next: number])[] = [
  ['/open', 3, 4],
  ['/open', -1, 4],
  ['/last', 0x7fff_ffff, -0x8000_0000],
];

for (const [path, expected, next] of VERSIONS) {
  test(`setACL of ${path} at aversion ${expected} makes ${next}, and nothing else`, () => {
    const f = fixture();
    const before = f.pending.find(path)!;
    const prepared = f.prepare(setAcl(path, READ_ONLY_ACL, expected));
    assert.deepEqual(prepared.type === OpCode.setACL && prepared.body, {
      path,
      acl: READ_ONLY_ACL,
      version: next,
    });
    const after = f.pending.find(path)!;
    assert.deepEqual(after, {
      ...before,
      zxid: prepared.header.zxid,
      acl: READ_ONLY_ACL,
      aversion: next,
      digest: after.digest,
    });
    f.apply();
    assert.deepEqual(f.pending.digest, f.tree.digest);
  });
}

test('an ACL that is under way decides', () => {
  const f = fixture();
  f.prepare(setAcl('/open', READ_ONLY_ACL));
  assert.equal(f.verdict(create('/open/x')), 'NOAUTH');
  assert.equal(f.verdict(setAcl('/open', OPEN_ACL_UNSAFE)), 'NOAUTH');
});

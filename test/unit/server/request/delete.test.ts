import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpCode } from '../../../../protocol/op-code.ts';
import { Permission } from '../../../../protocol/permission.ts';
import { create, type Operation, onPath, remove } from '../../../vectors/requests.ts';
import { createContainer, setData, create as txnCreate } from '../../storage/tree-txns.ts';
import {
  type Asker,
  CLIENT,
  CLOSING_CLIENT,
  OTHER_SESSION,
  PrepareFixture,
  READ_ONLY_ACL,
} from './prepare-fixture.ts';

function fixture(): PrepareFixture {
  return new PrepareFixture({}, (f) => {
    f.make(txnCreate('/open'));
    f.make(txnCreate('/open/full'));
    f.make(setData('/open/full', null, 3));
    f.make(txnCreate('/open/full/child'));
    f.make(txnCreate('/open/locked', { acl: READ_ONLY_ACL }));
    f.make(txnCreate('/open/plain'));
    f.make(txnCreate('/closed', { acl: READ_ONLY_ACL }));
    f.make(txnCreate('/closed/node'));
    f.make(createContainer('/container'));
    f.make(txnCreate('/session', { ephemeral: true }), OTHER_SESSION);
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
    faults: 'a closing session, a special path',
    operation: remove('/'),
    asker: CLOSING_CLIENT,
    verdict: 'SESSIONEXPIRED',
  },
  { faults: 'a path without /', operation: remove('open'), verdict: 'BADARGUMENTS' },
  { faults: 'a NUL, no parent', operation: remove('/missing/\0'), verdict: 'BADARGUMENTS' },
  { faults: 'the path of the root', operation: remove('/'), verdict: 'BADARGUMENTS' },
  { faults: 'the path of /zookeeper', operation: remove('/zookeeper'), verdict: 'BADARGUMENTS' },
  {
    faults: 'the path of /zookeeper/quota',
    operation: remove('/zookeeper/quota'),
    verdict: 'BADARGUMENTS',
  },
  {
    faults: 'the path of /zookeeper/config, a wrong version',
    operation: remove('/zookeeper/config', 7),
    verdict: 'BADARGUMENTS',
  },
  { faults: 'no parent, no node', operation: remove('/missing/node'), verdict: 'NONODE' },
  {
    faults: 'no permission on the parent, no node',
    operation: remove('/closed/missing'),
    verdict: 'NOAUTH',
  },
  {
    faults: 'no permission on the parent of a node that is open itself',
    operation: remove('/closed/node'),
    verdict: 'NOAUTH',
  },
  { faults: 'no node, a wrong version', operation: remove('/open/missing', 5), verdict: 'NONODE' },
  {
    faults: 'a wrong version, children',
    operation: remove('/open/full', 2),
    verdict: 'BADVERSION',
  },
  { faults: 'children', operation: remove('/open/full', 3), verdict: 'NOTEMPTY' },
  { faults: 'children, any version', operation: remove('/open/full'), verdict: 'NOTEMPTY' },
  { faults: 'a / behind the name', operation: remove('/open/full/'), verdict: 'NONODE' },
];

for (const { faults, operation, asker = CLIENT, verdict } of REFUSALS) {
  test(`a delete with ${faults} is answered ${verdict}`, () => {
    assert.equal(fixture().verdict(operation, asker), verdict);
  });
}

test('a node’s own ACL does not protect it', () => {
  assert.equal(fixture().verdict(remove('/open/locked')), 'OK');
});

test('a null path is a malformed request', () => {
  const operation: Operation = {
    op: OpCode.delete,
    write: (w) => {
      w.writeString(null);
      w.writeInt(-1);
    },
  };
  assert.equal(fixture().verdict(operation), 'MARSHALLINGERROR');
});

test('what is under way counts: a child that is being made, and one that is being deleted', () => {
  const f = fixture();
  f.prepare(create('/open/plain/child'));
  assert.equal(f.verdict(remove('/open/plain')), 'NOTEMPTY');
  f.prepare(remove('/open/plain/child'));
  assert.equal(f.verdict(remove('/open/plain')), 'OK');
  assert.equal(f.verdict(remove('/open/plain')), 'NONODE');
  f.apply();
  assert.equal(f.tree.find('/open/plain'), -1);
  assert.deepEqual(f.pending.digest, f.tree.digest);
});

test('the parent has one child less, and as many creates as before', () => {
  const f = fixture();
  const before = f.pending.find('/open')!;
  const prepared = f.prepare(remove('/open/locked'));
  const after = f.pending.find('/open')!;
  assert.equal(after.childCount, before.childCount - 1);
  assert.equal(after.cversion, before.cversion);
  assert.deepEqual(after.pzxid, prepared.header.zxid);
  assert.equal(before.childrenBytes - after.childrenBytes, 4 + 'locked'.length);
});

// -- deleteContainer ------------------------------------------------------------------------------------

const REAPER: Asker = { session: null, ids: [] };

const REAPED: readonly (readonly [path: string, verdict: string])[] = [
  ['/container', 'OK'],
  ['/closed/node', 'OK'],
  ['/open/full', 'NOTEMPTY'],
  ['/open/missing', 'NONODE'],
  ['/session', 'BADVERSION'],
  ['/', 'BADARGUMENTS'],
  ['/zookeeper', 'BADARGUMENTS'],
  ['container', 'BADARGUMENTS'],
];

for (const [path, verdict] of REAPED) {
  test(`the reaper’s delete of ${path} is answered ${verdict}`, () => {
    assert.equal(fixture().verdict(onPath(OpCode.deleteContainer, path), REAPER), verdict);
  });
}

test('the reaper looks again: what got a child since is not deleted', () => {
  const f = fixture();
  f.prepare(create('/container/child'));
  assert.equal(f.verdict(onPath(OpCode.deleteContainer, '/container'), REAPER), 'NOTEMPTY');
  f.prepare(remove('/container/child'));
  assert.equal(f.verdict(onPath(OpCode.deleteContainer, '/container'), REAPER), 'OK');
});

test('permission to delete is one of the permissions, not all', () => {
  const acl = [{ perms: Permission.DELETE, id: { scheme: 'world', id: 'anyone' } }];
  const f = new PrepareFixture({}, (made) => {
    made.make(txnCreate('/a', { acl }));
    made.make(txnCreate('/a/x'));
  });
  assert.equal(f.verdict(create('/a/y')), 'NOAUTH');
  assert.equal(f.verdict(remove('/a/x')), 'OK');
});

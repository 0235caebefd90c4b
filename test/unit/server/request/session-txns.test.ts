import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpCode } from '../../../../protocol/op-code.ts';
import { Session } from '../../../../server/session/session-tracker.ts';
import type { Txn } from '../../../../storage/txn-codec.ts';
import { create, multi, type Operation, remove, setData } from '../../../vectors/requests.ts';
import { create as txnCreate } from '../../storage/tree-txns.ts';
import { type Asker, CLIENT, PrepareFixture } from './prepare-fixture.ts';

const CLOSE: Operation = { op: OpCode.closeSession, write: () => {} };
const OTHER: Asker = { ...CLIENT, session: new Session({ hi: 0x0100_0000, lo: 8 }, 1) };
const EPHEMERAL = { flags: 1 };

function deletedBy(prepared: Txn): readonly (string | null)[] | null {
  assert(prepared.type === OpCode.closeSession);
  return prepared.body?.paths2Delete ?? null;
}

function fixture(closeSessionTxnEnabled = true): PrepareFixture {
  return new PrepareFixture({ closeSessionTxnEnabled }, (f) => {
    f.make(txnCreate('/p'));
    f.make(txnCreate('/p/mine', { ephemeral: true }));
    f.make(txnCreate('/mine', { ephemeral: true }));
    f.make(txnCreate('/theirs', { ephemeral: true }), OTHER.session!.id);
  });
}

test('createSession carries the timeout and changes nothing', () => {
  const f = fixture();
  const digest = f.pending.digest;
  const operation: Operation = { op: OpCode.createSession, write: (w) => w.writeInt(30_000) };
  const prepared = f.prepare(operation);
  assert.deepEqual(prepared.type === OpCode.createSession && prepared.body, { timeOut: 30_000 });
  assert.deepEqual(prepared.header.clientId, CLIENT.session!.id);
  assert.deepEqual(f.pending.digest, digest);
});

test('closeSession names the session’s nodes and nobody else’s', () => {
  const f = fixture();
  assert.deepEqual([...deletedBy(f.prepare(CLOSE))!].sort(), ['/mine', '/p/mine']);
  assert.equal(f.pending.find('/mine'), undefined);
  assert.equal(f.pending.find('/p')?.childCount, 0);
  f.apply();
  assert.equal(f.tree.find('/mine'), -1);
  assert.notEqual(f.tree.find('/theirs'), -1);
  assert.deepEqual(f.pending.digest, f.tree.digest);
});

test('closeSession counts what is under way: made nodes go, deleted ones are not named', () => {
  const f = fixture();
  f.prepare(create('/p/new', EPHEMERAL));
  f.prepare(remove('/mine'));
  f.prepare(create('/short', EPHEMERAL));
  f.prepare(remove('/short'));
  f.prepare(setData('/p/mine', 'x'));
  assert.deepEqual([...deletedBy(f.prepare(CLOSE))!].sort(), ['/p/mine', '/p/new']);
  f.apply();
  assert.deepEqual(f.tree.children(f.tree.find('/p')), []);
  assert.deepEqual(f.pending.digest, f.tree.digest);
});

test('a node that somebody else has made in the place of one’s own stays', () => {
  const f = fixture();
  f.prepare(remove('/mine'));
  f.prepare(create('/mine', EPHEMERAL), OTHER);
  f.prepare(remove('/p/mine'));
  f.prepare(create('/p/mine'));
  assert.deepEqual(deletedBy(f.prepare(CLOSE)), []);
  f.apply();
  assert.notEqual(f.tree.find('/mine'), -1);
  assert.notEqual(f.tree.find('/p/mine'), -1);
});

test('nodes of a multi that failed are not named', () => {
  const f = fixture();
  f.prepare(multi(OpCode.multi, [create('/p/no', EPHEMERAL), remove('/missing')]));
  assert.deepEqual([...deletedBy(f.prepare(CLOSE))!].sort(), ['/mine', '/p/mine']);
});

test('without closeSessionTxn the txn has no list, and the nodes go all the same', () => {
  const f = fixture(false);
  f.prepare(create('/p/new', EPHEMERAL));
  assert.equal(deletedBy(f.prepare(CLOSE)), null);
  assert.equal(f.pending.find('/p/new'), undefined);
  f.apply();
  assert.deepEqual(f.tree.children(f.tree.find('/p')), []);
  assert.deepEqual(f.pending.digest, f.tree.digest);
});

test('a second closeSession has nothing left to delete', () => {
  const f = fixture();
  f.prepare(CLOSE);
  assert.deepEqual(deletedBy(f.prepare(CLOSE)), []);
});

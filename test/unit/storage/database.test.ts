import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { int64FromNumber, int64Key } from '../../../protocol/int64.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { Database } from '../../../storage/database.ts';
import { closeSession, create, remove, txn } from './tree-txns.ts';

function newDatabase(): Database {
  return new Database({
    digestEnabled: true,
    extendedTypesEnabled: false,
    emulate353TtlNodes: false,
  });
}

const SESSION = { hi: 0x0100_0000, lo: 7 };

describe('Database', () => {
  it('knows the sessions that the txns made', () => {
    const database = newDatabase();
    const open = { type: OpCode.createSession, body: { timeOut: 4000 } } as const;
    database.apply(txn(1, open, SESSION));
    assert.deepEqual(
      [...database.sessions],
      [[int64Key(SESSION), { id: SESSION, timeoutMs: 4000 }]],
    );
    database.apply(txn(2, closeSession(null), SESSION));
    assert.equal(database.sessions.size, 0);
  });

  it('remembers the largest zxid, by both halves', () => {
    const database = newDatabase();
    for (const zxid of [0x7fff_ffff, 0x8000_0001, 5]) database.apply(txn(zxid, remove('/x')));
    assert.deepEqual(database.lastProcessedZxid, int64FromNumber(0x8000_0001));
    database.apply(txn(0x2_0000_0001, remove('/x')));
    assert.deepEqual(database.lastProcessedZxid, { hi: 2, lo: 1 });
  });

  it('keeps every 128th digest, the last 1024 of them', () => {
    const database = newDatabase();
    for (let zxid = 1; zxid <= 128 * 1030; zxid++) {
      if (zxid % 64 === 0) database.apply(txn(zxid, create(`/n${zxid}`)));
    }
    const { digestLog } = database;
    assert.equal(digestLog.length, 1024);
    assert.deepEqual(digestLog[0]?.zxid, int64FromNumber(128 * 7));
    assert.deepEqual(digestLog[1023]?.zxid, int64FromNumber(128 * 1030));
    assert.deepEqual(digestLog[1023]?.digest, database.tree.digest);
  });

  it('kills the ephemerals of sessions that do not exist', () => {
    const database = newDatabase();
    const other = { hi: 0x0100_0000, lo: 8 };
    const open = { type: OpCode.createSession, body: { timeOut: 4000 } } as const;
    database.apply(txn(1, open, SESSION));
    database.apply(txn(2, create('/a', { ephemeral: true }), SESSION));
    database.apply(txn(3, create('/b', { ephemeral: true }), other));
    database.killDeadSessions();
    assert.ok(database.tree.find('/a') >= 0);
    assert.equal(database.tree.find('/b'), -1);
    assert.deepEqual(database.tree.pzxid(database.tree.find('/')), int64FromNumber(3));
  });
});

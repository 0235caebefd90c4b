import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JuteError, JuteReader, JuteWriter } from 'jute-ts';
import { int64FromNumber } from '../../../protocol/int64.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import {
  decodeTxn,
  encodeTxn,
  type Txn,
  type TxnOp,
  UnsupportedTxnError,
} from '../../../storage/txn-codec.ts';
import {
  closeSession,
  create,
  create2,
  createContainer,
  createTtl,
  error,
  multi,
  READ_ONLY,
  remove,
  setAcl,
  setData,
  txn,
} from './tree-txns.ts';

const DIGEST = { hi: 3, lo: -4 };

function encode(value: Txn, digest: { hi: number; lo: number } | null = null): Buffer {
  const writer = new JuteWriter().reset(Buffer.alloc(4096));
  encodeTxn(writer, value, digest);
  return writer.buffer.subarray(0, writer.offset);
}

function decode(bytes: Buffer): ReturnType<typeof decodeTxn> {
  return decodeTxn(new JuteReader().reset(bytes));
}

const check: TxnOp = { type: OpCode.check, body: { path: '/a', version: 3 } };
const OPS: [string, TxnOp][] = [
  ['create', create('/a', { data: Buffer.from('x'), acl: READ_ONLY, ephemeral: true })],
  ['create2 with null data', create2('/a', { data: null })],
  ['createContainer', createContainer('/a')],
  ['createTTL', createTtl('/a', 5_000_000_000)],
  ['delete', remove('/a')],
  ['deleteContainer', { type: OpCode.deleteContainer, body: { path: '/a' } }],
  ['setData', setData('/a', Buffer.from('yy'), -1)],
  ['reconfig', { type: OpCode.reconfig, body: { path: '/c', data: null, version: -1 } }],
  ['setACL', setAcl('/a', READ_ONLY, 7)],
  ['error', error(-101)],
  ['createSession', { type: OpCode.createSession, body: { timeOut: 30000 } }],
  ['closeSession', closeSession(['/a', '/b'])],
  ['closeSession without ephemerals', closeSession([])],
  ['closeSession without body', closeSession(null)],
  ['empty multi', multi()],
  ['multi', multi(create('/a'), remove('/b'), setData('/c', null), error(-2), check)],
];

describe('a txn', () => {
  for (const [name, op] of OPS) {
    for (const digest of [DIGEST, null]) {
      it(`comes back: ${name}, ${digest === null ? 'no digest' : 'with digest'}`, () => {
        const value = txn(7, op);
        const bytes = encode(value, digest);
        assert.deepEqual(decode(bytes), {
          txn: value,
          digest: digest === null ? null : { version: 2, treeDigest: digest },
        });
      });
    }
  }

  it('that creates and has no parentCVersion is of a server before 3.4', () => {
    const bytes = encode(txn(7, create('/a', { data: Buffer.from('d'), parentCVersion: 9 })));
    const { txn: old } = decode(bytes.subarray(0, bytes.length - 4));
    assert.equal(old.type, OpCode.create);
    assert.deepEqual(old.body, {
      ...(create('/a', { data: Buffer.from('d') }).body as object),
      parentCVersion: -1,
    });
  });

  it('whose list of paths is twelve bytes long is not taken for a digest', () => {
    const value = txn(7, closeSession(['/abc']));
    assert.deepEqual(decode(encode(value)), { txn: value, digest: null });
  });

  const cut: TxnOp[] = [create2('/a'), setData('/a', Buffer.from('x')), multi(create('/a'))];
  for (const op of cut) {
    it(`of type ${op.type} that is cut short is an error wherever it is cut`, () => {
      const bytes = encode(txn(7, op));
      for (let length = 0; length < bytes.length; length++) {
        assert.throws(() => decode(bytes.subarray(0, length)), JuteError, `${length} bytes`);
      }
    });
  }

  it('must not read on behind the data of a multi’s operation', () => {
    const bytes = encode(txn(7, multi(remove('/abcdefgh'))));
    // The operation says that its data is shorter than the path in it.
    bytes.writeInt32BE(6, 32 + 4 + 4);
    assert.throws(() => decode(bytes), JuteError);
  });

  for (const type of [OpCode.check, OpCode.getData, 99]) {
    it(`of type ${type} is refused`, () => {
      const bytes = encode(txn(7, remove('/a')));
      bytes.writeInt32BE(type, 28);
      assert.throws(() => decode(bytes), UnsupportedTxnError);
    });
  }

  it('that has setACL in a multi is refused', () => {
    const bytes = encode(txn(7, multi(remove('/a'))));
    bytes.writeInt32BE(OpCode.setACL, 32 + 4);
    assert.throws(() => decode(bytes), UnsupportedTxnError);
  });

  it('carries the zxid in its header', () => {
    assert.deepEqual(decode(encode(txn(7, remove('/a')))).txn.header.zxid, int64FromNumber(7));
  });
});

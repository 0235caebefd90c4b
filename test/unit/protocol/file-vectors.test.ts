import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JuteReader } from 'jute-ts';
import * as data from '../../../protocol/generated/data.ts';
import * as persistence from '../../../protocol/generated/persistence.ts';
import * as txn from '../../../protocol/generated/txn.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { readRecordedFile, recordedSnapshots } from '../../vectors/client-vectors.ts';
import { ends } from './client-records.ts';
import { type Reproduce, reproduces } from './reproduce.ts';

const LOG_MAGIC = 0x5a4b4c47;
const SNAPSHOT_MAGIC = 0x5a4b534e;

const fileHeader = reproduces(
  persistence.readFileHeader,
  persistence.writeFileHeader,
  persistence.sizeFileHeader,
);
const txnHeader = reproduces(txn.readTxnHeader, txn.writeTxnHeader, txn.sizeTxnHeader);
const txnDigest = reproduces(txn.readTxnDigest, txn.writeTxnDigest, txn.sizeTxnDigest);
const acl = reproduces(data.readACL, data.writeACL, data.sizeACL);
const statPersisted = reproduces(
  data.readStatPersisted,
  data.writeStatPersisted,
  data.sizeStatPersisted,
);
const createTxn = reproduces(txn.readCreateTxn, txn.writeCreateTxn, txn.sizeCreateTxn);
const deleteTxn = reproduces(txn.readDeleteTxn, txn.writeDeleteTxn, txn.sizeDeleteTxn);
const multiTxn = reproduces(txn.readMultiTxn, txn.writeMultiTxn, txn.sizeMultiTxn);

const BODIES: Readonly<Record<number, Reproduce>> = {
  [OpCode.createSession]: reproduces(
    txn.readCreateSessionTxn,
    txn.writeCreateSessionTxn,
    txn.sizeCreateSessionTxn,
  ),
  [OpCode.closeSession]: reproduces(
    txn.readCloseSessionTxn,
    txn.writeCloseSessionTxn,
    txn.sizeCloseSessionTxn,
  ),
  [OpCode.create]: createTxn,
  [OpCode.create2]: createTxn,
  [OpCode.createContainer]: reproduces(
    txn.readCreateContainerTxn,
    txn.writeCreateContainerTxn,
    txn.sizeCreateContainerTxn,
  ),
  [OpCode.createTTL]: reproduces(txn.readCreateTTLTxn, txn.writeCreateTTLTxn, txn.sizeCreateTTLTxn),
  [OpCode.delete]: deleteTxn,
  [OpCode.deleteContainer]: deleteTxn,
  [OpCode.setData]: reproduces(txn.readSetDataTxn, txn.writeSetDataTxn, txn.sizeSetDataTxn),
  [OpCode.setACL]: reproduces(txn.readSetACLTxn, txn.writeSetACLTxn, txn.sizeSetACLTxn),
  [OpCode.check]: reproduces(
    txn.readCheckVersionTxn,
    txn.writeCheckVersionTxn,
    txn.sizeCheckVersionTxn,
  ),
  [OpCode.error]: reproduces(txn.readErrorTxn, txn.writeErrorTxn, txn.sizeErrorTxn),
  [OpCode.multi]: (reader) => {
    const multi = multiTxn(reader);
    for (const part of multi.txns ?? []) {
      assert(part.data !== null);
      const inner = new JuteReader().reset(Buffer.from(part.data));
      body(part.type)(inner);
      ends(inner);
    }
    return multi;
  },
};

function body(type: number): Reproduce {
  const reproduce = BODIES[type];
  assert(reproduce !== undefined, `type ${type} is known`);
  return reproduce;
}

/** entry = long checksum, int length, length bytes, byte 'B' */
function entriesOf(log: Buffer): JuteReader[] {
  const reader = new JuteReader().reset(log);
  const header = fileHeader(reader);
  assert.deepEqual(header, { magic: LOG_MAGIC, version: 2, dbid: { hi: 0, lo: 0 } });
  const entries: JuteReader[] = [];
  while (reader.remaining > 0) {
    reader.readLong();
    entries.push(new JuteReader().reset(reader.readBuffer()!));
    assert.equal(reader.readByte(), 0x42);
  }
  return entries;
}

describe('files recorded from Apache ZooKeeper', () => {
  it('log: every txn is read with its digest, and written as the same bytes', () => {
    const types = new Set<number>();
    let undigested = 0;
    for (const entry of entriesOf(readRecordedFile('data/version-2/log.1'))) {
      const { type } = txnHeader(entry);
      types.add(type);
      body(type)(entry);
      if (entry.remaining > 0) txnDigest(entry);
      else undigested++;
      ends(entry);
    }
    const missing = Object.keys(BODIES).filter((type) => !types.has(Number(type)));
    // A check is only in multis.
    assert.deepEqual(missing.map(Number), [OpCode.check]);
    assert(undigested > 0, 'txns of requests that were refused have no digest');
  });

  it('log without what is optional: no digests, and nothing behind the header of closeSession', () => {
    const types: number[] = [];
    for (const entry of entriesOf(readRecordedFile('data-without-digest/version-2/log.1'))) {
      const { type } = txnHeader(entry);
      types.push(type);
      if (type !== OpCode.closeSession) body(type)(entry);
      ends(entry);
    }
    assert.deepEqual(types, [
      OpCode.createSession,
      OpCode.create,
      OpCode.create,
      OpCode.error,
      OpCode.setData,
      OpCode.multi,
      OpCode.closeSession,
    ]);
  });

  for (const name of recordedSnapshots()) {
    it(`${name}: every record is read, and written as the same bytes`, () => {
      const reader = new JuteReader().reset(readRecordedFile(name));
      assert.deepEqual(fileHeader(reader), {
        magic: SNAPSHOT_MAGIC,
        version: 2,
        dbid: { hi: -1, lo: -1 },
      });
      const sessionCount = reader.readInt();
      for (let i = 0; i < sessionCount; i++) {
        reader.readLong();
        assert(reader.readInt() > 0, 'a session has a timeout');
      }
      const aclCount = reader.readInt();
      for (let i = 0; i < aclCount; i++) {
        reader.readLong();
        const entryCount = reader.readCount(12);
        for (let j = 0; j < entryCount; j++) acl(reader);
      }
      const paths: (string | null)[] = [];
      for (let path = reader.readString(); path !== '/'; path = reader.readString()) {
        paths.push(path);
        reader.readBuffer();
        reader.readLong();
        statPersisted(reader);
      }
      assert.equal(paths[0], '', 'the root comes first');
      seal(reader);
      // Optional: zxid, version and digest, sealed; the last zxid, sealed.
      if (!name.startsWith('data-without-digest')) {
        reader.readLong();
        assert.equal(reader.readInt(), 2, 'version of the digest');
        reader.readLong();
        seal(reader);
        reader.readLong();
        seal(reader);
      }
      ends(reader);
    });
  }
});

/** seal = long checksum, ustring "/" */
function seal(reader: JuteReader): void {
  reader.readLong();
  assert.equal(reader.readString(), '/');
}

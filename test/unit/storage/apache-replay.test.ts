import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JuteReader, JuteWriter } from 'jute-ts';
import { writeACL } from '../../../protocol/generated/data.ts';
import { int64ToHex } from '../../../protocol/int64.ts';
import { Database } from '../../../storage/database.ts';
import { decodeTxn, encodeTxn } from '../../../storage/txn-codec.ts';
import { type RecordedState, readRecordedState, readRecordedTxns } from './apache-log.ts';

const OPTIONS = { digestEnabled: true, extendedTypesEnabled: true, emulate353TtlNodes: false };

describe('a log that Apache ZooKeeper 3.9.5 wrote', () => {
  it('is read and written again byte for byte', () => {
    const reader = new JuteReader();
    const writer = new JuteWriter();
    const output = Buffer.alloc(1 << 20);
    for (const bytes of readRecordedTxns()) {
      const { txn, digest } = decodeTxn(reader.reset(bytes));
      assert.equal(reader.remaining, 0);
      encodeTxn(writer.reset(output), txn, digest === null ? null : digest.treeDigest);
      assert.deepEqual(output.subarray(0, writer.offset), bytes);
    }
  });

  it('gives after every txn the digest that the server had', () => {
    const database = new Database(OPTIONS);
    const reader = new JuteReader();
    let compared = 0;
    for (const bytes of readRecordedTxns()) {
      const { txn, digest } = decodeTxn(reader.reset(bytes));
      database.apply(txn);
      if (digest === null) continue;
      assert.deepEqual(
        database.tree.digest,
        digest.treeDigest,
        `after zxid 0x${int64ToHex(txn.header.zxid)} of type ${txn.type}`,
      );
      compared++;
    }
    assert.ok(compared > 300, `${compared} digests`);
  });

  it('makes the tree that the server had, in every byte a client can see', () => {
    const { tree } = replay();
    const writer = new JuteWriter();
    const output = Buffer.alloc(1 << 16);
    const { nodes } = readRecordedState();
    for (const [path, recorded] of Object.entries(nodes)) {
      const node = tree.find(path);
      assert.ok(node >= 0, path);
      tree.writeDataAndStat(node, writer.reset(output));
      assert.equal(output.toString('base64', 0, writer.offset), recorded.getData, path);
      const acl = tree.acl(node);
      writer.reset(output).writeCount(acl.length);
      for (const entry of acl) writeACL(writer, entry);
      tree.writeStat(node, writer);
      assert.equal(output.toString('base64', 0, writer.offset), recorded.getAcl, path);
      assert.deepEqual(tree.children(node).sort(), [...recorded.children].sort(), path);
    }
  });

  it('makes the numbers that the server reported', () => {
    const database = replay();
    const expected: Omit<RecordedState, 'nodes'> = readRecordedState();
    assert.equal(database.tree.nodeCount, expected.znodeCount);
    assert.equal(database.tree.approximateDataSize, expected.approximateDataSize);
    assert.equal(database.tree.ephemeralCount, expected.ephemeralsCount);
    const hash = database.digestLog.map(
      ({ zxid, digest }) => `${int64ToHex(zxid)}: ${Number(`0x${int64ToHex(digest)}`)}`,
    );
    assert.deepEqual(hash, expected.hash);
  });
});

function replay(): Database {
  const database = new Database(OPTIONS);
  const reader = new JuteReader();
  for (const bytes of readRecordedTxns()) database.apply(decodeTxn(reader.reset(bytes)).txn);
  return database;
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { INT64_ZERO } from '../../../protocol/int64.ts';
import { contentCrc, DigestSum, isExcluded, nodeDigestOf } from '../../../storage/digest.ts';

const ZERO_STAT = {
  czxid: INT64_ZERO,
  mzxid: INT64_ZERO,
  ctime: INT64_ZERO,
  mtime: INT64_ZERO,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: INT64_ZERO,
  pzxid: INT64_ZERO,
};

describe('a node digest', () => {
  it('is the CRC-32 of path, data and sixty bytes of Stat', () => {
    const bytes = Buffer.concat([Buffer.from('/a'), Buffer.from('data'), Buffer.alloc(60)]);
    assert.equal(nodeDigestOf(contentCrc('/a', Buffer.from('data')), ZERO_STAT), crc32(bytes));
  });

  it('takes the fields in the order of the definition, which is not that of the Stat', () => {
    const long = (n: number): { hi: number; lo: number } => ({ hi: 0, lo: n });
    const stat = {
      czxid: long(1),
      mzxid: long(2),
      pzxid: long(3),
      ctime: long(4),
      mtime: long(5),
      version: 6,
      cversion: 7,
      aversion: 8,
      ephemeralOwner: { hi: -0x8000_0000, lo: 9 },
    };
    const bytes = Buffer.alloc(60);
    for (let i = 0; i < 5; i++) bytes.writeInt32BE(i + 1, i * 8 + 4);
    for (let i = 0; i < 3; i++) bytes.writeInt32BE(i + 6, 40 + i * 4);
    bytes.writeInt32BE(-0x8000_0000, 52);
    bytes.writeInt32BE(9, 56);
    assert.equal(nodeDigestOf(0, stat), crc32(bytes));
  });

  it('knows the root by the empty path, and null data as none', () => {
    assert.equal(contentCrc('/', null), contentCrc('', Buffer.alloc(0)));
    assert.equal(contentCrc('/', null), 0);
  });
});

describe('isExcluded', () => {
  it('leaves out what lies below /zookeeper, but not that node', () => {
    assert.ok(isExcluded('/zookeeper/quota'));
    for (const path of ['', '/', '/zookeeper', '/zookeeperx/a', '/a/zookeeper/b']) {
      assert.ok(!isExcluded(path), path);
    }
  });
});

describe('DigestSum', () => {
  it('carries into and borrows from the upper half', () => {
    const sum = new DigestSum();
    sum.add(0xffff_ffff);
    sum.add(2);
    assert.deepEqual(sum.value, { hi: 1, lo: 1 });
    sum.subtract(0xffff_ffff);
    assert.deepEqual(sum.value, { hi: 0, lo: 2 });
  });

  it('wraps at 64 bits', () => {
    const sum = new DigestSum({ hi: -1, lo: -1 });
    sum.add(1);
    assert.deepEqual(sum.value, { hi: 0, lo: 0 });
    sum.subtract(1);
    assert.deepEqual(sum.value, { hi: -1, lo: -1 });
  });
});

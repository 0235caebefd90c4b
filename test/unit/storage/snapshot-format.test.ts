import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  looksLikeSnapshot,
  parseSnapshotFileName,
  type SnapshotCompression,
  snapshotFileName,
} from '../../../storage/snapshot-format.ts';
import { memoryFile, vector } from './snapshot-fixtures.ts';

describe('the name of a snapshot file', () => {
  const NAMES: readonly [string, number, number, SnapshotCompression][] = [
    ['snapshot.0', 0, 0, 'none'],
    ['snapshot.45', 0, 0x45, 'none'],
    ['snapshot.1fffffffe.gz', 1, -2, 'gz'],
    ['snapshot.ffffffffffffffff.snappy', -1, -1, 'snappy'],
  ];
  for (const [name, hi, lo, compression] of NAMES) {
    it(`${name} says zxid and compression`, () => {
      assert.deepEqual(parseSnapshotFileName(name), { zxid: { hi, lo }, compression });
      assert.equal(snapshotFileName({ zxid: { hi, lo }, compression }), name);
    });
  }

  for (const name of [
    'snapshot',
    'snapshot.',
    'snapshot.x',
    'snapshot.45.bak',
    'snapshot.45.gz.tmp',
    'snapshot.45.zst',
    'snapshot.10000000000000000',
    'log.45',
    'xsnapshot.45',
  ]) {
    it(`is not ${name}`, () => assert.equal(parseSnapshotFileName(name), null));
  }
});

describe('a file looks like a snapshot', () => {
  const plain = vector('apache-3.9.5/data/version-2/snapshot.45');
  const FILES: readonly [string, SnapshotCompression, Buffer, boolean][] = [
    ['that is one', 'none', plain, true],
    ['that breaks off', 'none', plain.subarray(0, plain.length - 1), false],
    ['of nothing', 'none', Buffer.alloc(0), false],
    ['of the mark alone', 'none', Buffer.of(0, 0, 0, 1, 0x2f), false],
    ['with gzip', 'gz', vector('snapshots/snapshot.45.gz'), true],
    ['with gzip that is none', 'gz', plain, false],
    ['with gzip of a byte', 'gz', Buffer.of(0x1f), false],
    ['with snappy', 'snappy', vector('snapshots/snapshot.45.snappy'), true],
    ['with snappy that is gzip', 'snappy', vector('snapshots/snapshot.45.gz'), false],
  ];
  for (const [what, compression, bytes, expected] of FILES) {
    it(`or not: one ${what}`, async () => {
      assert.equal(await looksLikeSnapshot(memoryFile(bytes), compression), expected);
    });
  }
});

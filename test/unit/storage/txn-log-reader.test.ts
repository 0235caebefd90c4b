import { deepEqual, equal, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { RecoveryError } from '../../../storage/recovery-error.ts';
import { Random } from '../../differential/random.ts';
import { SimDisk } from '../../sim/disk.ts';
import {
  DIR,
  entryOf,
  LOG_HEADER,
  logFileOf,
  readAll,
  txnOf,
  txnRange,
  zxid,
} from './txn-log-fixtures.ts';

const PATH = `${DIR}/log.1`;

function diskWith(bytes: Buffer): SimDisk {
  const disk = new SimDisk({ random: new Random(1) });
  disk.putFile(PATH, bytes);
  return disk;
}

/** What is read: how many txns, how it ended and where; or the code and offset of the error. */
async function outcome(bytes: Buffer, chunkBytes?: number): Promise<string> {
  try {
    const options = chunkBytes === undefined ? {} : { chunkBytes };
    const { txns, end, endOffset } = await readAll(diskWith(bytes), PATH, options);
    return `${txns.length} ${end} at ${endOffset}`;
  } catch (error) {
    if (!(error instanceof RecoveryError)) throw error;
    return `${error.code} at ${error.offset}`;
  }
}

/** `bytes` with some of them replaced. */
function patched(bytes: Buffer, at: number, patch: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  patch.copy(copy, at);
  return copy;
}

/** Bytes of an entry of `txnOf` with its default body. */
const ENTRY_BYTES = 65;
const FIRST = LOG_HEADER.length;
const SECOND = FIRST + ENTRY_BYTES;
const THIRD = SECOND + ENTRY_BYTES;

test('entries are read with their offsets, to the zeros or to the end of the file', async () => {
  for (const zeros of [0, 1, 11, 12, 13, 5000]) {
    const { txns, offsets, end, endOffset } = await readAll(
      diskWith(logFileOf(txnRange(1, 3), zeros)),
      PATH,
    );
    deepEqual(txns, txnRange(1, 3));
    deepEqual(offsets, [FIRST, SECOND, THIRD]);
    equal(`${end} at ${endOffset}`, `clean at ${THIRD + ENTRY_BYTES}`);
  }
});

test('the chunk size does not matter, also where txns are larger', async () => {
  const sizes = [0, 1, 50, 3000, 20, 70_000, 0];
  const txns = sizes.map((bodyBytes, i) => txnOf(zxid(i + 1), bodyBytes));
  const bytes = logFileOf(txns, 4096);
  for (const chunkBytes of [16, 17, 45, 64, 100, 4096, 69_999, 1 << 20]) {
    const read = await readAll(diskWith(bytes), PATH, { chunkBytes });
    deepEqual(read.txns, txns, `chunks of ${chunkBytes}`);
    equal(read.end, 'clean');
  }
});

test('a write cut off at any byte leaves a torn tail behind the entries before it', async () => {
  const whole = logFileOf(txnRange(1, 3));
  for (const zeros of [0, 2000]) {
    for (let cut = 0; cut <= ENTRY_BYTES; cut++) {
      const bytes = Buffer.concat([whole.subarray(0, THIRD + cut), Buffer.alloc(zeros)]);
      // The first bytes of a checksum are zeros, which cannot be told from no write at all.
      const end = cut <= 4 ? 'clean' : 'torn';
      const expected = cut === ENTRY_BYTES ? `3 clean at ${THIRD + cut}` : `2 ${end} at ${THIRD}`;
      equal(await outcome(bytes), expected, `cut at ${cut} with ${zeros} zeros`);
    }
  }
});

test('the first write of a file cut off at any byte leaves a file without entries', async () => {
  const whole = logFileOf(txnRange(1, 1));
  for (const zeros of [0, 100]) {
    for (let cut = 0; cut < whole.length; cut++) {
      const bytes = Buffer.concat([whole.subarray(0, cut), Buffer.alloc(zeros)]);
      const { txns, end, endOffset } = await readAll(diskWith(bytes), PATH);
      const message = `cut at ${cut} with ${zeros} zeros`;
      equal(txns.length, 0, message);
      // Version and dbid end with 8 zeros.
      const hasHeader = zeros > 0 ? cut >= 8 : cut >= 16;
      equal(endOffset, hasHeader ? FIRST : 0, message);
      equal(end, expectedEnd(cut, zeros), message);
    }
  }
});

function expectedEnd(cut: number, zeros: number): string {
  if (cut === 0) return zeros === 0 ? 'empty' : 'clean';
  const hasHeader = zeros > 0 ? cut >= 8 : cut >= 16;
  if (!hasHeader) return 'torn';
  return cut <= FIRST + 4 ? 'clean' : 'torn';
}

test('a changed byte with good entries behind it is damage, wherever it is', async () => {
  const whole = logFileOf(txnRange(1, 3), 1000);
  for (let at = SECOND; at < THIRD; at++) {
    const value = Buffer.from([(whole[at] ?? 0) ^ 0x10]);
    equal(await outcome(patched(whole, at, value)), `DAMAGED_LOG at ${SECOND}`, `byte ${at}`);
    equal(await outcome(patched(whole, at, value), 16), `DAMAGED_LOG at ${SECOND}`, `byte ${at}`);
  }
});

test('zeros in the middle are damage: they are not the end', async () => {
  const txns = txnRange(1, 300);
  const whole = logFileOf(txns, 1000);
  const holes: readonly (readonly [from: number, to: number, stop: number])[] = [
    [SECOND, THIRD, SECOND],
    [512, 1024, FIRST + ENTRY_BYTES * Math.floor((512 - FIRST) / ENTRY_BYTES)],
    [SECOND, whole.length - 1000 - ENTRY_BYTES, SECOND],
  ];
  for (const [from, to, stop] of holes) {
    const bytes = patched(whole, from, Buffer.alloc(to - from));
    equal(await outcome(bytes), `DAMAGED_LOG at ${stop}`);
  }
});

test('damage far from the next good entry is still found', async () => {
  const large = txnOf(zxid(2), 3 << 20);
  const bytes = logFileOf([txnOf(zxid(1)), large, txnOf(zxid(3))], 70_000);
  equal(await outcome(patched(bytes, SECOND + 20, Buffer.from('!'))), `DAMAGED_LOG at ${SECOND}`);
  const lost = patched(bytes, SECOND, Buffer.alloc(large.length + 13));
  equal(await outcome(lost), `DAMAGED_LOG at ${SECOND}`);
});

test('a length that makes no sense is found out by the file and the checksum, not by a limit', async () => {
  const whole = logFileOf(txnRange(1, 3), 1000);
  const lengths: readonly (readonly [hex: string, expected: string])[] = [
    ['00000000', `DAMAGED_LOG at ${SECOND}`],
    ['00000001', `DAMAGED_LOG at ${SECOND}`],
    ['00000033', `DAMAGED_LOG at ${SECOND}`],
    ['00000400', `DAMAGED_LOG at ${SECOND}`],
    ['7fffffff', `DAMAGED_LOG at ${SECOND}`],
    ['ffffffff', `DAMAGED_LOG at ${SECOND}`],
    ['80000000', `DAMAGED_LOG at ${SECOND}`],
  ];
  for (const [hex, expected] of lengths) {
    equal(await outcome(patched(whole, SECOND + 8, Buffer.from(hex, 'hex'))), expected, hex);
  }
});

test('the last entry with a wrong checksum is damage if all of it was written, a torn write if a sector is missing', async () => {
  const txn = txnOf(zxid(3), 2000);
  const whole = logFileOf([...txnRange(1, 2), txn], 5000);
  equal(await outcome(patched(whole, THIRD + 100, Buffer.from('!'))), `DAMAGED_LOG at ${THIRD}`);
  const missing = patched(whole, 1024, Buffer.alloc(512));
  equal(await outcome(missing), `2 torn at ${THIRD}`);
  // Zeros within one sector were never a missing sector.
  const within = patched(whole, 1030, Buffer.alloc(500));
  equal(await outcome(within), `DAMAGED_LOG at ${THIRD}`);
});

test('what an older file left on the disk is not taken for a good entry behind damage', async () => {
  const whole = Buffer.concat([logFileOf(txnRange(5, 6)), Buffer.alloc(100)]);
  const stale = entryOf(txnOf(zxid(4)));
  const torn = patched(whole, SECOND, Buffer.alloc(ENTRY_BYTES));
  equal(await outcome(Buffer.concat([torn, stale])), `1 torn at ${SECOND}`);
  const later = entryOf(txnOf(zxid(7)));
  equal(await outcome(Buffer.concat([torn, later])), `DAMAGED_LOG at ${SECOND}`);
});

test('an entry in the data of a torn entry is taken for a good one: refused rather than lost', async () => {
  const outer = txnOf(zxid(2), 3000);
  entryOf(txnOf(zxid(9))).copy(outer, 100);
  const bytes = logFileOf([txnOf(zxid(1)), outer], 4000);
  const torn = patched(bytes, SECOND + 1000, Buffer.alloc(3000));
  equal(await outcome(torn), `DAMAGED_LOG at ${SECOND}`);
});

test('a file that begins with anything else is not a log', async () => {
  const headers = [
    '5a4b534e0000000200000000',
    '5a4b4c470000000300000000',
    '747874206c6f670a00000000',
    '5a4b4c480000000200000000',
  ];
  for (const hex of headers) {
    const bytes = patched(logFileOf(txnRange(1, 2), 10), 0, Buffer.from(hex, 'hex'));
    equal(await outcome(bytes), 'BAD_LOG_HEADER at 0', hex);
  }
});

test('a header of zeros before good entries is damage', async () => {
  const bytes = patched(logFileOf(txnRange(1, 2), 10), 0, Buffer.alloc(16));
  equal(await outcome(bytes), 'DAMAGED_LOG at 0');
});

test('an error names file, offset, expected, actual and the remedy', async () => {
  const bytes = patched(logFileOf(txnRange(1, 3)), SECOND + 12, Buffer.from('!'));
  await rejects(readAll(diskWith(bytes), PATH), (error: RecoveryError) => {
    equal(error.file, PATH);
    equal(error.offset, SECOND);
    equal(
      error.message.replace(/[0-9a-f]{16}/g, 'CHECKSUM'),
      '/data/version-2/log.1 at offset 81: the checksum of the entry is CHECKSUM, that of its 52 bytes is CHECKSUM, ' +
        'and it is not the end of the log: the entry at 146 is good; restore the file from a backup or another server; ' +
        'or, if the txns from here on may be lost, cut it off (truncate -s 81 /data/version-2/log.1) and move later log ' +
        'files out of the directory',
    );
    return true;
  });
});

import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { adler32 } from '../../../storage/adler32.ts';

function checksum(text: string): number {
  const bytes = Buffer.from(text, 'latin1');
  return adler32(bytes, 0, bytes.length) >>> 0;
}

/** A zlib stream ends with the Adler-32 of what was compressed. */
function zlibChecksum(bytes: Buffer): number {
  const stream = deflateSync(bytes);
  return stream.readInt32BE(stream.length - 4);
}

test('adler32 gives the known checksums', () => {
  const known: readonly (readonly [string, number])[] = [
    ['', 0x00000001],
    ['a', 0x00620062],
    ['abc', 0x024d0127],
    ['Wikipedia', 0x11e60398],
  ];
  for (const [text, expected] of known) equal(checksum(text), expected, text);
});

test('adler32 agrees with zlib for every length around its block sizes, also for the largest bytes', () => {
  const lengths = [1, 7, 8, 9, 15, 100, 3847, 3848, 3849, 3855, 7696, 7697, 65_521, 100_003];
  for (const length of lengths) {
    const largest = Buffer.alloc(length, 0xff);
    const mixed = Buffer.from(largest.map((_, i) => (i * 7919) >> 3));
    equal(adler32(largest, 0, length), zlibChecksum(largest), `${length} bytes of ff`);
    equal(adler32(mixed, 0, length), zlibChecksum(mixed), `${length} mixed bytes`);
  }
});

test('adler32 covers the given part and carries on from a previous checksum', () => {
  const bytes = Buffer.from('some bytes in the middle of others');
  const middle = bytes.subarray(5, 20);
  equal(adler32(bytes, 5, 15), zlibChecksum(middle));
  equal(adler32(bytes, 9, 11, adler32(bytes, 5, 4)), zlibChecksum(middle));
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { crc32Bytes, crc32Int } from '../../../storage/crc32.ts';
import { SeededRandom } from './seeded-random.ts';

describe('crc32Bytes', () => {
  it('agrees with zlib at every length and alignment', () => {
    const random = new SeededRandom(1);
    const bytes = Buffer.from(Array.from({ length: 600 }, () => random.below(256)));
    for (let start = 0; start < 9; start++) {
      for (let end = start; end <= bytes.length; end += 1 + random.below(7)) {
        assert.equal(crc32Bytes(0, bytes, start, end) >>> 0, crc32(bytes.subarray(start, end)));
      }
    }
  });

  it('goes on from where it stopped', () => {
    const bytes = Buffer.from('123456789');
    for (let cut = 0; cut <= bytes.length; cut++) {
      const state = crc32Bytes(0, bytes, 0, cut);
      assert.equal(crc32Bytes(state, bytes, cut, bytes.length) >>> 0, 0xcbf4_3926);
    }
  });
});

describe('crc32Int', () => {
  it('covers the four big-endian bytes', () => {
    const bytes = Buffer.alloc(4);
    for (const value of [0, 1, -1, 0x1234_5678, -0x8000_0000]) {
      bytes.writeInt32BE(value);
      assert.equal(crc32Int(-7, value), crc32Bytes(-7, bytes, 0, 4));
    }
  });
});

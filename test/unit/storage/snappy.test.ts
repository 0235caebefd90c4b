import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  decompressSnappy,
  maxSnappyBytes,
  SnappyCompressor,
  SnappyError,
  snappyDataBytes,
} from '../../../storage/snappy.ts';
import { SnappyDecoder, SnappyEncoder } from '../../../storage/snappy-stream.ts';
import { SeededRandom } from './seeded-random.ts';
import { vector } from './snapshot-fixtures.ts';

const compressor = new SnappyCompressor();

function compress(data: Buffer): Buffer {
  const output = Buffer.alloc(maxSnappyBytes(data.length));
  return output.subarray(0, compressor.compress(data, 0, data.length, output, 0));
}

/** The guard behind the output shows that nothing is written beyond. */
function decompress(block: Buffer): Buffer {
  const bytes = snappyDataBytes(block, 0, block.length);
  const output = Buffer.alloc(bytes + 16, 0xaa);
  assert.equal(decompressSnappy(block, 0, block.length, output, 8), bytes + 8);
  assert.ok(output.subarray(0, 8).every((byte) => byte === 0xaa));
  assert.ok(output.subarray(bytes + 8).every((byte) => byte === 0xaa));
  return output.subarray(8, bytes + 8);
}

function encodeStream(data: Buffer, chunkBytes: number): Buffer {
  const chunks: Buffer[] = [];
  const encoder = new SnappyEncoder((chunk) => chunks.push(chunk));
  for (let at = 0; at < data.length; at += chunkBytes) {
    encoder.push(data.subarray(at, at + chunkBytes));
  }
  encoder.end();
  return Buffer.concat(chunks);
}

function decodeStream(stream: Buffer, chunkBytes: number): Buffer {
  const chunks: Buffer[] = [];
  const decoder = new SnappyDecoder((chunk) => chunks.push(Buffer.from(chunk)));
  for (let at = 0; at < stream.length; at += chunkBytes) {
    decoder.push(stream.subarray(at, at + chunkBytes));
  }
  decoder.end();
  return Buffer.concat(chunks);
}

/** From noise to repetition, of sizes around the limits of the format. */
function* samples(): Generator<Buffer> {
  const random = new SeededRandom(7);
  for (const bytes of [0, 1, 3, 4, 15, 16, 17, 59, 60, 61, 64, 65, 255, 256, 257, 5000]) {
    yield Buffer.alloc(bytes, 'a');
    yield Buffer.from(Array.from({ length: bytes }, () => random.below(256)));
    yield Buffer.from(Array.from({ length: bytes }, () => 97 + random.below(3)));
  }
  for (const bytes of [65_535, 65_536, 65_537, 200_000]) {
    const words = Array.from({ length: bytes / 4 }, () => `w${random.below(900)} `).join('');
    yield Buffer.from(words).subarray(0, bytes);
    yield Buffer.alloc(bytes);
  }
}

describe('a snappy block', () => {
  it('gives back the data', () => {
    for (const data of samples()) {
      const block = compress(data);
      assert.ok(block.length <= maxSnappyBytes(data.length));
      assert.ok(decompress(block).equals(data), `${data.length} bytes`);
    }
  });

  it('is small where the data repeats', () => {
    const text = Buffer.from('/some/path/of/a/znode '.repeat(1000));
    assert.ok(compress(text).length < text.length / 15);
  });

  /** Made by hand from the format's description. */
  const BLOCKS: readonly [what: string, hex: string, data: string][] = [
    ['nothing', '00', ''],
    ['a literal', '03 08 616263', 'abc'],
    ['a literal with its length in a byte', '03 f0 02 616263', 'abc'],
    ['a literal with its length in 2 bytes', '03 f4 0200 616263', 'abc'],
    ['a literal with its length in 3 bytes', '03 f8 020000 616263', 'abc'],
    ['a literal with its length in 4 bytes', '03 fc 02000000 616263', 'abc'],
    ['a copy with a short offset', '07 08 616263 01 03', 'abcabca'],
    ['a copy with an offset of 2 bytes', '06 08 616263 0a 0300', 'abcabc'],
    ['a copy with an offset of 4 bytes', '06 08 616263 0b 03000000', 'abcabc'],
    ['a copy that overlaps itself', '05 00 61 01 01', 'aaaaa'],
  ];
  for (const [what, hex, data] of BLOCKS) {
    it(`may hold ${what}`, () => {
      assert.equal(decompress(Buffer.from(hex.replaceAll(' ', ''), 'hex')).toString(), data);
    });
  }

  const BAD_BLOCKS: readonly [what: string, hex: string, says: RegExp][] = [
    ['no length', '', /no number/],
    ['a length without end', 'ffffffffff00', /no number/],
    ['a literal cut off', '03 08 6162', /ends within an element/],
    ['a literal without its length', '03 f4 02', /ends within an element/],
    ['a copy cut off', '07 08 616263 01', /ends within an element/],
    ['a long copy cut off', '07 08 616263 0a 03', /ends within an element/],
    ['a very long copy cut off', '07 08 616263 0b 030000', /ends within an element/],
    ['a copy from before the start', '07 08 616263 01 04', /from 4 behind, where 3/],
    ['a copy from where it is', '07 08 616263 01 00', /from 0 behind/],
    ['a copy of too much', '06 08 616263 01 03', /more data than it says/],
    ['a literal of too much', '02 08 616263', /more data than it says/],
    ['too little', '09 08 616263', /ends after 3 of 9 bytes/],
  ];
  for (const [what, hex, says] of BAD_BLOCKS) {
    it(`is refused with ${what}`, () => {
      const block = Buffer.from(hex.replaceAll(' ', ''), 'hex');
      const isExpected = (error: unknown): boolean =>
        error instanceof SnappyError && says.test(error.message);
      assert.throws(() => decompress(block), isExpected);
    });
  }

  it('never leads beyond its bounds, however damaged', () => {
    const random = new SeededRandom(3);
    const good = compress(Buffer.from('/a/path and some data, /a/path and more of it'.repeat(20)));
    for (let round = 0; round < 3000; round++) {
      const bad = Buffer.from(good);
      for (let flips = random.below(4); flips >= 0; flips--) {
        // The first two bytes are the length; a large one would only cost time.
        bad[2 + random.below(bad.length - 2)] = random.below(256);
      }
      try {
        decompress(bad);
      } catch (error) {
        assert.ok(error instanceof SnappyError, String(error));
      }
    }
  });
});

describe('a stream of snappy-java', () => {
  const raw = vector('snapshots/mixed.raw');
  const recorded = vector('snapshots/mixed.snappy');

  it('as snappy-java 1.1.10.5 wrote it is read, in chunks of any size', () => {
    for (const chunkBytes of [recorded.length, 1, 7, 1000, 32_768]) {
      assert.ok(decodeStream(recorded, chunkBytes).equals(raw));
    }
  });

  it('begins as that one does and has the same blocks', () => {
    const ours = encodeStream(raw, raw.length);
    assert.deepEqual(ours.subarray(0, 16), recorded.subarray(0, 16));
    assert.deepEqual(dataSizes(ours), dataSizes(recorded));
  });

  it('gives back the data, whatever the chunks', () => {
    const random = new SeededRandom(5);
    for (const data of samples()) {
      for (let round = 0; round < 3; round++) {
        const stream = encodeStream(data, 1 + random.below(data.length + 1));
        assert.ok(decodeStream(stream, 1 + random.below(stream.length)).equals(data));
      }
    }
  });

  it('is refused wherever it breaks off, but between blocks', () => {
    const ends = new Set(blockEnds(recorded));
    for (let bytes = 0; bytes < recorded.length; bytes += bytes < 100 ? 1 : 97) {
      const read = (): Buffer => decodeStream(recorded.subarray(0, bytes), 4096);
      if (ends.has(bytes)) assert.doesNotThrow(read);
      else assert.throws(read, /the stream ends after/);
    }
  });

  const BAD: readonly [what: string, at: number, value: number, says: RegExp][] = [
    ['another magic', 0, 0x504b0304, /begins with 504b0304/],
    ['a later version', 12, 2, /not as those of snappy-java do/],
    ['a block of negative length', 16, -1, /the length of a block is -1/],
    ['a block of two gigabytes', 16, 0x7fff_ffff, /the length of a block is 2147483647/],
    ['a block of much data', 20, -1, /of data, more than|no number/],
  ];
  for (const [what, at, value, says] of BAD) {
    it(`is refused with ${what}`, () => {
      const bad = Buffer.from(recorded);
      bad.writeInt32BE(value, at);
      assert.throws(() => decodeStream(bad, 100), says);
    });
  }

  it('names the place of a damaged block', () => {
    const [, secondBlock] = blockEnds(recorded);
    const bad = Buffer.from(recorded);
    bad[secondBlock! + 4] = 0xff;
    bad[secondBlock! + 5] = 0xff;
    bad[secondBlock! + 6] = 0;
    assert.throws(
      () => decodeStream(bad, 5000),
      (error) => error instanceof SnappyError && error.offset > secondBlock!,
    );
  });
});

/** Where the header and the blocks end. */
function blockEnds(stream: Buffer): number[] {
  const ends = [16];
  for (let at = 16; at < stream.length; ends.push(at)) at += 4 + stream.readInt32BE(at);
  return ends;
}

function dataSizes(stream: Buffer): number[] {
  return blockEnds(stream)
    .slice(0, -1)
    .map((at) => snappyDataBytes(stream, at + 4, stream.length));
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JuteError, JuteReader } from 'jute-ts';

const reader = (hex: string): JuteReader =>
  new JuteReader().reset(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

describe('JuteReader', () => {
  const values: readonly [string, string, (r: JuteReader) => unknown, unknown][] = [
    ['byte 0', '00', (r) => r.readByte(), 0],
    ['byte 127', '7f', (r) => r.readByte(), 127],
    ['byte -128', '80', (r) => r.readByte(), -128],
    ['false', '00', (r) => r.readBool(), false],
    ['true', '01', (r) => r.readBool(), true],
    ['any other byte as true', 'ff', (r) => r.readBool(), true],
    ['int 1', '00000001', (r) => r.readInt(), 1],
    ['the largest int', '7fffffff', (r) => r.readInt(), 2147483647],
    ['the smallest int', '80000000', (r) => r.readInt(), -2147483648],
    ['long -1', 'ffffffffffffffff', (r) => r.readLong(), { hi: -1, lo: -1 }],
    ['long 2^31', '0000000080000000', (r) => r.readLong(), { hi: 0, lo: -2147483648 }],
    [
      'a long by halves',
      '0102030405060708',
      (r) => r.readLong(),
      { hi: 0x01020304, lo: 0x05060708 },
    ],
    ['float 1.5', '3fc00000', (r) => r.readFloat(), 1.5],
    ['double -2', 'c000000000000000', (r) => r.readDouble(), -2],
    ['a null string', 'ffffffff', (r) => r.readString(), null],
    ['an empty string', '00000000', (r) => r.readString(), ''],
    ['a string', '00000003 2f6162', (r) => r.readString(), '/ab'],
    ['a string of UTF-8', '00000009 c3a4 e282ac f09f9880', (r) => r.readString(), 'ä€😀'],
    ['a byte order mark as a character', '00000003 efbbbf', (r) => r.readString(), '\ufeff'],
    ['a null buffer', 'ffffffff', (r) => r.readBuffer(), null],
    ['an empty buffer', '00000000', (r) => r.readBuffer(), Buffer.alloc(0)],
    ['a buffer', '00000002 0001', (r) => r.readBuffer(), Buffer.from([0, 1])],
    ['a null vector', 'ffffffff', (r) => r.readCount(4), -1],
    ['an empty vector', '00000000', (r) => r.readCount(4), 0],
    ['a count that just fits', '00000002 0000000000000000', (r) => r.readCount(4), 2],
    ['other negative counts as 0, as Java does', '80000000', (r) => r.readCount(4), 0],
  ];
  for (const [name, hex, read, expected] of values) {
    it(`reads ${name}`, () => assert.deepEqual(read(reader(hex)), expected));
  }

  // What java.lang.String makes of the same bytes; recorded from Java 17.
  const malformed: readonly [string, string, string][] = [
    ['a lone continuation byte', '80', '\ufffd'],
    ['an overlong sequence', 'c0af', '\ufffd\ufffd'],
    ['a byte that starts nothing', '41ff42', 'A\ufffdB'],
    ['a sequence cut short by the end', 'e282', '\ufffd'],
    ['a sequence cut short by a letter', 'e28241', '\ufffdA'],
    ['a surrogate as one replacement', 'eda080', '\ufffd'],
    ['a pair of surrogates as two', 'eda0bdedb880', '\ufffd\ufffd'],
    ['a surrogate cut short by the end', 'eda0', '\ufffd'],
    ['a surrogate cut short by a letter', 'eda041', '\ufffdA'],
    ['half a surrogate before a whole one', 'ededa080', '\ufffd\ufffd'],
    ['a character above U+10FFFF', 'f4908080', '\ufffd\ufffd\ufffd\ufffd'],
    ['a character below a surrogate as itself', 'ed9fbf', '\ud7ff'],
  ];
  for (const [name, hex, expected] of malformed) {
    it(`decodes ${name}`, () => {
      const length = (hex.length / 2).toString(16).padStart(8, '0');
      assert.equal(reader(length + hex).readString(), expected);
    });
  }

  const refused: readonly [string, string, (r: JuteReader) => unknown, string, number][] = [
    ['a string length of -2', 'fffffffe', (r) => r.readString(), 'UNREASONABLE_LENGTH', 0],
    ['the most negative length', '80000000', (r) => r.readBuffer(), 'UNREASONABLE_LENGTH', 0],
    ['a length over the limit', '001fffff', (r) => r.readBuffer(), 'UNREASONABLE_LENGTH', 0],
    ['the largest length', '7fffffff', (r) => r.readString(), 'UNREASONABLE_LENGTH', 0],
    [
      'a length at the limit beyond the end',
      '001ffffe',
      (r) => r.readString(),
      'UNEXPECTED_END',
      4,
    ],
    ['a length one beyond the end', '00000002 61', (r) => r.readString(), 'UNEXPECTED_END', 4],
    [
      'a count that cannot fit',
      '00000002 00000000000000',
      (r) => r.readCount(4),
      'UNREASONABLE_LENGTH',
      0,
    ],
    ['the largest count', '7fffffff', (r) => r.readCount(1), 'UNREASONABLE_LENGTH', 0],
    ['a truncated byte', '', (r) => r.readByte(), 'UNEXPECTED_END', 0],
    ['a truncated boolean', '', (r) => r.readBool(), 'UNEXPECTED_END', 0],
    ['a truncated int', '000000', (r) => r.readInt(), 'UNEXPECTED_END', 0],
    ['a truncated long', '00000000000000', (r) => r.readLong(), 'UNEXPECTED_END', 0],
    ['a truncated float', '000000', (r) => r.readFloat(), 'UNEXPECTED_END', 0],
    ['a truncated double', '00000000000000', (r) => r.readDouble(), 'UNEXPECTED_END', 0],
    ['a truncated length', '0000', (r) => r.readBuffer(), 'UNEXPECTED_END', 0],
  ];
  for (const [name, hex, read, code, offset] of refused) {
    it(`refuses ${name}`, () => {
      const r = reader(hex);
      r.field = 'Thing.part';
      assert.throws(
        () => read(r),
        (error: unknown) =>
          error instanceof JuteError &&
          error.code === code &&
          error.offset === offset &&
          error.field === 'Thing.part' &&
          error.message.startsWith('Thing.part: ') &&
          error.message.endsWith(`at offset ${offset}`),
      );
    });
  }

  it('reads within the bounds of reset and no further', () => {
    const r = new JuteReader().reset(Buffer.from('ff00000001ff', 'hex'), 1, 5);
    assert.equal(r.remaining, 4);
    assert.equal(r.readInt(), 1);
    assert.equal(r.remaining, 0);
    assert.throws(() => r.readByte(), { code: 'UNEXPECTED_END', offset: 5 });
  });

  it('refuses bounds outside the buffer, which would be a mistake of the caller', () => {
    const buffer = Buffer.alloc(4);
    for (const [from, to] of [
      [-1, 4],
      [0, 5],
      [3, 2],
      [Number.NaN, 4],
    ] as const) {
      assert.throws(() => new JuteReader().reset(buffer, from, to), RangeError);
    }
  });

  it('answers buffers as views of the input', () => {
    const input = Buffer.from('00000001aa', 'hex');
    const view = new JuteReader().reset(input).readBuffer()!;
    input[4] = 0xbb;
    assert.equal(view[0], 0xbb);
  });

  it('takes its limit of lengths from its options', () => {
    const r = new JuteReader({ maxBufferBytes: 3 });
    assert.equal(r.reset(Buffer.from('00000003616263', 'hex')).readString(), 'abc');
    assert.throws(() => r.reset(Buffer.from('0000000461626364', 'hex')).readString(), {
      code: 'UNREASONABLE_LENGTH',
    });
  });

  it('bounds how deep recursive records nest, and starts over at reset', () => {
    const r = new JuteReader({ maxDepth: 2 }).reset(Buffer.alloc(0));
    r.enter();
    r.enter();
    r.leave();
    r.enter();
    assert.throws(() => r.enter(), { code: 'TOO_DEEP' });
    r.reset(Buffer.alloc(0)).enter();
  });
});

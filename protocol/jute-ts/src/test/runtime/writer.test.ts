import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JuteError, JuteReader, JuteWriter, stringBytes } from 'jute-ts';

const written = (write: (w: JuteWriter) => void): string => {
  const w = new JuteWriter().reset(Buffer.alloc(64));
  write(w);
  return w.buffer.toString('hex', 0, w.offset);
};

describe('JuteWriter', () => {
  const values: readonly [string, (w: JuteWriter) => void, string][] = [
    ['byte -128', (w) => w.writeByte(-128), '80'],
    ['true', (w) => w.writeBool(true), '01'],
    ['false', (w) => w.writeBool(false), '00'],
    ['int -2', (w) => w.writeInt(-2), 'fffffffe'],
    ['the low 32 bits of an unsigned int', (w) => w.writeInt(0xfffffffe), 'fffffffe'],
    ['a long', (w) => w.writeLong({ hi: 0x01020304, lo: -2 }), '01020304fffffffe'],
    ['a long from parts', (w) => w.writeLongParts(-1, 1), 'ffffffff00000001'],
    ['float 1.5', (w) => w.writeFloat(1.5), '3fc00000'],
    ['double -2', (w) => w.writeDouble(-2), 'c000000000000000'],
    ['a null string', (w) => w.writeString(null), 'ffffffff'],
    ['an empty string', (w) => w.writeString(''), '00000000'],
    ['ASCII', (w) => w.writeString('/ab'), '000000032f6162'],
    ['a two-byte character', (w) => w.writeString('aä'), '0000000361c3a4'],
    ['a three-byte character', (w) => w.writeString('€'), '00000003e282ac'],
    ['an astral character as two surrogates', (w) => w.writeString('😀'), '00000006eda0bdedb880'],
    ['a lone surrogate', (w) => w.writeString('\udc00'), '00000003edb080'],
    ['U+0000 as one byte', (w) => w.writeString('\0'), '0000000100'],
    ['a null buffer', (w) => w.writeBuffer(null), 'ffffffff'],
    ['a buffer', (w) => w.writeBuffer(Uint8Array.of(1, 2)), '000000020102'],
    ['bytes alone', (w) => w.writeBytes(Uint8Array.of(1, 2)), '0102'],
    ['a count', (w) => w.writeCount(3), '00000003'],
    ['a null vector', (w) => w.writeCount(-1), 'ffffffff'],
  ];
  for (const [name, write, hex] of values) {
    it(`writes ${name}`, () => assert.equal(written(write), hex));
  }

  it('encodes strings of every length alike, whatever stands where, and as large as stringBytes says', () => {
    for (const odd of ['', 'ä', '€', '😀', '\ud800']) {
      for (let length = 0; length <= 70; length++) {
        const at = [...new Set([0, length >> 1, length])];
        for (const text of at.map((i) => 'x'.repeat(i) + odd + 'x'.repeat(length - i))) {
          const expected = [...text].length === text.length ? text : null;
          const buffer = Buffer.alloc(stringBytes(text));
          const w = new JuteWriter().reset(buffer);
          w.writeString(text);
          assert.equal(w.offset, buffer.length);
          // Beyond the surrogates, the encoding is ordinary UTF-8.
          if (expected !== null && odd !== '\ud800') {
            assert.equal(new JuteReader().reset(buffer).readString(), expected);
          }
          assert.equal(buffer.toString('hex', 4), unitByUnit(text));
        }
      }
    }
  });

  it('starts at the offset of reset and touches nothing before it', () => {
    const buffer = Buffer.alloc(8, 0xee);
    new JuteWriter().reset(buffer, 4).writeInt(1);
    assert.equal(buffer.toString('hex'), 'eeeeeeee00000001');
    assert.throws(() => new JuteWriter().reset(buffer, 9), RangeError);
  });

  const full: readonly [string, number, (w: JuteWriter) => void][] = [
    ['a byte', 0, (w) => w.writeByte(1)],
    ['an int', 3, (w) => w.writeInt(1)],
    ['a long', 7, (w) => w.writeLong({ hi: 0, lo: 0 })],
    ['a double', 7, (w) => w.writeDouble(0)],
    ['a short string', 6, (w) => w.writeString('abc')],
    ['a short string that is not ASCII', 7, (w) => w.writeString('abä')],
    ['a long string', 103, (w) => w.writeString('x'.repeat(100))],
    ['a long string that is not ASCII', 104, (w) => w.writeString(`${'ä'.repeat(50)}x`)],
    ['a long string of surrogates', 123, (w) => w.writeString('😀'.repeat(20))],
    ['a buffer', 5, (w) => w.writeBuffer(Uint8Array.of(1, 2))],
    ['bytes', 1, (w) => w.writeBytes(Uint8Array.of(1, 2))],
  ];
  for (const [name, room, write] of full) {
    it(`refuses ${name} where one byte is missing, and fits it where none is`, () => {
      assert.throws(
        () => write(new JuteWriter().reset(Buffer.alloc(room))),
        (error: unknown) => error instanceof JuteError && error.code === 'OVERFLOW',
      );
      const w = new JuteWriter().reset(Buffer.alloc(room + 1));
      write(w);
      assert.equal(w.offset, room + 1);
    });
  }

  it('grows by the function it was given, keeping what is written', () => {
    const asked: number[] = [];
    const w = new JuteWriter({
      grow: (current, usedBytes, neededBytes) => {
        asked.push(usedBytes, neededBytes);
        const larger = Buffer.alloc(neededBytes + 4);
        current.copy(larger, 0, 0, usedBytes);
        return larger;
      },
    });
    w.writeInt(1);
    w.writeInt(2);
    w.writeString('ab');
    assert.deepEqual(asked, [0, 4, 8, 14]);
    assert.equal(w.buffer.toString('hex', 0, w.offset), '0000000100000002000000026162');
  });

  it('refuses what does not fit if growing did not help', () => {
    const w = new JuteWriter({ grow: (current) => current }).reset(Buffer.alloc(2), 1);
    assert.throws(() => w.writeInt(1), { code: 'OVERFLOW', offset: 1 });
  });

  it('makes room for several values at once', () => {
    const w = new JuteWriter().reset(Buffer.alloc(8));
    w.reserve(8);
    assert.throws(() => w.reserve(9), { code: 'OVERFLOW' });
  });
});

/** The encoding by definition: each UTF-16 unit by itself. */
function unitByUnit(text: string): string {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes.push(unit);
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
  }
  return Buffer.from(bytes).toString('hex');
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JuteError, JuteReader, JuteWriter } from 'jute-ts';
import { readColor as readRgb, writeColor as writeRgb } from '../sample/colors.ts';
import {
  type Awkward,
  type Collections,
  type Color,
  readAwkward,
  readCollections,
  readColor,
  readNothing,
  readScalars,
  readTree,
  type Scalars,
  sizeAwkward,
  sizeCollections,
  sizeColor,
  sizeNothing,
  sizePoint,
  sizeScalars,
  sizeTree,
  type Tree,
  writeAwkward,
  writeCollections,
  writeColor,
  writeNothing,
  writeScalars,
  writeTree,
} from '../sample/shapes.ts';

const SCALARS: Scalars = {
  tiny: -1,
  flag: true,
  number: -2,
  big: { hi: 1, lo: -1 },
  single: 0.5,
  wide: -0.5,
  text: 'é',
  blob: Buffer.from([7]),
};

const COLLECTIONS: Collections = {
  numbers: [1, 2],
  names: ['a', null],
  points: [{ x: 1, y: -1 }],
  table: [['b'], null, []],
  ids: [[5, { hi: 0, lo: 6 }]],
  paths: [['p', [{ x: 2, y: 3 }]]],
  pages: [[['k', null]], []],
};

const COLOR: Color = {
  name: 'teal',
  value: { red: 0, green: -128, blue: 127 },
  palettes: [{ colors: [{ red: 1, green: 2, blue: 3 }] }, { colors: null }],
};

const AWKWARD: Awkward = {
  delete: 1,
  new: { hi: 0, lo: 2 },
  r: 'r',
  v: ['v'],
  vCount: [3],
  readPoint: { x: 4, y: 5 },
  bytes: {},
};

const TREE: Tree = { label: 'root', branches: [{ tree: { label: 'leaf', branches: [] } }] };

type Case = {
  readonly name: string;
  readonly hex: string;
  readonly value: unknown;
  readonly size: number;
  readonly read: (r: JuteReader) => unknown;
  readonly write: (w: JuteWriter) => void;
};

const CASES: readonly Case[] = [
  {
    name: 'Scalars',
    hex: `ff 01 fffffffe 00000001ffffffff 3f000000 bfe0000000000000 00000002c3a9 0000000107`,
    value: SCALARS,
    size: sizeScalars(SCALARS),
    read: readScalars,
    write: (w) => writeScalars(w, SCALARS),
  },
  {
    name: 'Collections',
    hex: `00000002 00000001 00000002
          00000002 0000000161 ffffffff
          00000001 00000001 ffffffff
          00000003 00000001 0000000162 ffffffff 00000000
          00000001 00000005 0000000000000006
          00000001 0000000170 00000001 00000002 00000003
          00000002 00000001 000000016b ffffffff 00000000`,
    value: COLLECTIONS,
    size: sizeCollections(COLLECTIONS),
    read: readCollections,
    write: (w) => writeCollections(w, COLLECTIONS),
  },
  {
    name: 'Color, with records of the other module',
    hex: `00000004 7465616c 00807f 00000002 00000001 010203 ffffffff`,
    value: COLOR,
    size: sizeColor(COLOR),
    read: readColor,
    write: (w) => writeColor(w, COLOR),
  },
  {
    name: 'Awkward',
    hex: `00000001 0000000000000002 0000000172 00000001 0000000176
          00000001 00000003 00000004 00000005`,
    value: AWKWARD,
    size: sizeAwkward(AWKWARD),
    read: readAwkward,
    write: (w) => writeAwkward(w, AWKWARD),
  },
  {
    name: 'Tree, which is recursive',
    hex: '00000004 726f6f74 00000001 00000004 6c656166 00000000',
    value: TREE,
    size: sizeTree(TREE),
    read: readTree,
    write: (w) => writeTree(w, TREE),
  },
];

describe('generated records', () => {
  for (const { name, hex, value, size, read, write } of CASES) {
    const bytes = Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');

    it(`write ${name} as these bytes, read it from them, and know its size`, () => {
      const w = new JuteWriter().reset(Buffer.alloc(bytes.length));
      write(w);
      assert.equal(w.buffer.toString('hex'), bytes.toString('hex'));
      assert.equal(size, bytes.length);
      const r = new JuteReader().reset(bytes);
      assert.deepEqual(read(r), value);
      assert.equal(r.remaining, 0);
    });

    it(`refuse ${name} cut short at any byte, naming a field and an offset within it`, () => {
      for (let length = 0; length < bytes.length; length++) {
        assert.throws(
          () => read(new JuteReader().reset(bytes, 0, length)),
          (error: unknown) =>
            error instanceof JuteError && error.offset <= length && /^\w+\.\w+$/.test(error.field),
          `${name} cut at ${length}`,
        );
      }
    });
  }

  const cuts: readonly [number, string, number][] = [
    [0, 'Color.name', 0],
    [8, 'Color.red', 8],
    [10, 'Color.blue', 10],
    [12, 'Color.palettes', 11],
    [16, 'Color.palettes', 11],
    [23, 'Palette.colors', 22],
    [24, 'Palette.colors', 22],
  ];
  for (const [length, field, offset] of cuts) {
    it(`name the innermost field, ${field}, in an error after ${length} bytes`, () => {
      const bytes = Buffer.from('000000047465616c00807f0000000200000001010203ffffffff', 'hex');
      assert.throws(() => readColor(new JuteReader().reset(bytes, 0, length)), { field, offset });
    });
  }

  it('refuse a tree that is deeper than the reader allows, instead of exhausting the stack', () => {
    const levels = 100_000;
    const bytes = Buffer.alloc(levels * 8);
    for (let i = 0; i < levels; i++) bytes.writeInt32BE(1, i * 8 + 4);
    assert.throws(() => readTree(new JuteReader().reset(bytes)), { code: 'TOO_DEEP' });
  });

  it('take records without fields, and records of a fixed size', () => {
    assert.equal(sizeNothing({}), 0);
    assert.equal(sizePoint({ x: 1, y: 2 }), 8);
    writeNothing(new JuteWriter(), {});
    assert.deepEqual(readNothing(new JuteReader()), {});
  });

  it('keep records of the same name in two modules apart', () => {
    const w = new JuteWriter().reset(Buffer.alloc(3));
    writeRgb(w, COLOR.value);
    assert.deepEqual(readRgb(new JuteReader().reset(w.buffer)), COLOR.value);
  });
});

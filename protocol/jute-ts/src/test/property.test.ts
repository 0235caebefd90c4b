import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { JuteError, JuteReader, JuteWriter } from 'jute-ts';
import { compile } from 'jute-ts/compiler';
import { Random } from './random.ts';
import {
  randomSchema,
  randomValue,
  type SchemaModule,
  type SchemaRecord,
  schemaText,
} from './random-schema.ts';

const SCHEMAS: number = 12;
const VALUES_PER_RECORD: number = 20;
/** Any number; a failure names the seed of its schema, and the same seeds give the same run. */
const FIRST_SEED: number = 1000;

type Codec = {
  read(r: JuteReader): unknown;
  write(w: JuteWriter, value: unknown): void;
  size(value: unknown): number;
};

/** Within the package, so that the emitted `import ... from 'jute-ts'` finds it. */
const directory: string = mkdtempSync(path.join(import.meta.dirname, 'property-'));
after(() => rmSync(directory, { recursive: true }));

describe('any schema', () => {
  const schemas = Array.from({ length: SCHEMAS }, (_, i) => ({
    seed: FIRST_SEED + i,
    modules: randomSchema(new Random(FIRST_SEED + i), `s${i}`),
  }));

  before(() => {
    for (const { modules } of schemas) {
      const text = schemaText(modules);
      for (const [name, code] of compile([{ name: 'random.jute', text }])) {
        writeFileSync(path.join(directory, name), code);
      }
    }
  });

  it('compiles to TypeScript that the compiler takes with everything strict', () => {
    const base = path.join(import.meta.dirname, '../../../../tsconfig.base.json');
    const config = { extends: base, compilerOptions: { sourceMap: false, declaration: true } };
    writeFileSync(path.join(directory, 'tsconfig.json'), JSON.stringify(config));
    const typescript = path.dirname(
      createRequire(import.meta.url).resolve('typescript/package.json'),
    );
    const { bin } = JSON.parse(readFileSync(path.join(typescript, 'package.json'), 'utf8')) as {
      bin: { tsc: string };
    };
    const tsc = path.join(typescript, bin.tsc);
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', directory], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout);
  });

  for (const { seed, modules } of schemas) {
    it(`of seed ${seed} reads what it has written, and refuses every part of it`, async () => {
      const random = new Random(seed);
      for (const module of modules) {
        const codecs = await load(module);
        for (const [i, record] of module.records.entries()) {
          for (let n = 0; n < VALUES_PER_RECORD; n++) {
            roundTrip(codecs[i]!, randomValue(random, { kind: 'record', record }, 0), random);
          }
        }
      }
    });
  }
});

async function load(module: SchemaModule): Promise<Codec[]> {
  const file = path.join(directory, `${module.name.split('.').at(-1)!}.js`);
  const code = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  return module.records.map(
    ({ name }: SchemaRecord) =>
      ({
        read: code[`read${name}`],
        write: code[`write${name}`],
        size: code[`size${name}`],
      }) as Codec,
  );
}

function roundTrip(codec: Codec, value: unknown, random: Random): void {
  const size = codec.size(value);
  const margin = random.below(8);
  const buffer = Buffer.alloc(margin + size, 0xcc);
  const w = new JuteWriter().reset(buffer, margin);
  codec.write(w, value);
  assert.equal(w.offset, margin + size, 'size says what write writes');

  const r = new JuteReader().reset(buffer, margin);
  assert.deepEqual(codec.read(r), value);
  assert.equal(r.remaining, 0, 'read takes all of it');

  if (size === 0) return;
  const cut = random.below(size);
  assert.throws(
    () => codec.read(new JuteReader().reset(buffer, margin, margin + cut)),
    (error: unknown) => error instanceof JuteError && error.offset <= margin + cut,
    'a part of it is refused',
  );
  const full = new JuteWriter().reset(buffer, margin + 1);
  assert.throws(() => codec.write(full, value), { code: 'OVERFLOW' });

  // Whatever a byte turns into, reading ends in a value or in a JuteError.
  codec.write(w.reset(buffer, margin), value);
  buffer[margin + random.below(size)] = random.below(256);
  try {
    codec.read(r.reset(buffer, margin));
  } catch (error) {
    if (!(error instanceof JuteError)) throw error;
  }
}

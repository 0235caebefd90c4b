import type { Random } from './random.ts';

export type SchemaType =
  | { readonly kind: 'primitive'; readonly name: (typeof PRIMITIVES)[number] }
  | { readonly kind: 'vector'; readonly item: SchemaType }
  | { readonly kind: 'map'; readonly key: SchemaType; readonly value: SchemaType }
  | { readonly kind: 'record'; readonly record: SchemaRecord };

export type SchemaField = { readonly name: string; readonly type: SchemaType };

export type SchemaRecord = {
  readonly name: string;
  readonly module: string;
  readonly fields: readonly SchemaField[];
};

export type SchemaModule = { readonly name: string; readonly records: readonly SchemaRecord[] };

const PRIMITIVES = [
  'byte',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'ustring',
  'buffer',
] as const;

/** Names that are apt to clash with each other, with keywords and with what is emitted. */
const FIELD_NAMES: readonly string[] = [
  ...'a b i j r w v x bytes new delete await type acl aclCount aclItem count_ Int64 R0 readR0'.split(
    ' ',
  ),
  ...'constructor toString value default undefined'.split(' '),
];

/** Two or three modules, each with records that use those before them, of any module. */
export function randomSchema(random: Random, prefix: string): SchemaModule[] {
  const known: SchemaRecord[] = [];
  return Array.from({ length: 2 + random.below(2) }, (_, m) => {
    const name = `random.${prefix}.${prefix}m${m}`;
    const records = Array.from({ length: 1 + random.below(4) }, (_, i) => {
      // The same names in each module, so that references across modules clash.
      const record = { name: `R${i}`, module: name, fields: randomFields(random, known) };
      known.push(record);
      return record;
    });
    return { name, records };
  });
}

function randomFields(random: Random, known: readonly SchemaRecord[]): SchemaField[] {
  const names = FIELD_NAMES.filter(() => random.below(4) === 0);
  if (names.length === 0) names.push('only');
  return names.map((name) => ({ name, type: randomType(random, known, 0) }));
}

function randomType(random: Random, known: readonly SchemaRecord[], depth: number): SchemaType {
  const choice = random.below(depth < 3 ? 8 : 4);
  if (choice < 4) return { kind: 'primitive', name: random.pick(PRIMITIVES) };
  if (choice < 6) {
    if (known.length > 0) return { kind: 'record', record: random.pick(known) };
    return { kind: 'primitive', name: random.pick(PRIMITIVES) };
  }
  if (choice === 6) return { kind: 'vector', item: randomType(random, known, depth + 1) };
  return {
    kind: 'map',
    key: randomType(random, known, depth + 1),
    value: randomType(random, known, depth + 1),
  };
}

/** The schema as text. */
export function schemaText(modules: readonly SchemaModule[]): string {
  const fieldText = (field: SchemaField): string => `    ${typeText(field.type)} ${field.name};\n`;
  const recordText = (record: SchemaRecord): string =>
    `  class ${record.name} {\n${record.fields.map(fieldText).join('')}  }\n`;
  return modules
    .map((module) => `module ${module.name} {\n${module.records.map(recordText).join('')}}\n`)
    .join('\n');
}

function typeText(type: SchemaType): string {
  switch (type.kind) {
    case 'primitive':
      return type.name;
    case 'vector':
      return `vector<${typeText(type.item)}>`;
    case 'map':
      return `map<${typeText(type.key)}, ${typeText(type.value)}>`;
    case 'record':
      return `${type.record.module}.${type.record.name}`;
  }
}

/** A value of the type that reading gives back equal: floats in single precision, text without surrogates. */
export function randomValue(random: Random, type: SchemaType, depth: number): unknown {
  switch (type.kind) {
    case 'primitive':
      return randomPrimitive(random, type.name);
    case 'vector':
      if (random.below(5) === 0) return null;
      return Array.from({ length: randomLength(random, depth) }, () =>
        randomValue(random, type.item, depth + 1),
      );
    case 'map':
      return Array.from({ length: randomLength(random, depth) }, () => [
        randomValue(random, type.key, depth + 1),
        randomValue(random, type.value, depth + 1),
      ]);
    case 'record':
      return Object.fromEntries(
        type.record.fields.map((field) => [field.name, randomValue(random, field.type, depth + 1)]),
      );
  }
}

/** Shorter the deeper, so that values stay small. */
function randomLength(random: Random, depth: number): number {
  return random.below(Math.max(2, 5 - depth));
}

function randomPrimitive(random: Random, name: (typeof PRIMITIVES)[number]): unknown {
  switch (name) {
    case 'byte':
      return random.below(256) - 128;
    case 'boolean':
      return random.below(2) === 1;
    case 'int':
      return random.int32();
    case 'long':
      return { hi: random.int32(), lo: random.int32() };
    case 'float':
      return random.pick([0, -0, 1.5, -1e9, Math.fround(0.1), Infinity, NaN]);
    case 'double':
      return random.pick([0, -0, 0.1, -1e300, Number.MAX_SAFE_INTEGER, -Infinity, NaN]);
    case 'ustring':
      return random.below(6) === 0 ? null : randomText(random);
    case 'buffer': {
      if (random.below(6) === 0) return null;
      return Buffer.from(Array.from({ length: random.below(40) }, () => random.below(256)));
    }
  }
}

function randomText(random: Random): string {
  const alphabet = random.pick(['ab/', 'aä', 'a€', '\u0000\u007f\u0080\u07ff\u0800\uffff\ufeff']);
  return Array.from({ length: random.below(60) }, () => random.pick([...alphabet])).join('');
}

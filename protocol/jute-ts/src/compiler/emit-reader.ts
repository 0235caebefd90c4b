import type { PrimitiveName } from './ast.ts';
import type { Code } from './code.ts';
import { minBytes, type RecordType, type Type } from './model.ts';
import { localFunctions, type RecordNames, Variables } from './names.ts';
import { itemsOf } from './ts-type.ts';

const READS: Readonly<Record<PrimitiveName, string>> = {
  byte: 'r.readByte()',
  boolean: 'r.readBool()',
  int: 'r.readInt()',
  long: 'r.readLong()',
  float: 'r.readFloat()',
  double: 'r.readDouble()',
  ustring: 'r.readString()',
  buffer: 'r.readBuffer()',
};

/** Emits `readX`: one variable per field in wire order, each announced in `r.field`, then the object. */
export function emitReader(code: Code, record: RecordType, names: RecordNames): void {
  const name = names.get(record)!;
  code.doc([
    `Reads ${articled(name)}; throws JuteError on malformed input. Buffers are views of the input.`,
  ]);
  const emit = new ReaderEmitter(code, names, record);
  code.signature(
    `export function read${name}`,
    [`${isUsed(record) ? 'r' : '_r'}: JuteReader`],
    name,
  );
  code.indent(() => {
    if (record.isRecursive) code.line('r.enter();');
    const variables = record.fields.map((field) => {
      const label = `${record.name}.${field.name}`;
      code.assign('r.field', `'${label}'`);
      return emit.value(field.type, field.name, label);
    });
    if (record.isRecursive) code.line('r.leave();');
    if (record.fields.length === 0) {
      code.line('return {};');
      return;
    }
    code.block(
      'return',
      () => {
        record.fields.forEach((field, i) => {
          const variable = variables[i]!;
          code.line(variable === field.name ? `${variable},` : `${field.name}: ${variable},`);
        });
      },
      ';',
    );
  });
  code.line('}');
}

class ReaderEmitter {
  readonly #code: Code;
  readonly #names: RecordNames;
  readonly #fields: ReadonlySet<string>;
  readonly #variables: Variables;
  #loops: number = 0;

  constructor(code: Code, names: RecordNames, record: RecordType) {
    this.#code = code;
    this.#names = names;
    this.#fields = new Set(record.fields.map((field) => field.name));
    this.#variables = new Variables(localFunctions(names));
  }

  /** Emits statements that read a value of `type` into a variable called like `wanted`; answers its name. */
  value(type: Type, wanted: string, label: string): string {
    const variable = this.#variables.take(wanted);
    const expression = this.#expression(type);
    if (expression !== null) this.#code.assign(`const ${variable}`, expression);
    else if (type.kind === 'vector') this.#vector(type, variable, label);
    else if (type.kind === 'map') this.#map(type, variable, label);
    return variable;
  }

  /** The expression that reads `type`, or null if that takes statements. */
  #expression(type: Type): string | null {
    if (type.kind === 'primitive') return READS[type.name];
    if (type.kind === 'record') return `read${this.#names.get(type.record)!}(r)`;
    return null;
  }

  #vector(type: Type & { kind: 'vector' }, variable: string, label: string): void {
    const code = this.#code;
    const count = this.#variables.take(`${variable}Count`);
    code.assign(`const ${count}`, `r.readCount(${minBytes(type.item)})`);
    code.assign(`let ${variable}: ${itemsOf(type, this.#names)} | null`, 'null');
    code.block(`if (${count} >= 0)`, () => {
      code.line(`${variable} = [];`);
      this.#items(count, () => {
        const item = this.#item(type.item, `${variable}Item`, label);
        code.line(`${variable}.push(${item});`);
      });
    });
  }

  #map(type: Type & { kind: 'map' }, variable: string, label: string): void {
    const code = this.#code;
    const count = this.#variables.take(`${variable}Count`);
    const bytes = minBytes(type.key) + minBytes(type.value);
    code.assign(`const ${count}`, `r.readCount(${bytes})`);
    code.assign(`const ${variable}: ${itemsOf(type, this.#names)}`, '[]');
    this.#items(count, () => {
      const key = this.value(type.key, `${variable}Key`, label);
      const value = this.#item(type.value, `${variable}Value`, label);
      code.line(`${variable}.push([${key}, ${value}]);`);
    });
  }

  #items(count: string, body: () => void): void {
    let index = ['i', 'j', 'k'][this.#loops] ?? `i${this.#loops}`;
    while (this.#fields.has(index)) index += '_';
    this.#loops++;
    this.#code.block(`for (let ${index} = 0; ${index} < ${count}; ${index}++)`, body);
    this.#loops--;
  }

  #item(type: Type, wanted: string, label: string): string {
    const expression = this.#expression(type);
    if (expression !== null) return expression;
    this.#code.assign('r.field', `'${label}'`);
    return this.value(type, wanted, label);
  }
}

function isUsed(record: RecordType): boolean {
  return record.fields.length > 0;
}

function articled(name: string): string {
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

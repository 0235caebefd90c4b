import type { PrimitiveName } from './ast.ts';
import type { Code } from './code.ts';
import { isFixedSize, minBytes, type RecordType, type Type } from './model.ts';
import { localFunctions, type RecordNames, Variables } from './names.ts';

const WRITES: Readonly<Record<PrimitiveName, string>> = {
  byte: 'writeByte',
  boolean: 'writeBool',
  int: 'writeInt',
  long: 'writeLong',
  float: 'writeFloat',
  double: 'writeDouble',
  ustring: 'writeString',
  buffer: 'writeBuffer',
};

/** Emits `writeX`: the fields in wire order. */
export function emitWriter(code: Code, record: RecordType, names: RecordNames): void {
  const name = names.get(record)!;
  const variables = new Variables(localFunctions(names));
  code.doc([
    `Writes ${sizeRemark(record)}; throws JuteError if the buffer is full and may not grow.`,
  ]);
  const head = `export function write${name}`;
  if (record.fields.length === 0) {
    code.list(head, '()', ['_w: JuteWriter', `_v: ${name}`], ': void {}');
    return;
  }
  code.signature(head, ['w: JuteWriter', `v: ${name}`], 'void');
  code.indent(() => {
    const write = (type: Type, value: string, wanted: string): void => {
      switch (type.kind) {
        case 'primitive':
          code.line(`w.${WRITES[type.name]}(${value});`);
          return;
        case 'record':
          code.line(`write${names.get(type.record)!}(w, ${value});`);
          return;
        case 'vector':
          code.line(`if (${value} === null) {`);
          code.indent(() => code.line('w.writeCount(-1);'));
          code.line('} else {');
          code.indent(() => {
            code.line(`w.writeCount(${value}.length);`);
            const item = variables.take(`${wanted}Item`);
            const loop = `for (const ${item} of ${value})`;
            code.block(loop, () => write(type.item, item, item));
          });
          code.line('}');
          return;
        case 'map': {
          code.line(`w.writeCount(${value}.length);`);
          const key = variables.take(`${wanted}Key`);
          const entry = variables.take(`${wanted}Value`);
          code.block(`for (const [${key}, ${entry}] of ${value})`, () => {
            write(type.key, key, key);
            write(type.value, entry, entry);
          });
        }
      }
    };
    for (const field of record.fields) write(field.type, `v.${field.name}`, field.name);
  });
  code.line('}');
}

/** Emits `sizeX`: what is fixed as one number, then what depends on the value. */
export function emitSizer(code: Code, record: RecordType, names: RecordNames): void {
  const name = names.get(record)!;
  const variables = new Variables(localFunctions(names));
  const type: Type = { kind: 'record', record };
  code.doc([`Bytes that \`write${name}\` writes.`]);
  const isFixed = isFixedSize(type);
  code.signature(`export function size${name}`, [`${isFixed ? '_v' : 'v'}: ${name}`], 'number');
  code.indent(() => {
    if (isFixed) {
      code.line(`return ${minBytes(type)};`);
      return;
    }
    const add = (fieldType: Type, value: string, wanted: string): void => {
      const term = simpleSize(fieldType, value, names);
      if (term !== null) {
        code.line(`bytes += ${term};`);
        return;
      }
      if (fieldType.kind === 'vector') {
        code.line('bytes += 4;');
        code.block(`if (${value} !== null)`, () => {
          const item = variables.take(`${wanted}Item`);
          const loop = `for (const ${item} of ${value})`;
          code.block(loop, () => add(fieldType.item, item, item));
        });
      } else if (fieldType.kind === 'map') {
        code.line('bytes += 4;');
        const isKeyFixed = isFixedSize(fieldType.key);
        const isValueFixed = isFixedSize(fieldType.value);
        const key = variables.take(`${isKeyFixed ? '_' : ''}${wanted}Key`);
        const entry = variables.take(`${wanted}Value`);
        const pattern = isValueFixed ? `[${key}]` : `[${key}, ${entry}]`;
        code.block(`for (const ${pattern} of ${value})`, () => {
          add(fieldType.key, key, key);
          add(fieldType.value, entry, entry);
        });
      }
    };
    const fixed = record.fields.filter((field) => isFixedSize(field.type));
    const fixedBytes = fixed.reduce((sum, field) => sum + minBytes(field.type), 0);
    code.line(`let bytes = ${fixedBytes};`);
    for (const field of record.fields) {
      if (!isFixedSize(field.type)) add(field.type, `v.${field.name}`, field.name);
    }
    code.line('return bytes;');
  });
  code.line('}');
}

/** The expression for the size of a value, or null if that takes statements. */
function simpleSize(type: Type, value: string, names: RecordNames): string | null {
  if (isFixedSize(type)) return `${minBytes(type)}`;
  if (type.kind === 'record') return `size${names.get(type.record)!}(${value})`;
  if (type.kind === 'vector' && isFixedSize(type.item)) {
    return `4 + (${value} === null ? 0 : ${value}.length * ${minBytes(type.item)})`;
  }
  if (type.kind === 'map' && isFixedSize(type.key) && isFixedSize(type.value)) {
    return `4 + ${value}.length * ${minBytes(type.key) + minBytes(type.value)}`;
  }
  if (type.kind !== 'primitive') return null;
  if (type.name === 'ustring') return `stringBytes(${value})`;
  return `4 + (${value} === null ? 0 : ${value}.length)`;
}

function sizeRemark(record: RecordType): string {
  const type: Type = { kind: 'record', record };
  return isFixedSize(type) ? `${minBytes(type)} bytes` : `\`size${record.name}(v)\` bytes`;
}

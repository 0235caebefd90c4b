import type { PrimitiveName } from './ast.ts';
import type { Position } from './schema-error.ts';

/** A checked type: references are resolved to records. */
export type Type =
  | { readonly kind: 'primitive'; readonly name: PrimitiveName }
  | { readonly kind: 'vector'; readonly item: Type }
  | { readonly kind: 'map'; readonly key: Type; readonly value: Type }
  | { readonly kind: 'record'; readonly record: RecordType };

export type Field = { readonly name: string; readonly type: Type; readonly doc: readonly string[] };

export type RecordType = {
  readonly name: string;
  readonly module: string;
  readonly doc: readonly string[];
  readonly position: Position;
  /** Filled after all names are known, since records may refer to each other. */
  fields: readonly Field[];
  /** True if a value can contain values of the same record; readers must bound the depth of these. */
  isRecursive: boolean;
};

export type Module = {
  /** Full name, such as `org.example.data`. */
  readonly name: string;
  /** Name of the file that is emitted, without extension: the last part of the name. */
  readonly fileName: string;
  readonly doc: readonly string[];
  readonly records: RecordType[];
};

const PRIMITIVE_BYTES: Readonly<Record<PrimitiveName, number>> = {
  byte: 1,
  boolean: 1,
  int: 4,
  long: 8,
  float: 4,
  double: 8,
  ustring: 4,
  buffer: 4,
};

/** The fewest bytes a value of the type takes: nulls and empty collections. */
export function minBytes(type: Type): number {
  switch (type.kind) {
    case 'primitive':
      return PRIMITIVE_BYTES[type.name];
    case 'vector':
    case 'map':
      return 4;
    case 'record':
      return type.record.fields.reduce((sum, field) => sum + minBytes(field.type), 0);
  }
}

/** True if every value of the type takes `minBytes`. */
export function isFixedSize(type: Type): boolean {
  switch (type.kind) {
    case 'primitive':
      return type.name !== 'ustring' && type.name !== 'buffer';
    case 'vector':
    case 'map':
      return false;
    case 'record':
      return type.record.fields.every((field) => isFixedSize(field.type));
  }
}

/** The type as a schema spells it, records by their short name. */
export function typeText(type: Type): string {
  switch (type.kind) {
    case 'primitive':
      return type.name;
    case 'vector':
      return `vector<${typeText(type.item)}>`;
    case 'map':
      return `map<${typeText(type.key)},${typeText(type.value)}>`;
    case 'record':
      return type.record.name;
  }
}

import type { Type } from './model.ts';
import type { RecordNames } from './names.ts';

/** The TypeScript type of a field. */
export function typeOf(type: Type, names: RecordNames): string {
  switch (type.kind) {
    case 'primitive':
      switch (type.name) {
        case 'boolean':
          return 'boolean';
        case 'byte':
        case 'int':
        case 'float':
        case 'double':
          return 'number';
        case 'long':
          return 'Int64';
        case 'ustring':
          return 'string | null';
        case 'buffer':
          return 'Uint8Array | null';
      }
      break;
    case 'vector':
      return `readonly ${itemsOf(type, names)} | null`;
    case 'map':
      return `readonly ${itemsOf(type, names)}`;
    case 'record':
      return names.get(type.record)!;
  }
}

/** The mutable array in which a reader collects a vector's items or a map's entries. */
export function itemsOf(type: Type & { kind: 'vector' | 'map' }, names: RecordNames): string {
  if (type.kind === 'map') {
    return `(readonly [${typeOf(type.key, names)}, ${typeOf(type.value, names)}])[]`;
  }
  const item = typeOf(type.item, names);
  return item.includes(' ') ? `(${item})[]` : `${item}[]`;
}

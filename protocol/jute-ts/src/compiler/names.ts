import type { PrimitiveName } from './ast.ts';
import type { Module, RecordType, Type } from './model.ts';

/** What a file calls a record: its own by their names, those of other modules by an alias where two would clash. */
export type RecordNames = ReadonlyMap<RecordType, string>;

/** Words that a variable cannot be called in a module, or that emitted functions use themselves. */
const TAKEN_VARIABLES: ReadonlySet<string> = new Set([
  ...'arguments await break case catch class const continue debugger default delete do else enum'.split(
    ' ',
  ),
  ...'eval export extends false finally for function if implements import in instanceof'.split(' '),
  ...'interface let new null package private protected public return static super switch'.split(
    ' ',
  ),
  ...'this throw true try typeof undefined var void while with yield'.split(' '),
  ...'r w v bytes stringBytes'.split(' '),
]);

/** Chooses local names for all records that the file of `module` mentions. */
export function nameRecords(module: Module, foreign: readonly RecordType[]): RecordNames {
  const names = new Map<RecordType, string>();
  const taken = new Set<string>();
  for (const record of module.records) {
    names.set(record, record.name);
    taken.add(record.name);
  }
  for (const record of foreign) {
    let name = record.name;
    if (taken.has(name)) name = `${capitalized(lastPart(record.module))}${record.name}`;
    while (taken.has(name)) name += '_';
    names.set(record, name);
    taken.add(name);
  }
  return names;
}

/** Records of other modules that fields of `module` refer to. */
export function foreignRecords(module: Module): RecordType[] {
  const found = new Set<RecordType>();
  for (const type of partsOf(module)) {
    if (type.kind === 'record' && type.record.module !== module.name) found.add(type.record);
  }
  return [...found];
}

/** Names of the primitive types that the records of `module` have of their own. */
export function primitivesOf(module: Module): Set<PrimitiveName> {
  const found = new Set<PrimitiveName>();
  for (const type of partsOf(module)) {
    if (type.kind === 'primitive') found.add(type.name);
  }
  return found;
}

/** The types of all fields, and what vectors and maps are made of. */
function partsOf(module: Module): Type[] {
  const parts: Type[] = module.records.flatMap((record) => record.fields.map(({ type }) => type));
  for (const type of parts) {
    if (type.kind === 'vector') parts.push(type.item);
    else if (type.kind === 'map') parts.push(type.key, type.value);
  }
  return parts;
}

/** The functions that a file can call, which no variable in it may shadow. */
export function localFunctions(names: RecordNames): string[] {
  return [...names.values()].flatMap((name) => [`read${name}`, `size${name}`, `write${name}`]);
}

/** Hands out variable names within one emitted function. */
export class Variables {
  readonly #taken: Set<string>;

  /** Names in `reserved` are not handed out. */
  constructor(reserved: readonly string[]) {
    this.#taken = new Set([...TAKEN_VARIABLES, ...reserved]);
  }

  /** `wanted`, or the like of it that is free. */
  take(wanted: string): string {
    let name = wanted;
    while (this.#taken.has(name)) name += '_';
    this.#taken.add(name);
    return name;
  }
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function capitalized(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

import type { FieldNode, ModuleNode, RecordNode, TypeNode } from './ast.ts';
import { type Field, type Module, minBytes, type RecordType, type Type } from './model.ts';
import { type Position, SchemaError } from './schema-error.ts';

/** Names that generated files already use for something else. */
const RESERVED_RECORDS: ReadonlySet<string> = new Set([
  'Buffer',
  'Int64',
  'JuteReader',
  'JuteWriter',
  'Record',
  'Uint8Array',
  'boolean',
  'any',
  'bigint',
  'never',
  'null',
  'number',
  'object',
  'string',
  'symbol',
  'undefined',
  'unknown',
  'void',
]);

/**
 * Resolves names across all modules, in whatever order they come, and checks what the parser cannot: duplicates,
 * unknown types, records that would be infinitely large. A module may be spread over several blocks and files.
 */
export function resolveModules(nodes: readonly ModuleNode[]): Module[] {
  const modules = new Map<string, Module>();
  const records = new Map<string, RecordType>();
  const pending: { readonly node: RecordNode; readonly record: RecordType }[] = [];

  for (const node of nodes) {
    const module = moduleOf(modules, node);
    for (const recordNode of node.records) {
      const record = declare(records, node.name, recordNode);
      module.records.push(record);
      pending.push({ node: recordNode, record });
    }
  }
  for (const { node, record } of pending) {
    record.fields = resolveFields(records, record, node.fields);
  }
  for (const { node, record } of pending) checkFinite(record, node.position);
  for (const { node, record } of pending) {
    for (const [i, field] of record.fields.entries()) checkItems(field.type, node.fields[i]!);
    record.isRecursive = reaches(record, record, new Set());
  }
  return [...modules.values()];
}

function moduleOf(modules: Map<string, Module>, node: ModuleNode): Module {
  const known = modules.get(node.name);
  if (known !== undefined) return known;
  const fileName = node.name.slice(node.name.lastIndexOf('.') + 1);
  for (const other of modules.values()) {
    if (other.fileName.toLowerCase() === fileName.toLowerCase()) {
      throw new SchemaError(
        'meaning',
        node.position,
        `modules ${other.name} and ${node.name} would both be written to ${fileName}.ts; rename one`,
      );
    }
  }
  const module: Module = { name: node.name, fileName, doc: node.doc, records: [] };
  modules.set(node.name, module);
  return module;
}

function declare(records: Map<string, RecordType>, module: string, node: RecordNode): RecordType {
  if (RESERVED_RECORDS.has(node.name)) {
    throw new SchemaError(
      'meaning',
      node.position,
      `a record cannot be called ${node.name}: generated code uses that name; rename it`,
    );
  }
  const fullName = `${module}.${node.name}`;
  const earlier = records.get(fullName);
  if (earlier !== undefined) {
    const { file, line } = earlier.position;
    throw new SchemaError(
      'meaning',
      node.position,
      `record ${fullName} is already declared at ${file}:${line}`,
    );
  }
  const record: RecordType = {
    name: node.name,
    module,
    doc: node.doc,
    position: node.position,
    fields: [],
    isRecursive: false,
  };
  records.set(fullName, record);
  return record;
}

function resolveFields(
  records: ReadonlyMap<string, RecordType>,
  record: RecordType,
  nodes: readonly FieldNode[],
): Field[] {
  const names = new Set<string>();
  return nodes.map((node) => {
    if (names.has(node.name)) {
      throw new SchemaError(
        'meaning',
        node.position,
        `record ${record.name} already has a field ${node.name}`,
      );
    }
    names.add(node.name);
    return {
      name: node.name,
      type: resolveType(records, record.module, node.type),
      doc: node.doc,
    };
  });
}

function resolveType(
  records: ReadonlyMap<string, RecordType>,
  module: string,
  node: TypeNode,
): Type {
  switch (node.kind) {
    case 'primitive':
      return { kind: 'primitive', name: node.name };
    case 'vector':
      return { kind: 'vector', item: resolveType(records, module, node.item) };
    case 'map':
      return {
        kind: 'map',
        key: resolveType(records, module, node.key),
        value: resolveType(records, module, node.value),
      };
    case 'reference': {
      const fullName = node.name.includes('.') ? node.name : `${module}.${node.name}`;
      const record = records.get(fullName);
      if (record === undefined) throw unknownType(records, fullName, node.position);
      return { kind: 'record', record };
    }
  }
}

function unknownType(
  records: ReadonlyMap<string, RecordType>,
  fullName: string,
  position: Position,
): SchemaError {
  const shortName = fullName.slice(fullName.lastIndexOf('.') + 1);
  const elsewhere = [...records.keys()].filter((name) => name.endsWith(`.${shortName}`));
  const remedy =
    elsewhere.length > 0
      ? `; did you mean ${elsewhere.join(' or ')}?`
      : '; declare it, or include the file that does';
  return new SchemaError('meaning', position, `there is no record ${fullName}${remedy}`);
}

/** Refuses a record that contains itself other than through a vector or map: no value of it could exist. */
function checkFinite(record: RecordType, position: Position): void {
  const visit = (current: RecordType, seen: ReadonlySet<RecordType>): void => {
    for (const { type } of current.fields) {
      if (type.kind !== 'record') continue;
      if (type.record === record) {
        throw new SchemaError(
          'meaning',
          position,
          `record ${record.name} contains itself, so that it would never end; put a vector between`,
        );
      }
      if (!seen.has(type.record)) visit(type.record, new Set([...seen, type.record]));
    }
  };
  visit(record, new Set([record]));
}

/** Refuses collections of items without bytes: their count could not be bounded by the input. */
function checkItems(type: Type, node: FieldNode): void {
  switch (type.kind) {
    case 'primitive':
    case 'record':
      return;
    case 'vector':
      checkItems(type.item, node);
      if (minBytes(type.item) > 0) return;
      break;
    case 'map':
      checkItems(type.key, node);
      checkItems(type.value, node);
      if (minBytes(type.key) + minBytes(type.value) > 0) return;
      break;
  }
  throw new SchemaError(
    'meaning',
    node.position,
    `the items of ${node.name} take no bytes, so that its count could not be checked against the input`,
  );
}

function reaches(from: RecordType, to: RecordType, seen: Set<RecordType>): boolean {
  const typeReaches = (type: Type): boolean => {
    switch (type.kind) {
      case 'primitive':
        return false;
      case 'vector':
        return typeReaches(type.item);
      case 'map':
        return typeReaches(type.key) || typeReaches(type.value);
      case 'record': {
        if (type.record === to) return true;
        if (seen.has(type.record)) return false;
        seen.add(type.record);
        return reaches(type.record, to, seen);
      }
    }
  };
  return from.fields.some((field) => typeReaches(field.type));
}

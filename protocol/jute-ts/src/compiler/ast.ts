import type { Position } from './schema-error.ts';

/** A type without parts. */
export type PrimitiveName =
  | 'byte'
  | 'boolean'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'ustring'
  | 'buffer';

/** A type as written. `reference` names a record, of the same module or by its full name. */
export type TypeNode =
  | { readonly kind: 'primitive'; readonly name: PrimitiveName; readonly position: Position }
  | { readonly kind: 'vector'; readonly item: TypeNode; readonly position: Position }
  | {
      readonly kind: 'map';
      readonly key: TypeNode;
      readonly value: TypeNode;
      readonly position: Position;
    }
  | { readonly kind: 'reference'; readonly name: string; readonly position: Position };

export type FieldNode = {
  readonly name: string;
  readonly type: TypeNode;
  readonly doc: readonly string[];
  readonly position: Position;
};

export type RecordNode = {
  readonly name: string;
  readonly fields: readonly FieldNode[];
  readonly doc: readonly string[];
  readonly position: Position;
};

export type ModuleNode = {
  readonly name: string;
  readonly records: readonly RecordNode[];
  readonly doc: readonly string[];
  readonly position: Position;
};

export type IncludeNode = { readonly path: string; readonly position: Position };

export type SchemaNode = {
  readonly includes: readonly IncludeNode[];
  readonly modules: readonly ModuleNode[];
};

/** A place in a schema file; line and column count from 1. */
export type Position = { readonly file: string; readonly line: number; readonly column: number };

/** What is wrong with a schema: `syntax` (it cannot be parsed) or `meaning` (names, types, limits of the compiler). */
export type SchemaErrorKind = 'syntax' | 'meaning';

/** A schema that cannot be compiled; the message starts with `file:line:column:` and says what to change. */
export class SchemaError extends Error {
  override readonly name: string = 'SchemaError';
  readonly kind: SchemaErrorKind;
  readonly position: Position;

  constructor(kind: SchemaErrorKind, position: Position, reason: string) {
    super(`${position.file}:${position.line}:${position.column}: ${reason}`);
    this.kind = kind;
    this.position = position;
  }
}

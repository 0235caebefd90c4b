/** The compiler as a library: schema texts in, TypeScript texts out; the caller does the files. */

export type { SchemaNode } from './ast.ts';
export { type CompileResult, compile, type SchemaFile } from './compile.ts';
export { parseSchema } from './parser.ts';
export { type Position, SchemaError, type SchemaErrorKind } from './schema-error.ts';

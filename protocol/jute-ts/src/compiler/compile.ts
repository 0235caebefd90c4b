import type { ModuleNode } from './ast.ts';
import { emitModule } from './emitter.ts';
import { parseSchema } from './parser.ts';
import { resolveModules } from './resolver.ts';
import { type Position, SchemaError } from './schema-error.ts';

export type SchemaFile = {
  /** What errors call the file. */
  readonly name: string;
  readonly text: string;
};

/** Emitted files by name (`data.ts`), in the order of their modules. */
export type CompileResult = ReadonlyMap<string, string>;

/**
 * Compiles schema files and all they include. `load(path, from)` answers the text of the file that the file named
 * `from` includes as `path`, or null if there is none; `name` must be the same for the same file, since a file that
 * several others include is compiled once. Throws SchemaError.
 */
export function compile(
  files: readonly SchemaFile[],
  load: (path: string, from: string) => SchemaFile | null = () => null,
): CompileResult {
  const modules: ModuleNode[] = [];
  const seen = new Set<string>();
  const visit = (file: SchemaFile): void => {
    if (seen.has(file.name)) return;
    seen.add(file.name);
    const schema = parseSchema(file.name, file.text);
    for (const include of schema.includes) {
      const included = load(include.path, file.name);
      if (included === null) throw missing(include.path, include.position);
      visit(included);
    }
    modules.push(...schema.modules);
  };
  for (const file of files) visit(file);

  const resolved = resolveModules(modules);
  return new Map(
    resolved
      .filter((module) => module.records.length > 0)
      .map((module) => [`${module.fileName}.ts`, emitModule(module, resolved)]),
  );
}

function missing(path: string, position: Position): SchemaError {
  return new SchemaError(
    'meaning',
    position,
    `there is no file ${path}; paths are relative to the including file`,
  );
}

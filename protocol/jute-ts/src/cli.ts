#!/usr/bin/env node
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compile, type SchemaFile } from './compiler/index.ts';
import { SchemaError } from './compiler/schema-error.ts';

const HELP: string = `Usage: jute-ts --out DIR [--check] file.jute...

Compiles Jute schemas to TypeScript: one file per module, named after the last part of the module's name
(module org.example.data -> DIR/data.ts). Included files are compiled too.

  --out DIR   where the .ts files go; made if missing
  --check     write nothing; fail (exit code 1) and name the files that differ from what would be written, other than
              in layout: a formatter may have been there
  --help      this text

Example schema:
  module org.example.data {
      class Item {
          ustring name;
          vector<long> times;
      }
  }

Then: import { readItem, writeItem, sizeItem, type Item } from './data.ts';
The generated code imports its runtime from 'jute-ts'.

Exit codes: 0 done, 1 a schema is wrong or --check found a difference, 2 wrong usage.
`;

process.exitCode = main(process.argv.slice(2));

function main(args: string[]): number {
  const options = parse(args);
  if (typeof options === 'string') {
    process.stderr.write(`jute-ts: ${options}\nTry: jute-ts --help\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    return run(options);
  } catch (error) {
    if (!(error instanceof SchemaError || isSystemError(error))) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

type Options = {
  readonly help: boolean;
  readonly check: boolean;
  readonly out: string;
  readonly files: readonly string[];
};

function parse(args: string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        out: { type: 'string' },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return { help: true, check: false, out: '', files: [] };
    if (values.out === undefined) return 'where should the output go? Add --out DIR';
    if (positionals.length === 0) return 'which schemas? Name at least one .jute file';
    return { help: false, check: values.check, out: values.out, files: positionals };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function run(options: Options): number {
  const results = compile(options.files.map(readSchema), (path, from) => {
    const file = join(dirname(from), path);
    try {
      return readSchema(file);
    } catch (error) {
      if (isSystemError(error) && error.code === 'ENOENT') return null;
      throw error;
    }
  });
  if (options.check) return check(options.out, results);
  mkdirSync(options.out, { recursive: true });
  for (const [name, text] of results) {
    const file = join(options.out, name);
    if (contentOf(file) !== text) writeFileSync(file, text);
  }
  return 0;
}

function check(directory: string, results: ReadonlyMap<string, string>): number {
  const stale = [...results]
    .map(([name, text]) => ({ file: join(directory, name), text }))
    .filter(({ file, text }) => withoutLayout(contentOf(file) ?? '') !== withoutLayout(text))
    .map(({ file }) => file);
  for (const file of stale) {
    process.stderr.write(`${file}: differs from what its schema compiles to; run jute-ts again\n`);
  }
  return stale.length === 0 ? 0 : 1;
}

/**
 * What is left of TypeScript if everything is dropped that formatters add, remove or exchange: white space, quotes,
 * semicolons, trailing commas, leading bars of unions.
 */
function withoutLayout(text: string): string {
  return text
    .replace(/[\s;]+/g, '')
    .replaceAll('"', "'")
    .replace(/,(?=[)\]}])/g, '')
    .replace(/(?<=[:=(<])\|/g, '');
}

/** A schema by its path, relative to here as messages show it; the same file always has the same name. */
function readSchema(path: string): SchemaFile {
  const absolute = resolve(path);
  const here = `${process.cwd()}/`;
  const name = absolute.startsWith(here) ? absolute.slice(here.length) : absolute;
  return { name, text: readFileSync(absolute, 'utf8') };
}

function contentOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return null;
    throw error;
  }
}

function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

import type {
  FieldNode,
  IncludeNode,
  ModuleNode,
  PrimitiveName,
  RecordNode,
  SchemaNode,
  TypeNode,
} from './ast.ts';
import { type Token, tokenize } from './lexer.ts';
import { SchemaError } from './schema-error.ts';

/**
 * Parses one schema file; throws SchemaError at the first mistake.
 *
 *     schema  = { include | module }
 *     include = "include" string [ ";" ]
 *     module  = "module" name "{" { record } "}"
 *     record  = ( "class" | "record" ) word "{" { type word ";" } "}"
 *     type    = "byte" | "boolean" | "int" | "long" | "float" | "double" | "ustring" | "buffer"
 *             | "vector" "<" type ">" | "map" "<" type "," type ">" | name
 *     name    = word { "." word }
 */
export function parseSchema(file: string, source: string): SchemaNode {
  return new Parser(tokenize(file, source)).schema();
}

const PRIMITIVES: ReadonlySet<string> = new Set<PrimitiveName>([
  'byte',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'ustring',
  'buffer',
]);
const KEYWORDS: ReadonlySet<string> = new Set([
  ...PRIMITIVES,
  'vector',
  'map',
  'module',
  'class',
  'include',
]);

/** Nobody writes types this deep; the bound keeps a hostile schema from exhausting the stack. */
const MAX_TYPE_DEPTH: number = 16;

class Parser {
  readonly #tokens: readonly Token[];
  #at: number = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  schema(): SchemaNode {
    const includes: IncludeNode[] = [];
    const modules: ModuleNode[] = [];
    for (;;) {
      const token = this.#next();
      if (token.kind === 'end') return { includes, modules };
      if (token.text === 'include') includes.push(this.#include());
      else if (token.text === 'module') modules.push(this.#module(token));
      else throw unexpected(token, '"include" or "module"');
    }
  }

  #include(): IncludeNode {
    const token = this.#next();
    if (token.kind !== 'string') throw unexpected(token, 'a file name in double quotes');
    if (this.#peek().text === ';') this.#next();
    return { path: token.text.slice(1, -1), position: token.position };
  }

  #module(start: Token): ModuleNode {
    const position = this.#peek().position;
    const name = this.#name('the name of the module');
    this.#expect('{');
    const records: RecordNode[] = [];
    while (this.#peek().text !== '}') records.push(this.#record());
    this.#next();
    return { name, records, doc: start.doc, position };
  }

  #record(): RecordNode {
    const start = this.#next();
    if (start.text !== 'class' && start.text !== 'record')
      throw unexpected(start, '"class" or "}"');
    const name = this.#word('the name of the record');
    this.#expect('{');
    const fields: FieldNode[] = [];
    while (this.#peek().text !== '}') fields.push(this.#field());
    this.#next();
    return { name: name.text, fields, doc: start.doc, position: name.position };
  }

  #field(): FieldNode {
    const start = this.#peek();
    const type = this.#type(0);
    const name = this.#word('the name of the field');
    const end = this.#expect(';');
    return {
      name: name.text,
      type,
      doc: [...start.doc, ...end.trailingDoc],
      position: name.position,
    };
  }

  #type(depth: number): TypeNode {
    const token = this.#peek();
    const position = token.position;
    if (depth > MAX_TYPE_DEPTH) {
      throw new SchemaError('syntax', position, `types are nested deeper than ${MAX_TYPE_DEPTH}`);
    }
    if (isPrimitive(token.text)) {
      this.#next();
      return { kind: 'primitive', name: token.text, position };
    }
    if (token.text === 'vector') {
      this.#next();
      this.#expect('<');
      const item = this.#type(depth + 1);
      this.#expect('>');
      return { kind: 'vector', item, position };
    }
    if (token.text === 'map') {
      this.#next();
      this.#expect('<');
      const key = this.#type(depth + 1);
      this.#expect(',');
      const value = this.#type(depth + 1);
      this.#expect('>');
      return { kind: 'map', key, value, position };
    }
    return { kind: 'reference', name: this.#name('a type'), position };
  }

  #name(what: string): string {
    let name = this.#word(what).text;
    while (this.#peek().text === '.') {
      this.#next();
      name += `.${this.#word(what).text}`;
    }
    return name;
  }

  #word(what: string): Token {
    const token = this.#next();
    if (token.kind !== 'word') throw unexpected(token, what);
    if (KEYWORDS.has(token.text)) throw unexpected(token, `${what}, which a keyword cannot be`);
    return token;
  }

  #expect(text: string): Token {
    const token = this.#next();
    if (token.text !== text) throw unexpected(token, `"${text}"`);
    return token;
  }

  #peek(): Token {
    return this.#tokens[this.#at]!;
  }

  #next(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#at++;
    return token;
  }
}

function isPrimitive(word: string): word is PrimitiveName {
  return PRIMITIVES.has(word);
}

function unexpected(token: Token, expected: string): SchemaError {
  const found = token.kind === 'end' ? 'the end of the file' : JSON.stringify(token.text);
  return new SchemaError('syntax', token.position, `expected ${expected}, found ${found}`);
}

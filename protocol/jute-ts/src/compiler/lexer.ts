import { type Position, SchemaError } from './schema-error.ts';

/**
 * A token of the schema language. `doc` are the lines of the comments before it, `position` where it starts. Names
 * and keywords are both `word`; the parser knows which words are reserved.
 */
export type Token = {
  readonly kind: 'word' | 'string' | 'punctuation' | 'end';
  readonly text: string;
  readonly position: Position;
  readonly doc: readonly string[];
  /** Lines of a comment that follows on the same line, for fields. */
  trailingDoc: readonly string[];
};

/**
 * Splits a schema into tokens, the last of kind `end`. A comment on the line of the token before it belongs to that
 * token (`trailingDoc`), any other one to the token that follows, unless a blank line parts them.
 * Throws SchemaError at a character that starts nothing, and at a comment or string that does not end.
 */
export function tokenize(file: string, source: string): Token[] {
  const tokens: Token[] = [];
  let doc: string[] = [];
  let line = 1;
  let lineStart = 0;
  let lastTokenLine = 0;
  let lastCommentLine = 0;
  let at = 0;

  const position = (): Position => ({ file, line, column: at - lineStart + 1 });
  const advanceTo = (end: number): void => {
    for (; at < end; at++) {
      if (source[at] === '\n') {
        line++;
        lineStart = at + 1;
      }
    }
  };

  while (at < source.length) {
    const rest = source.slice(at, at + 2);
    if (/\s/.test(rest[0]!)) {
      advanceTo(at + 1);
    } else if (rest === '//' || rest === '/*') {
      const start = position();
      const end = commentEnd(source, at, start);
      const lines = commentLines(source.slice(at, end));
      advanceTo(end);
      const previous = tokens.at(-1);
      const isTrailing = start.line === lastTokenLine && previous !== undefined;
      if (isTrailing && previous.text !== '{') {
        previous.trailingDoc = [...previous.trailingDoc, ...lines];
      } else {
        if (start.line > lastCommentLine + 1) doc = [];
        doc.push(...lines);
        lastCommentLine = line;
      }
    } else {
      const start = position();
      const { kind, length } = tokenAt(source, at, start);
      const isDocumented = start.line <= lastCommentLine + 1;
      tokens.push({
        kind,
        text: source.slice(at, at + length),
        position: start,
        doc: isDocumented ? doc : [],
        trailingDoc: [],
      });
      doc = [];
      advanceTo(at + length);
      lastTokenLine = line;
    }
  }
  tokens.push({ kind: 'end', text: 'the end', position: position(), doc: [], trailingDoc: [] });
  return tokens;
}

function commentEnd(source: string, at: number, start: Position): number {
  if (source.startsWith('//', at)) {
    const end = source.indexOf('\n', at);
    return end < 0 ? source.length : end;
  }
  const end = source.indexOf('*/', at + 2);
  if (end < 0) throw new SchemaError('syntax', start, 'this comment has no end; close it with */');
  return end + 2;
}

/** The text of a comment without its marks, blank lines at its ends dropped. */
function commentLines(comment: string): string[] {
  const body = comment.startsWith('//')
    ? comment.slice(2)
    : comment.slice(2, -2).replace(/^\*/, '');
  const lines = body.split(/\r?\n/).map((line, i) => (i === 0 ? line : line.replace(/^\s*\*/, '')));
  const trimmed = lines.map((line) => line.trim());
  while (trimmed[0] === '') trimmed.shift();
  while (trimmed.at(-1) === '') trimmed.pop();
  return trimmed;
}

function tokenAt(
  source: string,
  at: number,
  start: Position,
): { readonly kind: Token['kind']; readonly length: number } {
  const rest = source.slice(at);
  const word = /^[A-Za-z][A-Za-z0-9_]*/.exec(rest);
  if (word !== null) return { kind: 'word', length: word[0].length };
  if (/^[{}<>;,.]/.test(rest)) return { kind: 'punctuation', length: 1 };
  if (rest.startsWith('"')) {
    const string = /^"[^"\r\n]+"/.exec(rest);
    if (string !== null) return { kind: 'string', length: string[0].length };
    throw new SchemaError('syntax', start, 'expected a file name and a closing " on this line');
  }
  throw new SchemaError('syntax', start, `unexpected character ${JSON.stringify(rest[0])}`);
}

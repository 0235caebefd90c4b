/**
 * TypeScript source as far as rules about imports and names need it: without comments, and with the contents of
 * literals set aside, so that a word in a string or a comment is never taken for code.
 */
export type ScannedSource = {
  /** The code; every string, template text and regular expression is replaced by `§n§`. Lines are kept. */
  readonly code: string;
  /** What stood at `§n§`: the contents of a string, without quotes. */
  readonly literals: readonly string[];
};

/** A module that a file imports, or re-exports from. */
export type ScannedImport = {
  readonly specifier: string;
  readonly line: number;
  readonly isReExport: boolean;
};

/** The places where a `/` begins a regular expression are those where an expression may begin. */
const BEFORE_REGEXP =
  /(?:^|[([{,;:=!&|?+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else|void))\s*$/;

export function scanSource(text: string): ScannedSource {
  const literals: string[] = [];
  let code = '';
  let at = 0;
  /** For every open `${`, the depth of braces within it. */
  const templateDepths: number[] = [];

  const literal = (content: string): void => {
    code += `§${literals.length}§${content.replace(/[^\n]/g, '')}`;
    literals.push(content);
  };
  /** Takes template text from `at` to the closing backtick or the next `${`. */
  const template = (): void => {
    const start = at;
    while (at < text.length && text[at] !== '`' && !text.startsWith('${', at)) {
      at += text[at] === '\\' ? 2 : 1;
    }
    literal(text.slice(start, at));
    if (text.startsWith('${', at)) {
      templateDepths.push(0);
      code += '(';
      at += 2;
    } else at += 1;
  };

  while (at < text.length) {
    const char = text[at] ?? '';
    if (text.startsWith('//', at)) {
      at = indexOrEnd(text, '\n', at);
    } else if (text.startsWith('/*', at)) {
      const end = indexOrEnd(text, '*/', at + 2) + 2;
      code += ` ${text.slice(at, end).replace(/[^\n]/g, '')}`;
      at = end;
    } else if (char === "'" || char === '"') {
      const end = endOfString(text, at);
      literal(text.slice(at + 1, end));
      at = end + 1;
    } else if (char === '`') {
      at += 1;
      template();
    } else if (char === '/' && BEFORE_REGEXP.test(code.slice(-40))) {
      const end = endOfRegexp(text, at);
      literal(text.slice(at, end));
      at = end;
    } else if (char === '}' && templateDepths.at(-1) === 0) {
      templateDepths.pop();
      code += ')';
      at += 1;
      template();
    } else {
      const depth = templateDepths.pop();
      if (depth !== undefined) {
        templateDepths.push(depth + (char === '{' ? 1 : char === '}' ? -1 : 0));
      }
      code += char;
      at += 1;
    }
  }
  return { code, literals };
}

/** All static imports, re-exports and dynamic imports of a literal. */
export function findImports(source: ScannedSource): readonly ScannedImport[] {
  const found: ScannedImport[] = [];
  const statement = /\b(import|export)\b(?:\s*\(\s*|\s+|[\s\w{},*$]*?\bfrom\s*)§(\d+)§/g;
  for (const match of source.code.matchAll(statement)) {
    found.push({
      specifier: source.literals[Number(match[2])] ?? '',
      line: lineOf(source.code, match.index),
      isReExport: match[1] === 'export',
    });
  }
  return found;
}

/** The line (from 1) of a position in scanned code. */
export function lineOf(code: string, index: number): number {
  return code.slice(0, index).split('\n').length;
}

function indexOrEnd(text: string, what: string, from: number): number {
  const index = text.indexOf(what, from);
  return index < 0 ? text.length : index;
}

/** The closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== text[start]) at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** Behind the flags of the regular expression that begins at `start`; in a class, `/` does not end it. */
function endOfRegexp(text: string, start: number): number {
  let at = start + 1;
  let isInClass = false;
  while (at < text.length && (isInClass || text[at] !== '/') && text[at] !== '\n') {
    if (text[at] === '[') isInClass = true;
    else if (text[at] === ']') isInClass = false;
    at += text[at] === '\\' ? 2 : 1;
  }
  at += 1;
  while (/[a-z]/.test(text[at] ?? '')) at += 1;
  return at;
}

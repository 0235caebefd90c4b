/** One setting of a properties file. */
export type Property = {
  readonly key: string;
  readonly value: string;
  /** Of the line on which the key begins, counted from 1. */
  readonly line: number;
};

/** A `\u` that is not followed by four hexadecimal digits; the only way in which the syntax can be broken. */
export type PropertiesFault = {
  readonly line: number;
  /** The broken escape, as written. */
  readonly escape: string;
};

/**
 * Reads the syntax of `java.util.Properties`: comments with `#` or `!`, `=`, `:` or white space between key
 * and value, a backslash that continues a line, the escapes `\t \n \r \f \uXXXX`, and a backslash before any
 * other character standing for that character. Keys and values are trimmed, as Apache ZooKeeper trims them.
 *
 * All settings come back in their order, repeated keys too. `text` is the decoded file: Java decodes it as
 * Latin-1, so a path with other characters needs `\u` there and need not here.
 */
export function parseProperties(text: string): {
  readonly properties: readonly Property[];
  readonly faults: readonly PropertiesFault[];
} {
  const properties: Property[] = [];
  const faults: PropertiesFault[] = [];
  for (const { line, content } of logicalLines(text)) {
    const { key, value } = splitAtSeparator(content);
    const read = (raw: string): string =>
      unescaped(raw, (broken) => faults.push({ line, escape: broken }));
    properties.push({ key: read(key).trim(), value: read(value).trim(), line });
  }
  return { properties, faults };
}

const WHITE_SPACE = ' \t\f';

/** Lines with their continuations joined; without blank lines, comments and leading white space. */
function* logicalLines(text: string): Generator<{ line: number; content: string }> {
  const naturalLines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  for (let i = 0; i < naturalLines.length; i++) {
    const line = i + 1;
    let content = withoutIndent(naturalLines[i]!);
    if (content === '' || content[0] === '#' || content[0] === '!') continue;
    while (isContinued(content)) {
      content = content.slice(0, -1) + withoutIndent(naturalLines[++i] ?? '');
    }
    yield { line, content };
  }
}

function withoutIndent(line: string): string {
  return line.replace(/^[ \t\f]+/, '');
}

/** Whether an odd number of backslashes ends the line; pairs stand for one backslash each. */
function isContinued(line: string): boolean {
  return /\\*$/.exec(line)![0].length % 2 === 1;
}

/** The key ends at the first unescaped separator; white space around one `=` or `:` belongs to it. */
function splitAtSeparator(content: string): { key: string; value: string } {
  let end = 0;
  while (end < content.length && !`${WHITE_SPACE}=:`.includes(content[end]!)) {
    end += content[end] === '\\' ? 2 : 1;
  }
  const rest = content.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '');
  return { key: content.slice(0, end), value: rest };
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescaped(raw: string, onFault: (broken: string) => void): string {
  return raw.replace(/\\(u[0-9a-fA-F]{4}|u.{0,4}|.|$)/gs, (whole, body: string) => {
    if (body[0] !== 'u') return ESCAPES[body] ?? body;
    if (body.length === 5 && /^u[0-9a-fA-F]{4}$/.test(body)) {
      return String.fromCharCode(Number.parseInt(body.slice(1), 16));
    }
    onFault(whole);
    return whole;
  });
}

/** The line width up to which emitted code stays on one line, as Biome and Prettier lay it out. */
const LINE_WIDTH: number = 100;

/**
 * Collects lines of TypeScript and lays out the few constructs that can get long, so that what is emitted is what a
 * formatter would make of it (2 spaces, single quotes, 100 columns).
 */
export class Code {
  readonly #lines: string[] = [];
  #depth: number = 0;

  /** One line at the current depth; '' is a blank line. */
  line(text: string): void {
    this.#lines.push(text === '' ? '' : this.#indented(text));
  }

  /** `head {`, what `body` emits one level deeper, `}` and `tail`. */
  block(head: string, body: () => void, tail: string = ''): void {
    this.line(`${head} {`);
    this.indent(body);
    this.line(`}${tail}`);
  }

  /** What `body` emits, one level deeper. */
  indent(body: () => void): void {
    this.#depth++;
    body();
    this.#depth--;
  }

  /** `head(parameters): type {`, the parameters on lines of their own if it is too long. */
  signature(head: string, parameters: readonly string[], type: string): void {
    this.list(head, '()', parameters, `: ${type} {`);
  }

  /** `left = right;`, broken behind the `=` if it is too long. */
  assign(left: string, right: string): void {
    const line = `${left} = ${right};`;
    if (this.#indented(line).length <= LINE_WIDTH) {
      this.line(line);
      return;
    }
    this.line(`${left} =`);
    this.#depth++;
    this.line(`${right};`);
    this.#depth--;
  }

  /** `head(a, b)tail`, the arguments on lines of their own if it is too long. */
  list(head: string, brackets: '()' | '{}', items: readonly string[], tail: string): void {
    const [open, close] = [brackets[0]!, brackets[1]!];
    const pad = brackets === '{}' ? ' ' : '';
    const line = `${head}${open}${pad}${items.join(', ')}${pad}${close}${tail}`;
    if (this.#indented(line).length <= LINE_WIDTH) {
      this.line(line);
      return;
    }
    this.line(`${head}${open}`);
    this.#depth++;
    for (const item of items) this.line(`${item},`);
    this.#depth--;
    this.line(`${close}${tail}`);
  }

  /** A docstring; long lines are wrapped between words. */
  doc(lines: readonly string[]): void {
    const width = LINE_WIDTH - this.#depth * 2;
    const safe = lines.map((line) => line.replaceAll('*/', '* /'));
    const only = safe[0];
    if (safe.length === 1 && only !== undefined && only.length + 7 <= width) {
      this.line(`/** ${only} */`);
      return;
    }
    this.line('/**');
    for (const line of safe) {
      for (const part of wrap(line, width - 3)) this.line(part === '' ? ' *' : ` * ${part}`);
    }
    this.line(' */');
  }

  /** Everything emitted so far. */
  text(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  #indented(text: string): string {
    return '  '.repeat(this.#depth) + text;
  }
}

function wrap(text: string, width: number): string[] {
  const parts: string[] = [];
  let part = '';
  for (const word of text.split(' ')) {
    if (part !== '' && part.length + 1 + word.length > width) {
      parts.push(part);
      part = word;
    } else {
      part = part === '' ? word : `${part} ${word}`;
    }
  }
  parts.push(part);
  return parts;
}

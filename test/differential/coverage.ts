/** Which requests met which answers, so that a generator that stopped reaching something is noticed. */
import { errorCodeName } from '../../protocol/error-code.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { decodeEvent, decodeReply, type Plain } from './decode.ts';
import type { KnownDifference } from './known-differences.ts';
import type { Drained } from './link.ts';
import type { ServerView } from './server-view.ts';
import type { Step } from './step.ts';

const OP_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(OpCode).map(([name, code]) => [code, name]),
);

export class Coverage {
  /** Row (an op, or what else happened), then answer, then count. */
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #known = new Map<string, number>();

  /** Counts what server A answered on the connection of a step. */
  note(step: Step, drained: Drained | undefined, view: ServerView): void {
    this.#add('(steps)', step.kind);
    for (const item of drained?.items ?? []) {
      if (item.kind === 'event') this.#add('event', eventName(decodeEvent(item.frame, view).plain));
      if (item.kind === 'handshake')
        this.#add('handshake', drained?.closed === true ? 'refused' : 'accepted');
      if (item.kind === 'reply' && !item.barrier) this.#noteReply(item.op, item.frame, view);
    }
    if (drained?.closed === true) this.#add(rowOf(step), 'closed');
    if (step.kind === 'connect' && drained?.items.length === 0)
      this.#add('handshake', 'silently closed');
  }

  noteKnown(known: KnownDifference): void {
    this.#known.set(known.id, (this.#known.get(known.id) ?? 0) + 1);
  }

  /** How often a known difference was let pass. */
  knownCount(id: string): number {
    return this.#known.get(id) ?? 0;
  }

  /** How often `op` was answered with `answer` (an error's name). */
  count(op: string, answer: string): number {
    return this.#counts.get(op)?.get(answer) ?? 0;
  }

  /** One line per row, most frequent answers first. */
  table(): string {
    const rows = [...this.#counts].sort(([x], [y]) => (x < y ? -1 : 1));
    const width = Math.max(0, ...rows.map(([name]) => name.length));
    return rows
      .map(([name, answers]) => {
        const cells = [...answers]
          .sort((x, y) => y[1] - x[1])
          .map(([answer, count]) => `${answer} ${count}`);
        return `${name.padEnd(width)}  ${cells.join(', ')}\n`;
      })
      .join('');
  }

  #noteReply(op: number, frame: Buffer, view: ServerView): void {
    const { err, plain } = decodeReply(op, frame, view);
    const name = opName(op);
    this.#add(name, errorCodeName(err));
    for (const error of subErrors(plain)) this.#add(`${name} (inside)`, error);
  }

  #add(row: string, answer: string): void {
    const answers = this.#counts.get(row) ?? new Map<string, number>();
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
    this.#counts.set(row, answers);
  }
}

/** The name of an op code, or its number. */
export function opName(op: number): string {
  return OP_NAMES.get(op) ?? `op ${op}`;
}

function rowOf(step: Step): string {
  return step.kind === 'request' ? opName(step.request.op) : step.kind;
}

const EVENT_NAMES = ['?', 'NodeCreated', 'NodeDeleted', 'NodeDataChanged', 'NodeChildrenChanged'];

function eventName(plain: Plain): string {
  const event = field(plain, 'event');
  const type = event === undefined ? undefined : field(event, 'type');
  return typeof type === 'number' ? (EVENT_NAMES[type] ?? `type ${type}`) : 'undecodable';
}

function subErrors(plain: Plain): string[] {
  const body = field(plain, 'body');
  const results = body === undefined ? undefined : field(body, 'results');
  if (!Array.isArray(results)) return [];
  return results.map((result) => {
    const error = field(result, 'error');
    return typeof error === 'string' ? error : 'OK';
  });
}

function field(plain: Plain, name: string): Plain | undefined {
  if (plain === null || typeof plain !== 'object' || Array.isArray(plain)) return undefined;
  return (plain as { readonly [key: string]: Plain })[name];
}

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Step } from './zkcli-script.ts';

/** How to start one zkCli, up to where its own arguments begin. */
export type ZkCli = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

export type Transcript = {
  /** For every step its command and what was printed until the next one, without watch events. */
  readonly answers: readonly string[];
  /** The watch events, in order. */
  readonly events: readonly string[];
  readonly exitCode: number | null;
};

const STEP_TIMEOUT_MS = 30_000;
const POLL_MS = 5;

/** Asked after every step: its one line of output says that the step is over, on every server and version. */
const MARKER_COMMAND = 'printwatches';
const MARKER = /^printwatches is (on|off)$/;

/**
 * Types a script into zkCli's stdin, one command at a time, and takes down what it prints. It must run without JLine,
 * which would echo and decorate. Rejects when a step does not end or its events do not come.
 */
export async function runZkCli(
  zkCli: ZkCli,
  connectArgs: readonly string[],
  script: readonly Step[],
): Promise<Transcript> {
  // One stream, so that answers and error lines keep their order.
  const child = spawn(
    '/bin/sh',
    ['-c', 'exec "$0" "$@" 2>&1', zkCli.command, ...zkCli.args, ...connectArgs],
    { env: { ...process.env, ...zkCli.env } },
  );
  const endNow = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', endNow);
  try {
    return await new Session(child).run(script);
  } finally {
    endNow();
    process.off('exit', endNow);
  }
}

class Session {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #events: string[] = [];
  #lines: string[] = [];
  #partial = '';
  #markers = 0;
  #ended = false;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#onText(text));
    child.stdin.on('error', () => undefined);
    child.on('close', () => {
      this.#ended = true;
    });
  }

  async run(script: readonly Step[]): Promise<Transcript> {
    const answers: string[] = [];
    // The session itself is announced by an event.
    let expectedEvents = 1;
    await this.#until('the session', () => this.#events.length >= expectedEvents);
    this.#lines = [];
    for (const step of script) {
      const [command, eventCount] = typeof step === 'string' ? [step, 0] : step;
      expectedEvents += eventCount;
      const markers = this.#markers + 1;
      this.#child.stdin.write(`${command}\n${MARKER_COMMAND}\n`);
      await this.#until(
        `'${command}' (events ${this.#events.length}/${expectedEvents})`,
        () => this.#markers >= markers && this.#events.length >= expectedEvents,
      );
      answers.push([`> ${command}`, ...this.#lines].join('\n'));
      this.#lines = [];
    }
    this.#child.stdin.end('quit\n');
    await this.#until('quit', () => this.#ended);
    return { answers, events: this.#events, exitCode: this.#child.exitCode };
  }

  #onText(text: string): void {
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line.trimEnd());
  }

  #onLine(line: string): void {
    if (line.startsWith('WatchedEvent ')) this.#events.push(line);
    else if (MARKER.test(line)) this.#markers += 1;
    // Events bring their own empty lines at moments of their own.
    else if (line !== '' && line !== 'WATCHER::') this.#lines.push(line);
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    const deadline = performance.now() + STEP_TIMEOUT_MS;
    while (!condition()) {
      if (performance.now() > deadline || (this.#ended && what !== 'quit')) {
        const why = this.#ended ? `zkCli ended with ${this.#child.exitCode}` : 'nothing came';
        throw new Error(
          `${what}: ${why}; so far it said:\n${[...this.#lines, ...this.#events].join('\n')}`,
        );
      }
      await delay(POLL_MS);
    }
  }
}

/** Answers in an order of no meaning: Apache takes it from hash tables. */
const UNORDERED_LINES = /^> (whoami|getAcl \/both)\n/;
const UNORDERED_LIST = /^> getEphemerals.*\n\[/;

/**
 * What may differ between two servers and two runs: session ids, clocks, ports, and orders that mean nothing.
 * zxids, versions and everything else may not.
 */
export function normalise(answer: string): string {
  const plain = answer
    .replace(/\b0x1[0-9a-f]{14}\b/g, '<session>')
    .replace(/\b127\.0\.0\.1:\d{4,5}\b/g, '<server>')
    .replace(/^([cm]time) = .*$/gm, '$1 = <time>');
  if (UNORDERED_LINES.test(plain)) return plain.split('\n').sort().join('\n');
  if (UNORDERED_LIST.test(plain))
    return plain.replace(
      /\[(.*)\]/,
      (_, list: string) => `[${list.split(', ').sort().join(', ')}]`,
    );
  return plain;
}

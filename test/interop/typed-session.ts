import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * What is typed, with the number of watch events that it must cause, so that the driver can wait for them: events come
 * on another thread than answers.
 */
export type Step = string | readonly [command: string, eventCount: number];

/** An interactive client, and how to read what it prints. */
export type TypedClient = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Typed after every step: the line it prints says that the step is over. */
  readonly markerCommand: string;
  readonly marker: RegExp;
  /** Lines that are watch events; the first one announces the session. */
  readonly event: RegExp;
  /** Lines that mean nothing, besides empty ones. */
  readonly noise: RegExp;
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

/**
 * Types a script into a client's stdin, one command at a time, and takes down what it prints. Rejects when a step does
 * not end or its events do not come.
 */
export async function typeScript(
  client: TypedClient,
  script: readonly Step[],
): Promise<Transcript> {
  // One stream, so that answers and error lines keep their order.
  const child = spawn('/bin/sh', ['-c', 'exec "$0" "$@" 2>&1', client.command, ...client.args], {
    env: { ...process.env, ...client.env },
  });
  const endNow = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', endNow);
  try {
    return await new TypedSession(client, child).run(script);
  } finally {
    endNow();
    process.off('exit', endNow);
  }
}

class TypedSession {
  readonly #client: TypedClient;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #events: string[] = [];
  #lines: string[] = [];
  #partial = '';
  #markers = 0;
  #ended = false;

  constructor(client: TypedClient, child: ChildProcessWithoutNullStreams) {
    this.#client = client;
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#onText(text));
    child.stdin.on('error', () => undefined);
    child.on('close', () => {
      this.#ended = true;
    });
  }

  async run(script: readonly Step[]): Promise<Transcript> {
    const answers: string[] = [];
    let expectedEvents = 1;
    await this.#until('the session', () => this.#events.length >= expectedEvents);
    // What a client says while it starts (its greeting) may come before or after that event.
    await this.#ask('');
    this.#lines = [];
    for (const step of script) {
      const [command, eventCount] = typeof step === 'string' ? [step, 0] : step;
      expectedEvents += eventCount;
      await this.#ask(`${command}\n`);
      await this.#until(
        `'${command}' (events ${this.#events.length}/${expectedEvents})`,
        () => this.#events.length >= expectedEvents,
      );
      answers.push([`> ${command}`, ...this.#lines].join('\n'));
      this.#lines = [];
    }
    // What is told of the end itself depends on which thread ends first.
    const events = [...this.#events];
    this.#child.stdin.end('quit\n');
    await this.#until('quit', () => this.#ended);
    return { answers, events, exitCode: this.#child.exitCode };
  }

  async #ask(text: string): Promise<void> {
    const markers = this.#markers + 1;
    this.#child.stdin.write(`${text}${this.#client.markerCommand}\n`);
    await this.#until(`'${text.trimEnd()}'`, () => this.#markers >= markers);
  }

  #onText(text: string): void {
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line.trimEnd());
  }

  #onLine(line: string): void {
    if (this.#client.event.test(line)) this.#events.push(line);
    else if (this.#client.marker.test(line)) this.#markers += 1;
    else if (line !== '' && !this.#client.noise.test(line)) this.#lines.push(line);
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    const deadline = performance.now() + STEP_TIMEOUT_MS;
    while (!condition()) {
      if (performance.now() > deadline || (this.#ended && what !== 'quit')) {
        const why = this.#ended ? `the client ended (${this.#child.exitCode})` : 'nothing came';
        const said = [...this.#lines, ...this.#events].join('\n');
        throw new Error(`${what}: ${why}; so far it said:\n${said}`);
      }
      await delay(POLL_MS);
    }
  }
}

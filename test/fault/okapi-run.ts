import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fourLetterWord } from '../support/four-letter-word.ts';
import { OKAPI_MAIN } from '../support/okapi-server.ts';
import { makeTempDir } from '../support/temp-dir.ts';

/** How a server process ended. */
export type RunEnd = {
  /** Null if a signal ended it. */
  readonly exitCode: number | null;
  /** Both of its outputs. */
  readonly output: string;
};

type Place = {
  readonly dataDir: string;
  readonly port: number;
  readonly config?: Readonly<Record<string, string>>;
};

/** A server process of which it matters how it ends, which may be before it serves. */
export class OkapiRun {
  readonly #child: ChildProcess;
  readonly #end: Promise<RunEnd>;
  readonly #port: number;
  #output = '';

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
    const killNow = (): void => {
      child.kill('SIGKILL');
    };
    // For a test that does not come to its end.
    process.on('exit', killNow);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.#end = once(child, 'close').then(() => {
      process.off('exit', killNow);
      return { exitCode: child.exitCode, output: this.#output };
    });
  }

  /** Starts `okapi server` with these lines of zoo.cfg. It is killed at the end of the test if it still runs. */
  static async start(t: TestContext, place: Place): Promise<OkapiRun> {
    const temp = await makeTempDir('run');
    const configFile = path.join(temp.path, 'zoo.cfg');
    const lines = {
      dataDir: place.dataDir,
      clientPort: String(place.port),
      clientPortAddress: '127.0.0.1',
      ...place.config,
    };
    const text = Object.entries(lines).map(([key, value]) => `${key}=${value}\n`);
    await writeFile(configFile, text.join(''));
    const child = spawn(process.execPath, [OKAPI_MAIN, 'server', configFile], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const run = new OkapiRun(child, place.port);
    t.after(async () => {
      child.kill('SIGKILL');
      await run.#end;
      await temp.remove();
    });
    return run;
  }

  /** Resolves when it answers; rejects with its output if it ends before. */
  async whenServing(): Promise<void> {
    let ended: RunEnd | undefined;
    this.#end.then(
      (end) => {
        ended = end;
      },
      () => {},
    );
    while (ended === undefined) {
      const answer = await fourLetterWord(this.#port, 'srvr', 1000).catch(() => '');
      if (answer.includes('Mode: ')) return;
      await delay(25);
    }
    throw new Error(`the server ended before it served:\n${ended.output}`);
  }

  /** Resolves when the process is gone; rejects after `timeoutMs`. */
  async whenEnded(timeoutMs: number = 20_000): Promise<RunEnd> {
    const tooLate = new AbortController();
    const timeout = delay(timeoutMs, null, { signal: tooLate.signal }).catch(() => null);
    const end = await Promise.race([this.#end, timeout]);
    tooLate.abort();
    if (end === null)
      throw new Error(`the server still runs after ${timeoutMs} ms:\n${this.#output}`);
    return end;
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<RunEnd> {
    this.#child.kill(signal);
    return this.whenEnded();
  }
}

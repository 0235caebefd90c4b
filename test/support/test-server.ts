/**
 * A ZooKeeper server as a child process of a test: Apache's or ours, started the same way, on a loopback port of its
 * own, with a data folder of its own, and never outliving the test.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fourLetterWord } from './four-letter-word.ts';
import { freePort } from './free-port.ts';
import { makeTempDir } from './temp-dir.ts';

/** A running server. `stop` must be called in the end; the server dies with the test process in any case. */
export interface TestServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** `dataDir` of its zoo.cfg; removed by `stop` unless the caller brought it. */
  readonly dataDir: string;
  readonly pid: number;
  /** The version that it reports, such as `3.9.5`. */
  readonly version: string;
  /** What the process wrote to stdout and stderr (the last 1 MiB). */
  log(): string;
  /** Ends the process (SIGTERM, then SIGKILL after 10 s), waits for it and removes its files. Idempotent. */
  stop(): Promise<void>;
  /** Sends a signal. After SIGKILL or SIGTERM it also waits until the process is gone; files stay. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** What a test may say about a server. */
export type ServerOptions = {
  /** Lines of zoo.cfg; they override the harmless defaults of `writeConfig`. */
  readonly config?: Readonly<Record<string, string>>;
  /** An existing data folder, for a server that is started again. It is not removed. */
  readonly dataDir?: string;
  /** The port to listen on, for a server that is started again; default a free one. */
  readonly port?: number;
  /** How long the server may take until it serves; default 30 000. */
  readonly readyTimeoutMs?: number;
};

/** How one kind of server is called, given the zoo.cfg that was written for it. */
export type ServerCommand = {
  readonly name: string;
  readonly program: string;
  args(configFile: string): readonly string[];
  /** Further files that are written beside zoo.cfg: name and content. */
  readonly files?: Readonly<Record<string, string>>;
  /** The log text of a start that failed because somebody else took the port in between. */
  readonly portTaken: RegExp;
};

const LOG_LIMIT_CHARS = 1 << 20;
const STOP_TIMEOUT_MS = 10_000;
const PROBE_INTERVAL_MS = 25;
/** A free port may be taken between the moment it is found and the moment it is used. */
const START_ATTEMPTS = 3;

/**
 * Writes zoo.cfg, starts the process and resolves when it answers `srvr` as a serving server.
 * Rejects with the process's log if it exits or does not serve in time.
 */
export async function startServer(
  command: ServerCommand,
  options: ServerOptions,
): Promise<TestServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(command, options);
    } catch (error) {
      const retry =
        error instanceof StartError &&
        command.portTaken.test(error.log) &&
        options.port === undefined;
      if (!retry || attempt === START_ATTEMPTS) throw error;
    }
  }
}

class StartError extends Error {
  readonly log: string;
  constructor(message: string, log: string) {
    super(`${message}\n${log}`);
    this.log = log;
  }
}

async function startOnce(command: ServerCommand, options: ServerOptions): Promise<TestServer> {
  const temp = await makeTempDir('server');
  const port = options.port ?? (await freePort());
  const dataDir = options.dataDir ?? path.join(temp.path, 'data');
  await mkdir(dataDir, { recursive: true });
  const configFile = path.join(temp.path, 'zoo.cfg');
  await writeFile(configFile, configText({ dataDir, port, config: options.config ?? {} }));

  for (const [name, content] of Object.entries(command.files ?? {})) {
    await writeFile(path.join(temp.path, name), content);
  }

  const child = spawn(command.program, command.args(configFile), {
    cwd: temp.path,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const handle = new ChildHandle(child);
  let version: string;
  try {
    version = await untilServing(command.name, handle, port, options.readyTimeoutMs ?? 30_000);
  } catch (error) {
    await handle.end();
    await temp.remove();
    throw error;
  }
  return {
    host: '127.0.0.1',
    port,
    dataDir,
    pid: handle.pid,
    version,
    log: () => handle.log,
    stop: async () => {
      await handle.end();
      await temp.remove();
    },
    kill: (signal) => handle.kill(signal),
  };
}

function configText(facts: {
  readonly dataDir: string;
  readonly port: number;
  readonly config: Readonly<Record<string, string>>;
}): string {
  const lines: Record<string, string> = {
    dataDir: facts.dataDir,
    clientPort: String(facts.port),
    clientPortAddress: '127.0.0.1',
    // No port 8080, no JMX, and every probe answered: tests look at servers from outside.
    'admin.enableServer': 'false',
    '4lw.commands.whitelist': '*',
    ...facts.config,
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/** Resolves with the version that the server reports once it serves. */
async function untilServing(
  name: string,
  child: ChildHandle,
  port: number,
  timeoutMs: number,
): Promise<string> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (child.ended)
      throw new StartError(`${name} ended (${child.exitText}) before it served`, child.log);
    const answer = await fourLetterWord(port, 'srvr', 1000).catch(() => '');
    if (/^Mode: /m.test(answer)) return /version: (\d+(?:\.\d+)*)/.exec(answer)?.[1] ?? '';
    if (performance.now() > deadline) {
      throw new StartError(`${name} does not serve port ${port} after ${timeoutMs} ms`, child.log);
    }
    await delay(PROBE_INTERVAL_MS);
  }
}

/** A child process whose end can be awaited, whose output is kept, and which never outlives this process. */
class ChildHandle {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #log = '';
  #failure: Error | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-LOG_LIMIT_CHARS);
      });
    }
    const killNow = (): void => {
      child.kill('SIGKILL');
    };
    // The runner ends a hung test file with SIGTERM, which on its own would skip the exit handlers.
    const exitNow = (): void => process.exit(143);
    process.on('exit', killNow);
    process.on('SIGTERM', exitNow);
    this.#exited = new Promise((resolve) => {
      const over = (): void => {
        process.off('exit', killNow);
        process.off('SIGTERM', exitNow);
        resolve();
      };
      child.on('error', (error) => {
        this.#failure = error;
        over();
      });
      child.on('exit', over);
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get log(): string {
    return this.#log;
  }

  get ended(): boolean {
    return (
      this.#failure !== undefined ||
      this.#child.exitCode !== null ||
      this.#child.signalCode !== null
    );
  }

  get exitText(): string {
    if (this.#failure !== undefined) return this.#failure.message;
    return this.#child.signalCode ?? `exit code ${this.#child.exitCode}`;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await this.#exited;
  }

  async end(): Promise<void> {
    if (this.ended) return;
    this.#child.kill('SIGTERM');
    // A stopped process (SIGSTOP) does not see SIGTERM until it continues.
    this.#child.kill('SIGCONT');
    const force = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#exited;
    clearTimeout(force);
  }
}

/** The `skip` of a test of what came with ZooKeeper 3.9; Debian's package is older. */
export function skipBefore39(server: TestServer): string | false {
  const [major = 0, minor = 0] = server.version.split('.').map(Number);
  if (major > 3 || (major === 3 && minor >= 9)) return false;
  return `ZooKeeper ${server.version} does not do this yet; 3.9 does`;
}

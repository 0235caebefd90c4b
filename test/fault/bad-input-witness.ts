import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '../../client/io/connect.ts';
import type { OkapiClient } from '../../client/okapi-client.ts';

/** What "keeps serving the others" means at the least: no request of a healthy client takes longer. */
const LATENCY_LIMIT_MS = 10_000;
const PAUSE_MS = 10;
const DATA = 'x'.repeat(200);

/**
 * A healthy client that works while others misbehave: it writes and reads a node of its own without end, and knows what
 * must be in it.
 */
export class Witness {
  readonly #client: OkapiClient;
  readonly #path: string;
  readonly #work: Promise<void>;
  #stopped = false;
  #version = 0;
  #slowestMs = 0;

  private constructor(client: OkapiClient, path: string) {
    this.#client = client;
    this.#path = path;
    this.#work = this.#run();
    // Looked at in `stop`; until then a failure is no unhandled rejection.
    this.#work.catch(() => undefined);
  }

  static async start(port: number, path = '/witness'): Promise<Witness> {
    const client = await connect(`127.0.0.1:${port}`);
    await client.create(path, Buffer.from(`${DATA}0`));
    return new Witness(client, path);
  }

  /** How long its slowest request took, in ms. */
  get slowestMs(): number {
    return this.#slowestMs;
  }

  get requestCount(): number {
    return 2 * this.#version;
  }

  /** Ends the work, and fails if any of it failed, was slow, or if the node is not what it must be. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#work;
    await assertWitnessed(this.#client, this.#path, this.#version);
    await this.#client.close();
    assert.ok(
      this.#slowestMs < LATENCY_LIMIT_MS,
      `a request of the healthy client took ${Math.round(this.#slowestMs)} ms`,
    );
  }

  /** Fails unless the server at `port`, perhaps started again, has what this witness was told is written. */
  async assertKept(port: number): Promise<void> {
    const client = await connect(`127.0.0.1:${port}`);
    await assertWitnessed(client, this.#path, this.#version);
    await client.close();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const startedMs = performance.now();
      const next = this.#version + 1;
      await this.#client.setData(this.#path, Buffer.from(`${DATA}${next}`), this.#version);
      this.#version = next;
      const { data } = await this.#client.getData(this.#path);
      assert.equal(data?.toString(), `${DATA}${next}`);
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - startedMs);
      await delay(PAUSE_MS);
    }
  }
}

async function assertWitnessed(client: OkapiClient, path: string, version: number): Promise<void> {
  const { data, stat } = await client.getData(path);
  assert.equal(stat.version, version);
  assert.equal(data?.toString(), `${DATA}${version}`);
}

/** Resident memory of a process, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  assert.ok(kilobytes !== undefined, `process ${pid} is gone`);
  return Number(kilobytes) * 1024;
}

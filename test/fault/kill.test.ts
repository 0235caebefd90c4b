import { deepEqual, equal, ok } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Int64 } from 'jute-ts';
import {
  compareInt64,
  equalInt64,
  INT64_ZERO,
  incrementInt64,
  int64FromHex,
  int64ToHex,
} from '../../protocol/int64.ts';
import { Random } from '../differential/random.ts';
import { skipWithoutApache, startApache } from '../support/apache-server.ts';
import { fourLetterWord } from '../support/four-letter-word.ts';
import { freePort } from '../support/free-port.ts';
import { skipWithoutOkapi, startOkapi } from '../support/okapi-server.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import type { TestServer } from '../support/test-server.ts';
import { KillWriter } from './kill-writer.ts';
import { OkapiRun } from './okapi-run.ts';

/**
 * OKAPI_KILL_ROUNDS: how often the server is killed. OKAPI_KILL_SEED: another sequence of writes and moments.
 * OKAPI_KILL_TARGET=apache: kills Apache ZooKeeper instead, which shows that the test asks for nothing impossible.
 */
const { OKAPI_KILL_ROUNDS, OKAPI_KILL_SEED, OKAPI_KILL_TARGET } = process.env;
const ROUNDS = Number(OKAPI_KILL_ROUNDS ?? 100);
const SEED = Number(OKAPI_KILL_SEED ?? 1);
const ON_APACHE = OKAPI_KILL_TARGET === 'apache';
const SKIP = ON_APACHE ? skipWithoutApache() : skipWithoutOkapi();

const WRITERS = 5;
/** How long a server is written to before it is killed. */
const LOAD_MS = { from: 100, to: 350 };
/** Old nodes that are looked at after each restart; all of them at the end. */
const SAMPLE = 40;

test(`a server killed ${ROUNDS} times under load keeps all that it acknowledged`, {
  skip: SKIP,
}, async (t) => {
  const killing = await Killing.begin(t);
  for (let round = 1; round <= ROUNDS; round++) {
    try {
      await killing.round();
    } catch (error) {
      throw new Error(`seed ${SEED}, round ${round}; the server said:\n${killing.serverLog}`, {
        cause: error,
      });
    }
  }
  await killing.end();
});

class Killing {
  readonly #test: TestContext;
  readonly #random: Random = new Random(SEED);
  readonly #dataDir: string;
  readonly #port: number;
  readonly #writers: KillWriter[];
  #server: TestServer;
  #killedInRecovery = 0;
  #unexpected: string[] = [];

  static async begin(t: TestContext): Promise<Killing> {
    const temp = await makeTempDir('kill');
    t.after(() => temp.remove());
    const port = await freePort();
    const server = await startTarget({ dataDir: temp.path, port });
    const killing = new Killing(t, { dataDir: temp.path, port, server });
    t.after(() => killing.#server.stop());
    t.after(() => Promise.all(killing.#writers.map((writer) => writer.client.close())));
    await Promise.all(killing.#writers.map((writer) => writer.begin()));
    return killing;
  }

  private constructor(
    t: TestContext,
    facts: { dataDir: string; port: number; server: TestServer },
  ) {
    this.#test = t;
    this.#dataDir = facts.dataDir;
    this.#port = facts.port;
    this.#server = facts.server;
    const servers = `127.0.0.1:${facts.port}`;
    this.#writers = Array.from(
      { length: WRITERS },
      (_, i) => new KillWriter({ servers, name: `w${i}`, random: this.#random.fork() }),
    );
  }

  /** Load, kill, restart, verify. */
  async round(): Promise<void> {
    await this.#each((writer) => writer.beginRound());
    const writing = this.#each((writer) => writer.write());
    await delay(this.#random.between(LOAD_MS.from, LOAD_MS.to));
    for (const writer of this.#writers) writer.stop();
    await this.#server.kill('SIGKILL');
    await writing;
    await this.#server.stop();
    if (!ON_APACHE && this.#random.chance(10)) await this.#killDuringRecovery();

    this.#server = await startTarget({ dataDir: this.#dataDir, port: this.#port });
    await this.#each((writer) => writer.client.whenConnected());
    const zxid = await this.#verifyZxid();
    await this.#each((writer) => writer.verifyRound());
    await this.#each((writer) => writer.verifySample(SAMPLE));
    await this.#verifyNextZxid(zxid);
    this.#noteLog();
  }

  get serverLog(): string {
    return this.#server.log();
  }

  async end(): Promise<void> {
    await this.#each((writer) => writer.verifyAll());
    const acknowledged = sum(this.#writers.map((writer) => writer.acknowledgedCount));
    const unanswered = sum(this.#writers.map((writer) => writer.unansweredCount));
    this.#test.diagnostic(
      `${acknowledged} writes acknowledged, ${unanswered} unanswered, ${this.#killedInRecovery} kills during recovery`,
    );
    ok(unanswered > ROUNDS, 'the kills hit writes under way');
    deepEqual(this.#unexpected, []);
  }

  async #each(act: (writer: KillWriter) => Promise<unknown>): Promise<void> {
    await Promise.all(this.#writers.map(act));
  }

  /** The server's zxid is that of a txn which was proposed, and not below any that was acknowledged. */
  async #verifyZxid(): Promise<Int64> {
    const zxid = await this.#serverZxid();
    const seen = this.#writers
      .map((writer) => writer.lastZxid)
      .reduce((a, b) => (compareInt64(a, b) > 0 ? a : b), INT64_ZERO);
    ok(
      compareInt64(zxid, seen) >= 0,
      `zxid ${int64ToHex(seen)} was acknowledged, and ${int64ToHex(zxid)} is the last one`,
    );
    return zxid;
  }

  /** Reading and taking up sessions again has used no zxid, and the next write gets the next one. */
  async #verifyNextZxid(last: Int64): Promise<void> {
    const [writer] = this.#writers;
    ok(writer !== undefined);
    ok(equalInt64(await this.#serverZxid(), last));
    const next = await writer.beginRound();
    equal(int64ToHex(next), int64ToHex(incrementInt64(last)), 'the next zxid');
  }

  async #serverZxid(): Promise<Int64> {
    const answer = await fourLetterWord(this.#port, 'srvr');
    const zxid = int64FromHex(/^Zxid: 0x([0-9a-f]+)$/m.exec(answer)?.[1] ?? '');
    ok(zxid !== undefined, answer);
    return zxid;
  }

  /** Starts the server and kills it before it serves, or a moment later. */
  async #killDuringRecovery(): Promise<void> {
    const run = await OkapiRun.start(this.#test, { dataDir: this.#dataDir, port: this.#port });
    await delay(this.#random.between(50, 400));
    await run.end('SIGKILL');
    this.#killedInRecovery++;
  }

  /** What a server must never have to say after a kill. */
  #noteLog(): void {
    const lines = this.#server.log().split('\n');
    this.#unexpected.push(...lines.filter((line) => /digest|"level":"(error|fatal)"/i.test(line)));
  }
}

function startTarget(place: { dataDir: string; port: number }): Promise<TestServer> {
  // Little preallocation (KiB): the recovery after a kill looks through all of it.
  const config = { tickTime: '2000', maxSessionTimeout: '60000', preAllocSize: '4096' };
  return ON_APACHE ? startApache({ ...place, config }) : startOkapi({ ...place, config });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

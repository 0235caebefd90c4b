import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Int64 } from 'jute-ts';
import { INT64_ZERO } from '../../../protocol/int64.ts';
import { findDataFiles } from '../../../storage/data-directories.ts';
import { LogReplay } from '../../../storage/log-replay.ts';
import { RecoveryError } from '../../../storage/recovery-error.ts';
import type { TxnLog, TxnLogOptions } from '../../../storage/txn-log.ts';
import { Random } from '../../differential/random.ts';
import { diskError, SimDisk, type TearMode } from '../../sim/disk.ts';
import {
  type ManualClock,
  type NotedEvents,
  NotedLog,
  openLog,
  txnOf,
  zxid,
} from './txn-log-fixtures.ts';

/**
 * One history of a txn log: several lives of a server, each of which recovers, appends at random and is stopped at a
 * random moment, by a power cut or by a kill, sometimes already while it recovers. A failure prints its seed.
 */
class History {
  readonly #random: Random;
  #disk: SimDisk;
  /** All txns that were appended and may be in the log, zxid 1 first. */
  #txns: Buffer[] = [];
  /** How many of them have been acknowledged. */
  #acknowledged = 0;
  #life = 0;

  constructor(seed: number, tearMode: TearMode) {
    this.#random = new Random(seed);
    this.#disk = new SimDisk({ random: this.#random.fork(), tearMode }, [
      '',
      '/data',
      '/data/version-2',
    ]);
  }

  async live(): Promise<void> {
    this.#life++;
    while (this.#random.chance(15)) await this.#stopDuringRecovery();
    await this.#recover();
    this.#work();
    this.#stop();
  }

  async #stopDuringRecovery(): Promise<void> {
    const replay = await this.#replay(() => {});
    const cleaning = replay.cleanEnd();
    cleaning.catch(() => {});
    for (let steps = this.#random.below(3); steps > 0; steps--) {
      this.#disk.step();
      await new Promise(setImmediate);
    }
    this.#stop();
  }

  async #recover(): Promise<void> {
    const found: Buffer[] = [];
    const replay = await this.#replay((txn) => found.push(Buffer.from(txn)));
    await this.#disk.run(replay.cleanEnd());
    ok(found.length >= this.#acknowledged, 'every acknowledged txn is there');
    deepEqual(
      found,
      this.#txns.slice(0, found.length),
      'what is there is a prefix of what was appended',
    );
    this.#txns = found;
    // Whoever asks now sees them, so they have to stay.
    this.#acknowledged = found.length;
  }

  async #replay(apply: (txn: Buffer) => void): Promise<LogReplay> {
    const directories = { logDir: '/data/version-2', snapDir: '/data/version-2' };
    const { logs } = await findDataFiles(directories, this.#disk);
    const options = {
      logs,
      afterZxid: INT64_ZERO,
      mayBeginWith: 'the first txn',
      allowNewEpochs: true,
    } as const;
    const replay = new LogReplay(options, { disk: this.#disk, log: new NotedLog() }, apply);
    await replay.run();
    return replay;
  }

  #work(): void {
    const { log, events, clock } = openLog(this.#disk, this.#options());
    const mayFail = this.#random.chance(20);
    if (mayFail) {
      const code = this.#random.pick(['EIO', 'ENOSPC'] as const);
      this.#disk.failAt(this.#disk.steps + this.#random.below(20), diskError(code, 'injected'));
    }
    const before = this.#acknowledged;
    let isFailed = false;
    events.onDurable = (id: Int64): void => {
      ok(!isFailed, 'nothing is acknowledged after a failure');
      ok(id.lo > this.#acknowledged, 'acknowledgements ascend');
      this.#acknowledged = id.lo;
    };
    events.onFailed = (): void => {
      ok(mayFail, 'only an error of the disk fails the log');
      ok(!isFailed, 'a failure is reported once');
      isFailed = true;
    };
    for (let action = this.#random.below(60); action > 0; action--) this.#act(log, clock);
    ok(this.#acknowledged >= before);
    ok(this.#acknowledged <= this.#txns.length, 'only what was appended is acknowledged');
  }

  #act(log: TxnLog, clock: ManualClock): void {
    const action = this.#random.weighted([
      [6, 'append'],
      [4, 'flush'],
      [12, 'step'],
      [1, 'roll'],
      [2, 'wait'],
    ] as const);
    switch (action) {
      case 'append':
        for (let count = this.#random.between(1, 5); count > 0; count--) {
          const id = zxid(this.#txns.length + 1);
          const bodyBytes = this.#random.pick([0, 1, 60, 500, 3000]);
          const txn = txnOf(id, this.#random.below(bodyBytes + 1));
          // The same zxid may come again in a later life, for another txn.
          txn.fill(this.#life, 32);
          this.#txns.push(txn);
          log.append(id, txn);
        }
        break;
      case 'flush':
        log.flush();
        break;
      case 'step':
        this.#disk.step();
        break;
      case 'roll':
        log.roll();
        break;
      case 'wait':
        clock.advance(this.#random.below(40));
        break;
    }
  }

  #options(): Partial<TxnLogOptions> {
    return {
      preAllocBytes: this.#random.pick([0, 1024, 5000, 16_384]),
      sizeLimitBytes: this.#random.pick([null, null, 2000]),
      maxBatchCount: this.#random.pick([null, 1, 3, 1000]),
      flushDelayMs: this.#random.pick([0, 0, 30]),
      maxWriteQueuePollMs: 10,
    };
  }

  #stop(): void {
    this.#disk = this.#random.chance(60) ? this.#disk.crash() : this.#disk.kill();
  }
}

async function liveThrough(seed: number, tearMode: TearMode): Promise<'recovered' | 'refused'> {
  const history = new History(seed, tearMode);
  try {
    for (let life = 0; life < 6; life++) await history.live();
    return 'recovered';
  } catch (error) {
    const isRefusal = error instanceof RecoveryError && error.code === 'DAMAGED_LOG';
    if (isRefusal && tearMode === 'sectors') return 'refused';
    throw new Error(`seed ${seed} with torn ${tearMode}`, { cause: error });
  }
}

test('whenever it stops, every acknowledged txn is there, what is there is a prefix, and it goes on (200 seeds)', async () => {
  for (let seed = 1; seed <= 200; seed++) equal(await liveThrough(seed, 'prefix'), 'recovered');
});

test('a disk that tears writes out of order never costs an acknowledged txn: if in doubt the log is refused (100 seeds)', async () => {
  let refused = 0;
  for (let seed = 1; seed <= 100; seed++) {
    if ((await liveThrough(seed, 'sectors')) === 'refused') refused++;
  }
  ok(refused > 0, 'the seeds reach the case');
  ok(refused < 75, `${refused} of 100 histories were refused`);
});

test('the same seed gives the same history', async () => {
  const notes: string[][] = [];
  for (let run = 0; run < 2; run++) {
    const disk = new SimDisk({ random: new Random(7) }, ['', '/data', '/data/version-2']);
    const { log, events }: { log: TxnLog; events: NotedEvents } = openLog(disk);
    for (let lo = 1; lo <= 50; lo++) {
      log.append(zxid(lo), txnOf(zxid(lo)));
      if (lo % 3 === 0) log.flush();
      disk.step();
    }
    const after = disk.crash();
    notes.push([
      ...events.notes,
      ...after.paths.map((path) => String(after.contentOf(path)?.length)),
    ]);
  }
  deepEqual(notes[0], notes[1]);
});

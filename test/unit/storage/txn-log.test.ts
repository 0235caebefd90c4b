import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict';
import { test } from 'node:test';
import type { TxnLog } from '../../../storage/txn-log.ts';
import { preallocatedSize } from '../../../storage/txn-log-format.ts';
import { Random } from '../../differential/random.ts';
import { diskError, SimDisk } from '../../sim/disk.ts';
import {
  assertHolds,
  DIR,
  LOG_HEADER,
  logFileOf,
  openLog,
  readAll,
  txnOf,
  txnRange,
  zxid,
} from './txn-log-fixtures.ts';

async function newDisk(): Promise<SimDisk> {
  const disk = new SimDisk({ random: new Random(1) });
  await disk.run(disk.makeDirectory(DIR));
  return disk;
}

function appendRange(log: TxnLog, from: number, to: number, bodyBytes = 20): void {
  for (let lo = from; lo <= to; lo++) log.append(zxid(lo), txnOf(zxid(lo), bodyBytes));
}

function stepAll(disk: SimDisk): void {
  while (disk.step()) {
    // until nothing waits
  }
}

test('a new file has header, entries and zeros, and the size that Apache would give it', async () => {
  const disk = await newDisk();
  const { log, events } = openLog(disk);
  appendRange(log, 0x1a, 0x1c);
  log.flush();
  stepAll(disk);
  deepEqual(events.notes, ['roll log.1a', 'durable 1c']);
  const bytes = disk.contentOf(`${DIR}/log.1a`);
  const expected = logFileOf(txnRange(0x1a, 0x1c));
  equal(bytes?.length, 16 + 8192);
  deepEqual(bytes?.subarray(0, expected.length), expected);
  ok(bytes?.subarray(expected.length).every((byte) => byte === 0));
});

test('the size of a log file follows the rule of Apache', () => {
  const pre = 64 << 20;
  const table: readonly (readonly [
    position: number,
    size: number,
    pre: number,
    expected: number,
  ])[] = [
    [16, 16, pre, 67_108_880],
    [67_108_880 - 4097, 67_108_880, pre, 67_108_880],
    [67_108_880 - 4096, 67_108_880, pre, 67_108_880 + pre],
    [67_108_880, 67_108_880, pre, 67_108_880 + pre],
    // A batch ran past the size: the next multiple.
    [67_108_881, 67_108_880, pre, 2 * pre],
    [16, 16, 0, 16],
    [16, 16, -1, 16],
    [100, 16, 1000, 1000],
  ];
  for (const [position, size, preAllocBytes, expected] of table) {
    equal(preallocatedSize(position, size, preAllocBytes), expected, `${position} of ${size}`);
  }
});

test('nothing is acknowledged before it and the name of its file are durable', async () => {
  const disk = await newDisk();
  const { log, events } = openLog(disk);
  appendRange(log, 1, 2);
  equal(disk.pendingCount, 0, 'append alone writes nothing');
  log.flush();
  // Create, extend, write, sync the directory.
  for (let step = 0; step < 4; step++) {
    deepEqual(events.notes, ['roll log.1']);
    disk.step();
  }
  deepEqual(events.notes, ['roll log.1', 'durable 2']);
});

test('while a write is under way the next batch gathers, and is written as one', async () => {
  const disk = await newDisk();
  const { log, events } = openLog(disk);
  appendRange(log, 1, 1);
  log.flush();
  appendRange(log, 2, 4);
  log.flush();
  appendRange(log, 5, 6);
  log.flush();
  stepAll(disk);
  deepEqual(events.notes, ['roll log.1', 'durable 1', 'durable 6']);
  const { batchCount, txnCount, byteCount, lastBatchTxnCount, maxBatchTxnCount } = log.stats;
  deepEqual(
    { batchCount, txnCount, byteCount, lastBatchTxnCount, maxBatchTxnCount },
    {
      batchCount: 2,
      txnCount: 6,
      byteCount: 6 * 65,
      lastBatchTxnCount: 5,
      maxBatchTxnCount: 5,
    },
  );
  equal(log.queuedBytes, 0);
  await assertHolds(disk, `${DIR}/log.1`, txnRange(1, 6));
});

test('what is appended and flushed in a handler of onDurable is written next', async () => {
  const disk = await newDisk();
  const { log, events } = openLog(disk);
  const onDurable = events.onDurable.bind(events);
  events.onDurable = (id) => {
    onDurable(id);
    if (id.lo >= 5) return;
    appendRange(log, id.lo + 1, id.lo + 1);
    log.flush();
  };
  appendRange(log, 1, 1);
  log.flush();
  stepAll(disk);
  equal(events.notes.at(-1), 'durable 5');
  await assertHolds(disk, `${DIR}/log.1`, txnRange(1, 5));
});

test('a batch is full with maxBatchCount txns, and is then written without a flush', async () => {
  const disk = await newDisk();
  const { log, events } = openLog(disk, { maxBatchCount: 3 });
  appendRange(log, 1, 8);
  ok(disk.pendingCount > 0);
  stepAll(disk);
  deepEqual(events.notes, ['roll log.1', 'durable 3', 'durable 6', 'durable 8']);
});

test('a batch is full at 1 MiB, and a larger txn is a batch of its own', async () => {
  const disk = await newDisk();
  const { log, events } = openLog(disk);
  const sizes = [1000, 600 << 10, 600 << 10, 3 << 20, 1000];
  const txns = sizes.map((bodyBytes, i) => txnOf(zxid(i + 1), bodyBytes));
  txns.forEach((txn, i) => {
    log.append(zxid(i + 1), txn);
  });
  log.flush();
  stepAll(disk);
  deepEqual(events.notes.slice(1), ['durable 2', 'durable 3', 'durable 4', 'durable 5']);
  await assertHolds(disk, `${DIR}/log.1`, txns);
});

test('append copies the bytes, so that the caller may use its buffer again', async () => {
  const disk = await newDisk();
  const { log } = openLog(disk);
  const txn = txnOf(zxid(1));
  log.append(zxid(1), txn);
  txn.fill(0xee);
  log.flush();
  stepAll(disk);
  await assertHolds(disk, `${DIR}/log.1`, [txnOf(zxid(1))]);
});

test('after roll the next txn begins a file of its own, and the one before is closed with what was appended', async () => {
  const disk = await newDisk();
  const { log, events } = openLog(disk);
  log.roll();
  appendRange(log, 1, 2);
  log.flush();
  log.roll();
  appendRange(log, 3, 3);
  log.roll();
  log.roll();
  appendRange(log, 4, 5);
  log.flush();
  stepAll(disk);
  deepEqual(events.notes, [
    'roll log.1',
    'durable 2',
    'roll log.3',
    'durable 3',
    'roll log.4',
    'durable 5',
  ]);
  await assertHolds(disk, `${DIR}/log.1`, txnRange(1, 2));
  await assertHolds(disk, `${DIR}/log.3`, txnRange(3, 3));
  await assertHolds(disk, `${DIR}/log.4`, txnRange(4, 5));
});

test('a file with more in it than the limit is followed by a new one, whatever it was extended to', async () => {
  const disk = await newDisk();
  const { log, events } = openLog(disk, { sizeLimitBytes: 16 + 2 * 65 });
  for (let lo = 1; lo <= 7; lo++) {
    appendRange(log, lo, lo);
    log.flush();
    stepAll(disk);
  }
  const rolls = events.notes.filter((note) => note.startsWith('roll'));
  deepEqual(rolls, ['roll log.1', 'roll log.4', 'roll log.7']);
});

test('a file is extended in time while it grows, and never cut', async () => {
  const disk = await newDisk();
  const { log, events } = openLog(disk);
  let expected = 16 + 8192;
  for (let lo = 1; lo <= 60; lo++) {
    appendRange(log, lo, lo, 487);
    expected = preallocatedSize(Math.max(16, log.currentFileBytes), expected, 8192);
    log.flush();
    stepAll(disk);
    equal(disk.contentOf(`${DIR}/log.1`)?.length, expected, `after txn ${lo}`);
  }
  equal(events.notes.at(-1), 'durable 3c');
  const txns = Array.from({ length: 60 }, (_, i) => txnOf(zxid(i + 1), 487));
  await assertHolds(disk, `${DIR}/log.1`, txns);
});

test('without preallocation the file is exactly as long as its entries', async () => {
  const disk = await newDisk();
  const { log } = openLog(disk, { preAllocBytes: 0 });
  appendRange(log, 1, 3);
  log.flush();
  stepAll(disk);
  deepEqual(disk.contentOf(`${DIR}/log.1`), logFileOf(txnRange(1, 3)));
});

test('without forceSync neither write nor name is synced', async () => {
  const disk = await newDisk();
  const { log, events } = openLog(disk, { forceSync: false });
  appendRange(log, 1, 1);
  log.flush();
  // Create, extend, write.
  for (let step = 0; step < 3; step++) disk.step();
  deepEqual(events.notes, ['roll log.1', 'durable 1']);
  equal(disk.pendingCount, 0);
});

test('a slow sync is reported and counted, with forceSync only', async () => {
  for (const forceSync of [true, false]) {
    const disk = await newDisk();
    const { log, events, clock } = openLog(disk, { forceSync, fsyncWarningMs: 20 });
    for (const [lo, ms] of [
      [1, 20],
      [2, 21],
    ] as const) {
      appendRange(log, lo, lo);
      log.flush();
      clock.advance(ms);
      stepAll(disk);
    }
    const slow = events.notes.filter((note) => note.startsWith('slow'));
    deepEqual(slow, forceSync ? ['slow 21'] : []);
    equal(log.stats.slowSyncCount, slow.length);
    deepEqual([log.stats.syncMsSum, log.stats.syncMsMax], [41, 21]);
  }
});

test('with flushDelay a batch waits until the delay since the last write is over', async () => {
  const disk = await newDisk();
  const { log, events, clock } = openLog(disk, { flushDelayMs: 30, maxWriteQueuePollMs: 20 });
  for (let lo = 1; lo <= 5; lo++) {
    appendRange(log, lo, lo);
    log.flush();
    equal(disk.pendingCount, 0, `still waiting with txn ${lo}`);
    clock.advance(7);
  }
  ok(disk.pendingCount > 0, 'thirty ms are over');
  stepAll(disk);
  deepEqual(events.notes, ['roll log.1', 'durable 5']);
});

test('with flushDelay a batch is written early when no txn has joined it for maxWriteQueuePollTime', async () => {
  const disk = await newDisk();
  const { log, events, clock } = openLog(disk, { flushDelayMs: 30, maxWriteQueuePollMs: 10 });
  appendRange(log, 1, 1);
  log.flush();
  clock.advance(6);
  appendRange(log, 2, 2);
  log.flush();
  clock.advance(6);
  equal(disk.pendingCount, 0, 'the second one has put it off');
  clock.advance(4);
  stepAll(disk);
  deepEqual(events.notes, ['roll log.1', 'durable 2']);
  equal(clock.timerCount, 0);
});

test('with flushDelay a batch that is full does not wait', async () => {
  const disk = await newDisk();
  const { log, events } = openLog(disk, {
    flushDelayMs: 1000,
    maxWriteQueuePollMs: 300,
    maxBatchCount: 2,
  });
  appendRange(log, 1, 2);
  stepAll(disk);
  deepEqual(events.notes, ['roll log.1', 'durable 2']);
});

test('an error of any step fails the log once, and nothing is acknowledged after it', async () => {
  const clean = await newDisk();
  const { log: cleanLog } = openLog(clean);
  const run = async (disk: SimDisk, log: TxnLog): Promise<void> => {
    for (let lo = 1; lo <= 4; lo++) {
      appendRange(log, lo * 10, lo * 10 + 3);
      log.flush();
      if (lo === 2) log.roll();
      disk.step();
    }
    stepAll(disk);
    await disk.run(log.close());
  };
  const before = clean.steps;
  await run(clean, cleanLog);
  // The last one gives back the lock of the directory, when all has been said.
  const stepCount = clean.steps - before - 1;
  ok(stepCount > 8);

  for (let step = 0; step < stepCount; step++) {
    const disk = await newDisk();
    const { log, events } = openLog(disk);
    disk.failAt(disk.steps + step, diskError('EIO', `step ${step}`));
    await run(disk, log);
    const { notes } = events;
    equal(notes.filter((note) => note.startsWith('failed')).length, 1, `step ${step}: ${notes}`);
    equal(notes.at(-1), 'failed EIO', `step ${step}: ${notes}`);
  }
});

test('after a failure append does nothing, and close still ends', async () => {
  const disk = await newDisk();
  const { log, events } = openLog(disk);
  disk.failAt(disk.steps + 2, diskError('ENOSPC', 'write'));
  appendRange(log, 1, 2);
  log.flush();
  stepAll(disk);
  appendRange(log, 3, 9);
  log.flush();
  deepEqual(events.notes, ['roll log.1', 'failed ENOSPC']);
  await disk.run(log.close());
  equal(disk.pendingCount, 0);
});

test('a file of the name that is needed is not touched: the log fails', async () => {
  const disk = await newDisk();
  disk.putFile(`${DIR}/log.1`, logFileOf(txnRange(1, 3)));
  const { log, events } = openLog(disk);
  appendRange(log, 1, 1);
  log.flush();
  stepAll(disk);
  deepEqual(events.notes, ['roll log.1', 'failed EEXIST']);
  await assertHolds(disk, `${DIR}/log.1`, txnRange(1, 3));
});

test('close writes what was appended, with or without flush, and waits for it', async () => {
  const disk = await newDisk();
  const { log, events } = openLog(disk, { flushDelayMs: 1000, maxWriteQueuePollMs: 300 });
  appendRange(log, 1, 2);
  log.flush();
  await disk.run(log.close());
  deepEqual(events.notes, ['roll log.1', 'durable 2']);
  throws(() => log.append(zxid(3), txnOf(zxid(3))), /being closed/);
  throws(() => log.close(), /closed once/);
});

test('a file that is closed is as long as its entries', async () => {
  const disk = await newDisk();
  const { log } = openLog(disk);
  appendRange(log, 1, 2);
  log.flush();
  log.roll();
  appendRange(log, 3, 4);
  await disk.run(log.close());
  deepEqual(disk.contentOf(`${DIR}/log.1`), logFileOf(txnRange(1, 2)));
  deepEqual(disk.contentOf(`${DIR}/log.3`), logFileOf(txnRange(3, 4)));
});

test('close of a log that was never written to leaves no file', async () => {
  const disk = await newDisk();
  const { log } = openLog(disk);
  await disk.run(log.close());
  deepEqual(disk.paths, []);
});

test('zxids must ascend, and a txn must have bytes', async () => {
  const { log } = openLog(await newDisk());
  log.append(zxid(-1), txnOf(zxid(-1)));
  throws(() => log.append(zxid(-1), txnOf(zxid(-1))), /ascending/);
  throws(() => log.append(zxid(5), txnOf(zxid(5))), /ascending/);
  throws(() => log.append(zxid(1, 1), Buffer.alloc(0)), /has bytes/);
  log.append(zxid(1, 1), txnOf(zxid(1, 1)));
});

test('a reader of the file while it is written sees what is durable', async () => {
  const disk = await newDisk();
  const { log } = openLog(disk);
  await rejects(readAll(disk, `${DIR}/log.1`), /ENOENT/);
  appendRange(log, 1, 2);
  log.flush();
  stepAll(disk);
  appendRange(log, 3, 3);
  log.flush();
  const read = await readAll(disk, `${DIR}/log.1`);
  deepEqual(read.offsets, [LOG_HEADER.length, LOG_HEADER.length + 65]);
});

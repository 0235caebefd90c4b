/** The way of requests on a whole server: order, waiting, and the log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpCode } from '../../../../protocol/op-code.ts';
import { Random } from '../../../differential/random.ts';
import { diskError } from '../../../sim/disk.ts';
import { InProcessServer } from '../../../sim/in-process-server.ts';
import type { NetworkClient } from '../../../sim/network-client.ts';
import { create, multi, onPath, read, remove, setData } from '../../../vectors/requests.ts';

const { getData, exists, sync } = OpCode;

function hold(server: InProcessServer): void {
  server.isDiskHeld = true;
  server.settle();
}

function release(server: InProcessServer): void {
  server.isDiskHeld = false;
  server.settle();
}

/** The data that a getData answers. */
function dataOf(client: NetworkClient, path: string): string | undefined {
  const { err, body } = client.request(read(getData, path));
  return err === 0 ? body.readBuffer()?.toString() : undefined;
}

test('a write is answered when it is on disk, and not before', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  hold(server);
  client.send(create('/a'));
  server.settle();
  assert.deepEqual(client.take(), []);
  assert.equal(server.recovery.database.tree.find('/a'), -1, 'nor is it applied');
  release(server);
  assert.deepEqual(client.takeNotes(), ['reply 1 0']);
});

test('a read waits for the writes of its own session, and for nobody else’s', async () => {
  const server = await InProcessServer.start();
  const [writer, reader] = [server.session(), server.session()];
  writer.request(create('/a', { data: 'old' }));
  hold(server);
  writer.send(setData('/a', 'new'));
  writer.send(read(getData, '/a'));
  server.settle();
  assert.equal(dataOf(reader, '/a'), 'old');
  assert.deepEqual(writer.take(), []);
  release(server);
  const [write, own] = writer.take();
  assert(write?.kind === 'reply' && own?.kind === 'reply');
  assert.deepEqual([write.xid, own.xid, own.body.readBuffer()?.toString()], [2, 3, 'new']);
  assert.equal(dataOf(reader, '/a'), 'new');
});

test('replies come in the order of the requests, whatever they are', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  hold(server);
  const xids = client.sendTogether([
    create('/a'),
    read(exists, '/a'),
    onPath(sync, '/'),
    setData('/missing', 'x'),
    read(exists, '/b'),
    create('/b'),
    multi(OpCode.multi, [remove('/a'), remove('/missing')]),
    read(exists, '/a'),
    { op: OpCode.whoAmI },
  ]);
  client.ping();
  server.settle();
  assert.deepEqual(client.take(), []);
  release(server);
  const errors = [0, 0, 0, -101, -101, 0, 0, 0, 0];
  assert.deepEqual(client.takeNotes(), [
    ...xids.map((xid, i) => `reply ${xid} ${errors[i]}`),
    'reply -2 0',
  ]);
});

test('each read sees the writes before it and none behind it', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  client.request(create('/a', { data: '0' }));
  hold(server);
  for (let i = 1; i <= 5; i += 1) {
    client.send(setData('/a', `${i}`));
    client.send(read(getData, '/a'));
  }
  release(server);
  const seen = client
    .take()
    .filter((_, i) => i % 2 === 1)
    .map((frame) => frame.kind === 'reply' && frame.body.readBuffer()?.toString());
  assert.deepEqual(seen, ['1', '2', '3', '4', '5']);
});

test('writes of different sessions are carried out in the order in which they came', async () => {
  const server = await InProcessServer.start();
  const clients = Array.from({ length: 3 }, () => server.session());
  hold(server);
  for (const client of [...clients, ...clients]) {
    client.send(create('/n-', { flags: 2 }));
    server.settle();
  }
  release(server);
  const numbers = clients.map((client) =>
    client.take().map((f) => f.kind === 'reply' && Number(f.body.readString()?.slice(3))),
  );
  assert.deepEqual(numbers, [
    [0, 3],
    [1, 4],
    [2, 5],
  ]);
});

test('zxids of replies never go back, and that of a write is its own or later', async () => {
  const server = await InProcessServer.start();
  const random = new Random(5);
  const clients = Array.from({ length: 4 }, () => server.session());
  const last = new Map<NetworkClient, number>();
  for (let step = 0; step < 300; step += 1) {
    const client = random.pick(clients);
    client.send(random.chance(50) ? setData('/', `${step}`) : read(getData, '/'));
    if (random.chance(30)) server.isDiskHeld = !server.isDiskHeld;
    if (random.chance(50)) server.settle();
    for (const each of clients) {
      for (const frame of each.take()) {
        assert(frame.kind === 'reply');
        assert(frame.zxid.lo >= (last.get(each) ?? 0), `step ${step}`);
        last.set(each, frame.zxid.lo);
        if (frame.body.remaining === 68) continue;
        frame.body.readBuffer();
        frame.body.readLong();
        assert(
          frame.zxid.lo >= frame.body.readLong().lo,
          'a read shows nothing later than its zxid',
        );
      }
    }
  }
});

test('writes of one turn go to the disk together', async () => {
  const server = await InProcessServer.start();
  const clients = Array.from({ length: 50 }, () => server.session());
  const { syncProcessorBatchSize } = server.peer.metrics;
  const before = syncProcessorBatchSize.count;
  for (const client of clients) client.send(create('/n-', { flags: 2 }));
  server.settle();
  assert.equal(syncProcessorBatchSize.count - before, 1);
  assert.equal(syncProcessorBatchSize.max, 50);
});

test('while the disk writes one batch the next one gathers', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  const { syncProcessorBatchSize } = server.peer.metrics;
  hold(server);
  client.send(create('/first'));
  server.settle();
  for (let i = 0; i < 20; i += 1) {
    client.send(create(`/${i}`));
    server.settle();
  }
  const before = syncProcessorBatchSize.count;
  release(server);
  assert.equal(syncProcessorBatchSize.count - before, 2);
  assert.equal(syncProcessorBatchSize.max, 20);
});

test('latencies are those of the requests, from their arrival to their answer', async () => {
  const server = await InProcessServer.start();
  const client = server.session({ timeOutMs: 40_000 });
  server.peer.stats.reset();
  hold(server);
  client.send(create('/a'));
  client.send(read(getData, '/a'));
  server.settle();
  server.advance(250);
  release(server);
  const { latencyMs } = server.peer.stats;
  assert.deepEqual([latencyMs.count, latencyMs.min, latencyMs.max], [2, 250, 250]);
  const { readLatency, updateLatency } = server.peer.metrics;
  assert.deepEqual([readLatency.count, updateLatency.count], [1, 1]);
});

// -- a log that can't be written ----------------------------------------------------------------------------

for (const code of ['EIO', 'ENOSPC'] as const) {
  test(`when the log fails with ${code} the server is told once and acknowledges nothing more`, async () => {
    const server = await InProcessServer.start();
    const [writer, reader] = [server.session(), server.session()];
    writer.request(create('/before'));
    server.disk.failAt(server.disk.steps, diskError(code, 'log'));
    const FAILED = [create('/a'), setData('/before', 'x'), { op: OpCode.closeSession }];
    for (const request of FAILED) writer.send(request);
    server.settle();
    reader.send(create('/b'));
    server.client().sendHandshake();
    server.advance(1000);
    assert.deepEqual([...writer.take(), ...reader.take()], []);
    const [fatal, ...others] = server.fatals;
    assert(fatal !== undefined && others.length === 0);
    assert.equal((fatal.error as NodeJS.ErrnoException).code, code);
    assert.match(fatal.what, /txn log/);
    const { tree } = server.recovery.database;
    assert.deepEqual([tree.find('/a'), tree.find('/b')], [-1, -1], 'nothing is applied either');
  });
}

test('a failure of the first write, of making the file, is fatal as well', async () => {
  const server = await InProcessServer.start();
  server.disk.failAt(server.disk.steps, diskError('ENOSPC', 'log.1'));
  const client = server.client();
  assert.equal(client.handshake(), undefined);
  assert.equal(server.fatals.length, 1);
});

test('what was acknowledged before the failure is there after a restart, and what was not may be', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  for (let i = 0; i < 10; i += 1) client.request(create(`/${i}`));
  server.disk.failAt(server.disk.steps, diskError('EIO', 'log'));
  client.send(create('/unsure'));
  server.settle();
  const again = await server.crashAndRestart();
  const { tree } = again.recovery.database;
  for (let i = 0; i < 10; i += 1) assert.notEqual(tree.find(`/${i}`), -1);
  assert.equal(again.session().request(create('/after')).err, 0);
});

test('a slow sync is logged and counted', async () => {
  const server = await InProcessServer.start({ config: { fsyncWarningMs: 1000 } });
  const client = server.session();
  hold(server);
  client.send(create('/a'));
  server.settle();
  server.clock.pass(1500);
  release(server);
  assert.equal(server.peer.stats.slowSyncCount, 1);
  assert.equal(server.log.matching('took long')[0]?.fields['ms'], 1500);
});

/**
 * Clients that take more than they give: they ask and do not read, or send and do not stop. The server's memory stays
 * bounded, whoever does not read is disconnected, and the others are served.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '../../client/io/connect.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { fourLetterWord } from '../support/four-letter-word.ts';
import { skipWithoutOkapi, startOkapi } from '../support/okapi-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { bytesOf, frame, PATIENCE_MS, RawClient, request } from './bad-input-raw-client.ts';
import { residentBytes, Witness } from './bad-input-witness.ts';

const BIG_BYTES = 900_000;
/** Length, ReplyHeader, length of the data, data, Stat. */
const BIG_REPLY_BYTES = 4 + 16 + 4 + BIG_BYTES + 68;
const SESSION_MS = 2_000;
/** Far below what each of these clients asks for; a server that kept it all would need gigabytes. */
const GROWTH_LIMIT_BYTES = 250 << 20;
const PING = frame(request(-2, OpCode.ping));

/** A server with a healthy client, whose memory is watched until the end of the test. */
class Scene {
  readonly server: TestServer;
  readonly #witness: Witness;
  readonly #before: number;
  #most = 0;
  #over = false;
  readonly #watching: Promise<void>;

  private constructor(server: TestServer, witness: Witness, before: number) {
    this.server = server;
    this.#witness = witness;
    this.#before = before;
    this.#watching = this.#watch();
    this.#watching.catch(() => undefined);
  }

  static async start(t: TestContext): Promise<Scene> {
    const server = await startOkapi({ config: { tickTime: '500', maxClientCnxns: '0' } });
    t.after(() => server.stop());
    const witness = await Witness.start(server.port);
    return new Scene(server, witness, await residentBytes(server.pid));
  }

  async end(t: TestContext): Promise<void> {
    this.#over = true;
    await this.#watching;
    await this.#witness.stop();
    const grown = (this.#most - this.#before) >> 20;
    t.diagnostic(
      `the server grew by at most ${grown} MiB; the healthy client: ${this.#witness.requestCount} requests, ` +
        `the slowest ${Math.round(this.#witness.slowestMs)} ms`,
    );
    assert.ok(this.#most - this.#before < GROWTH_LIMIT_BYTES, `the server grew by ${grown} MiB`);
  }

  /** Fails unless the server says of somebody, in its log and in its metrics, that he does not read. */
  async assertSlowReaderNoted(): Promise<void> {
    assert.ok(
      this.server.log().includes('does not read its replies'),
      `no log line says so:\n${this.server.log().slice(-2000)}`,
    );
    const metrics = await fourLetterWord(this.server.port, 'mntr');
    const count = Number(/^zk_slow_reader_disconnect_count\s+(\d+)/m.exec(metrics)?.[1]);
    assert.ok(count >= 1, 'the metric of slow readers');
  }

  async #watch(): Promise<void> {
    while (!this.#over) {
      this.#most = Math.max(this.#most, await residentBytes(this.server.pid));
      await delay(50);
    }
  }
}

/** Waits until the server has closed the connection of somebody who does not read, and so does not see it at once. */
async function untilDisconnected(client: RawClient): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!client.closed) {
    assert.ok(performance.now() < deadline, 'the server keeps a client that does not read');
    // Only who writes learns that nobody is there any more.
    client.send(PING);
    await delay(100);
  }
}

test('a client that asks for big data and never reads', { skip: skipWithoutOkapi() }, async (t) => {
  const scene = await Scene.start(t);
  const { port } = scene.server;
  const owner = await connect(`127.0.0.1:${port}`);
  await owner.create('/big', Buffer.alloc(BIG_BYTES, 0x78));
  const body = bytesOf((w) => {
    w.writeString('/big');
    w.writeBool(false);
  });
  const clients = await Promise.all([1, 2, 3].map(() => RawClient.openSession(port, SESSION_MS)));
  for (const client of clients) {
    client.socket.pause();
    // Nearly two gigabytes of answers for each.
    for (let xid = 1; xid <= 2000; xid += 1) client.send(frame(request(xid, OpCode.getData, body)));
  }
  await Promise.all(clients.map((client) => untilDisconnected(client)));
  await scene.assertSlowReaderNoted();
  await owner.close();
  await scene.end(t);
});

test('a client that watches and never reads', { skip: skipWithoutOkapi() }, async (t) => {
  const scene = await Scene.start(t);
  const { port } = scene.server;
  // The path is most of an event.
  const path = `/flood/${'x'.repeat(20_000)}`;
  const owner = await connect(`127.0.0.1:${port}`);
  await owner.create('/flood');
  await owner.create(path);
  const watch = bytesOf((w) => {
    w.writeString('/flood');
    w.writeInt(1);
  });
  // A long session, so that it is the backlog and not the silence that ends it.
  const watcher = await RawClient.openSession(port, 10_000);
  watcher.send(frame(request(1, OpCode.addWatch, watch)));
  await watcher.until(() => watcher.replies().length === 1);
  watcher.socket.pause();
  const changes = Array.from({ length: 3000 }, () => owner.setData(path, null));
  await Promise.all(changes);
  await untilDisconnected(watcher);
  await scene.assertSlowReaderNoted();
  await owner.close();
  await scene.end(t);
});

test('a client that reads slowly, but reads, gets everything', {
  skip: skipWithoutOkapi(),
}, async (t) => {
  const scene = await Scene.start(t);
  const { port } = scene.server;
  const owner = await connect(`127.0.0.1:${port}`);
  await owner.create('/big', Buffer.alloc(BIG_BYTES, 0x78));
  const body = bytesOf((w) => {
    w.writeString('/big');
    w.writeBool(false);
  });
  const client = await RawClient.openSession(port, 10_000);
  const requests = 60;
  for (let xid = 1; xid <= requests; xid += 1) {
    client.send(frame(request(xid, OpCode.getData, body)));
  }
  // 54 MB, a pause after every bit of it.
  let receivedBytes = 0;
  client.socket.removeAllListeners('data');
  client.socket.on('data', (chunk) => {
    receivedBytes += chunk.length;
    client.socket.pause();
    setTimeout(() => client.socket.resume(), 2);
  });
  await client.until(() => receivedBytes >= requests * BIG_REPLY_BYTES);
  assert.equal(receivedBytes, requests * BIG_REPLY_BYTES);
  client.close();
  await owner.close();
  await scene.end(t);
});

/** Waits until a socket takes more bytes, is closed, or the time is over. */
function writableAgain(socket: Socket, untilMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, untilMs - performance.now()));
    socket.on('drain', done);
    socket.on('close', done);
  });
}

test('clients that send without end are slowed down, not buffered', {
  skip: skipWithoutOkapi(),
}, async (t) => {
  const scene = await Scene.start(t);
  const { port } = scene.server;
  const owner = await connect(`127.0.0.1:${port}`);
  await owner.create('/target');
  const body = bytesOf((w) => {
    w.writeString('/target');
    w.writeBuffer(Buffer.alloc(50_000, 0x79));
    w.writeInt(-1);
  });
  const ends = performance.now() + 4000;
  const flood = async (reads: boolean): Promise<number> => {
    const client = await RawClient.openSession(port, SESSION_MS);
    client.socket.removeAllListeners('data');
    if (reads) client.socket.resume();
    else client.socket.pause();
    let sentBytes = 0;
    for (let xid = 1; performance.now() < ends && !client.closed; xid += 1) {
      const bytes = frame(request(xid, OpCode.setData, body));
      sentBytes += bytes.length;
      if (!client.socket.write(bytes)) await writableAgain(client.socket, ends);
    }
    client.close();
    return sentBytes;
  };
  const sent = await Promise.all([flood(true), flood(true), flood(false)]);
  t.diagnostic(`sent ${sent.map((bytes) => `${bytes >> 20} MiB`).join(', ')}`);
  await owner.close();
  await scene.end(t);
});

test('frames that never end cost what was sent of them, and are dropped', {
  skip: skipWithoutOkapi(),
}, async (t) => {
  const scene = await Scene.start(t);
  const { port } = scene.server;
  const announced = Buffer.alloc(4);
  announced.writeInt32BE(0xfffff, 0);
  const clients = await Promise.all(
    Array.from({ length: 100 }, () => RawClient.openSession(port, SESSION_MS)),
  );
  for (const client of clients) {
    client.send(announced);
    client.send(Buffer.alloc(700_000));
  }
  // Nothing more comes, so the sessions run out.
  await Promise.all(clients.map((client) => client.until(() => false)));
  await scene.end(t);
});

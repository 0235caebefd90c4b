/** Bytes in and out of one connection: four-letter words, cuts, clients that do not read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpCode } from '../../../protocol/op-code.ts';
import { InProcessServer } from '../../sim/in-process-server.ts';
import { handshakeFrame, type NetworkClient, requestFrame } from '../../sim/network-client.ts';
import { addWatch, create, read, setData } from '../../vectors/requests.ts';

const MIB = 1 << 20;

/** What is answered to bytes on a new connection, and how it ends. */
function answerTo(server: InProcessServer, ...chunks: readonly (string | Buffer)[]): string {
  const connection = server.connect();
  for (const chunk of chunks) connection.send(Buffer.from(chunk));
  server.settle();
  return `${connection.take().toString()} ${connection.ended ?? 'open'}`;
}

// -- four-letter words --------------------------------------------------------------------------------------

test('a word is answered and the connection closed', async () => {
  const server = await InProcessServer.start();
  assert.equal(answerTo(server, 'ruok'), 'imok closed');
  assert.equal(answerTo(server, 'ruok\n'), 'imok closed');
  assert.equal(answerTo(server, 'isro'), 'rw closed');
  assert.match(answerTo(server, 'srvr'), /^Zookeeper version: [\s\S]*\nMode: standalone\n/);
});

test('a word in single bytes is a word', async () => {
  const server = await InProcessServer.start();
  assert.equal(answerTo(server, 'r', 'u', 'o'), ' open');
  assert.equal(answerTo(server, 'r', 'u', 'o', 'k'), 'imok closed');
});

test('a word of a client that has closed its side is answered', async () => {
  const server = await InProcessServer.start();
  const connection = server.connect();
  connection.send(Buffer.from('ruok'));
  connection.finish();
  server.settle();
  assert.equal(connection.take().toString(), 'imok');
  assert.equal(connection.ended, 'closed');
  assert.equal(server.peer.metrics.connectionDropCount.value, 0);
});

test('a word that is not allowed says so', async () => {
  const server = await InProcessServer.start({ config: { fourLetterWords: new Set(['ruok']) } });
  const not = (word: string): string =>
    `${word} is not executed because it is not in the whitelist.\n closed`;
  assert.equal(answerTo(server, 'stat'), not('stat'));
  assert.equal(answerTo(server, 'stmk'), not('stmk'), 'without waiting for its mask');
  assert.equal(answerTo(server, Buffer.from('fff4fffd06', 'hex')), not('telnet close'));
  assert.equal(answerTo(server, 'ruok'), 'imok closed');
});

test('what is no word is a length', async () => {
  const server = await InProcessServer.start();
  for (const bytes of ['RUOK', 'quit', 'abcd']) assert.equal(answerTo(server, bytes), ' closed');
});

test('stmk waits for its mask, which gtmk shows', async () => {
  const fourLetterWords = new Set(['stmk', 'gtmk']);
  const server = await InProcessServer.start({ config: { fourLetterWords } });
  assert.equal(answerTo(server, 'gtmk'), '306 closed');
  assert.equal(answerTo(server, 'stmk', Buffer.alloc(7)), ' open');
  const mask = Buffer.from('0000000100000002', 'hex');
  assert.equal(
    answerTo(server, 'stm', 'k', mask.subarray(0, 3), mask.subarray(3)),
    '4294967298 closed',
  );
  assert.equal(answerTo(server, 'gtmk'), '4294967298 closed');
});

test('words are answered while the server does not serve', async () => {
  const fourLetterWords = new Set(['ruok', 'srvr', 'isro', 'mntr', 'hash', 'envi']);
  const server = await InProcessServer.start({ started: false, config: { fourLetterWords } });
  const NOT_SERVING = 'This ZooKeeper instance is not currently serving requests';
  assert.equal(answerTo(server, 'ruok'), 'imok closed');
  assert.equal(answerTo(server, 'srvr'), `${NOT_SERVING}\n closed`);
  assert.equal(answerTo(server, 'mntr'), `${NOT_SERVING}\n closed`);
  assert.equal(answerTo(server, 'hash'), `${NOT_SERVING} closed`);
  assert.equal(answerTo(server, 'isro'), 'null closed');
  assert.match(answerTo(server, 'envi'), /^Environment:\n/);
});

test('a word is none once a session is open', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  client.connection.send(Buffer.from('ruok'));
  server.settle();
  assert.deepEqual([client.ended, client.connection.take().length], ['closed', 0]);
});

test('what follows a word is not looked at', async () => {
  const server = await InProcessServer.start();
  const connection = server.connect();
  connection.send(Buffer.concat([Buffer.from('ruok'), handshakeFrame()]));
  connection.send(handshakeFrame());
  server.settle();
  assert.equal(connection.take().toString(), 'imok');
  assert.equal(server.recovery.database.sessions.size, 0);
});

// -- cuts -----------------------------------------------------------------------------------------------------

test('requests cut anywhere, or many in one chunk, are answered the same', async () => {
  const requests = [
    create('/a', { data: 'x'.repeat(300) }),
    read(OpCode.getData, '/a'),
    setData('/a', 'y'),
    read(OpCode.getChildren2, '/'),
    { op: OpCode.ping },
    read(OpCode.exists, '/missing'),
  ];
  const frames = requests.map((request, i) => requestFrame(request, i + 1));
  const stream = Buffer.concat([handshakeFrame(), ...frames]);
  const answers = new Set<string>();
  for (const chunkBytes of [1, 2, 3, 7, 50, 1000]) {
    const server = await InProcessServer.start();
    const client = server.client();
    for (let at = 0; at < stream.length; at += chunkBytes) {
      client.connection.send(stream.subarray(at, at + chunkBytes));
    }
    server.settle();
    answers.add(client.connection.take().toString('hex'));
  }
  assert.equal(answers.size, 1);
});

test('replies of one turn leave in one write', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  const frames = Array.from({ length: 100 }, (_, i) =>
    requestFrame(read(OpCode.getData, '/'), i + 1),
  );
  client.connection.stall();
  client.connection.send(Buffer.concat(frames));
  server.settle();
  client.connection.unstall();
  client.connection.step();
  const bytes = client.connection.take();
  assert.equal(bytes.length, 100 * (4 + 16 + 4 + 68));
});

test('bytes that come although the connection is not read are kept for later', async () => {
  const server = await InProcessServer.start();
  // Driven by hand, since the simulated network does keep to `pause`.
  const sent: Buffer[] = [];
  const handler = server.peer.accept({
    remoteAddress: '127.0.0.1',
    remotePort: 1,
    write: (bytes, done) => {
      sent.push(Buffer.from(bytes));
      done();
    },
    pause: () => {},
    resume: () => {},
    end: () => {},
    destroy: () => {},
  });
  assert(handler !== undefined);
  server.isDiskHeld = true;
  handler.onData(handshakeFrame());
  for (const path of ['/a', '/b']) handler.onData(requestFrame(create(path), 1));
  server.settle();
  assert.equal(sent.length, 0);
  server.isDiskHeld = false;
  server.settle();
  assert.notEqual(server.recovery.database.tree.find('/b'), -1);
});

// -- the end of a connection ------------------------------------------------------------------------------------

test('a client that closes its side gets no more answers, and its session lives', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  server.isDiskHeld = true;
  client.send(create('/a'));
  client.connection.finish();
  server.settle();
  assert.equal(client.ended, 'closed');
  server.isDiskHeld = false;
  server.settle();
  assert.deepEqual(client.take(), []);
  assert.notEqual(server.recovery.database.tree.find('/a'), -1);
  assert.equal(server.recovery.database.sessions.size, 1);
  assert.equal(server.peer.metrics.connectionDropCount.value, 1);
});

test('a connection that fails takes nothing with it', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  client.send(create('/a'));
  client.send(read(OpCode.getData, '/a'));
  server.isDiskHeld = true;
  server.settle();
  client.connection.reset();
  server.settle();
  server.isDiskHeld = false;
  server.settle();
  assert.equal(server.session().request(read(OpCode.getData, '/a')).err, 0);
});

// -- clients that do not read -----------------------------------------------------------------------------------

/** A node of 512 KiB, and clients that ask for it without reading the answers. */
async function withLargeNode(): Promise<{ server: InProcessServer; client: NetworkClient }> {
  const server = await InProcessServer.start();
  const client = server.session({ timeOutMs: 40_000 });
  client.request(create('/large', { data: 'x'.repeat(MIB / 2) }));
  return { server, client };
}

test('a client that does not read its replies is not read either, until it has taken half of them', async () => {
  const { server, client: reader } = await withLargeNode();
  const client = server.session({ timeOutMs: 40_000 });
  client.connection.stall();
  for (let i = 0; i < 20; i += 1) client.send(read(OpCode.getData, '/large'));
  server.settle();
  assert.equal(client.connection.isPaused, true);
  assert(client.connection.unreadBytes > 0);
  assert.equal(client.ended, undefined);
  assert.equal(reader.request(read(OpCode.getData, '/large')).err, 0, 'others are served');
  client.connection.unstall();
  server.settle();
  assert.deepEqual(
    client.takeNotes(),
    Array.from({ length: 20 }, (_, i) => `reply ${i + 1} 0`),
  );
  assert.equal(client.connection.isPaused, false);
  assert.equal(server.peer.metrics.slowReaderDisconnectCount.value, 0);
});

test('however much it asks for, what waits for it is bounded', async () => {
  const { server } = await withLargeNode();
  const client = server.session({ timeOutMs: 40_000 });
  client.connection.stall();
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 200; i += 1) {
    client.send(read(OpCode.getData, '/large'));
    server.settle();
  }
  // A hundred MiB were asked for.
  assert(process.memoryUsage().arrayBuffers - before < 8 * MIB);
  assert.equal(client.connection.isPaused, true);
});

test('a reply that is larger than the high water mark is no backlog', async () => {
  const server = await InProcessServer.start({ config: { juteMaxBufferBytes: 8 * MIB } });
  const client = server.session();
  client.request(create('/huge', { data: 'x'.repeat(4 * MIB) }));
  for (let i = 0; i < 5; i += 1) {
    assert.equal(client.request(read(OpCode.getData, '/huge')).err, 0);
  }
  assert.equal(client.connection.isPaused, false);
});

/** A node whose path is 1000 bytes long, and who watches it. */
const LONG_PATH = `/${'n'.repeat(999)}`;

async function withWatchers(): Promise<{
  readonly server: InProcessServer;
  readonly writer: NetworkClient;
  readonly slow: NetworkClient;
  readonly good: NetworkClient;
}> {
  const server = await InProcessServer.start();
  const [writer, slow, good] = Array.from({ length: 3 }, () =>
    server.session({ timeOutMs: 40_000 }),
  ) as [NetworkClient, NetworkClient, NetworkClient];
  writer.request(create(LONG_PATH));
  for (const client of [slow, good]) client.request(addWatch(LONG_PATH, 0));
  return { server, writer, slow, good };
}

/** Lets that many events happen, in one turn. */
function change(server: InProcessServer, writer: NetworkClient, count: number): void {
  writer.sendTogether(Array.from({ length: count }, () => setData(LONG_PATH, null)));
  server.settle();
  writer.take();
}

test('a watcher that does not read is disconnected at the limit, and told of in log and metric', async () => {
  const { server, writer, slow, good } = await withWatchers();
  slow.connection.stall();
  let events = 0;
  while (slow.ended === undefined && events < 30_000) {
    change(server, writer, 500);
    events += 500;
  }
  assert.equal(slow.ended, 'reset');
  // 500 events of 1032 bytes a turn: after 33 turns more than 16 MiB are unsent, which the next event finds.
  assert.equal(events, 34 * 500);
  assert.equal(good.ended, undefined);
  assert.equal(good.take().length, events);
  assert.equal(server.peer.metrics.slowReaderDisconnectCount.value, 1);
  const [line] = server.log.matching('client does not read its replies');
  assert.equal(line?.level, 'warn');
  assert((line?.fields['unsentBytes'] as number) > 16 * MIB);
  assert.match(String(line?.fields['client']), /^\/127\.0\.0\.1:\d+$/);
  assert.match(String(line?.fields['session']), /^0x1[0-9a-f]{14}$/);
  assert.equal(writer.request(create('/after')).err, 0);
});

test('a watcher that reads now and then keeps up', async () => {
  const { server, writer, slow } = await withWatchers();
  for (let round = 0; round < 3; round += 1) {
    slow.connection.stall();
    // About 2 MiB, which is above the high water mark.
    for (let i = 0; i < 4; i += 1) change(server, writer, 500);
    slow.connection.unstall();
    server.settle();
    assert.equal(slow.take().length, 2000);
  }
  assert.equal(slow.ended, undefined);
});

test('a client that pings and does not read is not heard, and its session expires', async () => {
  const { server, client: maker } = await withLargeNode();
  const client = server.session({ timeOutMs: 4000 });
  client.connection.stall();
  for (let i = 0; i < 20; i += 1) client.send(read(OpCode.getData, '/large'));
  for (let i = 0; i < 8; i += 1) {
    client.ping();
    server.advance(1000);
  }
  assert.equal(server.recovery.database.sessions.size, 1, 'that of the one who made the node');
  assert.match(aliveConnections(server), /num_alive_connections\t1\n/);
  assert.equal(maker.ended, undefined);
});

test('a connection without a session that does not take its answer is cut off', async () => {
  const server = await InProcessServer.start({ config: { sessionlessCnxnTimeoutMs: 1000 } });
  const client = server.client();
  // The answer to the handshake of a session that is not to be had is written, and the end behind it.
  client.connection.stall();
  client.sendHandshake();
  server.settle();
  server.advance(3000);
  assert.match(aliveConnections(server), /num_alive_connections\t1\n/);
  server.advance(20_000);
  assert.match(aliveConnections(server), /num_alive_connections\t0\n/);
});

/** What mntr says; the connection that asks is counted, and gone when it is read. */
function aliveConnections(server: InProcessServer): string {
  const lines: string[] = [];
  server.peer.metrics.registry.dump((name, value) => lines.push(`${name}\t${value}\n`));
  return lines.join('');
}

/** How sessions live, expire and end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpCode } from '../../../../protocol/op-code.ts';
import { InProcessServer } from '../../../sim/in-process-server.ts';
import { requestFrame } from '../../../sim/network-client.ts';
import { create, onPath, read, setData } from '../../../vectors/requests.ts';

const TICK_MS = 2000;
const TIMEOUT_MS = 10_000;
const CLOSE = { op: OpCode.closeSession };
const PING = requestFrame({ op: OpCode.ping }, -2);

function sessionCount(server: InProcessServer): number {
  return server.recovery.database.sessions.size;
}

function has(server: InProcessServer, path: string): boolean {
  return server.recovery.database.tree.find(path) >= 0;
}

// -- expiry -------------------------------------------------------------------------------------------

test('a silent session expires after its timeout and at most a tick more', async () => {
  for (const startMs of [0, 1, 999, 1999]) {
    const server = await InProcessServer.start();
    server.advance(startMs);
    const client = server.session({ timeOutMs: TIMEOUT_MS });
    client.request(create('/mine', { flags: 1 }));
    client.connection.reset();
    server.advance(TIMEOUT_MS);
    assert.equal(has(server, '/mine'), true, `${startMs}`);
    server.advance(TICK_MS);
    assert.equal(has(server, '/mine'), false, `${startMs}`);
    assert.equal(sessionCount(server), 0);
    assert.equal(server.peer.metrics.staleSessionsExpired.value, 1);
  }
});

test('a session that pings lives on, and its ephemeral nodes with it', async () => {
  const server = await InProcessServer.start();
  const client = server.session({ timeOutMs: TIMEOUT_MS });
  client.request(create('/mine', { flags: 1 }));
  for (let i = 0; i < 20; i += 1) {
    server.advance(TIMEOUT_MS / 3);
    client.ping();
    server.settle();
    assert.deepEqual(client.takeNotes(), ['reply -2 0']);
  }
  assert.equal(has(server, '/mine'), true);
  assert.equal(client.ended, undefined);
});

test('any request keeps a session alive', async () => {
  const server = await InProcessServer.start();
  const client = server.session({ timeOutMs: TIMEOUT_MS });
  const requests = [read(OpCode.getData, '/missing'), setData('/missing', 'x'), create('/a')];
  for (const request of [...requests, ...requests]) {
    server.advance(TIMEOUT_MS - TICK_MS);
    client.request(request);
  }
  assert.equal(sessionCount(server), 1);
});

test('a negotiated timeout decides, of each session its own, and that of the last handshake', async () => {
  const server = await InProcessServer.start();
  const short = server.session({ timeOutMs: 4000 });
  const long = server.session({ timeOutMs: 30_000 });
  const renewed = server.client();
  const response = renewed.handshake({ timeOutMs: 4000 });
  assert(response !== undefined);
  const again = server.client();
  const credentials = { sessionId: response.sessionId, passwd: Buffer.from(response.passwd!) };
  again.handshake({ timeOutMs: 20_000, ...credentials });
  for (const client of [short, long, again]) client.connection.reset();
  server.advance(4000 + TICK_MS);
  assert.equal(sessionCount(server), 2);
  server.advance(16_000);
  assert.equal(sessionCount(server), 1);
  server.advance(10_000);
  assert.equal(sessionCount(server), 0);
});

test('when a session expires its connection is closed', async () => {
  const server = await InProcessServer.start();
  const client = server.session({ timeOutMs: TIMEOUT_MS });
  server.advance(TIMEOUT_MS + TICK_MS);
  assert.equal(client.ended, 'closed');
  assert.equal(server.log.matching('session expired').length, 1);
});

test('sessions of one bucket expire together, each with its own nodes', async () => {
  const server = await InProcessServer.start();
  const COUNT = 50;
  for (let i = 0; i < COUNT; i += 1) {
    server.session({ timeOutMs: TIMEOUT_MS }).request(create(`/e${i}`, { flags: 1 }));
  }
  const watcher = server.session({ timeOutMs: 40_000 });
  watcher.request(read(OpCode.getChildren, '/', true));
  server.advance(TIMEOUT_MS + TICK_MS);
  assert.equal(server.recovery.database.tree.ephemeralCount, 0);
  assert.equal(sessionCount(server), 1);
  assert.deepEqual(watcher.takeNotes(), ['event 4 /']);
});

test('a server that was held up does not take for dead whom it could not hear', async () => {
  const server = await InProcessServer.start();
  const heard = server.session({ timeOutMs: TIMEOUT_MS });
  const silent = server.session({ timeOutMs: TIMEOUT_MS });
  heard.request(create('/heard', { flags: 1 }));
  silent.request(create('/silent', { flags: 1 }));
  // The client pings in good time; the server does nothing for much longer than the timeout.
  server.advance(TIMEOUT_MS / 3);
  heard.connection.send(PING);
  server.clock.pass(5 * TIMEOUT_MS);
  server.settle();
  assert.deepEqual(heard.takeNotes(), ['reply -2 0']);
  assert.equal(heard.ended, undefined);
  assert.deepEqual([has(server, '/heard'), has(server, '/silent')], [true, false]);
  assert.equal(silent.ended, 'closed');
});

test('the clock on the wall has no say in it', async () => {
  const server = await InProcessServer.start();
  const client = server.session({ timeOutMs: TIMEOUT_MS });
  server.clock.shiftWall(24 * 3600_000);
  server.advance(TIMEOUT_MS - TICK_MS);
  assert.equal(client.request(create('/a')).err, 0);
  server.clock.shiftWall(-48 * 3600_000);
  server.advance(TIMEOUT_MS - TICK_MS);
  assert.equal(client.request(create('/b')).err, 0);
});

test('requests that come while the session expires are dropped without an answer', async () => {
  const server = await InProcessServer.start();
  const client = server.session({ timeOutMs: TIMEOUT_MS });
  server.isDiskHeld = true;
  server.advance(TIMEOUT_MS - TICK_MS);
  // Bytes that arrive after the expiry was decided and before it is applied. The connection is still there: it is
  // closed for silence no earlier than its session expires, and the server writes nothing meanwhile.
  client.ping();
  server.settle();
  assert.deepEqual(client.takeNotes(), ['reply -2 0']);
  client.connection.send(requestFrame(CLOSE, 1));
  server.settle();
  for (const request of [create('/late'), read(OpCode.getData, '/'), setData('/', 'x')]) {
    client.send(request);
  }
  client.ping();
  client.send({ op: 999 });
  server.settle();
  assert.deepEqual(client.takeNotes(), []);
  server.isDiskHeld = false;
  server.settle();
  assert.deepEqual(client.takeNotes(), ['reply 1 0']);
  assert.equal(client.ended, 'closed');
  assert.equal(has(server, '/late'), false);
});

test('a session whose client writes until the end is expired once', async () => {
  const server = await InProcessServer.start();
  const client = server.session({ timeOutMs: TIMEOUT_MS });
  client.request(create('/mine', { flags: 1 }));
  server.isDiskHeld = true;
  client.send(CLOSE);
  server.advance(3 * TIMEOUT_MS);
  server.isDiskHeld = false;
  server.settle();
  assert.equal(server.peer.metrics.staleSessionsExpired.value, 0, 'it was closing already');
  assert.equal(sessionCount(server), 0);
});

// -- closeSession ---------------------------------------------------------------------------------------

test('closeSession is answered, then the connection is closed, and the nodes are gone', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  client.request(create('/mine', { flags: 1 }));
  const xid = client.send(CLOSE);
  server.settle();
  assert.deepEqual(client.takeNotes(), [`reply ${xid} 0`]);
  assert.equal(client.ended, 'closed');
  assert.equal(has(server, '/mine'), false);
  assert.equal(sessionCount(server), 0);
});

test('requests before closeSession are answered, those behind it are not', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  const frames = [create('/a'), CLOSE, create('/b'), { op: OpCode.ping }].map((request, i) =>
    requestFrame(request, i + 1),
  );
  client.connection.send(Buffer.concat(frames));
  server.settle();
  assert.deepEqual(client.takeNotes(), ['reply 1 0', 'reply 2 0']);
  assert.equal(client.ended, 'closed');
  assert.deepEqual([has(server, '/a'), has(server, '/b')], [true, false]);
});

test('a client that closes its session and leaves at once closes it all the same', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  client.request(create('/mine', { flags: 1 }));
  server.isDiskHeld = true;
  client.send(CLOSE);
  server.settle();
  client.connection.reset();
  server.settle();
  server.isDiskHeld = false;
  server.settle();
  assert.equal(sessionCount(server), 0);
  assert.equal(has(server, '/mine'), false);
});

test('a node that is being made when the session ends does not outlive it', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  server.isDiskHeld = true;
  client.send(create('/a', { flags: 1 }));
  client.send(create('/b'));
  client.send(CLOSE);
  server.settle();
  server.isDiskHeld = false;
  server.settle();
  assert.deepEqual(client.takeNotes(), ['reply 1 0', 'reply 2 0', 'reply 3 0']);
  assert.deepEqual([has(server, '/a'), has(server, '/b')], [false, true]);
});

test('writes of a client that is gone are carried out', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  server.isDiskHeld = true;
  client.send(create('/a'));
  server.settle();
  client.connection.reset();
  server.settle();
  server.isDiskHeld = false;
  server.settle();
  assert.equal(has(server, '/a'), true);
});

test('a session that is closed can not be resumed', async () => {
  const server = await InProcessServer.start();
  const client = server.client();
  const response = client.handshake();
  assert(response !== undefined);
  client.request(CLOSE);
  const { sessionId } = response;
  const passwd = Buffer.from(response.passwd!);
  assert.equal(server.client().handshake({ sessionId, passwd })?.timeOut, 0);
});

// -- silence on a connection ------------------------------------------------------------------------------

test('a connection that opens no session is closed after its time', async () => {
  const server = await InProcessServer.start({ config: { sessionlessCnxnTimeoutMs: 5000 } });
  const silent = server.connect();
  const halfway = server.connect();
  halfway.send(Buffer.from('0000002d', 'hex'));
  server.advance(5000);
  assert.deepEqual([silent.ended, halfway.ended], [undefined, undefined]);
  server.advance(5000);
  assert.deepEqual([silent.ended, halfway.ended], ['closed', 'closed']);
  assert.equal(server.peer.metrics.sessionlessConnectionsExpired.value, 2);
});

test('a connection whose session lives is not closed for silence', async () => {
  const server = await InProcessServer.start({ config: { sessionlessCnxnTimeoutMs: 5000 } });
  const client = server.session({ timeOutMs: 40_000 });
  server.advance(39_000);
  assert.equal(client.ended, undefined);
  client.ping();
  server.advance(39_000);
  assert.equal(client.ended, undefined);
});

test('a connection on which nothing comes is closed about when its session expires', async () => {
  const server = await InProcessServer.start({ config: { sessionlessCnxnTimeoutMs: 5000 } });
  const client = server.session({ timeOutMs: TIMEOUT_MS });
  server.advance(TIMEOUT_MS + 5000);
  assert.equal(client.ended, 'closed');
});

test('what is sent counts as life of a connection, though not of its session', async () => {
  const server = await InProcessServer.start({ config: { sessionlessCnxnTimeoutMs: 1000 } });
  const watcher = server.session({ timeOutMs: TIMEOUT_MS });
  const writer = server.session({ timeOutMs: 40_000 });
  writer.request(create('/a'));
  watcher.request({
    op: OpCode.addWatch,
    write: (w) => {
      w.writeString('/a');
      w.writeInt(0);
    },
  });
  for (let i = 0; i < 3; i += 1) {
    server.advance(3000);
    writer.request(setData('/a', `${i}`));
  }
  assert.equal(watcher.ended, undefined);
  server.advance(TICK_MS + 1000);
  assert.equal(watcher.ended, 'closed', 'its session expired');
  assert.equal(sessionCount(server), 1);
});

test('a server that is stopped leaves no timer behind', async () => {
  const server = await InProcessServer.start();
  server.session();
  server.advance(60_000);
  await server.stop();
  assert.equal(server.clock.timerCount, 0);
});

test('a server that is stopped between a timer and the end of its turn leaves no timer behind', async () => {
  const server = await InProcessServer.start();
  server.session({ timeOutMs: 4000 });
  // Everything is due: sessions, idle connections, containers.
  server.clock.pass(3600_000);
  server.clock.fireTimers();
  await server.stop();
  assert.equal(server.clock.timerCount, 0);
});

test('getEphemerals of a resumed session are its own', async () => {
  const server = await InProcessServer.start();
  const client = server.client();
  const response = client.handshake();
  assert(response !== undefined);
  client.request(create('/mine', { flags: 1 }));
  server.session().request(create('/theirs', { flags: 1 }));
  const again = server.client();
  again.handshake({ sessionId: response.sessionId, passwd: Buffer.from(response.passwd!) });
  const { body } = again.request(onPath(OpCode.getEphemerals, ''));
  assert.deepEqual([body.readCount(4), body.readString()], [1, '/mine']);
});

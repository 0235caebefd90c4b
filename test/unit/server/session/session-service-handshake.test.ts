/** How sessions are opened and resumed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectResponse } from '../../../../protocol/client-codec.ts';
import { int64ToHex } from '../../../../protocol/int64.ts';
import { OpCode } from '../../../../protocol/op-code.ts';
import { sessionPassword } from '../../../../server/session/session-password.ts';
import { InProcessServer } from '../../../sim/in-process-server.ts';
import { handshakeFrame, type NetworkClient, requestFrame } from '../../../sim/network-client.ts';
import { create, onPath, read } from '../../../vectors/requests.ts';

const ZEROS = Buffer.alloc(16);
const TICK_MS = 2000;

function opened(client: NetworkClient): ConnectResponse {
  const response = client.handshake();
  assert(response !== undefined && response.timeOut > 0);
  return response;
}

function credentials(response: ConnectResponse): {
  sessionId: { hi: number; lo: number };
  passwd: Buffer;
} {
  return { sessionId: response.sessionId, passwd: Buffer.from(response.passwd!) };
}

test('a new session has an id of this server, its password and the timeout', async () => {
  const server = await InProcessServer.start();
  const response = server.client().handshake({ timeOutMs: 6000 });
  assert(response !== undefined);
  const { sessionId } = response;
  assert.deepEqual(response, {
    protocolVersion: 0,
    timeOut: 6000,
    sessionId,
    passwd: sessionPassword(sessionId),
    readOnly: false,
  });
  assert.match(int64ToHex(sessionId), /^1[0-9a-f]{14}$/, 'the top byte is 1');
  assert.deepEqual(server.recovery.database.lastProcessedZxid, { hi: 0, lo: 1 });
});

for (const readOnly of [undefined, false, true]) {
  const sends = readOnly === undefined ? 'no readOnly byte' : `readOnly ${readOnly}`;
  test(`a client that sends ${sends} is answered ${readOnly === undefined ? 'none' : 'false'}`, async () => {
    const server = await InProcessServer.start();
    const client = server.client();
    client.sendHandshake({ readOnly });
    server.settle();
    const bytes = client.connection.take();
    assert.equal(bytes.readInt32BE(), readOnly === undefined ? 36 : 37);
    if (readOnly !== undefined) assert.equal(bytes.at(-1), 0, 'this server is not read-only');
  });

  test(`a refusal of a client that sends ${sends} has the byte if it has`, async () => {
    const server = await InProcessServer.start();
    const client = server.client();
    client.sendHandshake({ readOnly, sessionId: { hi: 1, lo: 2 } });
    server.settle();
    assert.equal(client.connection.take().readInt32BE(), readOnly === undefined ? 36 : 37);
    assert.equal(client.ended, 'closed');
  });
}

/** Asked for, granted, with limits of 4 s and 40 s. */
const TIMEOUTS: readonly (readonly [asked: number, granted: number])[] = [
  [0, 4000],
  [-1, 4000],
  [-0x8000_0000, 4000],
  [3999, 4000],
  [4000, 4000],
  [12_345, 12_345],
  [40_000, 40_000],
  [40_001, 40_000],
  [0x7fff_ffff, 40_000],
];

for (const [asked, granted] of TIMEOUTS) {
  test(`a timeout of ${asked} ms is answered ${granted} ms`, async () => {
    const server = await InProcessServer.start();
    assert.equal(server.client().handshake({ timeOutMs: asked })?.timeOut, granted);
  });
}

test('a session is answered only when it is in the log', async () => {
  const server = await InProcessServer.start();
  server.isDiskHeld = true;
  const client = server.client();
  client.sendHandshake();
  server.settle();
  assert.deepEqual(client.take(), []);
  assert.equal(client.connection.isPaused, true);
  server.isDiskHeld = false;
  server.settle();
  assert.deepEqual(client.takeNotes(), ['connected 10000']);
  assert.equal(client.connection.isPaused, false);
});

test('requests right behind the ConnectRequest are answered after it, in order', async () => {
  const server = await InProcessServer.start();
  const client = server.client();
  const requests = [create('/a'), read(OpCode.getData, '/a'), create('/b')];
  const frames = requests.map((request, i) => requestFrame(request, i + 1));
  client.connection.send(Buffer.concat([handshakeFrame(), ...frames]));
  server.settle();
  assert.deepEqual(client.takeNotes(), ['connected 10000', 'reply 1 0', 'reply 2 0', 'reply 3 0']);
});

test('a ConnectRequest in single bytes, and requests behind it, are understood', async () => {
  const server = await InProcessServer.start();
  const client = server.client();
  const bytes = Buffer.concat([handshakeFrame(), requestFrame(create('/a'), 1)]);
  for (const byte of bytes) client.connection.send(Buffer.from([byte]));
  server.settle();
  assert.deepEqual(client.takeNotes(), ['connected 10000', 'reply 1 0']);
});

test('who has seen a later zxid than ours is sent away without a word', async () => {
  const server = await InProcessServer.start();
  const { sessionId, passwd } = credentials(opened(server.client()));
  const AHEAD = [
    { hi: 0, lo: 2 },
    { hi: 1, lo: 0 },
    { hi: 0x7fff_ffff, lo: -1 },
    { hi: 0, lo: -1 },
  ];
  for (const lastZxidSeen of AHEAD) {
    for (const renew of [{}, { sessionId, passwd }]) {
      const client = server.client();
      assert.equal(client.handshake({ lastZxidSeen, ...renew }), undefined);
      assert.equal(client.ended, 'closed');
    }
  }
  const level = server.client();
  assert.equal(
    level.handshake({ lastZxidSeen: { hi: 0, lo: 1 }, sessionId, passwd })?.timeOut,
    10_000,
  );
});

test('a session is resumed with its password, on a connection of its own', async () => {
  const server = await InProcessServer.start();
  const first = server.client();
  const session = credentials(opened(first));
  first.request(create('/mine', { flags: 1 }));
  first.connection.reset();
  server.settle();
  const second = server.client();
  const response = second.handshake({ ...session, timeOutMs: 20_000 });
  assert.deepEqual(response?.sessionId, session.sessionId);
  assert.deepEqual(response?.passwd, session.passwd);
  assert.equal(response?.timeOut, 20_000, 'the timeout is negotiated anew');
  const { body, err } = second.request(onPath(OpCode.getEphemerals, '/'));
  assert.deepEqual([err, body.readCount(4), body.readString()], [0, 1, '/mine']);
});

test('resuming takes the session from the connection that has it, which is closed', async () => {
  const server = await InProcessServer.start();
  const first = server.client();
  const session = credentials(opened(first));
  const second = server.client();
  assert.equal(second.handshake(session)?.timeOut, 10_000);
  assert.equal(first.ended, 'closed');
  assert.equal(second.request(create('/a')).err, 0);
});

test('resuming is no transaction', async () => {
  const server = await InProcessServer.start();
  const session = credentials(opened(server.client()));
  server.isDiskHeld = true;
  assert.equal(server.client().handshake(session)?.timeOut, 10_000);
  assert.deepEqual(server.recovery.database.lastProcessedZxid, { hi: 0, lo: 1 });
});

/** Why a session can't be resumed: all look the same to the client. */
const REFUSALS: Readonly<
  Record<string, (session: ReturnType<typeof credentials>) => Partial<typeof session>>
> = {
  'a wrong password': ({ sessionId }) => ({ sessionId, passwd: Buffer.alloc(16, 1) }),
  'a password that is too short': ({ sessionId, passwd }) => ({
    sessionId,
    passwd: passwd.subarray(0, 15),
  }),
  'no password': ({ sessionId }) => ({ sessionId, passwd: Buffer.alloc(0) }),
  'an unknown id with the password that belongs to it': () => {
    const sessionId = { hi: 0x0100_0000, lo: 12 };
    return { sessionId, passwd: sessionPassword(sessionId) };
  },
};

for (const [why, ask] of Object.entries(REFUSALS)) {
  test(`with ${why} the answer is an expired session, and the connection is closed`, async () => {
    const server = await InProcessServer.start();
    const session = credentials(opened(server.client()));
    const client = server.client();
    const response = client.handshake(ask(session));
    assert.deepEqual(response, {
      protocolVersion: 0,
      timeOut: 0,
      sessionId: { hi: 0, lo: 0 },
      passwd: ZEROS,
      readOnly: false,
    });
    assert.equal(client.ended, 'closed');
    assert.equal(server.client().handshake(session)?.timeOut, 10_000, 'the session itself lives');
  });
}

test('a null password is refused like a wrong one', async () => {
  const server = await InProcessServer.start();
  const session = credentials(opened(server.client()));
  const client = server.client();
  const bytes = handshakeFrame({ ...session, passwd: Buffer.alloc(0), readOnly: undefined });
  bytes.writeInt32BE(-1, bytes.length - 4);
  client.connection.send(bytes);
  server.settle();
  assert.deepEqual(client.takeNotes(), ['connected 0']);
});

test('a session that has expired is answered so only when its nodes are gone', async () => {
  const server = await InProcessServer.start();
  const owner = server.client();
  const session = credentials(opened(owner));
  owner.request(create('/mine', { flags: 1 }));
  owner.connection.reset();
  server.settle();
  // The disk hangs while the session expires.
  server.isDiskHeld = true;
  server.advance(10_000 + TICK_MS);
  assert.equal(server.log.matching('session expired').length, 1);
  const back = server.client();
  assert.equal(back.handshake(session), undefined, 'it waits');
  assert.equal(back.ended, undefined);
  const watcher = server.client();
  watcher.sendHandshake();
  server.isDiskHeld = false;
  server.settle();
  assert.deepEqual(back.takeNotes(), ['connected 0']);
  assert.equal(back.ended, 'closed');
  watcher.take();
  assert.equal(watcher.request(read(OpCode.exists, '/mine')).err, -101);
});

test('a client that waits for the end of its session and leaves is forgotten', async () => {
  const server = await InProcessServer.start();
  const owner = server.client();
  const session = credentials(opened(owner));
  owner.connection.reset();
  server.isDiskHeld = true;
  server.advance(10_000 + TICK_MS);
  const back = server.client();
  back.sendHandshake(session);
  server.settle();
  back.connection.reset();
  server.settle();
  server.isDiskHeld = false;
  server.settle();
  assert.deepEqual(back.take(), []);
  assert.equal(server.client().handshake(session)?.timeOut, 0);
});

test('a client that leaves during its handshake leaves a session that expires', async () => {
  const server = await InProcessServer.start();
  server.isDiskHeld = true;
  const client = server.client();
  client.sendHandshake();
  server.settle();
  client.connection.reset();
  server.settle();
  server.isDiskHeld = false;
  server.settle();
  assert.equal(server.recovery.database.sessions.size, 1);
  server.advance(10_000 + TICK_MS);
  assert.equal(server.recovery.database.sessions.size, 0);
});

/** First messages that are no ConnectRequest. */
const GARBAGE: Readonly<Record<string, string>> = {
  'an empty frame': '00000000',
  'a frame that is too short': '0000000400000000',
  'a ConnectRequest without its password': `00000018${'00'.repeat(24)}`,
  'a password of a hostile length': `0000001c${'00'.repeat(24)}7fffffff`,
  'a negative length': 'ffffffff',
  'a length above jute.maxbuffer': '00100000',
  'a TLS hello': '16030100c8010000c40303',
  'an HTTP request': Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex'),
};

for (const [what, hex] of Object.entries(GARBAGE)) {
  test(`${what} is answered by closing the connection, and by nothing else`, async () => {
    const server = await InProcessServer.start();
    const other = server.session();
    const connection = server.connect();
    connection.send(Buffer.from(hex, 'hex'));
    server.settle();
    assert.equal(connection.ended, 'closed');
    assert.equal(connection.take().length, 0);
    assert.equal(server.log.matching('connection closed').length, 1);
    assert.equal(other.request(create('/a')).err, 0);
  });
}

test('a server that does not serve yet closes after the first frame', async () => {
  const server = await InProcessServer.start({ started: false });
  const client = server.client();
  assert.equal(client.handshake(), undefined);
  assert.equal(client.ended, 'closed');
  assert.equal(server.peer.metrics.cnxnClosedWithoutZkServerRunning.value, 1);
  server.peer.start();
  assert.equal(server.client().handshake()?.timeOut, 10_000);
});

test('without tokens of the connection throttle a client is sent away without a word', async () => {
  const { connectionThrottle } = (await InProcessServer.start()).config;
  const server = await InProcessServer.start({
    config: { connectionThrottle: { ...connectionThrottle, tokens: 2, fillTimeMs: 1000 } },
  });
  const clients = [1, 2, 3].map(() => server.client());
  const timeouts = clients.map((client) => client.handshake()?.timeOut);
  assert.deepEqual(timeouts, [10_000, 10_000, undefined]);
  assert.equal(clients[2]?.ended, 'closed');
  assert.equal(server.peer.metrics.connectionRejected.value, 1);
  server.advance(1001);
  assert.equal(server.client().handshake()?.timeOut, 10_000);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import {
  parseSrvrAnswer,
  type SrvrAnswer,
  statusReport,
} from '../../../server/admin/srvr-answer.ts';
import { askServer } from '../../../server/io/status-client.ts';

const SRVR = `Zookeeper version: 3.9.5-okapi.0.1.0, built on 2026-02-11 20:18 UTC
Latency min/avg/max: 0/0.0/0
Mode: standalone
Node count: 5
`;

/** Asks a server on a loopback port that does `handle` with each connection. */
async function ask(handle: (socket: Socket) => void, timeoutMs: number): Promise<SrvrAnswer> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    handle(socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  try {
    return await askServer({ host: '127.0.0.1', port }, { timeoutMs });
  } finally {
    for (const socket of sockets) socket.destroy();
    listener.close();
  }
}

test('an answer to srvr is the mode of the server', () => {
  const cases: readonly [text: string, answer: SrvrAnswer][] = [
    [SRVR, { kind: 'serving', mode: 'standalone', readOnly: false }],
    [
      `Zookeeper version: 3.9.5\nREAD-ONLY mode; serving only read-only clients\nMode: read-only\n`,
      { kind: 'serving', mode: 'read-only', readOnly: true },
    ],
    ['', { kind: 'notServing', text: '' }],
    ['Not serving.\n', { kind: 'notServing', text: 'Not serving.' }],
  ];
  for (const [text, answer] of cases) assert.deepEqual(parseSrvrAnswer(text), answer);
});

test('the report is the line of zkServer.sh, or says what to look for', () => {
  const cases: readonly [answer: SrvrAnswer, text: string, exitCode: 0 | 1][] = [
    [{ kind: 'serving', mode: 'leader', readOnly: false }, 'Mode: leader', 0],
    [
      parseSrvrAnswer('This ZooKeeper instance is not currently serving requests\n'),
      'The server at zk:2181 runs, but does not serve clients: This ZooKeeper instance is not currently serving requests',
      1,
    ],
    [
      parseSrvrAnswer('srvr is not executed because it is not in the whitelist.\n'),
      'The server at zk:2181 does not answer srvr; add it to 4lw.commands.whitelist.',
      1,
    ],
    [
      parseSrvrAnswer(''),
      'zk:2181 closed the connection without an answer. It may be another kind of server, or expect TLS.',
      1,
    ],
    [
      { kind: 'refused' },
      'No server listens at zk:2181. It is probably not running, or on another port.',
      1,
    ],
    [{ kind: 'unknownHost' }, 'The host of zk:2181 is not known.', 1],
    [{ kind: 'timeout', afterMs: 5 }, 'The server at zk:2181 did not answer within 5 ms.', 1],
    [{ kind: 'failed', reason: 'x' }, 'The server at zk:2181 cannot be asked: x', 1],
  ];
  for (const [answer, text, exitCode] of cases) {
    assert.deepEqual(statusReport(answer, 'zk:2181'), { text, exitCode });
  }
});

test('a server is asked over TCP', async () => {
  const answer = await ask((socket) => {
    socket.once('data', (request) => {
      socket.end(request.toString() === 'srvr' ? SRVR : 'what?');
    });
  }, 5000);
  assert.deepEqual(answer, { kind: 'serving', mode: 'standalone', readOnly: false });
});

test('a server that says nothing is given up', async () => {
  assert.deepEqual(await ask(() => undefined, 50), { kind: 'timeout', afterMs: 50 });
});

test('a server that never stops is cut off', async () => {
  const answer = await ask((socket) => socket.write(Buffer.alloc(200_000, 'x')), 5000);
  assert.equal(answer.kind, 'failed');
});

test('a port that nobody listens on refuses', async () => {
  const listener = createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  assert.deepEqual(await askServer({ host: '127.0.0.1', port }, { timeoutMs: 5000 }), {
    kind: 'refused',
  });
});

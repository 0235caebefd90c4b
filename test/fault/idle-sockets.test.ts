/** Ten thousand connections of which nothing is heard: half of them with a session, half not even with a handshake. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { fourLetterWord } from '../support/four-letter-word.ts';
import { skipWithoutOkapi, startOkapi } from '../support/okapi-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { RawClient } from './bad-input-raw-client.ts';
import { residentBytes, Witness } from './bad-input-witness.ts';

const SOCKETS = 10_000;
/** Below this the test would prove nothing. */
const LEAST_SOCKETS = 1_000;
/** Descriptors that the test and the server need for other things. */
const OTHER_DESCRIPTORS = 200;
const AT_ONCE = 100;
/** Socket, buffers, session and all. */
const BYTES_PER_SOCKET = 30 << 10;

/** As many as the system lets one process have; Node raises its own soft limit to the hard one. */
async function socketCount(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8');
  const hard = /^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1];
  return hard === undefined ? SOCKETS : Math.min(SOCKETS, Number(hard) - OTHER_DESCRIPTORS);
}

async function start(
  t: TestContext,
  config: Readonly<Record<string, string>>,
): Promise<TestServer> {
  const server = await startOkapi({ config: { maxClientCnxns: '0', tickTime: '500', ...config } });
  t.after(() => server.stop());
  return server;
}

/** Opens connections, a hundred at a time; they are closed when the test ends. */
async function openMany(
  t: TestContext,
  count: number,
  open: (index: number) => Promise<RawClient>,
): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  t.after(() => {
    for (const client of clients) client.close();
  });
  while (clients.length < count) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - clients.length) }, (_, i) =>
      open(clients.length + i),
    );
    clients.push(...(await Promise.all(batch)));
  }
  return clients;
}

async function aliveConnections(port: number): Promise<number> {
  const metrics = await fourLetterWord(port, 'mntr');
  return Number(/^zk_num_alive_connections\s+(\d+)/m.exec(metrics)?.[1]);
}

test('ten thousand idle sockets', { skip: skipWithoutOkapi() }, async (t) => {
  const count = await socketCount();
  assert.ok(count >= LEAST_SOCKETS, `only ${count} sockets are allowed here (ulimit -n)`);
  const server = await start(t, {
    maxSessionTimeout: '300000',
    'nio.sessionlessCnxnTimeout': '300000',
  });
  const witness = await Witness.start(server.port);
  const before = await residentBytes(server.pid);
  const clients = await openMany(t, count, (i) =>
    i % 2 === 0 ? RawClient.open(server.port) : RawClient.openSession(server.port, 300_000),
  );
  // The witness, and the connection that asks.
  assert.equal(await aliveConnections(server.port), count + 2);
  const grown = (await residentBytes(server.pid)) - before;
  const requestsSoFar = witness.requestCount;
  assert.equal(clients.filter(({ closed }) => closed).length, 0);
  for (const client of clients) client.close();
  await witness.stop();
  t.diagnostic(
    `${count} sockets cost ${grown >> 20} MiB, ${Math.round(grown / count)} bytes each; the healthy client: ` +
      `${requestsSoFar} requests, the slowest ${Math.round(witness.slowestMs)} ms`,
  );
  assert.ok(grown < count * BYTES_PER_SOCKET, `the server grew by ${grown >> 20} MiB`);
});

test('sockets without a handshake are all closed in time', {
  skip: skipWithoutOkapi(),
}, async (t) => {
  const server = await start(t, { 'nio.sessionlessCnxnTimeout': '1000' });
  const witness = await Witness.start(server.port);
  const clients = await openMany(t, LEAST_SOCKETS, () => RawClient.open(server.port));
  await Promise.all(clients.map((client) => client.until(() => false)));
  assert.equal(await aliveConnections(server.port), 2);
  await witness.stop();
});

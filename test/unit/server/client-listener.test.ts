import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InProcessServer } from '../../sim/in-process-server.ts';
import type { SimConnection } from '../../sim/network.ts';

function ends(connections: readonly SimConnection[]): (string | undefined)[] {
  return connections.map(({ ended }) => ended);
}

function metric(server: InProcessServer): number {
  return server.peer.metrics.connectionRejected.value;
}

test('above maxClientCnxns from one address a connection is cut, and others come in', async () => {
  const server = await InProcessServer.start({ config: { maxClientCnxns: 2 } });
  const mine = [1, 2, 3].map(() => server.connect({ address: '10.0.0.1' }));
  const theirs = server.connect({ address: '10.0.0.2' });
  server.settle();
  assert.deepEqual(ends([...mine, theirs]), [undefined, undefined, 'reset', undefined]);
  assert.equal(metric(server), 1);
  const [line] = server.log.matching('connection rejected');
  assert.equal(line?.fields['client'], '10.0.0.1');
  assert.match(String(line?.fields['reason']), /maxClientCnxns/);
});

test('above maxCnxns every connection is cut, wherever it comes from', async () => {
  const server = await InProcessServer.start({ config: { maxCnxns: 2, maxClientCnxns: 0 } });
  const all = [1, 2, 3, 4].map((i) => server.connect({ address: `10.0.0.${i}` }));
  server.settle();
  assert.deepEqual(ends(all), [undefined, undefined, 'reset', 'reset']);
  assert.match(
    String(server.log.matching('connection rejected')[0]?.fields['reason']),
    /\(maxCnxns\)/,
  );
});

test('a limit of 0 is none', async () => {
  const server = await InProcessServer.start({ config: { maxCnxns: 0, maxClientCnxns: 0 } });
  const all = Array.from({ length: 200 }, () => server.connect());
  server.settle();
  assert.equal(ends(all).filter(Boolean).length, 0);
});

/** How a place becomes free. */
const WAYS_TO_GO: Readonly<Record<string, (server: InProcessServer, c: SimConnection) => void>> = {
  'the client closes': (_server, connection) => connection.finish(),
  'the connection fails': (_server, connection) => connection.reset(),
  'the server answers a four-letter word': (_server, connection) =>
    connection.send(Buffer.from('ruok')),
  'the server refuses what it gets': (_server, connection) =>
    connection.send(Buffer.from('ffffffff', 'hex')),
  'nothing is said': (server) => server.advance(60_000),
};

for (const [way, go] of Object.entries(WAYS_TO_GO)) {
  test(`a place is free again when ${way}`, async () => {
    const server = await InProcessServer.start({ config: { maxClientCnxns: 1 } });
    for (let round = 0; round < 3; round += 1) {
      const connection = server.connect();
      server.settle();
      assert.equal(connection.ended, undefined, `round ${round}`);
      go(server, connection);
      server.settle();
      assert.notEqual(
        [connection.ended, connection.isOver].join(),
        [undefined, false].join(),
        `round ${round}`,
      );
    }
    assert.equal(metric(server), 0);
  });
}

test('a connection that was turned away does not count', async () => {
  const server = await InProcessServer.start({ config: { maxClientCnxns: 1 } });
  const first = server.connect();
  for (let i = 0; i < 5; i += 1) server.connect();
  server.settle();
  first.finish();
  server.settle();
  const next = server.connect();
  server.settle();
  assert.equal(next.ended, undefined);
  assert.equal(metric(server), 5);
});

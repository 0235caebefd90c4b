/** How much clients may ask at a time, and what happens at each limit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpCode } from '../../../protocol/op-code.ts';
import type { Config, RequestThrottleConfig } from '../../../server/config/config-type.ts';
import { InProcessServer } from '../../sim/in-process-server.ts';
import type { NetworkClient } from '../../sim/network-client.ts';
import { create, read, setData } from '../../vectors/requests.ts';

const SYNC = { op: OpCode.ping };

function held(server: InProcessServer, run: () => void): void {
  server.isDiskHeld = true;
  run();
  server.settle();
}

function release(server: InProcessServer): void {
  server.isDiskHeld = false;
  server.settle();
}

function isRead(client: NetworkClient): boolean {
  return !client.connection.isPaused;
}

function proposed(server: InProcessServer): number {
  return server.peer.metrics.proposalCount.value;
}

// -- globalOutstandingLimit -------------------------------------------------------------------------------

test('above globalOutstandingLimit whoever has requests under way is not read', async () => {
  const server = await InProcessServer.start({ config: { globalOutstandingLimit: 3 } });
  const [busy, other, idle] = [server.session(), server.session(), server.session()];
  const before = proposed(server);
  held(server, () => {
    for (let i = 0; i < 10; i += 1) busy.send(create(`/busy${i}`));
    for (let i = 0; i < 10; i += 1) other.send(create(`/other${i}`));
  });
  assert.equal(proposed(server) - before, 4, 'the limit is exceeded by one');
  assert.deepEqual([isRead(busy), isRead(other), isRead(idle)], [false, false, true]);
  held(server, () => idle.send(read(OpCode.getData, '/')));
  assert.deepEqual(idle.takeNotes(), ['reply 1 0']);
  release(server);
  assert.equal(proposed(server) - before, 20);
  for (const client of [busy, other]) {
    assert.deepEqual(
      client.takeNotes(),
      Array.from({ length: 10 }, (_, i) => `reply ${i + 1} 0`),
    );
    assert.equal(isRead(client), true);
  }
});

test('what does not count as a request of the client does not stop it: pings', async () => {
  const server = await InProcessServer.start({ config: { globalOutstandingLimit: 1 } });
  const [busy, pinging] = [server.session(), server.session()];
  held(server, () => {
    for (let i = 0; i < 3; i += 1) busy.send(create(`/${i}`));
    for (let i = 0; i < 10; i += 1) pinging.ping();
  });
  assert.equal(pinging.takeNotes().length, 10);
  assert.equal(isRead(pinging), true);
});

test('a client that leaves while it is not read takes its place with it', async () => {
  const server = await InProcessServer.start({ config: { globalOutstandingLimit: 2 } });
  const [gone, other] = [server.session(), server.session()];
  held(server, () => {
    for (let i = 0; i < 10; i += 1) gone.send(create(`/gone${i}`));
    for (let i = 0; i < 10; i += 1) gone.send(read(OpCode.getData, '/'));
  });
  gone.connection.reset();
  server.settle();
  release(server);
  for (let i = 0; i < 20; i += 1) assert.equal(other.request(create(`/other${i}`)).err, 0);
});

// -- request throttle ---------------------------------------------------------------------------------------

const THROTTLE: RequestThrottleConfig = {
  maxRequests: 2,
  stallMs: 100,
  dropStale: true,
  staleLatencyCheck: false,
  staleConnectionCheck: true,
  shutdownTimeoutMs: 10_000,
};

function throttled(
  throttle: Partial<RequestThrottleConfig> = {},
  config: Partial<Config> = {},
): Promise<InProcessServer> {
  return InProcessServer.start({
    config: { requestThrottle: { ...THROTTLE, ...throttle }, ...config },
  });
}

test('at the throttle’s limit nobody’s requests are taken, and then first come first served', async () => {
  const server = await throttled();
  const clients = Array.from({ length: 4 }, () => server.session());
  const before = proposed(server);
  held(server, () => {
    for (const [i, client] of clients.entries()) client.send(create('/seq-', { flags: 2 }), i + 1);
  });
  assert.equal(proposed(server) - before, 2);
  assert.deepEqual(clients.map(isRead), [true, true, false, false]);
  assert.equal(server.peer.metrics.requestThrottleWaitCount.value, 2);
  release(server);
  const paths = clients.map((client) => {
    const [reply] = client.take();
    assert(reply?.kind === 'reply' && reply.err === 0);
    return reply.body.readString();
  });
  assert.deepEqual(
    paths,
    [0, 1, 2, 3].map((n) => `/seq-000000000${n}`),
  );
  assert.deepEqual(clients.map(isRead), [true, true, true, true]);
});

test('the throttle holds reads and pings as well', async () => {
  const server = await throttled();
  const [a, b, reader] = [server.session(), server.session(), server.session()];
  held(server, () => {
    a.send(create('/a'));
    b.send(create('/b'));
    reader.send(read(OpCode.getData, '/a'));
    reader.ping();
  });
  assert.deepEqual(reader.takeNotes(), []);
  release(server);
  assert.deepEqual(reader.takeNotes(), ['reply 1 0', 'reply -2 0']);
});

test('a request that waited too long is not carried out, and says so in its turn', async () => {
  const server = await throttled({}, { throttledOpWaitMs: 500 });
  const [a, b, late, soon] = Array.from({ length: 4 }, () => server.session());
  held(server, () => {
    a!.send(create('/a'));
    b!.send(create('/b'));
    late!.send(create('/late'));
    late!.send(create('/next'));
  });
  server.advance(501);
  held(server, () => soon!.send(create('/soon')));
  release(server);
  assert.deepEqual(late!.takeNotes(), ['reply 1 -127', 'reply 2 0']);
  assert.deepEqual(soon!.takeNotes(), ['reply 1 0']);
  assert.equal(server.recovery.database.tree.find('/late'), -1);
  assert.equal(server.peer.metrics.throttledOps.value, 1);
});

test('pings and closeSession are never throttled away', async () => {
  for (const request of [SYNC, { op: OpCode.closeSession }]) {
    const server = await throttled({}, { throttledOpWaitMs: 500 });
    const [a, b, late] = Array.from({ length: 3 }, () => server.session());
    held(server, () => {
      a!.send(create('/a'));
      b!.send(create('/b'));
      late!.send(request);
    });
    server.advance(1000);
    release(server);
    assert.match(late!.takeNotes()[0] ?? '', /^reply (1|-2) 0$/);
  }
});

test('a throttled request of a client whose writes are under way is answered behind them', async () => {
  const server = await throttled({ maxRequests: 1 }, { throttledOpWaitMs: 500 });
  const [a, b] = [server.session(), server.session()];
  held(server, () => {
    a.send(create('/a'));
    a.send(create('/late'));
    b.send(create('/b'));
  });
  server.advance(1000);
  release(server);
  assert.deepEqual(a.takeNotes(), ['reply 1 0', 'reply 2 -127']);
  assert.deepEqual(b.takeNotes(), ['reply 1 -127']);
});

test('a request that waited longer than its session lives costs the connection, if told so', async () => {
  for (const dropStale of [true, false]) {
    const server = await throttled(
      { dropStale, staleLatencyCheck: true },
      { sessionlessCnxnTimeoutMs: 3600_000, tickTimeMs: 3600_000 },
    );
    const [a, b, late] = Array.from({ length: 3 }, () => server.session({ timeOutMs: 4000 }));
    held(server, () => {
      a!.send(create('/a'));
      b!.send(create('/b'));
      late!.send(create('/late'));
    });
    server.advance(4001);
    release(server);
    assert.equal(late!.ended, dropStale ? 'closed' : undefined);
    assert.equal(server.peer.metrics.staleRequests.value, 1);
    assert.equal(server.peer.metrics.staleRequestsDropped.value, dropStale ? 1 : 0);
    assert.equal(server.recovery.database.tree.find('/late') >= 0, !dropStale);
  }
});

test('throttled clients that leave are passed over', async () => {
  const server = await throttled({ maxRequests: 1 });
  const [a, gone, last] = Array.from({ length: 3 }, () => server.session());
  held(server, () => {
    a!.send(create('/a'));
    gone!.send(create('/gone'));
    last!.send(create('/last'));
  });
  gone!.connection.reset();
  server.settle();
  release(server);
  assert.deepEqual(last!.takeNotes(), ['reply 1 0']);
  assert.equal(server.recovery.database.tree.find('/gone'), -1);
});

test('a host of throttled clients is answered without a deep stack', async () => {
  const COUNT = 5000;
  const server = await throttled({ maxRequests: 1 }, { throttledOpWaitMs: 100, maxClientCnxns: 0 });
  const first = server.session();
  const host = Array.from({ length: COUNT }, () => server.client());
  for (const client of host) client.sendHandshake();
  server.settle();
  for (const client of host) client.take();
  held(server, () => {
    first.send(create('/first'));
    server.settle();
    for (const client of host) client.send(create('/late'));
  });
  server.advance(200);
  release(server);
  const notes = new Set(host.flatMap((client) => client.takeNotes()));
  assert.deepEqual([...notes], ['reply 1 -127']);
});

// -- large requests -----------------------------------------------------------------------------------------

const LARGE: Partial<Config> = { largeRequestThresholdBytes: 1000, largeRequestMaxBytes: 5000 };
const LARGE_DATA = 'x'.repeat(2000);

test('large requests above what they may take together cost the connection of the last', async () => {
  const server = await InProcessServer.start({ config: LARGE });
  const clients = Array.from({ length: 3 }, () => server.session());
  held(server, () => {
    for (const client of clients) client.send(setData('/', LARGE_DATA));
  });
  assert.deepEqual(
    clients.map(({ ended }) => ended),
    [undefined, undefined, 'closed'],
  );
  assert.equal(server.peer.metrics.largeRequestsRejected.value, 1);
  held(server, () => clients[0]!.send(setData('/', 'small')));
  release(server);
  assert.equal(clients[0]!.request(setData('/', LARGE_DATA)).err, 0);
});

/** Ways in which a large request leaves the server; afterwards its bytes must be free again. */
const WAYS_OUT: Readonly<Record<string, (server: InProcessServer, client: NetworkClient) => void>> =
  {
    'a write that is answered': (_server, client) => {
      client.request(setData('/', LARGE_DATA));
    },
    'a write that is refused': (_server, client) => {
      client.request(setData('/missing', LARGE_DATA));
    },
    'a read': (_server, client) => {
      client.request(read(OpCode.exists, `/${LARGE_DATA}`));
    },
    'a read that waited': (server, client) => {
      held(server, () => {
        client.send(create('/a'));
        client.send(read(OpCode.exists, `/${LARGE_DATA}`));
      });
      release(server);
    },
    'an unknown operation': (server, client) => {
      client.send({ op: 999, write: (w) => w.writeString(LARGE_DATA) });
      server.settle();
    },
    'a client that is gone': (server, client) => {
      held(server, () => client.send(setData('/', LARGE_DATA)));
      client.connection.reset();
      server.settle();
      release(server);
    },
    'a session that is closed': (server, client) => {
      held(server, () => {
        client.send(setData('/', LARGE_DATA));
        client.send({ op: OpCode.closeSession });
      });
      release(server);
    },
  };

for (const [way, leave] of Object.entries(WAYS_OUT)) {
  test(`the bytes of ${way} are free again`, async () => {
    const server = await InProcessServer.start({ config: LARGE });
    // The clients stay connected: their end would free the bytes in any case.
    for (let round = 0; round < 10; round += 1) leave(server, server.session());
    assert.equal(server.peer.metrics.largeRequestsRejected.value, 0);
    assert.equal(server.session().request(setData('/', LARGE_DATA)).err, 0);
  });
}

test('a client that always has large requests under way may go on for ever', async () => {
  const server = await InProcessServer.start({ config: LARGE });
  const client = server.session();
  held(server, () => client.send(setData('/', LARGE_DATA)));
  for (let i = 2; i <= 20; i += 1) {
    // One is being written; the next comes before it is done.
    held(server, () => client.send(setData('/', LARGE_DATA)));
    while (server.disk.pendingCount > 0 && client.take().length === 0) {
      server.disk.step();
      server.settle();
    }
    assert.equal(client.ended, undefined, `request ${i}`);
  }
  assert.equal(server.peer.metrics.largeRequestsRejected.value, 0);
});

test('requests of the threshold are not large', async () => {
  const server = await InProcessServer.start({
    config: { largeRequestThresholdBytes: 1000, largeRequestMaxBytes: 1 },
  });
  const client = server.session();
  // Header, path, length of the data, version: 8 + 5 + 4 + 4.
  assert.equal(client.request(setData('/', 'x'.repeat(1000 - 21))).err, 0);
  client.send(setData('/', 'x'.repeat(1001 - 21)));
  server.settle();
  assert.equal(client.ended, 'closed');
});

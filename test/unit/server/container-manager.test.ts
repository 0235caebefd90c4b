import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpCode } from '../../../protocol/op-code.ts';
import type { Config } from '../../../server/config/config-type.ts';
import { InProcessServer } from '../../sim/in-process-server.ts';
import type { NetworkClient } from '../../sim/network-client.ts';
import { create, createTtl, onPath, remove, setData } from '../../vectors/requests.ts';

const INTERVAL_MS = 60_000;

const CONTAINERS: Config['container'] = {
  checkIntervalMs: INTERVAL_MS,
  maxPerMinute: 10_000,
  maxNeverUsedMs: null,
};

type Fixture = { readonly server: InProcessServer; readonly client: NetworkClient };

/** A client that pings, so that it outlives the waiting. */
async function start(container: Partial<Config['container']> = {}): Promise<Fixture> {
  const server = await InProcessServer.start({
    config: {
      container: { ...CONTAINERS, ...container },
      extendedTypesEnabled: true,
      maxSessionTimeoutMs: 1e9,
    },
  });
  return { server, client: server.session({ timeOutMs: 1e9 }) };
}

const CONTAINER = { op: OpCode.createContainer, flags: 4 };

function exists({ client }: Fixture, path: string): boolean {
  return client.request(onPath(OpCode.getACL, path)).err === 0;
}

test('a container that has lost its last child is reaped, one with a child is not', async () => {
  const f = await start();
  for (const path of ['/empty', '/full']) {
    f.client.request(create(path, CONTAINER));
    f.client.request(create(`${path}/child`));
  }
  f.client.request(remove('/empty/child'));
  f.server.advance(INTERVAL_MS + 1000);
  assert.deepEqual([exists(f, '/empty'), exists(f, '/full')], [false, true]);
  assert.equal(f.server.log.matching('deleting an unused')[0]?.fields['path'], '/empty');
});

test('a container that never had a child stays, unless told otherwise', async () => {
  for (const [maxNeverUsedMs, stays] of [
    [null, true],
    [10 * INTERVAL_MS, true],
    [INTERVAL_MS / 2, false],
  ] as const) {
    const f = await start({ maxNeverUsedMs });
    f.client.request(create('/unused', CONTAINER));
    f.server.advance(2 * INTERVAL_MS);
    assert.equal(exists(f, '/unused'), stays, `${maxNeverUsedMs}`);
  }
});

test('a TTL node is reaped when it was unchanged for its time and has no children', async () => {
  const f = await start();
  f.client.request(createTtl('/old', INTERVAL_MS / 2));
  f.client.request(createTtl('/changed', INTERVAL_MS / 2));
  f.client.request(createTtl('/parent', INTERVAL_MS / 2));
  f.client.request(createTtl('/long', 10 * INTERVAL_MS));
  f.client.request(create('/parent/child'));
  f.server.advance(INTERVAL_MS - 1000);
  f.client.request(setData('/changed', 'again'));
  f.server.advance(2000);
  const paths = ['/old', '/changed', '/parent', '/long'];
  assert.deepEqual(
    paths.map((path) => exists(f, path)),
    [false, true, true, true],
  );
  f.client.request(remove('/parent/child'));
  f.server.advance(INTERVAL_MS);
  assert.deepEqual(
    paths.map((path) => exists(f, path)),
    [false, false, false, true],
  );
});

test('time to live is measured with the wall clock, which the nodes carry', async () => {
  const f = await start();
  f.client.request(createTtl('/ttl', 10 * INTERVAL_MS));
  f.server.clock.shiftWall(11 * INTERVAL_MS);
  f.server.advance(INTERVAL_MS);
  assert.equal(exists(f, '/ttl'), false);
});

test('nodes are reaped one by one, no faster than told', async () => {
  // One in ten seconds.
  const f = await start({ maxPerMinute: 6 });
  for (const i of [1, 2, 3]) {
    f.client.request(create(`/c${i}`, CONTAINER));
    f.client.request(create(`/c${i}/x`));
    f.client.request(remove(`/c${i}/x`));
  }
  const left = (): number => [1, 2, 3].filter((i) => exists(f, `/c${i}`)).length;
  f.server.advance(INTERVAL_MS);
  assert.equal(left(), 2);
  f.server.advance(9_000);
  assert.equal(left(), 2);
  f.server.advance(2_000);
  assert.equal(left(), 1);
  f.server.advance(10_000);
  assert.equal(left(), 0);
});

test('a child that comes in between saves its container', async () => {
  const f = await start({ maxPerMinute: 6 });
  for (const i of [1, 2]) {
    f.client.request(create(`/c${i}`, CONTAINER));
    f.client.request(create(`/c${i}/x`));
    f.client.request(remove(`/c${i}/x`));
  }
  f.server.advance(INTERVAL_MS);
  f.client.request(create('/c2/saved'));
  f.server.advance(20_000);
  assert.deepEqual([exists(f, '/c1'), exists(f, '/c2')], [false, true]);
});

test('who watches a container hears of its end', async () => {
  const f = await start();
  f.client.request(create('/c', CONTAINER));
  f.client.request(create('/c/x'));
  f.client.request(remove('/c/x'));
  f.client.request({
    op: OpCode.exists,
    write: (w) => {
      w.writeString('/c');
      w.writeBool(true);
    },
  });
  f.server.advance(INTERVAL_MS);
  assert.deepEqual(f.client.takeNotes(), ['event 2 /c']);
});

test('it is done again and again', async () => {
  const f = await start();
  for (let round = 0; round < 3; round += 1) {
    f.client.request(create('/c', CONTAINER));
    f.client.request(create('/c/x'));
    f.client.request(remove('/c/x'));
    f.server.advance(INTERVAL_MS + 1000);
    assert.equal(exists(f, '/c'), false, `round ${round}`);
  }
});

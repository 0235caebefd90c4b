import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientOptions } from '../../../client/client-options.ts';
import { OkapiClient } from '../../../client/okapi-client.ts';
import type { WatchEvent } from '../../../client/watch.ts';
import { CreateMode } from '../../../protocol/create-mode.ts';
import { ErrorCode } from '../../../protocol/error-code.ts';
import {
  readCreateRequest,
  readExistsRequest,
  readGetEphemeralsRequest,
  writeCreateResponse,
  writeGetEphemeralsResponse,
} from '../../../protocol/generated/proto.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { EventType, WatcherType } from '../../../protocol/watch-event.ts';
import { continuations, ScriptedWorld } from './scripted-ports.ts';
import { connectResponse, notification, reply } from './server-frames.ts';

function connected(options: Partial<ClientOptions> = {}): {
  readonly client: OkapiClient;
  readonly world: ScriptedWorld;
} {
  const world = new ScriptedWorld();
  const client = new OkapiClient(
    { servers: 'a:1', sessionTimeoutMs: 6000, ...options },
    world.ports,
  );
  client.start();
  world.connection.events.onOpen();
  world.connection.send(connectResponse());
  return { client, world };
}

test('a client is connected when the first server has answered', async () => {
  const world = new ScriptedWorld();
  const client = new OkapiClient({ servers: 'a:1' }, world.ports);
  const states: string[] = [];
  client.onState((state) => states.push(state));
  assert.equal(world.connections.length, 0, 'nothing happens before start');
  client.start();
  const whenConnected = client.whenConnected();
  assert.deepEqual(client.endpoint, { host: 'a', port: 1 });
  world.connection.events.onOpen();
  world.connection.send(connectResponse());
  await whenConnected;
  assert.deepEqual(states, ['connected']);
  await client.whenConnected();
});

test('whenConnected rejects when that cannot happen any more', async () => {
  const world = new ScriptedWorld();
  const client = new OkapiClient({ servers: 'a:1' }, world.ports);
  client.start();
  const before = client.whenConnected();
  world.connection.events.onClosed('refused');
  assert.equal(client.lastFailure, 'refused');
  await client.close();
  await assert.rejects(before, { code: ErrorCode.SESSIONEXPIRED });
  await assert.rejects(client.whenConnected(), { code: ErrorCode.SESSIONEXPIRED });
  assert.equal(world.pendingTimerCount, 0);
});

test('paths get the chroot on their way out and lose it on their way in', async () => {
  const { client, world } = connected({ servers: 'a:1/app' });
  const created = client.create('/x');
  const ephemerals = client.getEphemerals('/');
  const [create, list] = world.connection.requests();
  assert(create !== undefined && list !== undefined);
  assert.equal(readCreateRequest(create.body).path, '/app/x');
  assert.equal(readGetEphemeralsRequest(list.body).prefixPath, '/app');
  world.connection.send(
    reply({ xid: 1, body: (w) => writeCreateResponse(w, { path: '/app/x' }) }),
    reply({ xid: 2, body: (w) => writeGetEphemeralsResponse(w, { ephemerals: ['/app/e'] }) }),
  );
  assert.equal(await created, '/x');
  assert.deepEqual(await ephemerals, ['/e']);
});

test('an error tells the operation, the name of its code and the path of the caller', async () => {
  const { client, world } = connected({ servers: 'a:1/app' });
  const failed = client.getData('/x');
  world.connection.send(reply({ xid: 1, err: ErrorCode.NOAUTH }));
  await assert.rejects(failed, {
    name: 'NOAUTH',
    code: ErrorCode.NOAUTH,
    path: '/x',
    message: 'getData /x: not permitted by the ACL',
  });
});

test('every mode of create has its op code', async () => {
  const { client, world } = connected();
  const cases = [
    [CreateMode.PERSISTENT, OpCode.create, OpCode.create2],
    [CreateMode.EPHEMERAL_SEQUENTIAL, OpCode.create, OpCode.create2],
    [CreateMode.CONTAINER, OpCode.createContainer, OpCode.createContainer],
    [CreateMode.PERSISTENT_WITH_TTL, OpCode.createTTL, OpCode.createTTL],
  ] as const;
  for (const [mode] of cases) {
    for (const attempt of [
      client.create('/x', null, { mode }),
      client.createWithStat('/x', null, { mode }),
    ]) {
      attempt.catch(() => undefined);
    }
  }
  assert.deepEqual(
    world.connection.requests().map(({ type }) => type),
    cases.flatMap(([, plain, withStat]) => [plain, withStat]),
  );
  world.connection.events.onClosed('over');
  await continuations();
});

test('exists answers with null where there is no node, and watches all the same', async () => {
  const { client, world } = connected();
  const events: WatchEvent[] = [];
  const found = client.exists('/x', { watch: (event) => events.push(event) });
  const [request] = world.connection.requests();
  assert(request !== undefined);
  assert.deepEqual(readExistsRequest(request.body), { path: '/x', watch: true });
  world.connection.send(reply({ xid: 1, err: ErrorCode.NONODE }));
  assert.equal(await found, null);
  world.connection.send(notification({ type: EventType.NodeCreated, path: '/x', zxid: 3 }));
  assert.deepEqual(events, [{ type: 'NodeCreated', path: '/x', zxid: { hi: 0, lo: 3 } }]);
});

test('what a client itself finds wrong is never sent', async () => {
  const { client, world } = connected({ maxFrameBytes: 100 });
  const attempts = [
    [client.create('x'), 'BADARGUMENTS'],
    [client.setData('/x', Buffer.alloc(100)), 'MARSHALLINGERROR'],
    [client.removeWatches('/x', WatcherType.Data), 'NOWATCHER'],
  ] as const;
  for (const [attempt, name] of attempts) await assert.rejects(attempt, { name });
  assert.deepEqual(world.connection.requests(), []);
});

test('events and answers reach code that awaits in the order of the wire', async () => {
  const { client, world } = connected();
  const log: string[] = [];
  client.onWatch((event) => log.push(`${event.type} ${event.path}`));
  const note = async (name: string): Promise<void> => {
    await client.sync('/');
    log.push(name);
  };
  const asked = [note('one'), note('two'), note('three')];
  const answer = (xid: number): Buffer => reply({ xid, body: (w) => w.writeString('/') });
  world.connection.send(
    notification({ type: EventType.NodeCreated, path: '/a' }),
    answer(1),
    answer(2),
    notification({ type: EventType.NodeDeleted, path: '/a' }),
    answer(3),
  );
  await continuations();
  assert.deepEqual(log, ['NodeCreated /a', 'one', 'two']);
  world.runDeferred();
  await Promise.all(asked);
  assert.deepEqual(log, ['NodeCreated /a', 'one', 'two', 'NodeDeleted /a', 'three']);
});

test('what comes while something is put off waits behind it', async () => {
  const { client, world } = connected();
  const log: string[] = [];
  client.onWatch((event) => log.push(event.path));
  const synced = client.sync('/').then(() => log.push('answer'));
  world.connection.send(
    reply({ xid: 1, body: (w) => w.writeString('/') }),
    notification({ type: EventType.NodeCreated, path: '/a' }),
  );
  world.connection.send(notification({ type: EventType.NodeCreated, path: '/b' }));
  await synced;
  assert.deepEqual(log, ['answer']);
  world.runDeferred();
  assert.deepEqual(log, ['answer', '/a', '/b']);
});

test("a listener's mistake is thrown outside, and the next listener is told all the same", () => {
  const { client, world } = connected();
  const seen: string[] = [];
  const stop = client.onWatch(() => {
    stop();
    throw new Error('mistake');
  });
  client.onWatch((event) => seen.push(event.path));
  world.connection.send(
    notification({ type: EventType.NodeCreated, path: '/a' }),
    notification({ type: EventType.NodeCreated, path: '/b' }),
  );
  assert.deepEqual(seen, ['/a', '/b']);
  assert.throws(() => world.runDeferred(), /mistake/);
});

test('a listener may make requests', async () => {
  const { client, world } = connected();
  let read: Promise<unknown> | undefined;
  client.onWatch((event) => {
    read = client.exists(event.path);
  });
  world.connection.send(notification({ type: EventType.NodeCreated, path: '/a' }));
  assert.equal(world.connection.requests().length, 1);
  world.connection.send(reply({ xid: 1, err: ErrorCode.NONODE }));
  assert.equal(await read, null);
});

test('requests do not set a timer each', () => {
  const { client, world } = connected();
  const before = world.timerCount;
  for (let i = 0; i < 100; i += 1) client.sync('/').catch(() => undefined);
  assert(world.timerCount - before <= 1, `${world.timerCount - before} timers`);
  world.connection.events.onClosed('over');
});

test('an idle client pings, and leaves a server that does not answer', () => {
  const { client, world } = connected();
  const first = world.connection;
  world.advance(1000);
  assert.equal(first.requests().at(-1)?.type, OpCode.ping);
  world.advance(2999);
  assert.equal(client.state, 'connected');
  world.advance(1);
  assert.equal(client.state, 'disconnected');
  assert(first.isClosed);
  world.advance(200);
  assert.equal(world.connections.length, 2);
});

test('removing the watch of one of two listeners asks the server only whether it is there', async () => {
  const { client, world } = connected();
  const [one, two] = [(): void => {}, (): void => {}];
  const absent = (xid: number): Buffer => reply({ xid, err: ErrorCode.NONODE });
  const set = [client.exists('/x', { watch: one }), client.exists('/x', { watch: two })];
  world.connection.send(absent(1), absent(2));
  await Promise.all(set);
  const first = client.removeWatches('/x', WatcherType.Data, { listener: one });
  world.connection.send(reply({ xid: 3 }));
  await first;
  const second = client.removeWatches('/x', WatcherType.Data, { listener: two });
  world.connection.send(reply({ xid: 4 }));
  await second;
  assert.deepEqual(
    world.connection.requests().map(({ type }) => type),
    [OpCode.exists, OpCode.exists, OpCode.checkWatches, OpCode.removeWatches],
  );
});

test('close is over when the server has answered, and may be called again', async () => {
  const { client, world } = connected();
  const closed = client.close();
  assert.equal(world.connection.requests().at(-1)?.type, OpCode.closeSession);
  const again = client.close();
  world.connection.send(reply({ xid: 1 }));
  await Promise.all([closed, again]);
  assert.equal(client.state, 'closed');
  assert(world.connection.isClosed);
  assert.equal(world.pendingTimerCount, 0);
  await client.close();
});

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { digestId } from '../../client/digest-id.ts';
import { type ConnectOptions, connect, openClient } from '../../client/io/connect.ts';
import type { OkapiClient } from '../../client/okapi-client.ts';
import type { SessionState } from '../../client/session-events.ts';
import type { WatchEvent } from '../../client/watch.ts';
import { CreateMode } from '../../protocol/create-mode.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { Permission } from '../../protocol/permission.ts';
import { EventQueue } from '../support/event-queue.ts';
import { freePort } from '../support/free-port.ts';
import { SERVERS } from '../support/servers.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import type { TestServer } from '../support/test-server.ts';

const EPHEMERAL = { mode: CreateMode.EPHEMERAL };

/** Resolves when the client is in, or comes into, the state. */
function inState(client: OkapiClient, wanted: SessionState): Promise<void> {
  return new Promise((resolve) => {
    const stop = client.onState((state) => {
      if (state !== wanted) return;
      stop();
      resolve();
    });
    if (client.state === wanted) {
      stop();
      resolve();
    }
  });
}

/** Resolves when a node is there no more. */
async function isGone(client: OkapiClient, path: string): Promise<void> {
  const events = new EventQueue<WatchEvent>();
  while ((await client.exists(path, { watch: events.push })) !== null) await events.next();
}

for (const kind of SERVERS) {
  describe(`client sessions against ${kind.name}`, { skip: kind.skip }, () => {
    let server: TestServer;
    let proxy: TcpProxy;
    /** Has a way and a long session of its own: sees what becomes of the others. */
    let witness: OkapiClient;
    let witnessProxy: TcpProxy;
    const clients: OkapiClient[] = [];

    const open = async (options: Partial<ConnectOptions> = {}): Promise<OkapiClient> => {
      const client = await connect({
        servers: proxy.address,
        sessionTimeoutMs: 6000,
        reconnectMinMs: 5,
        reconnectMaxMs: 20,
        ...options,
      });
      clients.push(client);
      return client;
    };

    before(async () => {
      // Sessions as short as 400 ms: a test that waits for an expiry waits for little.
      server = await kind.start({ config: { tickTime: '200', maxSessionTimeout: '30000' } });
      proxy = await TcpProxy.start({ port: server.port });
      witnessProxy = await TcpProxy.start({ port: server.port });
      witness = await connect({ servers: witnessProxy.address, sessionTimeoutMs: 30_000 });
    });

    afterEach(async () => {
      proxy.resume();
      await proxy.accept();
      for (const client of clients.splice(0)) await client.close();
    });

    after(async () => {
      await witness?.close();
      await proxy?.stop();
      await witnessProxy?.stop();
      await server?.stop();
    });

    test('the server grants a timeout within its limits', async () => {
      assert.equal((await open({ sessionTimeoutMs: 300 })).sessionTimeoutMs, 400);
      assert.equal((await open({ sessionTimeoutMs: 100_000 })).sessionTimeoutMs, 30_000);
    });

    test('a session lives on over lost connections, with its ephemeral nodes', async () => {
      const client = await open();
      await client.create('/alive', null, EPHEMERAL);
      const { id } = client.session ?? {};
      const states = new EventQueue<SessionState>();
      client.onState(states.push);
      for (let i = 0; i < 3; i += 1) {
        proxy.cut();
        assert.deepEqual(await states.take(2), ['disconnected', 'connected']);
      }
      assert.deepEqual(client.session?.id, id);
      assert.notEqual(await client.exists('/alive'), null);
    });

    test('another client takes a session up with its id and password', async () => {
      const first = await open();
      await first.create('/taken', null, EPHEMERAL);
      const session = first.session;
      assert(session !== null);
      await proxy.refuse();
      proxy.cut();
      await inState(first, 'disconnected');
      const second = await open({ servers: `127.0.0.1:${server.port}`, resume: session });
      assert.deepEqual(second.session?.id, session.id);
      assert.deepEqual(await second.getEphemerals(), ['/taken']);
      await second.close();
      assert.equal(await witness.exists('/taken'), null);
      await proxy.accept();
      await inState(first, 'expired');
    });

    test('a wrong password is a session that has expired', async () => {
      const client = await open();
      const session = client.session;
      assert(session !== null);
      const states = new EventQueue<SessionState>();
      client.onState(states.push);
      const password = Buffer.alloc(16, 1);
      await assert.rejects(open({ resume: { ...session, password } }), {
        code: ErrorCode.SESSIONEXPIRED,
      });
      // Whoever names the session takes its connection away, but not the session.
      assert.deepEqual(await states.take(2), ['disconnected', 'connected']);
      assert.deepEqual(client.session?.id, session.id);
    });

    test('a session that the server has given up is expired for the client, which learns it at the reconnect', async () => {
      const client = await open({ sessionTimeoutMs: 3000 });
      await client.create('/lost', null, EPHEMERAL);
      await proxy.refuse();
      proxy.cut();
      await inState(client, 'disconnected');
      const waiting = client.getData('/lost');
      waiting.catch(() => undefined);
      await isGone(witness, '/lost');
      await proxy.accept();
      await inState(client, 'expired');
      await assert.rejects(waiting, { code: ErrorCode.SESSIONEXPIRED });
      await assert.rejects(client.exists('/'), { code: ErrorCode.SESSIONEXPIRED });
    });

    test('a client that no server answers gives its session up by itself', async () => {
      const client = await open({ sessionTimeoutMs: 600 });
      const states = new EventQueue<SessionState>();
      client.onState(states.push);
      proxy.stall();
      assert.deepEqual(await states.take(2), ['disconnected', 'expired']);
    });

    test('pings keep an idle session, while one without a connection expires', async () => {
      const idle = await open({ sessionTimeoutMs: 600, servers: `127.0.0.1:${server.port}` });
      await idle.create('/idle', null, EPHEMERAL);
      const { id } = idle.session ?? {};
      const stalled = await open({ sessionTimeoutMs: 1200 });
      await stalled.create('/stalled', null, EPHEMERAL);
      proxy.stall();
      await isGone(witness, '/stalled');
      assert.equal(idle.state, 'connected');
      assert.deepEqual(idle.session?.id, id);
      assert.notEqual(await witness.exists('/idle'), null);
    });

    test('a request that was sent when the connection dropped may have happened', async () => {
      const client = await open();
      proxy.stall('toClient');
      const sent = client.create('/perhaps');
      sent.catch(() => undefined);
      const events = new EventQueue<WatchEvent>();
      if ((await witness.exists('/perhaps', { watch: events.push })) === null) await events.next();
      proxy.cut();
      proxy.resume();
      await assert.rejects(sent, { code: ErrorCode.CONNECTIONLOSS, path: '/perhaps' });
      assert.notEqual(await client.exists('/perhaps'), null);
    });

    test('a request made without a connection waits for the next one', async () => {
      const client = await open();
      await proxy.refuse();
      proxy.cut();
      await inState(client, 'disconnected');
      const waiting = client.create('/later');
      await proxy.accept();
      assert.equal(await waiting, '/later');
    });

    test('a request without an answer in time fails, and the session goes on', async () => {
      const client = await open({ requestTimeoutMs: 200 });
      proxy.stall('toClient');
      await assert.rejects(client.sync('/'), { code: ErrorCode.REQUESTTIMEOUT });
      proxy.resume();
      await client.whenConnected();
      await client.sync('/');
    });

    test('close takes the ephemeral nodes away at once and answers what was asked before', async () => {
      const client = await open();
      const created = client.create('/closed', null, EPHEMERAL);
      const closed = client.close();
      assert.equal(await created, '/closed');
      await closed;
      assert.equal(client.state, 'closed');
      assert.equal(await witness.exists('/closed'), null);
      await assert.rejects(client.exists('/'), { code: ErrorCode.SESSIONEXPIRED });
      await client.close();
    });

    test('an identity holds over a reconnect', async () => {
      const client = await open();
      await client.addAuth('digest', 'ann:secret');
      const id = { scheme: 'digest', id: digestId('ann', 'secret') };
      await client.create('/own', Buffer.from('x'), { acl: [{ perms: Permission.ALL, id }] });
      proxy.cut();
      await inState(client, 'disconnected');
      assert.equal(String((await client.getData('/own')).data), 'x');
    });

    test('a scheme that the server does not know ends the session', async () => {
      const client = await open();
      await assert.rejects(client.addAuth('nonsense', 'x'), { code: ErrorCode.AUTHFAILED });
      assert.equal(client.state, 'authFailed');
      await assert.rejects(client.exists('/'), { code: ErrorCode.AUTHFAILED });
    });

    test('a client finds the server that answers among several', async () => {
      const dead = await freePort();
      const client = await open({ servers: `127.0.0.1:${dead},${proxy.address},[::1]:${dead}` });
      assert.equal(client.endpoint?.port, proxy.port);
      proxy.cut();
      await inState(client, 'disconnected');
      await client.sync('/');
    });

    test('connect gives up in time where nobody answers, and says why', async () => {
      const dead = await freePort();
      const refused = connect({ servers: `127.0.0.1:${dead}`, connectTimeoutMs: 200 });
      await assert.rejects(refused, { code: ErrorCode.CONNECTIONLOSS, cause: /ECONNREFUSED/ });
      proxy.stall();
      const silent = connect({
        servers: proxy.address,
        connectTimeoutMs: 200,
        sessionTimeoutMs: 100,
      });
      await assert.rejects(silent, { cause: /no answer to the handshake/ });
    });

    test('openClient does not wait, and its requests do', async () => {
      const client = openClient({ servers: proxy.address });
      clients.push(client);
      assert.equal(client.state, 'connecting');
      assert.notEqual(await client.exists('/'), null);
    });

    test('a server that stands still is left, and taken again when it goes on', async () => {
      const client = await open({ sessionTimeoutMs: 3000 });
      await client.create('/frozen', null, EPHEMERAL);
      const states = new EventQueue<SessionState>();
      client.onState(states.push);
      await server.kill('SIGSTOP');
      assert.deepEqual(await states.take(1), ['disconnected']);
      await server.kill('SIGCONT');
      // The server decides whether the session has lived through it; the client must learn either way.
      const state = await states.next();
      assert(state === 'connected' || state === 'expired', state);
      await witness.whenConnected();
    });

    test('sessions, ephemeral nodes and watches survive a server that is killed and started again', async () => {
      const client = await open({ sessionTimeoutMs: 20_000 });
      await client.create('/kept', Buffer.from('x'), EPHEMERAL);
      const events = new EventQueue<WatchEvent>();
      await client.getData('/kept', { watch: events.push });
      const { id } = client.session ?? {};
      // Apache's server may take a handshake while it starts and never answer it: knock when it serves.
      await proxy.refuse();
      await witnessProxy.refuse();
      await server.kill('SIGKILL');
      await inState(client, 'disconnected');
      const old = server;
      server = await kind.start({
        config: { tickTime: '200', maxSessionTimeout: '30000' },
        dataDir: old.dataDir,
        port: old.port,
      });
      await proxy.accept();
      await witnessProxy.accept();
      await client.whenConnected();
      assert.deepEqual(client.session?.id, id);
      assert.equal(String((await client.getData('/kept')).data), 'x');
      await witness.setData('/kept', null);
      assert.equal((await events.next()).type, 'NodeDataChanged');
      await old.stop();
    });
  });
}

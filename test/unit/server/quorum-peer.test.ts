/** A whole server: start, stop, crash and what comes back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Int64 } from 'jute-ts';
import { compareInt64, int64ToHex } from '../../../protocol/int64.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import type { DataTree } from '../../../storage/data-tree.ts';
import { Random } from '../../differential/random.ts';
import { InProcessServer } from '../../sim/in-process-server.ts';
import type { HandshakeOptions, NetworkClient } from '../../sim/network-client.ts';
import {
  addWatch,
  auth,
  create,
  multi,
  onPath,
  read,
  remove,
  setData,
} from '../../vectors/requests.ts';
import { randomWrite } from './request/random-writes.ts';

type Credentials = Required<Pick<HandshakeOptions, 'sessionId' | 'passwd'>>;

/** A client with a session, and what it needs to come back. */
function openSession(
  server: InProcessServer,
  timeOutMs = 10_000,
): { readonly client: NetworkClient; readonly credentials: Credentials } {
  const client = server.client();
  const response = client.handshake({ timeOutMs });
  assert(response !== undefined && response.timeOut > 0);
  const { sessionId } = response;
  return { client, credentials: { sessionId, passwd: Buffer.from(response.passwd!) } };
}

/** Every node with its data and Stat, as clients see them. */
function contentOf(tree: DataTree, path = '/'): Map<string, unknown> {
  const node = tree.find(path);
  const stat = tree.statPersisted(node);
  const content = new Map<string, unknown>([
    [path, { data: tree.data(node)?.toString(), stat, acl: tree.acl(node) }],
  ]);
  for (const name of tree.children(node)) {
    const child = path === '/' ? `/${name}` : `${path}/${name}`;
    for (const [key, value] of contentOf(tree, child)) content.set(key, value);
  }
  return content;
}

test('a server stops in good order: everyone is closed, and everything is there again', async () => {
  const server = await InProcessServer.start();
  const { client, credentials } = openSession(server);
  client.request(create('/mine', { flags: 1 }));
  client.request(create('/a', { data: 'data' }));
  const before = contentOf(server.recovery.database.tree);
  await server.stop();
  assert.equal(client.ended, 'closed');
  const again = await server.restart();
  assert.deepEqual(contentOf(again.recovery.database.tree), before);
  assert.equal(again.client().handshake(credentials)?.timeOut, 10_000);
});

test('a write that is under way when the server stops is written, though nobody hears of it', async () => {
  const server = await InProcessServer.start();
  const { client } = openSession(server);
  client.send(create('/a'));
  server.turn();
  const stopped = server.peer.stop();
  server.settle();
  await server.disk.run(stopped);
  const again = await server.restart();
  assert.notEqual(again.recovery.database.tree.find('/a'), -1);
});

test('stopping twice is stopping once', async () => {
  const server = await InProcessServer.start();
  await server.stop();
  await server.stop();
});

test('after a restart zxids go on, in a log of its own, and digests agree', async () => {
  const server = await InProcessServer.start();
  const { client } = openSession(server);
  client.request(create('/a'));
  let running = server;
  const zxids: Int64[] = [server.recovery.database.lastProcessedZxid];
  for (let round = 0; round < 3; round += 1) {
    await running.stop();
    running = await running.restart();
    assert.equal(running.recovery.digestMismatchCount, 0);
    openSession(running).client.request(create(`/r${round}`));
    zxids.push(running.recovery.database.lastProcessedZxid);
  }
  for (const [i, zxid] of zxids.entries()) {
    assert.equal(int64ToHex(zxid), (2 + 2 * i).toString(16));
  }
  const logs = running.disk.paths.filter((path) => path.includes('/log.'));
  assert.deepEqual(
    logs,
    ['1', '3', '5', '7'].map((hex) => `/data/version-2/log.${hex}`),
  );
});

test('sessions outlive a crash, with their nodes and their whole timeout', async () => {
  const server = await InProcessServer.start();
  const { client, credentials } = openSession(server);
  client.request(create('/mine', { flags: 1 }));
  const lost = openSession(server);
  lost.client.request(create('/lost', { flags: 1 }));
  server.advance(8000);
  const again = await server.crashAndRestart();
  const { tree } = again.recovery.database;
  again.advance(9000);
  const back = again.client();
  assert.equal(back.handshake(credentials)?.timeOut, 10_000);
  const { body } = back.request(onPath(OpCode.getEphemerals, '/'));
  assert.deepEqual([body.readCount(4), body.readString()], [1, '/mine']);
  again.advance(3000);
  assert.deepEqual([tree.find('/mine') >= 0, tree.find('/lost') >= 0], [true, false]);
});

test('a session that was closed before the crash stays closed', async () => {
  const server = await InProcessServer.start();
  const { client, credentials } = openSession(server);
  client.request(create('/mine', { flags: 1 }));
  client.request({ op: OpCode.closeSession });
  const again = await server.crashAndRestart();
  assert.equal(again.client().handshake(credentials)?.timeOut, 0);
  assert.equal(again.recovery.database.tree.find('/mine'), -1);
});

test('new sessions after a restart have new ids, also where the clock went back', async () => {
  const server = await InProcessServer.start();
  const ids = new Set([1, 2, 3].map(() => int64ToHex(openSession(server).credentials.sessionId)));
  server.clock.shiftWall(-1);
  const again = await server.crashAndRestart();
  for (let i = 0; i < 3; i += 1) ids.add(int64ToHex(openSession(again).credentials.sessionId));
  assert.equal(ids.size, 6);
});

test('a client comes back with its watches, and hears what it missed', async () => {
  const server = await InProcessServer.start();
  const { client, credentials } = openSession(server);
  client.request(create('/a'));
  client.request(create('/b'));
  client.request(addWatch('/a', 0));
  const seen = client.request(read(OpCode.getData, '/b', true)).zxid;
  const other = openSession(server).client;
  other.request(create('/between'));
  const again = await server.crashAndRestart();
  openSession(again).client.request(setData('/b', 'changed'));
  const back = again.client();
  back.handshake({ ...credentials, lastZxidSeen: seen });
  back.send({
    op: OpCode.setWatches2,
    write: (w) => {
      w.writeLong(seen);
      for (const list of [['/a', '/b'], ['/between'], ['/a'], ['/a'], []]) {
        w.writeCount(list.length);
        for (const path of list) w.writeString(path);
      }
    },
  });
  again.settle();
  assert.deepEqual(back.takeNotes(), ['event 3 /b', 'event 1 /between', 'reply 1 0']);
});

test('the configuration decides what may be made, from the start on', async () => {
  const server = await InProcessServer.start({ config: { extendedTypesEnabled: false } });
  const { client } = openSession(server);
  const ttl = create('/t', { op: OpCode.create2, flags: 5 });
  assert.equal(client.request(ttl).err, -6);
  assert.equal(client.request(create('/zookeeper/config', { data: '' })).err, -110);
});

test('skipACL lets everybody in', async () => {
  const acl = [{ perms: 1, id: { scheme: 'ip', id: '9.9.9.9' } }];
  const server = await InProcessServer.start({ config: { skipAcl: true } });
  const { client } = openSession(server);
  client.request(create('/closed', { acl }));
  assert.equal(client.request(setData('/closed', 'x')).err, 0);
});

test('quotas are enforced, and the errors counted by namespace', async () => {
  const server = await InProcessServer.start({ config: { enforceQuota: true } });
  const { client } = openSession(server);
  for (const path of ['/q', '/zookeeper/quota/q']) client.request(create(path));
  client.request(create('/zookeeper/quota/q/zookeeper_stats', { data: 'count=0,bytes=0' }));
  const limits = 'count=-1,bytes=-1=;countHardLimit=2';
  client.request(create('/zookeeper/quota/q/zookeeper_limits', { data: limits }));
  assert.equal(client.request(create('/q/1')).err, 0);
  assert.equal(client.request(create('/q/2')).err, -125);
  client.request(remove('/q/1'));
  assert.equal(client.request(create('/q/2')).err, 0);
  const counted: string[] = [];
  server.peer.metrics.quotaExceededErrorPerNamespace.dump((name, value) =>
    counted.push(`${name} ${value}`),
  );
  assert.deepEqual(counted, ['q_quota_exceeded_error_per_namespace 1']);
});

// -- crashes at any moment ------------------------------------------------------------------------------------

/** A write, and whether it was acknowledged: for `path` what data it should have then. */
type Claim = { readonly path: string; readonly data: string; readonly acknowledged: boolean };

test('whenever the power fails, what was acknowledged is there and nothing is half there', async () => {
  for (let seed = 1; seed <= 25; seed += 1) {
    const random = new Random(seed);
    let server = await InProcessServer.start({ seed });
    const claims: Claim[] = [];
    let count = 0;
    for (let life = 0; life < 4; life += 1) {
      const { client } = openSession(server, 40_000);
      const waiting = new Map<number, Claim>();
      const steps = random.between(5, 40);
      for (let step = 0; step < steps; step += 1) {
        count += 1;
        const data = `${life}-${count}`;
        const path = `/n${count}`;
        const twin = { data: `${data}-twin` };
        const request = random.chance(30)
          ? multi(OpCode.multi, [create(path, { data }), create(`${path}-twin`, twin)])
          : create(path, { data });
        waiting.set(client.send(request), { path, data, acknowledged: true });
        // The disk does some of what waits, so that the crash finds it in the middle of something.
        server.isDiskHeld = true;
        server.settle();
        for (let i = random.below(4); i > 0; i -= 1) server.disk.step();
        server.settle();
        for (const frame of client.take()) {
          if (frame.kind !== 'reply') continue;
          const claim = waiting.get(frame.xid);
          assert(claim !== undefined && frame.err === 0);
          waiting.delete(frame.xid);
          claims.push(claim);
        }
      }
      for (const claim of waiting.values()) claims.push({ ...claim, acknowledged: false });
      const zxid = server.recovery.database.lastProcessedZxid;
      server = await server.crashAndRestart();
      const where = `seed ${seed}, life ${life}`;
      assert(compareInt64(server.recovery.lastZxid, zxid) >= 0, where);
      assert.equal(server.recovery.digestMismatchCount, 0, where);
      const { tree } = server.recovery.database;
      for (const { path, data, acknowledged } of claims) {
        const node = tree.find(path);
        if (acknowledged) assert.notEqual(node, -1, `${where}: ${path} is lost`);
        if (node >= 0) assert.equal(tree.data(node)?.toString(), data, where);
        const twin = tree.find(`${path}-twin`);
        if (twin >= 0) assert(node >= 0, `${where}: half of a multi`);
      }
    }
  }
});

test('whatever was written, the tree after a crash is the tree before it, and digests agree', async () => {
  for (let seed = 1; seed <= 8; seed += 1) {
    const random = new Random(seed);
    const config = { extendedTypesEnabled: true, closeSessionTxnEnabled: random.chance(70) };
    let server = await InProcessServer.start({ seed, config });
    for (let life = 0; life < 3; life += 1) {
      let clients = Array.from({ length: 3 }, () => openSession(server).client);
      for (let step = 0; step < 40; step += 1) {
        const client = random.pick(clients);
        const count = random.between(1, 10);
        client.sendTogether(Array.from({ length: count }, () => randomWrite(random)));
        if (random.chance(10)) {
          client.send({ op: OpCode.closeSession });
          clients = clients.filter((each) => each !== client);
          clients.push(openSession(server).client);
        }
        server.settle();
      }
      const before = contentOf(server.recovery.database.tree);
      const { sessions, tree } = server.recovery.database;
      const digest = tree.digest;
      server = await server.crashAndRestart();
      const where = `seed ${seed}, life ${life}`;
      assert.deepEqual(contentOf(server.recovery.database.tree), before, where);
      assert.deepEqual(server.recovery.database.tree.digest, digest, where);
      assert.deepEqual([...server.recovery.database.sessions], [...sessions], where);
      assert.equal(server.recovery.digestMismatchCount, 0, where);
    }
  }
});

test('identities do not outlive a connection', async () => {
  const server = await InProcessServer.start();
  const { client, credentials } = openSession(server);
  client.request(auth('digest', 'user:password'), -4);
  client.request(create('/mine', { acl: [{ perms: 31, id: { scheme: 'auth', id: '' } }] }));
  const again = server.client();
  again.handshake(credentials);
  assert.equal(again.request(read(OpCode.getData, '/mine')).err, -102);
});

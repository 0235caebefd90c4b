/** What clients may ask, what they are answered, and what it costs them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JuteWriter } from 'jute-ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { InProcessServer } from '../../sim/in-process-server.ts';
import { frame, type NetworkClient, requestFrame } from '../../sim/network-client.ts';
import {
  addWatch,
  auth,
  create,
  multi,
  type Operation,
  onPath,
  read,
  remove,
  setAcl,
  setData,
} from '../../vectors/requests.ts';

const { getData, getChildren } = OpCode;

function has(server: InProcessServer, path: string): boolean {
  return server.recovery.database.tree.find(path) >= 0;
}

/** Whether the server still answers somebody else. */
function assertServes(server: InProcessServer): void {
  assert.equal(server.session().request(onPath(OpCode.sync, '/')).err, 0);
}

// -- what is unknown or malformed -------------------------------------------------------------------------

const UNKNOWN = [0, 10, 13, 20, 23, 99, 108, 999, -1, -10, -12, 0x7fff_ffff, -0x8000_0000];

for (const op of UNKNOWN) {
  test(`operation ${op} is answered UNIMPLEMENTED with zxid −1, and costs the connection`, async () => {
    const server = await InProcessServer.start();
    const client = server.session();
    const other = server.session();
    client.send(create('/before'));
    const xid = client.send({ op, write: (w) => w.writeString('/a') });
    client.send(create('/behind'));
    server.settle();
    const replies = client.take();
    const reply = replies.at(-1);
    assert(reply?.kind === 'reply');
    assert.deepEqual([reply.xid, reply.err, reply.zxid], [xid, -6, { hi: -1, lo: -1 }]);
    assert.equal(client.ended, 'closed');
    assert.deepEqual([has(server, '/before'), has(server, '/behind')], [true, false]);
    assert.equal(other.request(create('/other')).err, 0);
  });
}

const READS = [
  OpCode.exists,
  getData,
  OpCode.getACL,
  getChildren,
  OpCode.getChildren2,
  OpCode.sync,
  OpCode.getEphemerals,
  OpCode.getAllChildrenNumber,
  OpCode.multiRead,
  OpCode.setWatches,
  OpCode.setWatches2,
  OpCode.addWatch,
  OpCode.checkWatches,
  OpCode.removeWatches,
];

const WRITES = [
  OpCode.create,
  OpCode.create2,
  OpCode.createContainer,
  OpCode.createTTL,
  OpCode.delete,
  OpCode.setData,
  OpCode.setACL,
  OpCode.multi,
  OpCode.reconfig,
];

for (const op of [...READS, ...WRITES]) {
  test(`operation ${op} with a malformed body is answered so, and the connection stays`, async () => {
    const server = await InProcessServer.start();
    const client = server.session();
    const before = server.recovery.database.lastProcessedZxid.lo;
    for (const hex of ['', '0000', 'fffffffe', '7fffffff2f61']) {
      const reply = client.request({ op, write: (w) => w.writeBytes(Buffer.from(hex, 'hex')) });
      assert.equal(reply.err, -5, hex);
      assert.equal(op === OpCode.multiRead || reply.body.remaining === 0, true, hex);
    }
    assert.equal(client.ended, undefined);
    assert.equal(client.request(create('/a')).err, 0);
    const zxids = server.recovery.database.lastProcessedZxid.lo - before;
    assert.equal(zxids, WRITES.includes(op as never) ? 5 : 1, 'each malformed write takes a zxid');
  });
}

test('a request shorter than its header costs the connection', async () => {
  const server = await InProcessServer.start();
  for (const bytes of [0, 1, 4, 7]) {
    const client = server.session();
    client.connection.send(frame((w) => w.writeBytes(Buffer.alloc(bytes))));
    server.settle();
    assert.equal(client.ended, 'closed', `${bytes} bytes`);
    assert.deepEqual(client.take(), []);
  }
  assertServes(server);
});

test('a frame above jute.maxbuffer costs the connection as soon as its length is there', async () => {
  const server = await InProcessServer.start({ config: { juteMaxBufferBytes: 1000 } });
  for (const length of [1001, 0x7fff_ffff, -1]) {
    const client = server.session();
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(length);
    client.connection.send(bytes);
    server.settle();
    assert.equal(client.ended, 'closed', `${length}`);
  }
  const client = server.session();
  // Header, path, data and its length, ACL, flags: exactly 1000.
  const largest = create('/a', { data: 'x'.repeat(1000 - 8 - 6 - 4 - 4 - 4 - 9 - 10 - 4) });
  assert.equal(requestFrame(largest, 1).length - 4, 1000);
  assert.equal(client.request(largest).err, -8, 'its reader could not have it');
  assertServes(server);
});

test('writes that would make a node or a list too large are refused, and readers stay well', async () => {
  const server = await InProcessServer.start({
    config: { juteMaxBufferBytes: 1000, maxChildrenReplyBytes: 1000 },
  });
  const client = server.session();
  client.request(create('/data', { data: 'x'.repeat(800) }));
  assert.equal(client.request(setData('/data', 'x'.repeat(912))).err, 0);
  assert.equal(client.request(setData('/data', 'x'.repeat(913))).err, -8);
  const data = server.log.matching('getData');
  assert.equal(data.length, 1);
  assert.equal(data[0]?.fields['path'], '/data');
  const { body } = client.request(read(getData, '/data'));
  assert.equal(body.readBuffer()?.length, 912);

  client.request(create('/list'));
  const refused = Array.from({ length: 120 }, (_, i) => i).filter(
    (i) => client.request(create(`/list/${1000 + i}`)).err !== 0,
  );
  // 84 bytes of header and Stat, 4 of count, 8 for each child.
  assert.equal(refused[0], Math.floor((1000 - 88) / 8));
  const list = server.log.matching('getChildren');
  assert.equal(list[0]?.fields['path'], '/list');
  assert.equal(client.request(read(OpCode.getChildren2, '/list')).body.remaining, 1000 - 16);
  client.request(remove('/list/1000'));
  assert.equal(client.request(create('/list/9999')).err, 0);
});

test('random bytes from a client never harm another', async () => {
  const server = await InProcessServer.start();
  let seed = 12345;
  const next = (): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return seed >>> 8;
  };
  for (let round = 0; round < 300; round += 1) {
    const client = server.session();
    const body = Buffer.from(Array.from({ length: next() % 64 }, () => next() & 0xff));
    const op = [...READS, ...WRITES, OpCode.auth, OpCode.sasl, next() % 120][next() % 26] ?? 1;
    client.send({ op, write: (w: JuteWriter) => w.writeBytes(body) });
    server.settle();
    client.connection.reset();
  }
  server.settle();
  assertServes(server);
  assert.deepEqual(server.fatals, []);
});

// -- who one is -------------------------------------------------------------------------------------------

test('authentication adds an identity, and is answered at once with zxid 0', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  server.isDiskHeld = true;
  client.send(create('/a'));
  client.send(auth('digest', 'user:password'), -4);
  server.settle();
  const [reply] = client.take();
  assert(reply?.kind === 'reply');
  assert.deepEqual([reply.xid, reply.err, reply.zxid], [-4, 0, { hi: 0, lo: 0 }]);
  server.isDiskHeld = false;
  server.settle();
  const { body } = client.request({ op: OpCode.whoAmI });
  assert.equal(body.readCount(8), 2);
});

test('identities add up, and the same one twice is one', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  for (const credentials of ['a:1', 'b:2', 'a:1']) client.request(auth('digest', credentials), -4);
  assert.equal(client.request({ op: OpCode.whoAmI }).body.readCount(8), 3);
  assert.equal(client.request(auth('ip', ''), -4).err, 0);
  assert.equal(client.request({ op: OpCode.whoAmI }).body.readCount(8), 3);
});

test('a node for oneself is one’s own', async () => {
  const server = await InProcessServer.start();
  const owner = server.session();
  const other = server.session();
  const acl = [{ perms: 31, id: { scheme: 'auth', id: '' } }];
  assert.equal(owner.request(create('/mine', { acl })).err, -114, 'nothing is proven yet');
  owner.request(auth('digest', 'user:password'), -4);
  assert.equal(owner.request(create('/mine', { acl })).err, 0);
  assert.equal(owner.request(read(getData, '/mine')).err, 0);
  for (const request of [read(getData, '/mine'), setData('/mine', 'x'), create('/mine/x')]) {
    assert.equal(other.request(request).err, -102);
  }
  other.request(auth('digest', 'user:wrong'), -4);
  assert.equal(other.request(read(getData, '/mine')).err, -102);
  other.request(auth('digest', 'user:password'), -4);
  assert.equal(other.request(read(getData, '/mine')).err, 0);
});

test('the super user may do everything', async () => {
  const server = await InProcessServer.start({
    config: { superDigest: 'super:D/InIHSb7yEEbrWz8b9l71RjZJU=' },
  });
  const client = server.session();
  client.request(create('/closed', { acl: [{ perms: 1, id: { scheme: 'ip', id: '9.9.9.9' } }] }));
  assert.equal(client.request(setData('/closed', 'x')).err, -102);
  client.request(auth('digest', 'super:test'), -4);
  assert.equal(client.request(setData('/closed', 'x')).err, 0);
  assert.equal(client.request(setData('/zookeeper/config', 'x')).err, 0);
});

/** Packets that prove nothing. */
const FAILURES: readonly (readonly [what: string, packet: Operation])[] = [
  ['an unknown scheme', auth('kerberos', 'x')],
  ['the scheme of everybody', auth('world', 'anyone')],
  ['the scheme super', auth('super', '')],
  [
    'a null scheme',
    { op: OpCode.auth, write: (w) => [0, -1, -1].forEach((n) => void w.writeInt(n)) },
  ],
  [
    'digest without data',
    {
      op: OpCode.auth,
      write: (w) => {
        w.writeInt(0);
        w.writeString('digest');
        w.writeBuffer(null);
      },
    },
  ],
];

for (const [what, packet] of FAILURES) {
  test(`authentication with ${what} fails, which is answered and costs the connection`, async () => {
    const server = await InProcessServer.start();
    const client = server.session();
    client.send(packet, -4);
    client.send(create('/behind'));
    server.settle();
    assert.deepEqual(client.takeNotes(), ['reply -4 -115']);
    assert.equal(client.ended, 'closed');
    assert.equal(has(server, '/behind'), false);
    assert.equal(server.peer.stats.authFailedCount, 1);
    assert.equal(server.log.matching('authentication failed').length, 1);
  });
}

test('a malformed AuthPacket costs the connection without an answer', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  client.send({ op: OpCode.auth, write: (w) => w.writeInt(5) }, -4);
  server.settle();
  assert.deepEqual(client.take(), []);
  assert.equal(client.ended, 'closed');
});

test('a SASL token is answered with none, and the client goes on', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  const reply = client.request({ op: OpCode.sasl, write: (w) => w.writeBuffer(Buffer.from('x')) });
  assert.deepEqual([reply.err, reply.body.readBuffer()], [0, null]);
  assert.equal(client.request(create('/a')).err, 0);
});

test('with enforce.auth nothing is done before authentication, not even a ping', async () => {
  const config = { enforceAuth: { enabled: true, schemes: ['digest'] } };
  for (const request of [{ op: OpCode.ping }, create('/a'), { op: OpCode.closeSession }]) {
    const server = await InProcessServer.start({ config });
    const client = server.session();
    const xid = client.send(request);
    server.settle();
    assert.deepEqual(client.takeNotes(), [`reply ${xid} -124`]);
    assert.equal(client.ended, 'closed');
    assert.equal(has(server, '/a'), false);
  }
});

test('with enforce.auth one of the schemes is enough', async () => {
  const config = { enforceAuth: { enabled: true, schemes: ['sasl', 'digest'] } };
  const server = await InProcessServer.start({ config });
  const client = server.session();
  assert.equal(client.request(auth('digest', 'user:password'), -4).err, 0);
  assert.equal(client.request(create('/a')).err, 0);
});

test('identities count for the requests behind them, not for those under way', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  const acl = [{ perms: 31, id: { scheme: 'digest', id: 'user:tpUq/4Pn5A64fVZyQ0gOJ8ZWqkY=' } }];
  client.request(create('/closed', { acl }));
  server.isDiskHeld = true;
  client.send(create('/slow'));
  const before = client.send(read(getData, '/closed'));
  client.send(auth('digest', 'user:password'), -4);
  const after = client.send(read(getData, '/closed'));
  server.settle();
  server.isDiskHeld = false;
  server.settle();
  assert.deepEqual(client.takeNotes().slice(-2), [`reply ${before} -102`, `reply ${after} 0`]);
});

// -- watches ----------------------------------------------------------------------------------------------

test('an event comes before the reply to the write that caused it, and before any later read', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  const watcher = server.session();
  client.request(create('/a'));
  for (const each of [client, watcher]) each.request(read(getData, '/a', true));
  const write = client.send(setData('/a', 'x'));
  const later = client.send(read(getData, '/a'));
  const theirs = watcher.send(read(getData, '/a'));
  server.settle();
  assert.deepEqual(client.takeNotes(), [`event 3 /a`, `reply ${write} 0`, `reply ${later} 0`]);
  assert.deepEqual(watcher.takeNotes().at(-1), `event 3 /a`);
  assert.equal(theirs, 2);
});

test('an event carries the zxid of the change, one that setWatches brings none', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  client.request(create('/a'));
  client.request(read(getData, '/a', true));
  client.send(setData('/a', 'x'));
  server.settle();
  const [event, reply] = client.take();
  assert(event?.kind === 'event' && reply?.kind === 'reply');
  assert.deepEqual(event.zxid, reply.zxid);
  client.send({
    op: OpCode.setWatches,
    write: (w) => {
      w.writeLong({ hi: 0, lo: 0 });
      w.writeCount(1);
      w.writeString('/a');
      w.writeCount(0);
      w.writeCount(0);
    },
  });
  server.settle();
  const [missed, done] = client.take();
  assert(missed?.kind === 'event' && done?.kind === 'reply');
  assert.deepEqual([missed.type, missed.path, missed.zxid], [3, '/a', { hi: -1, lo: -1 }]);
});

test('who may not read a node does not hear of it, and has lost the watch', async () => {
  const server = await InProcessServer.start();
  const owner = server.session();
  const watcher = server.session();
  owner.request(create('/a'));
  watcher.request(read(getData, '/a', true));
  watcher.request(addWatch('/', 1));
  owner.request(setAcl('/a', [{ perms: 31, id: { scheme: 'ip', id: '9.9.9.9' } }]));
  owner.request(remove('/a'));
  server.settle();
  assert.deepEqual(watcher.takeNotes(), []);
  owner.request(create('/a'));
  assert.deepEqual(watcher.takeNotes(), ['event 1 /a'], 'the recursive watch is still there');
});

test('the watches of a connection that is gone are gone', async () => {
  const server = await InProcessServer.start();
  const COUNT = 20;
  const clients = Array.from({ length: COUNT }, () => server.session());
  for (const [i, client] of clients.entries()) {
    client.request(read(OpCode.exists, `/n${i}`, true));
    client.request(read(getChildren, '/', true));
    client.request(addWatch(`/p${i}`, i % 2));
  }
  const watchCount = (): number => {
    let count = 0;
    server.peer.metrics.registry.dump((name, value) => {
      if (name === 'watch_count') count = Number(value);
    });
    return count;
  };
  assert.equal(watchCount(), COUNT * 3 + COUNT / 2);
  for (const [i, client] of clients.entries()) {
    if (i % 3 === 0) client.connection.reset();
    else if (i % 3 === 1) client.connection.finish();
    else client.send({ op: OpCode.closeSession });
  }
  server.settle();
  assert.equal(watchCount(), 0);
});

test('events of a multi come operation by operation, all of them before its reply', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  client.request(create('/a'));
  client.request(addWatch('/a', 0));
  client.request(addWatch('/', 1));
  const xid = client.send(
    multi(OpCode.multi, [create('/a/x'), setData('/a', 'x'), remove('/a/x')]),
  );
  server.settle();
  assert.deepEqual(client.takeNotes(), [
    'event 1 /a/x',
    'event 4 /a',
    'event 3 /a',
    'event 2 /a/x',
    'event 4 /a',
    `reply ${xid} 0`,
  ]);
});

/** All that a client has got, as notes, after `send`. */
function answersTo(server: InProcessServer, client: NetworkClient, send: () => void): string[] {
  send();
  server.settle();
  return client.takeNotes();
}

test('each write’s own answer, end to end', async () => {
  const server = await InProcessServer.start();
  const client = server.session();
  const ttl = create('/c', { op: OpCode.createContainer, flags: 4 });
  const notes = answersTo(server, client, () => {
    for (const request of [create('/a'), create('/a'), ttl, setData('/a', 'x', 9), remove('/x')]) {
      client.send(request);
    }
  });
  assert.deepEqual(notes, [
    'reply 1 0',
    'reply 2 -110',
    'reply 3 0',
    'reply 4 -103',
    'reply 5 -101',
  ]);
});

/** What a server tells of itself, over its own words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { int64ToHex } from '../../../protocol/int64.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { FOUR_LETTER_WORDS } from '../../../server/admin/four-letter-word.ts';
import type { Config } from '../../../server/config/config-type.ts';
import { InProcessServer } from '../../sim/in-process-server.ts';
import type { NetworkClient } from '../../sim/network-client.ts';
import { addWatch, create, read, setData } from '../../vectors/requests.ts';

function start(config: Partial<Config> = {}): Promise<InProcessServer> {
  return InProcessServer.start({
    config: { fourLetterWords: new Set(FOUR_LETTER_WORDS), ...config },
  });
}

function say(server: InProcessServer, word: string): string {
  const connection = server.connect();
  connection.send(Buffer.from(word));
  server.settle();
  assert.equal(connection.ended, 'closed');
  return connection.take().toString();
}

/** The value of a `zk_` line of mntr. */
function mntr(server: InProcessServer, key: string): string | undefined {
  return new RegExp(`^zk_${key}\\t(.*)$`, 'm').exec(say(server, 'mntr'))?.[1];
}

function sessionIdOf(server: InProcessServer): { client: NetworkClient; id: string } {
  const client = server.client();
  const response = client.handshake({ timeOutMs: 10_000 });
  assert(response !== undefined);
  return { client, id: `0x${int64ToHex(response.sessionId)}` };
}

test('srvr shows what has happened', async () => {
  const server = await start();
  const client = server.session();
  client.request(create('/a'));
  client.request(read(OpCode.getData, '/a'));
  const lines = say(server, 'srvr').split('\n');
  assert.deepEqual(lines.slice(1), [
    'Latency min/avg/max: 0/0.0/0',
    'Received: 4',
    'Sent: 3',
    'Connections: 2',
    'Outstanding: 0',
    'Zxid: 0x2',
    'Mode: standalone',
    'Node count: 6',
    '',
  ]);
});

test('stat and cons show the connections, the one that asks included', async () => {
  const server = await start();
  const { client, id } = sessionIdOf(server);
  client.request(create('/a'));
  assert.match(
    say(server, 'stat'),
    /Clients:\n \/127\.0\.0\.1:50000\[1\]\(queued=0,recved=2,sent=2\)\n \/127\.0\.0\.1:50001\[0\]\(queued=0,recved=1,sent=0\)\n\n/,
  );
  const [line] = say(server, 'cons').split('\n');
  assert.match(
    line ?? '',
    new RegExp(
      `^ /127\\.0\\.0\\.1:50000\\[1\\]\\(queued=0,recved=2,sent=2,sid=${id},lop=CREA,est=1700000000000,to=10000,lcxid=0x1,lzxid=0x2,`,
    ),
  );
});

test('a request under way is outstanding, and its connection waits to be read', async () => {
  const server = await start();
  const client = server.session();
  server.isDiskHeld = true;
  client.send(create('/a'));
  client.send(read(OpCode.getData, '/a'));
  server.settle();
  assert.match(say(server, 'srvr'), /\nOutstanding: 2\n/);
  assert.match(say(server, 'stat'), /50000\[1\]\(queued=2,recved=3,sent=1\)/);
  server.isDiskHeld = false;
  server.settle();
  assert.match(say(server, 'srvr'), /\nOutstanding: 0\n/);
});

test('a connection that does not take its replies waits to be written', async () => {
  const server = await start();
  const client = server.session();
  client.connection.stall();
  client.send(read(OpCode.getData, '/'));
  server.settle();
  assert.match(say(server, 'stat'), /50000\[5\]/);
});

test('srst and crst begin anew', async () => {
  const server = await start();
  const client = server.session();
  client.request(create('/a'));
  assert.equal(say(server, 'crst'), 'Connection stats reset.\n');
  assert.match(say(server, 'stat'), /50000\[1\]\(queued=0,recved=0,sent=0\)/);
  assert.equal(say(server, 'srst'), 'Server stats reset.\n');
  assert.match(say(server, 'srvr'), /\nReceived: 1\nSent: 0\n/);
});

test('wchs, wchc and wchp show watches on data, with their sessions', async () => {
  const server = await start();
  const { client, id } = sessionIdOf(server);
  client.request(read(OpCode.exists, '/a', true));
  client.request(addWatch('/b', 0));
  client.request(read(OpCode.getChildren, '/', true));
  assert.equal(say(server, 'wchs'), '1 connections watching 2 paths\nTotal watches:2\n');
  assert.equal(say(server, 'wchc'), `${id}\n\t/a\n\t/b\n\n`);
  assert.equal(say(server, 'wchp'), `/a\n\t${id}\n/b\n\t${id}\n\n`);
  assert.equal(mntr(server, 'watch_count'), '4');
});

test('dump shows sessions by the time at which they expire, and their nodes', async () => {
  const server = await start();
  const { client, id } = sessionIdOf(server);
  client.request(create('/mine', { flags: 1 }));
  const dump = say(server, 'dump');
  assert.match(dump, /^SessionTracker dump:\nSession Sets \(1\)\/\(1\):\n1 expire at /);
  assert.match(dump, new RegExp(`\\t${id}\n`));
  assert.match(dump, new RegExp(`Sessions with Ephemerals \\(1\\):\n${id}:\n\t/mine\n`));
  assert.match(dump, /Connections Sets \(\d\)\/\(2\):/);
});

test('conf shows the configuration', async () => {
  const server = await start();
  assert.equal(
    say(server, 'conf'),
    [
      'clientPort=2181',
      'secureClientPort=-1',
      'dataDir=/data/version-2',
      'dataDirSize=0',
      'dataLogDir=/data/version-2',
      'dataLogSize=0',
      'tickTime=2000',
      'maxClientCnxns=60',
      'minSessionTimeout=4000',
      'maxSessionTimeout=40000',
      'clientPortListenBacklog=-1',
      'serverId=0',
      '',
    ].join('\n'),
  );
});

test('a relative data directory is shown with the working directory', async () => {
  const server = await start({ dataDir: 'data', dataLogDir: 'data' });
  assert.match(say(server, 'conf'), /\ndataDir=\/data\/version-2\n/);
});

test('mntr shows gauges that follow the server', async () => {
  const server = await start();
  const client = server.session();
  client.request(create('/a', { data: 'x'.repeat(100), flags: 1 }));
  client.request(setData('/', 'x'));
  const GAUGES: readonly (readonly [key: string, value: string])[] = [
    ['server_state', 'standalone'],
    ['num_alive_connections', '2'],
    ['outstanding_requests', '0'],
    ['znode_count', '6'],
    ['ephemerals_count', '1'],
    ['global_sessions', '1'],
    ['watch_count', '0'],
    ['uptime', '60000'],
  ];
  server.advance(3000);
  client.ping();
  server.clock.pass(57_000);
  for (const [key, value] of GAUGES) assert.equal(mntr(server, key), value, key);
  assert(Number(mntr(server, 'approximate_data_size')) > 100);
});

test('hash shows the digests of every 128th transaction', async () => {
  const server = await start();
  const client = server.session();
  for (let i = 0; i < 300; i += 1) client.send(setData('/', `${i}`));
  server.settle();
  assert.match(say(server, 'hash'), /^80: \d+\n100: \d+\n$/);
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Int64 } from 'jute-ts';
import { INT64_MINUS_ONE, int64FromHex, int64FromNumber } from '../../../protocol/int64.ts';
import { environmentOf } from '../../../server/admin/environment.ts';
import {
  FOUR_LETTER_WORDS,
  type FourLetterWord,
  fourLetterWord,
  fourLetterWordOfCode,
  notWhitelisted,
} from '../../../server/admin/four-letter-word.ts';
import { lastOperationName } from '../../../server/admin/last-operation.ts';
import type {
  ConnectionStatus,
  NotServingStatus,
  ServingStatus,
} from '../../../server/admin/server-status.ts';
import { fullVersion } from '../../../server/admin/version.ts';
import { BufferStats } from '../../../server/metrics/buffer-stats.ts';
import {
  registerServerGauges,
  type ServerGaugeSource,
} from '../../../server/metrics/server-gauges.ts';
import { ServerMetrics } from '../../../server/metrics/server-metrics.ts';
import { ServerStats } from '../../../server/metrics/server-stats.ts';

const RECORDINGS = path.resolve(import.meta.dirname, '../../../../test/vectors/four-letter-words');

function recorded(name: string): string {
  return readFileSync(path.join(RECORDINGS, `${name}.txt`), 'utf8');
}

function id(hex: string): Int64 {
  return int64FromHex(hex)!;
}

const A = id('1000019a4b80000');
const B = id('1000019a4b80001');
const APACHE_VERSION =
  '3.9.5-293c895a8d966a3ecb92872be4a1daf87d725da2, built on 2026-02-11 20:18 UTC';

function connection(
  remotePort: number,
  [packetsReceived, packetsSent]: readonly [number, number],
  session: ConnectionStatus['session'] = null,
): ConnectionStatus {
  return {
    remoteAddress: '127.0.0.1',
    remotePort,
    interestOps: session === null ? 0 : 1,
    outstandingRequestCount: 0,
    packetsReceived,
    packetsSent,
    session,
  };
}

const CONNECTION_A = connection(44294, [312, 313], {
  id: A,
  timeoutMs: 10_000,
  lastOperation: lastOperationName(4),
  establishedAtMs: 1795343513333,
  lastCxid: 0x137,
  lastZxid: id('134'),
  lastResponseAtMs: 1685465.9,
  lastLatencyMs: 0.4,
  minLatencyMs: 0.1,
  avgLatencyMs: 1.6,
  maxLatencyMs: 16.2,
});
const CONNECTION_B = connection(44306, [5, 6], {
  id: B,
  timeoutMs: 6000,
  lastOperation: lastOperationName(8),
  establishedAtMs: 1795343513359,
  lastCxid: 4,
  lastZxid: id('8'),
  lastResponseAtMs: 1684540,
  lastLatencyMs: 4,
  minLatencyMs: 0,
  avgLatencyMs: 1,
  maxLatencyMs: 4,
});
const NOTHING_ANSWERED = {
  lastOperation: 'NA',
  lastCxid: null,
  lastZxid: INT64_MINUS_ONE,
  lastResponseAtMs: 0,
  lastLatencyMs: 0,
  minLatencyMs: 0,
  avgLatencyMs: 0,
  maxLatencyMs: 0,
} as const;

const GAUGES: ServerGaugeSource = {
  uptimeMs: 1234.5,
  aliveConnectionCount: 1,
  outstandingRequestCount: 0,
  znodeCount: 5,
  watchCount: 0,
  ephemeralCount: 0,
  approximateDataBytes: 44,
  globalSessionCount: 0,
  localSessionCount: 0,
  openFileDescriptorCount: 48,
  maxFileDescriptorCount: 20_000,
  connectionDropProbability: 0,
  outstandingTlsHandshakeCount: 0,
  quotaCountLimits: new Map(),
  quotaBytesLimits: new Map(),
  quotaCountUsage: new Map(),
  quotaBytesUsage: new Map(),
};

/** A server as it was when the recordings were made, with what a test changes. */
function serving(changes: Partial<ServingStatus> = {}): ServingStatus {
  const serverMetrics = new ServerMetrics();
  const stats = new ServerStats(serverMetrics);
  registerServerGauges(serverMetrics.registry, stats, GAUGES);
  return {
    serving: true,
    environment: [],
    traceMask: int64FromNumber(306),
    version: APACHE_VERSION,
    mode: 'standalone',
    stats,
    metrics: serverMetrics.registry,
    connections: [CONNECTION_B, CONNECTION_A],
    outstandingRequestCount: 0,
    lastProcessedZxid: id('134'),
    nodeCount: 10,
    proposals: null,
    conf: {
      clientPort: 2181,
      secureClientPort: null,
      dataDir: '/var/lib/zookeeper',
      dataDirBytes: 67109358,
      dataLogDir: '/var/lib/zookeeper',
      dataLogDirBytes: 67109358,
      tickTimeMs: 2000,
      maxClientCnxns: 60,
      minSessionTimeoutMs: 4000,
      maxSessionTimeoutMs: 40_000,
      listenBacklog: null,
      serverId: 0,
    },
    watches: {
      connectionCount: 2,
      pathCount: 3,
      totalCount: 3,
      bySession: [
        { session: B, paths: ['/app/none'] },
        { session: A, paths: ['/app', '/app/one'] },
      ],
      byPath: [
        { path: '/app/none', sessions: [B] },
        { path: '/app', sessions: [A] },
        { path: '/app/one', sessions: [A] },
      ],
    },
    sessionExpiry: [
      { expiresAtMs: Date.UTC(2026, 10, 22, 10, 32, 0), members: [B] },
      { expiresAtMs: Date.UTC(2026, 10, 22, 10, 32, 4), members: [A] },
    ],
    ephemerals: [
      { session: B, paths: ['/app/beph'] },
      { session: A, paths: ['/app/eph2', '/app/eph'] },
    ],
    connectionExpiry: [
      {
        expiresAtMs: Date.UTC(2026, 10, 22, 10, 32, 8),
        members: [CONNECTION_B, connection(44406, [1, 0]), CONNECTION_A],
      },
    ],
    digests: [
      { zxid: id('80'), digest: int64FromNumber(13444267674) },
      { zxid: id('100'), digest: int64FromNumber(13645925621) },
    ],
    ...changes,
  };
}

/** Traffic of the recording: latency 0/1.6183/16. */
function trafficOfRecording(received: number, sent: number): ServerStats {
  const stats = new ServerStats(new ServerMetrics());
  stats.latencyMs.add(0);
  stats.latencyMs.add(16);
  stats.latencyMs.count = 317;
  stats.latencyMs.sum = 513;
  stats.packetsReceived = received;
  stats.packetsSent = sent;
  return stats;
}

const NONE = {
  connectionCount: 0,
  pathCount: 0,
  totalCount: 0,
  bySession: [],
  byPath: [],
} as const;

const GOLDEN: readonly [recording: string, word: FourLetterWord, status: ServingStatus][] = [
  [
    'srvr',
    'srvr',
    serving({
      stats: trafficOfRecording(319, 322),
      connections: [CONNECTION_A, CONNECTION_B, connection(44310, [1, 0])],
    }),
  ],
  [
    'stat',
    'stat',
    serving({
      stats: trafficOfRecording(320, 323),
      connections: [CONNECTION_B, connection(44326, [1, 0]), CONNECTION_A],
    }),
  ],
  ['conf', 'conf', serving()],
  ['dirs', 'dirs', serving()],
  [
    'cons',
    'cons',
    serving({ connections: [connection(44340, [1, 0]), CONNECTION_B, CONNECTION_A] }),
  ],
  [
    'cons-after-crst',
    'cons',
    serving({
      connections: [
        connection(44444, [1, 0]),
        connection(44306, [0, 0], { ...CONNECTION_B.session!, ...NOTHING_ANSWERED }),
        connection(44294, [0, 0], { ...CONNECTION_A.session!, ...NOTHING_ANSWERED }),
      ],
    }),
  ],
  ['isro', 'isro', serving()],
  ['wchs', 'wchs', serving()],
  ['wchc', 'wchc', serving()],
  ['wchp', 'wchp', serving()],
  ['wchs-without-sessions', 'wchs', serving({ watches: NONE })],
  ['wchc-without-sessions', 'wchc', serving({ watches: NONE })],
  ['wchp-without-sessions', 'wchp', serving({ watches: NONE })],
  ['dump', 'dump', serving()],
  [
    'dump-without-sessions',
    'dump',
    serving({
      sessionExpiry: serving().sessionExpiry.map((bucket) => ({ ...bucket, members: [] })),
      ephemerals: [],
      connectionExpiry: [
        {
          expiresAtMs: serving().connectionExpiry[0]!.expiresAtMs,
          members: [connection(44488, [1, 0])],
        },
      ],
    }),
  ],
  ['hash', 'hash', serving()],
  ['gtmk', 'gtmk', serving()],
  ['crst', 'crst', serving()],
  ['srst', 'srst', serving()],
];

for (const [recording, word, status] of GOLDEN) {
  test(`${recording} is what Apache ZooKeeper answers, byte for byte`, () => {
    assert.equal(fourLetterWord(word, status), recorded(recording));
  });
}

/** Keys that Apache ZooKeeper does not have. */
const OWN_KEYS = ['zk_slow_reader_disconnect_count'];

test('mntr of a fresh server has the keys that Apache ZooKeeper has, with numbers of the same kind', () => {
  const kinds = (text: string): string[] =>
    text
      .trimEnd()
      .split('\n')
      .filter((line) => !OWN_KEYS.includes(line.split('\t')[0]!))
      .map((line) => {
        const [key, value = ''] = line.split('\t');
        return `${key} ${/^-?\d+$/.test(value) ? 'integer' : /^\d+\.\d+$/.test(value) ? 'double' : value}`;
      })
      .sort();
  assert.deepEqual(kinds(fourLetterWord('mntr', serving())), kinds(recorded('mntr-fresh')));
});

test('mntr shows namespaces and quotas under their key', () => {
  const serverMetrics = new ServerMetrics();
  const stats = new ServerStats(serverMetrics);
  serverMetrics.readPerNamespace.add('app', 80);
  registerServerGauges(serverMetrics.registry, stats, {
    ...GAUGES,
    quotaCountLimits: new Map([['app', 5]]),
  });
  const lines = fourLetterWord('mntr', serving({ stats, metrics: serverMetrics.registry })).split(
    '\n',
  );
  assert.ok(lines.includes('zk_avg_app_read_per_namespace\t80.0'));
  assert.ok(lines.includes('zk_app_quota_count_limit_per_namespace\t5'));
});

test('a read-only server says so', () => {
  const status = serving({ mode: 'read-only' });
  assert.equal(fourLetterWord('isro', status), 'ro');
  assert.match(
    fourLetterWord('srvr', status),
    /UTC\nREAD-ONLY mode; serving only read-only clients\nLatency .*\nMode: read-only\n/s,
  );
});

test('a leader tells the sizes of its proposals', () => {
  const proposals = new BufferStats();
  const status = serving({ mode: 'leader', proposals });
  assert.match(fourLetterWord('srvr', status), /\nProposal sizes last\/min\/max: -1\/-1\/-1\n$/);
  proposals.add(48);
  assert.match(fourLetterWord('srvr', status), /\nProposal sizes last\/min\/max: 48\/48\/48\n$/);
});

test('a server that does not serve answers what it can', () => {
  const status: NotServingStatus = {
    serving: false,
    environment: [['host.name', 'localhost']],
    traceMask: int64FromNumber(306),
  };
  const line = 'This ZooKeeper instance is not currently serving requests';
  const others: Partial<Record<FourLetterWord, string>> = {
    ruok: 'imok',
    envi: 'Environment:\nhost.name=localhost\n',
    gtmk: '306',
    stmk: '306',
    isro: 'null',
    hash: line,
  };
  for (const word of FOUR_LETTER_WORDS) {
    assert.equal(fourLetterWord(word, status), others[word] ?? `${line}\n`, word);
  }
});

test('the environment has the names of Apache ZooKeeper', () => {
  const environment = environmentOf({
    version: fullVersion('0.1.0', Date.UTC(2026, 1, 11, 20, 18)),
    hostName: 'zk1',
    nodeVersion: 'v20.19.0',
    nodePath: '/usr/bin/node',
    temporaryDir: '/var/tmp',
    osName: 'Linux',
    osArch: 'x64',
    osVersion: '6.1',
    userName: 'zookeeper',
    userHome: '/var/lib/zookeeper',
    workingDir: '/',
    freeMemoryBytes: 253_755_392,
    maxMemoryBytes: 0x1000_0000,
    totalMemoryBytes: 0x1000_0000,
  });
  assert.equal(
    fourLetterWord('envi', serving({ environment })),
    `Environment:
zookeeper.version=3.9.5-okapi.0.1.0, built on 2026-02-11 20:18 UTC
host.name=zk1
java.version=<NA>
java.vendor=<NA>
java.home=<NA>
java.class.path=<NA>
java.library.path=<NA>
java.io.tmpdir=/var/tmp
java.compiler=<NA>
os.name=Linux
os.arch=x64
os.version=6.1
user.name=zookeeper
user.home=/var/lib/zookeeper
user.dir=/
os.memory.free=242MB
os.memory.max=256MB
os.memory.total=256MB
node.version=v20.19.0
node.path=/usr/bin/node
`,
  );
});

test('a command is known by the first four bytes of a connection', () => {
  for (const word of FOUR_LETTER_WORDS) {
    assert.equal(fourLetterWordOfCode(Buffer.from(word).readInt32BE(0)), word);
  }
  assert.equal(fourLetterWordOfCode(Buffer.from('fff4fffd', 'hex').readInt32BE(0)), 'telnet close');
  assert.equal(fourLetterWordOfCode(45), undefined);
  assert.equal(fourLetterWordOfCode(Buffer.from('RUOK').readInt32BE(0)), undefined);
});

test('a command that is not in the whitelist is told so', () => {
  assert.equal(
    notWhitelisted('mntr'),
    'mntr is not executed because it is not in the whitelist.\n',
  );
});

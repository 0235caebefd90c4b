import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Config,
  ConfigError,
  configFromArguments,
  type ParsedConfig,
  parseConfig,
  quickStartConfig,
  withMyid,
} from '../../../server/config.ts';

const MINIMAL = 'dataDir=/data\nclientPort=2181\n';

function parse(text: string, systemProperties: Record<string, string> = {}): ParsedConfig {
  return parseConfig(text, {
    file: 'zoo.cfg',
    systemProperties: new Map(Object.entries(systemProperties)),
  });
}

/** The Config of the two needed keys and `lines`. */
function config(lines = '', systemProperties: Record<string, string> = {}): Config {
  return parse(MINIMAL + lines, systemProperties).config;
}

/** The lines of the error, or none. */
function problems(text: string, systemProperties: Record<string, string> = {}): string[] {
  try {
    parse(text, systemProperties);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message.split('\n');
  }
}

function warnings(lines: string, systemProperties: Record<string, string> = {}): string[] {
  return parse(MINIMAL + lines, systemProperties).warnings.map(({ message }) => message);
}

test('two keys are enough, and everything else has the default of Apache ZooKeeper', () => {
  const parsed = parse(MINIMAL);
  assert.deepEqual(parsed.warnings, []);
  assert.deepEqual(parsed.notApplicable, []);
  assert.deepEqual(parsed.config, {
    file: 'zoo.cfg',
    dataDir: '/data',
    dataLogDir: '/data',
    datadirAutocreate: true,
    dbAutocreate: true,
    trustEmptySnapshot: false,
    clientPort: 2181,
    clientPortAddress: null,
    listenBacklog: null,
    tcpKeepAlive: false,
    serverId: null,
    servers: [],
    initLimitTicks: null,
    syncLimitTicks: null,
    tickTimeMs: 3000,
    minSessionTimeoutMs: 6000,
    maxSessionTimeoutMs: 60_000,
    localSessionsEnabled: false,
    localSessionsUpgradingEnabled: false,
    readOnlyModeEnabled: false,
    sessionlessCnxnTimeoutMs: 10_000,
    closeSessionTxnEnabled: true,
    maxClientCnxns: 60,
    maxCnxns: 0,
    globalOutstandingLimit: 1000,
    juteMaxBufferBytes: 0xf_ffff,
    juteMaxBufferExtraBytes: 0xf_ffff,
    largeRequestMaxBytes: 100 * 1024 * 1024,
    largeRequestThresholdBytes: null,
    requestThrottle: {
      maxRequests: null,
      stallMs: 100,
      dropStale: true,
      staleLatencyCheck: false,
      staleConnectionCheck: true,
      shutdownTimeoutMs: 10_000,
    },
    throttledOpWaitMs: null,
    maxChildrenReplyBytes: 0xfffff,
    connectionThrottle: {
      tokens: null,
      fillTimeMs: 1,
      fillCount: 1,
      freezeTimeMs: null,
      dropIncrease: 0.02,
      dropDecrease: 0.002,
      decreaseRatio: 0,
      weightEnabled: false,
      globalSessionWeight: 3,
      localSessionWeight: 1,
      renewSessionWeight: 2,
    },
    preAllocBytes: 64 * 1024 * 1024,
    txnLogSizeLimitBytes: null,
    forceSync: true,
    fsyncWarningMs: 1000,
    flushDelayMs: 0,
    maxWriteQueuePollMs: 0,
    maxBatchCount: 1000,
    snapCount: 100_000,
    snapSizeLimitBytes: 4 * 1024 ** 3,
    snapRetainCount: 3,
    purgeIntervalHours: null,
    digestEnabled: true,
    extendedTypesEnabled: false,
    emulate353TtlNodes: false,
    enforceQuota: false,
    reconfigEnabled: false,
    container: { checkIntervalMs: 60_000, maxPerMinute: 10_000, maxNeverUsedMs: null },
    skipAcl: false,
    enableEagerAclCheck: false,
    digestAuthEnabled: true,
    superDigest: null,
    digestAlg: 'sha1',
    authProviders: [],
    enforceAuth: { enabled: false, schemes: [] },
    fourLetterWords: new Set([
      'ruok',
      'srvr',
      'stat',
      'mntr',
      'conf',
      'isro',
      'cons',
      'wchs',
      'dirs',
    ]),
  } satisfies Config);
});

test('each key sets its field, in the unit of the field', () => {
  const cases: readonly [line: string, expected: Partial<Config>][] = [
    ['dataLogDir=/logs', { dataLogDir: '/logs' }],
    ['clientPortAddress=10.0.0.1', { clientPortAddress: '10.0.0.1' }],
    ['clientPortAddress=0.0.0.0', { clientPortAddress: null }],
    ['clientPortAddress=[::1]', { clientPortAddress: '::1' }],
    ['datadir.autocreate=false', { datadirAutocreate: false }],
    ['db.autocreate=false', { dbAutocreate: false }],
    ['snapshot.trust.empty=true', { trustEmptySnapshot: true }],
    ['reconfigEnabled=true', { reconfigEnabled: true }],
    ['clientPortListenBacklog=500', { listenBacklog: 500 }],
    ['clientTcpKeepAlive=TRUE', { tcpKeepAlive: true }],
    ['tickTime=2000', { tickTimeMs: 2000, minSessionTimeoutMs: 4000, maxSessionTimeoutMs: 40_000 }],
    ['minSessionTimeout=100', { minSessionTimeoutMs: 100, maxSessionTimeoutMs: 60_000 }],
    ['maxSessionTimeout=120000', { minSessionTimeoutMs: 6000, maxSessionTimeoutMs: 120_000 }],
    ['initLimit=10\nsyncLimit=5', { initLimitTicks: 10, syncLimitTicks: 5 }],
    ['maxClientCnxns=-1', { maxClientCnxns: 0 }],
    ['maxCnxns=5000', { maxCnxns: 5000 }],
    ['preAllocSize=1024', { preAllocBytes: 1024 * 1024 }],
    ['preAllocSize=0', { preAllocBytes: 0 }],
    ['txnLogSizeLimitInKb=4', { txnLogSizeLimitBytes: 4096 }],
    ['forceSync=no', { forceSync: false }],
    ['fsync.warningthresholdms=50', { fsyncWarningMs: 50 }],
    ['flushDelay=10', { flushDelayMs: 10, maxWriteQueuePollMs: 3 }],
    ['flushDelay=10\nmaxWriteQueuePollTime=1', { flushDelayMs: 10, maxWriteQueuePollMs: 1 }],
    ['maxBatchSize=0', { maxBatchCount: null }],
    ['snapSizeLimitInKb=0', { snapSizeLimitBytes: null }],
    ['autopurge.purgeInterval=24', { purgeIntervalHours: 24 }],
    ['autopurge.snapRetainCount=1', { snapRetainCount: 3 }],
    [
      'jute.maxbuffer=0x9fffff',
      {
        juteMaxBufferBytes: 0x9f_ffff,
        juteMaxBufferExtraBytes: 0x9f_ffff,
        maxChildrenReplyBytes: 0x9f_ffff,
      },
    ],
    ['jute.maxbuffer.extrasize=1', { juteMaxBufferExtraBytes: 1024 }],
    ['jute.maxbuffer=0x7fffffff', { juteMaxBufferBytes: 0x7fff_ffff, juteMaxBufferExtraBytes: 0 }],
    ['maxChildrenReplyBytes=1000', { maxChildrenReplyBytes: 1000 }],
    ['globalOutstandingLimit=0', { globalOutstandingLimit: 0 }],
    ['largeRequestThreshold=1000', { largeRequestThresholdBytes: 1000 }],
    ['largeRequestThreshold=0', { largeRequestThresholdBytes: null }],
    ['throttled_op_wait_time=9', { throttledOpWaitMs: 9 }],
    ['throttledOpWaitTime=9', { throttledOpWaitMs: 9 }],
    ['nio.sessionlessCnxnTimeout=500', { sessionlessCnxnTimeoutMs: 500 }],
    ['skipACL=yes', { skipAcl: true }],
    ['enforceQuota=true', { enforceQuota: true }],
    ['extendedTypesEnabled=true', { extendedTypesEnabled: true }],
    ['emulate353TTLNodes=true', { emulate353TtlNodes: true }],
    ['digest.enabled=false', { digestEnabled: false }],
    ['closeSessionTxn.enabled=false', { closeSessionTxnEnabled: false }],
    ['readonlymode.enabled=true', { readOnlyModeEnabled: true }],
    ['DigestAuthenticationProvider.enabled=false', { digestAuthEnabled: false }],
    ['DigestAuthenticationProvider.superDigest=super:x=', { superDigest: 'super:x=' }],
    ['DigestAuthenticationProvider.digestAlg=sha3-256', { digestAlg: 'sha3-256' }],
    [
      'enforce.auth.enabled=true\nenforce.auth.schemes=digest, ip',
      { enforceAuth: { enabled: true, schemes: ['digest', 'ip'] } },
    ],
    [
      'authProvider.1=org.apache.zookeeper.server.auth.IPAuthenticationProvider\nauthProvider.x=com.example.Own',
      {
        authProviders: [
          {
            name: '1',
            className: 'org.apache.zookeeper.server.auth.IPAuthenticationProvider',
            scheme: 'ip',
          },
          { name: 'x', className: 'com.example.Own', scheme: null },
        ],
      },
    ],
    ['4lw.commands.whitelist=', { fourLetterWords: new Set(['srvr']) }],
    ['4lw.commands.whitelist=ruok , mntr', { fourLetterWords: new Set(['srvr', 'ruok', 'mntr']) }],
    [
      '4lw.commands.whitelist=ruok\nreadonlymode.enabled=true',
      { fourLetterWords: new Set(['srvr', 'isro', 'ruok']) },
    ],
    [
      'server.3=zk3:2888:3888:participant;10.0.0.3:2181',
      {
        servers: [
          {
            id: 3,
            addresses: [{ host: 'zk3', port: 2888, electionPort: 3888 }],
            role: 'participant',
            client: { host: '10.0.0.3', port: 2181 },
          },
        ],
      },
    ],
  ];
  for (const [line, expected] of cases) {
    const changed = config(line);
    for (const [field, value] of Object.entries(expected)) {
      assert.deepEqual(changed[field as keyof Config], value, `${field} of ${line}`);
    }
  }
});

test('all four-letter words are on with a star', () => {
  assert.equal(config('4lw.commands.whitelist=*').fourLetterWords.size, 18);
});

test('weights count tokens in those of global sessions, none below a local one', () => {
  const lines = `connection_throttle_tokens=10
connection_throttle_fill_count=4
connection_throttle_weight_enabled=true
connection_throttle_local_session_weight=2
connection_throttle_renew_session_weight=1
`;
  const { connectionThrottle } = config(lines);
  assert.equal(connectionThrottle.tokens, 30);
  assert.equal(connectionThrottle.fillCount, 12);
  assert.equal(connectionThrottle.globalSessionWeight, 3);
  assert.equal(connectionThrottle.renewSessionWeight, 2);
});

test('everything that is wrong is told at once, with line, key and remedy', () => {
  const text = `# comment
clientPort=abc
tickTime=0
minSessionTimeout=5
maxSessionTimeout=4
skipACL=true
digest.enabled=1
forceSync=false
preAllocSize=010
connection_throttle_drop_increase=2
peerType=leader
electionAlg=2
path=\\u12
`;
  assert.deepEqual(problems(text), [
    'zoo.cfg:2: clientPort=abc is not accepted; write a whole number from 0 to 65535 (port for clients)',
    'zoo.cfg:3: tickTime=0 is not accepted; write a whole number from 1 (ms; the base of all timeouts)',
    'zoo.cfg:4: minSessionTimeout=5 is above maxSessionTimeout=4; lower the one or raise the other',
    'zoo.cfg:6: skipACL=true is not accepted; write yes or no (yes: check no ACL at all)',
    'zoo.cfg:7: digest.enabled=1 is not accepted; write true or false (keep a digest of the tree and compare it)',
    'zoo.cfg:8: forceSync=false is not accepted; write yes or no (no: acknowledge writes before they are on disk)',
    'zoo.cfg:9: preAllocSize=010 is not accepted; write a whole number (KiB by which a log file is extended at a time; 0: as needed)',
    'zoo.cfg:10: connection_throttle_drop_increase=2 is not accepted; write a number from 0 to 1 (by which the drop rate grows)',
    'zoo.cfg:11: peerType=leader is not accepted; write one of participant, observer (role of this server)',
    'zoo.cfg:12: electionAlg=2 is not accepted; write 3 (how a leader is elected; 3 is the only one)',
    'zoo.cfg:13: \\u12 is not a character; write \\u and four hexadecimal digits, or \\\\ for a backslash',
    'zoo.cfg: dataDir is missing; add dataDir=<directory for snapshots and myid>',
  ]);
});

test('one thing that is wrong is one line', () => {
  const cases: readonly [text: string, problem: string][] = [
    ['dataDir=/data', 'zoo.cfg: clientPort is missing; add clientPort=2181'],
    [
      'dataDir=/data\nclientPortAddress=::1',
      'zoo.cfg:2: clientPort is missing although clientPortAddress is given; add clientPort=2181',
    ],
    [
      `${MINIMAL}minSessionTimeout=100000`,
      'zoo.cfg:3: minSessionTimeout=100000 is above maxSessionTimeout=60000 (20 ticks); lower the one or raise the other',
    ],
    [
      `${MINIMAL}maxSessionTimeout=1000`,
      'zoo.cfg:3: minSessionTimeout=6000 (2 ticks) is above maxSessionTimeout=1000; lower the one or raise the other',
    ],
    [
      `${MINIMAL}server.1=a:2888:3888\nserver.2=b:2888:3888`,
      'zoo.cfg:3: there are 2 server lines (server.1, server.2), but ensembles are not in this release; leave one line, of a participant, or none',
    ],
    [
      `${MINIMAL}server.x=a:2888:3888`,
      'zoo.cfg:3: server.x has no number after the dot; write server.1, server.2 and so on',
    ],
    [
      `${MINIMAL}server.1=a:2888:2888`,
      'zoo.cfg:3: server.1=a:2888:2888 uses port 2888 for peers and for elections; they must differ; write server.N=host:port:electionPort[:participant|observer][;[address:]clientPort]',
    ],
    [
      `${MINIMAL}standaloneEnabled=false`,
      'zoo.cfg:3: standaloneEnabled=false: ensembles are not in this release, and the server would answer as a standalone server does; remove it',
    ],
    [
      `${MINIMAL}dynamicConfigFile=/etc/zoo.cfg.dynamic`,
      'zoo.cfg:3: dynamicConfigFile=/etc/zoo.cfg.dynamic: ensembles are not in this release, and the servers that it names would be ignored; remove it',
    ],
    [
      `${MINIMAL}secureClientPort=2281`,
      'zoo.cfg:3: secureClientPort=2281: TLS is not in this release, and clients could not connect to it; remove it',
    ],
    [
      `${MINIMAL}sslQuorum=true`,
      'zoo.cfg:3: sslQuorum=true: TLS is not in this release, and peers would talk in plain text; remove it',
    ],
    [
      `${MINIMAL}sessionRequireClientSASLAuth=true`,
      'zoo.cfg:3: sessionRequireClientSASLAuth=true: SASL is not in this release, and no client could authenticate; remove it',
    ],
    [
      `${MINIMAL}enforce.auth.enabled=true`,
      'zoo.cfg:3: enforce.auth.schemes is missing; add enforce.auth.schemes=digest, or disable enforce.auth.enabled',
    ],
    [
      `${MINIMAL}enforce.auth.enabled=true\nenforce.auth.schemes=sasl`,
      'zoo.cfg:4: enforce.auth.schemes names sasl, which is not available; choose from digest, ip',
    ],
  ];
  for (const [text, problem] of cases) assert.deepEqual(problems(text), [problem]);
});

test('a wrong -D property is named by its name', () => {
  assert.deepEqual(problems(MINIMAL, { 'zookeeper.snapCount': 'many' }), [
    '-Dzookeeper.snapCount: snapCount=many is not accepted; write a whole number (transactions between snapshots)',
  ]);
});

test('what an operator should know is a warning', () => {
  const cases: readonly [lines: string, properties: Record<string, string>, warning: string][] = [
    ['clientport=2182', {}, 'zoo.cfg:3: clientport is not a known key; did you mean clientPort?'],
    ['foo=1', {}, 'zoo.cfg:3: foo is not a known key; it has no effect'],
    [
      'tickTime=1000\ntickTime=2000',
      {},
      'zoo.cfg:4: tickTime wins over tickTime in line 3, as in Apache ZooKeeper; remove one of them',
    ],
    [
      'maxCnxns=1',
      { 'zookeeper.maxCnxns': '2' },
      'zoo.cfg:3: maxCnxns wins over -Dzookeeper.maxCnxns, as in Apache ZooKeeper; remove one of them',
    ],
    [
      'requestThrottleLimit=4',
      {},
      'zoo.cfg:3: requestThrottleLimit works here, but Apache ZooKeeper reads request_throttle_max_requests and ignores this',
    ],
    [
      'jute.maxbuffer=4194304',
      {},
      'zoo.cfg:3: jute.maxbuffer works here, but Apache ZooKeeper reads it from -Djute.maxbuffer only and ignores this',
    ],
    [
      'zookeeper.maxCnxns=4',
      {},
      'zoo.cfg:3: zookeeper.maxCnxns works here, but Apache ZooKeeper reads maxCnxns and ignores this',
    ],
    [
      'autopurge.purgeInterval=24',
      {},
      'zoo.cfg:3: autopurge.purgeInterval=24 has no effect: purging is not in this release',
    ],
    [
      'autopurge.snapRetainCount=2',
      {},
      'zoo.cfg:3: autopurge.snapRetainCount=2 is too small; 3 is used',
    ],
    [
      'ssl.keyStore.password=secret',
      {},
      'zoo.cfg:3: ssl.keyStore.password has no effect: TLS is not in this release',
    ],
    [
      'forceSync=no',
      {},
      'zoo.cfg:3: forceSync=no: a power cut loses writes that were acknowledged; remove the line',
    ],
    [
      'skipACL=yes',
      {},
      'zoo.cfg:3: skipACL=yes: every client may read and change everything; remove the line',
    ],
    [
      '4lw.commands.whitelist=mntrr',
      {},
      'zoo.cfg:3: mntrr is not a four-letter word; did you mean mntr?',
    ],
    [
      'authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider',
      {},
      'zoo.cfg:3: authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider has no effect: it is the sasl scheme, which is not in this release',
    ],
    [
      '',
      { 'znode.container.checkInterval': '1' },
      '-Dznode.container.checkInterval: znode.container.checkInterval is not a known key; did you mean znode.container.checkIntervalMs?',
    ],
  ];
  for (const [lines, properties, warning] of cases) {
    assert.deepEqual(warnings(lines, properties), [warning]);
  }
});

test('a key at its default, or said twice alike, is no reason for a warning', () => {
  const lines = `admin.enableServer=true
sslQuorum=false
standaloneEnabled=true
autopurge.purgeInterval=0
peerType=participant
tickTime=2000
tickTime=2000
initLimit=10
syncLimit=5
server.1=localhost:2888:3888
`;
  assert.deepEqual(warnings(lines), []);
});

test('keys of Java are collected under the names that were used', () => {
  const parsed = parse(
    `${MINIMAL}serverCnxnFactory=x\nnio.numWorkerThreads=many\njmx.log4j.disable=true`,
    {
      'zookeeper.log.dir': '/logs',
      'java.net.preferIPv4Stack': 'true',
    },
  );
  assert.deepEqual(parsed.notApplicable, [
    'log.dir',
    'java.net.preferIPv4Stack',
    'serverCnxnFactory',
    'nio.numWorkerThreads',
    'jmx.log4j.disable',
  ]);
  assert.deepEqual(parsed.warnings, []);
});

test('the setting counts that Apache ZooKeeper would use', () => {
  const cases: readonly [
    lines: string,
    properties: Record<string, string>,
    expected: Partial<Config>,
  ][] = [
    ['maxCnxns=1\nmaxCnxns=2', {}, { maxCnxns: 2 }],
    ['maxCnxns=1', { 'zookeeper.maxCnxns': '2' }, { maxCnxns: 1 }],
    ['', { 'zookeeper.maxCnxns': '2' }, { maxCnxns: 2 }],
    ['', { maxCnxns: '2' }, { maxCnxns: 2 }],
    ['', { tickTime: '100' }, { tickTimeMs: 100 }],
    ['jute.maxbuffer=5000', { 'jute.maxbuffer': '6000' }, { juteMaxBufferBytes: 6000 }],
    ['jute.maxbuffer=5000', {}, { juteMaxBufferBytes: 5000 }],
    ['throttledOpWaitTime=5\nthrottled_op_wait_time=6', {}, { throttledOpWaitMs: 6 }],
    ['throttled_op_wait_time=6\nthrottledOpWaitTime=5', {}, { throttledOpWaitMs: 6 }],
    [
      'throttledOpWaitTime=5',
      { 'zookeeper.throttled_op_wait_time': '6' },
      { throttledOpWaitMs: 6 },
    ],
  ];
  for (const [lines, properties, expected] of cases) {
    const changed = config(lines, properties);
    for (const [field, value] of Object.entries(expected)) {
      assert.equal(
        changed[field as keyof Config],
        value,
        `${field} of ${lines} and ${JSON.stringify(properties)}`,
      );
    }
  }
});

test('nothing at all is a server on 2181 with its data in ./data', () => {
  const { config: quick, warnings: quickWarnings } = quickStartConfig(new Map());
  assert.deepEqual(
    [quick.file, quick.clientPort, quick.dataDir, quick.maxClientCnxns, quickWarnings],
    [null, 2181, './data', 60, []],
  );
  const moved = quickStartConfig(
    new Map([
      ['zookeeper.clientPort', '2182'],
      ['dataDir', '/d'],
    ]),
  );
  assert.deepEqual(
    [moved.config.clientPort, moved.config.dataDir, moved.warnings],
    [2182, '/d', []],
  );
});

test('arguments make a server without a limit of connections from one address', () => {
  const given = { clientPort: 2182, dataDir: '/d', tickTimeMs: null, maxClientCnxns: null };
  const few = configFromArguments(given, new Map([['maxCnxns', '7']])).config;
  assert.deepEqual(
    [few.file, few.clientPort, few.dataDir, few.tickTimeMs, few.maxClientCnxns, few.maxCnxns],
    [null, 2182, '/d', 3000, 0, 7],
  );
  const all = configFromArguments(
    { ...given, tickTimeMs: 500, maxClientCnxns: 5 },
    new Map(),
  ).config;
  assert.deepEqual([all.tickTimeMs, all.maxClientCnxns, all.maxSessionTimeoutMs], [500, 5, 10_000]);
});

test('arguments that are wrong are named without a place', () => {
  assert.throws(
    () =>
      configFromArguments(
        { clientPort: 70_000, dataDir: '/d', tickTimeMs: null, maxClientCnxns: null },
        new Map(),
      ),
    {
      message:
        'clientPort=70000 is not accepted; write a whole number from 0 to 65535 (port for clients)',
    },
  );
});

test('myid is the number in its first line', () => {
  const base = config('server.3=zk3:2888:3888;10.0.0.3:2181');
  assert.equal(withMyid(base, null), base);
  assert.equal(withMyid(base, '7\n').serverId, 7);
  assert.equal(withMyid(base, '7\n').clientPortAddress, null);
  assert.equal(withMyid(base, ' 3 \r\nrest').clientPortAddress, '10.0.0.3');
});

test('a wrong myid is named with its file', () => {
  const cases: readonly [text: string, message: string][] = [
    ['', '/data/myid: is empty; write this server’s number from its server line, 1 to 255'],
    [
      'zk1\n',
      '/data/myid: "zk1" is not a number; write this server’s number from its server line, 1 to 255',
    ],
  ];
  for (const [text, message] of cases) assert.throws(() => withMyid(config(), text), { message });
  assert.throws(() => withMyid(config('server.3=zk3:2888:3888;2182'), '3'), {
    message: 'zoo.cfg: clientPort=2181 but server.3 says 2182; make them equal',
  });
});

test('a server line can say the client port in place of clientPort', () => {
  const parsed = parse('dataDir=/data\nserver.1=zk1:2888:3888;10.0.0.1:2183');
  assert.deepEqual([parsed.config.clientPort, parsed.config.clientPortAddress], [2183, '10.0.0.1']);
});

import {
  boolean,
  type ConfigKey,
  choice,
  decimal,
  integer,
  later,
  port,
  refused,
  text,
  used,
  yesNo,
} from './key.ts';

const ensemble = later('ensembles');
const snapshots = later('snapshots');
const purge = later('purging');
const tls = later('TLS');

/** Reference 4.1: what almost every zoo.cfg has. */
export const CORE_KEYS: readonly ConfigKey[] = [
  used('dataDir', text(), 'directory of snapshots and of myid'),
  used('dataLogDir', text(), 'directory of transaction logs; dataDir unless given'),
  used('clientPort', port(null), 'port for clients'),
  used('clientPortAddress', text(), 'address to listen on for clients; all unless given'),
  refused(
    tls('secureClientPort', port(null), 'port for clients that use TLS'),
    'clients could not connect to it',
  ),
  tls('secureClientPortAddress', text(), 'address to listen on for clients that use TLS'),
  used(
    'clientPortListenBacklog',
    integer(-1),
    'connections waiting to be accepted; -1: as the system has it',
  ),
  used('tickTime', integer(3000, { min: 1 }), 'ms; the base of all timeouts'),
  used('initLimit', integer(null, { min: 1 }), 'ticks for connecting to a leader and catching up'),
  used('syncLimit', integer(null, { min: 1 }), 'ticks a follower may lag behind'),
  ensemble(
    'connectToLearnerMasterLimit',
    integer(0),
    'ticks for connecting to a leader; 0: initLimit',
  ),
  used('minSessionTimeout', integer(-1, { min: -1 }), 'ms; -1: 2 ticks'),
  used('maxSessionTimeout', integer(-1, { min: -1 }), 'ms; -1: 20 ticks'),
  used('maxClientCnxns', integer(60), 'connections from one address; 0: unlimited'),
  used('maxCnxns', integer(0), 'connections altogether; 0: unlimited'),
  purge('autopurge.snapRetainCount', integer(3, { floor: 3 }), 'snapshots that purging keeps'),
  purge('autopurge.purgeInterval', integer(0), 'hours between purges; 0: never'),
  snapshots('snapCount', integer(100_000, { floor: 2 }), 'transactions between snapshots'),
  snapshots(
    'snapSizeLimitInKb',
    integer(4_194_304, { max: Number.MAX_SAFE_INTEGER / 1024 }),
    'KiB of log between snapshots; 0: size does not matter',
  ),
  used(
    'txnLogSizeLimitInKb',
    integer(-1, { max: Number.MAX_SAFE_INTEGER / 1024 }),
    'KiB of a log file above which a new one is begun; -1: size does not matter',
  ),
  ensemble(
    'commitLogCount',
    integer(500, { floor: 500 }),
    'transactions kept in memory for followers',
  ),
  ensemble(
    'snapshotSizeFactor',
    decimal(0.33, Number.NEGATIVE_INFINITY, 1),
    'log size over snapshot size up to which a follower gets the log',
  ),
  used(
    'preAllocSize',
    integer(65_536, { max: Number.MAX_SAFE_INTEGER / 1024 }),
    'KiB by which a log file is extended at a time; 0: as needed',
  ),
  used('fsync.warningthresholdms', integer(1000, { min: 0 }), 'ms; slower syncs are logged'),
  used('forceSync', yesNo(true), 'no: acknowledge writes before they are on disk'),
  used(
    'jute.maxbuffer',
    integer(0xf_ffff, { min: 1 }),
    'bytes; largest request and largest znode',
    {
      jvmOnly: true,
    },
  ),
  used(
    'jute.maxbuffer.extrasize',
    integer(null, { floor: 1024 }),
    'bytes; leeway above jute.maxbuffer for records of logs and peers; as jute.maxbuffer unless given',
  ),
  used(
    'globalOutstandingLimit',
    integer(1000, { min: 0 }),
    'requests in the pipeline before reading pauses',
  ),
  used('skipACL', yesNo(false), 'yes: check no ACL at all'),
  used('enforceQuota', boolean(false), 'refuse writes beyond a hard quota'),
  used('extendedTypesEnabled', boolean(false), 'TTL znodes'),
  used('emulate353TTLNodes', boolean(false), 'read TTL znodes as version 3.5.3 wrote them'),
  used('4lw.commands.whitelist', text(), 'four-letter words to answer, with commas; *: all'),
  refused(
    ensemble('standaloneEnabled', boolean(true), 'false: a single server is an ensemble of one'),
    'the server would answer as a standalone server does',
  ),
  used(
    'reconfigEnabled',
    boolean(false),
    'reconfig requests; an ensemble is needed for their effect',
  ),
  refused(
    ensemble('dynamicConfigFile', text(), 'file of the server lines'),
    'the servers that it names would be ignored',
  ),
  used('server.N', text(), 'host:port:electionPort[:role][;[address:]clientPort] of server N', {
    family: /^server\.(?!(principal|realm)$)/,
  }),
  ensemble('group.N', text(), 'ids of the servers of group N', { family: /^group\./ }),
  ensemble('weight.N', text(), 'votes of server N', { family: /^weight\./ }),
  ensemble('peerType', choice('participant', ['participant', 'observer']), 'role of this server'),
  ensemble('syncEnabled', boolean(true), 'an observer writes logs and snapshots'),
  ensemble('observer.syncEnabled', boolean(true), 'the same; wins over syncEnabled'),
  used('electionAlg', integer(3, { min: 3, max: 3 }), 'how a leader is elected; 3 is the only one'),
  ensemble('leaderServes', yesNo(true), 'no: a leader takes no clients'),
  ensemble('quorumListenOnAllIPs', boolean(false), 'listen for peers on every address'),
  ensemble('localSessionsEnabled', boolean(false), 'sessions that one server knows alone'),
  ensemble(
    'localSessionsUpgradingEnabled',
    boolean(false),
    'a local session that creates an ephemeral becomes global',
  ),
  used('digest.enabled', boolean(true), 'keep a digest of the tree and compare it'),
  used(
    'closeSessionTxn.enabled',
    boolean(true),
    'the log names the ephemerals that a closed session had',
  ),
  snapshots('serializeLastProcessedZxid.enabled', boolean(true), 'a snapshot names its last zxid'),
  used('snapshot.trust.empty', boolean(false), 'start with logs but without a snapshot'),
  snapshots('snapshot.compression.method', text(''), 'gz, snappy or nothing'),
  used('datadir.autocreate', boolean(true), 'make missing data directories'),
  used(
    'db.autocreate',
    boolean(true),
    'start with an empty database without the file `initialize`',
  ),
  used('readonlymode.enabled', boolean(false), 'serve read-only clients without a quorum', {
    jvmOnly: true,
  }),
  used('clientTcpKeepAlive', boolean(false), 'TCP keep-alive on client connections'),
  ensemble('tcpKeepAlive', boolean(false), 'TCP keep-alive on election connections'),
  used(
    'znode.container.checkIntervalMs',
    integer(60_000, { min: 1 }),
    'ms between searches for empty containers',
    {
      jvmOnly: true,
    },
  ),
  used(
    'znode.container.maxPerMinute',
    integer(10_000, { min: 1 }),
    'containers removed in a minute at most',
    {
      jvmOnly: true,
    },
  ),
  used(
    'znode.container.maxNeverUsedIntervalMs',
    integer(0, { max: Number.MAX_SAFE_INTEGER }),
    'ms after which a container that never had a child is removed; 0: never',
    { jvmOnly: true },
  ),
  ensemble('leader.nodelay', boolean(true), 'TCP_NODELAY on the leader’s connections', {
    jvmOnly: true,
  }),
  ensemble('follower.nodelay', boolean(true), 'TCP_NODELAY on a follower’s connection', {
    jvmOnly: true,
  }),
];

/**
 * What a server is told: one flat, read-only value, made from zoo.cfg, `-D` properties and arguments.
 *
 * Names carry their unit; ticks are converted to ms and KiB to bytes when the text is read, so that
 * nothing behind this type knows how zoo.cfg spells a value. `null` says "switched off" or "not given".
 * The keys, their defaults and ranges are in `keys.ts`.
 */
export type Config = {
  /** The configuration file as it was named on the command line; null for arguments or no configuration. */
  readonly file: string | null;

  // -- where ------------------------------------------------------------------------------------
  /** Snapshots and `myid`, as written (may be relative to the working directory). */
  readonly dataDir: string;
  /** Transaction logs; equal to `dataDir` unless `dataLogDir` is given. */
  readonly dataLogDir: string;
  /** Whether missing data directories are made. Off, a missing directory is an error. */
  readonly datadirAutocreate: boolean;
  /** Whether a server without data may take it that there never was any. */
  readonly dbAutocreate: boolean;
  /** Whether logs without a snapshot before them are taken for the whole. */
  readonly trustEmptySnapshot: boolean;
  /** TCP port for clients; 0 lets the operating system choose. */
  readonly clientPort: number;
  /** Host name or address to listen on for clients; null means every interface. */
  readonly clientPortAddress: string | null;
  /** Accept backlog of the client listener; null leaves it to the operating system. */
  readonly listenBacklog: number | null;
  /** SO_KEEPALIVE on client connections (`clientTcpKeepAlive`). */
  readonly tcpKeepAlive: boolean;

  // -- who --------------------------------------------------------------------------------------
  /** This server's id from `myid`; null when there is none, as a standalone server may be. */
  readonly serverId: number | null;
  /** The `server.N` lines in ascending id. Standalone: none or one. */
  readonly servers: readonly ServerLine[];
  /** Ticks a learner may take to connect and synchronize; null when not given. */
  readonly initLimitTicks: number | null;
  /** Ticks a learner may lag behind; null when not given. */
  readonly syncLimitTicks: number | null;

  // -- time and sessions ------------------------------------------------------------------------
  /** The base of session timeouts and of session expiry's buckets. */
  readonly tickTimeMs: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** Sessions known to one server only. Without effect on a standalone server. */
  readonly localSessionsEnabled: boolean;
  readonly localSessionsUpgradingEnabled: boolean;
  /** Serve read-only clients while there is no quorum. On a standalone server it only lets `isro` through. */
  readonly readOnlyModeEnabled: boolean;
  /** How long a connection may stay without a session before it is closed. */
  readonly sessionlessCnxnTimeoutMs: number;
  /** Write the paths to be removed into the close-session transaction. */
  readonly closeSessionTxnEnabled: boolean;

  // -- limits -----------------------------------------------------------------------------------
  /** Connections from one address; 0 is unlimited. */
  readonly maxClientCnxns: number;
  /** Connections altogether; 0 is unlimited. */
  readonly maxCnxns: number;
  /** Requests in the pipeline above which connections with requests outstanding are not read. */
  readonly globalOutstandingLimit: number;
  /** `jute.maxbuffer`: largest frame and largest field accepted. */
  readonly juteMaxBufferBytes: number;
  /** `jute.maxbuffer.extrasize`: added to the above when records of logs and peers are read. */
  readonly juteMaxBufferExtraBytes: number;
  /** Bytes of large requests in the pipeline at one time. */
  readonly largeRequestMaxBytes: number;
  /** A request above this is large; null: no request is. */
  readonly largeRequestThresholdBytes: number | null;
  readonly requestThrottle: RequestThrottleConfig;
  /** A request that waited longer in the throttle's queue is answered THROTTLEDOP; null: never. */
  readonly throttledOpWaitMs: number | null;
  /**
   * Okapi's own `maxChildrenReplyBytes`: largest answer to getChildren2. A create that would make a larger one is
   * refused. Default: `jute.maxbuffer`, which is also what stock clients accept.
   */
  readonly maxChildrenReplyBytes: number;
  readonly connectionThrottle: ConnectionThrottleConfig;

  // -- transaction log --------------------------------------------------------------------------
  /** How far a log file is extended at a time; 0 switches preallocation off. */
  readonly preAllocBytes: number;
  /** A log file longer than this is followed by a new one; null: size does not matter. */
  readonly txnLogSizeLimitBytes: number | null;
  /** Whether a write is synced to disk before it is acknowledged. Off, a power cut loses writes. */
  readonly forceSync: boolean;
  /** A sync that takes longer is logged. */
  readonly fsyncWarningMs: number;
  /** Longest time a batch may wait for more transactions before it is flushed; 0: none. */
  readonly flushDelayMs: number;
  /** Longest time to wait for one more transaction while a batch is delayed. */
  readonly maxWriteQueuePollMs: number;
  /** Transactions in a batch above which it is flushed without delay; null: no limit. */
  readonly maxBatchCount: number | null;
  /** Transactions between snapshots. */
  readonly snapCount: number;
  /** Bytes of log between snapshots; null: size does not matter. */
  readonly snapSizeLimitBytes: number | null;
  /** Snapshots that purging keeps. */
  readonly snapRetainCount: number;
  /** Hours between purges; null: never. */
  readonly purgeIntervalHours: number | null;

  // -- the znode tree ---------------------------------------------------------------------------
  /** Keep and check the digest of the tree. */
  readonly digestEnabled: boolean;
  /** TTL nodes. */
  readonly extendedTypesEnabled: boolean;
  /** Read ephemeral owners of TTL nodes as ZooKeeper 3.5.3 wrote them. */
  readonly emulate353TtlNodes: boolean;
  /** Refuse writes that exceed a hard quota. */
  readonly enforceQuota: boolean;
  /** Whether the ensemble may be changed by a request. */
  readonly reconfigEnabled: boolean;
  readonly container: ContainerConfig;

  // -- access -----------------------------------------------------------------------------------
  /** No ACL is checked at all. */
  readonly skipAcl: boolean;
  /** Check ACLs before a write is forwarded to the leader. */
  readonly enableEagerAclCheck: boolean;
  /** The digest scheme. */
  readonly digestAuthEnabled: boolean;
  /** `super:base64(hash)`: who presents it passes every ACL; null: nobody. */
  readonly superDigest: string | null;
  /** Hash of the digest scheme, as Node names it (`sha1`, `sha256`). */
  readonly digestAlg: string;
  /** `authProvider.N` lines, in the order of their keys. */
  readonly authProviders: readonly AuthProviderConfig[];
  readonly enforceAuth: EnforceAuthConfig;

  // -- operations -------------------------------------------------------------------------------
  /** Four-letter words that are answered; the others get a line that says why not. */
  readonly fourLetterWords: ReadonlySet<string>;
};

/** `request_throttle_*`: a queue in front of the pipeline. */
export type RequestThrottleConfig = {
  /** Requests in the pipeline above which others wait; null: the throttle is off. */
  readonly maxRequests: number | null;
  /** Longest time a request waits before the pipeline is looked at again. */
  readonly stallMs: number;
  /** Drop a stale request, and with it its connection, rather than let it wait. */
  readonly dropStale: boolean;
  /** A request is stale when it waited longer than its session's timeout. */
  readonly staleLatencyCheck: boolean;
  /** A request is stale when its connection is gone. */
  readonly staleConnectionCheck: boolean;
  /** How long a shutdown waits for the queue to drain. */
  readonly shutdownTimeoutMs: number;
};

/**
 * `connection_throttle_*`: a token bucket that connections draw from.
 *
 * `tokens` and `fillCount` are already multiplied by `globalSessionWeight` when weights are enabled.
 */
export type ConnectionThrottleConfig = {
  /** Size of the bucket; null: the throttle is off. */
  readonly tokens: number | null;
  readonly fillTimeMs: number;
  readonly fillCount: number;
  /** Time between adjustments of the probability to drop; null: it is not adjusted. */
  readonly freezeTimeMs: number | null;
  readonly dropIncrease: number;
  readonly dropDecrease: number;
  readonly decreaseRatio: number;
  /** Whether kinds of sessions cost differently; off, each connection costs one token. */
  readonly weightEnabled: boolean;
  readonly globalSessionWeight: number;
  readonly localSessionWeight: number;
  readonly renewSessionWeight: number;
};

/** `znode.container.*`: the reaper of containers and TTL nodes. */
export type ContainerConfig = {
  readonly checkIntervalMs: number;
  readonly maxPerMinute: number;
  /** A container that never had a child is reaped after this long; null: never. */
  readonly maxNeverUsedMs: number | null;
};

/** `enforce.auth.*`: requests before authentication are refused. */
export type EnforceAuthConfig = {
  readonly enabled: boolean;
  /** One of these schemes must have been presented. */
  readonly schemes: readonly string[];
};

/** One `authProvider.N` line. */
export type AuthProviderConfig = {
  /** What follows `authProvider.`. */
  readonly name: string;
  readonly className: string;
  /** The scheme that the class stands for, where it is one of Apache ZooKeeper's own; else null. */
  readonly scheme: string | null;
};

/** One `server.N=host:port:electionPort[:role][;[clientHost:]clientPort]` line. */
export type ServerLine = {
  readonly id: number;
  /** One pair per `|`-joined address: peers connect to `port` (2888) and vote over `electionPort` (3888). */
  readonly addresses: readonly ServerAddress[];
  readonly role: 'participant' | 'observer';
  /** What follows the `;`; null when there is none. A null host means every interface. */
  readonly client: { readonly host: string | null; readonly port: number } | null;
};

/** Where peers reach a server. */
export type ServerAddress = {
  readonly host: string;
  readonly port: number;
  readonly electionPort: number;
};

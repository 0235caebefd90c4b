import type { Int64 } from 'jute-ts';
import type { BufferStats } from '../metrics/buffer-stats.ts';
import type { MetricsRegistry } from '../metrics/metrics-registry.ts';
import type { ServerStats } from '../metrics/server-stats.ts';

/**
 * What a server tells about itself, as the four-letter words show it.
 *
 * Each word reads only what it prints, so a field that is dear to gather (connections, watches, the size
 * of the data directories) may be a getter.
 */
export type ServerStatus = NotServingStatus | ServingStatus;

/** What can be told while there is no leader or the database is still being loaded. */
export type NotServingStatus = {
  readonly serving: false;
  readonly environment: Environment;
  /** What `stmk` was told last, 306 until then. Okapi traces nothing by it. */
  readonly traceMask: Int64;
};

/** What a server that serves clients tells. */
export type ServingStatus = {
  readonly serving: true;
  readonly environment: Environment;
  readonly traceMask: Int64;
  /** As `version.ts` makes it. */
  readonly version: string;
  readonly mode: ServerMode;
  readonly stats: ServerStats;
  readonly metrics: MetricsRegistry;
  /** Client connections, the one that asks included. */
  readonly connections: readonly ConnectionStatus[];
  readonly outstandingRequestCount: number;
  readonly lastProcessedZxid: Int64;
  /** As Apache ZooKeeper counts: 5 when fresh. */
  readonly nodeCount: number;
  /** Sizes of proposals; printed by a leader only, null otherwise. */
  readonly proposals: BufferStats | null;
  readonly conf: ConfStatus;
  readonly watches: WatchStatus;
  /** The sessions in the tracker, by the time at which they expire. */
  readonly sessionExpiry: readonly ExpiryBucket<Int64>[];
  /** Sessions with the paths of their ephemeral nodes. */
  readonly ephemerals: Iterable<{ readonly session: Int64; readonly paths: readonly string[] }>;
  /** The connections, by the time at which they are closed for silence. */
  readonly connectionExpiry: readonly ExpiryBucket<ConnectionStatus>[];
  /** Tree digests at zxids divisible by 128, oldest first. */
  readonly digests: Iterable<{ readonly zxid: Int64; readonly digest: Int64 }>;
};

/** `Mode:` of `srvr` and `zk_server_state` of `mntr`. */
export type ServerMode = 'standalone' | 'leader' | 'follower' | 'observer' | 'read-only';

/** Names and values that `envi` lists, in order; `environmentOf` makes them. */
export type Environment = readonly (readonly [name: string, value: string])[];

/** One client connection. */
export type ConnectionStatus = {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** What the connection is waited on for, as Java counts: 1 to read, 4 to write, 5 both, 0 neither. */
  readonly interestOps: number;
  /** Requests read and not yet answered. */
  readonly outstandingRequestCount: number;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  /** What there is once the connection has a session. */
  readonly session: ConnectionSessionStatus | null;
};

/** Of a connection's session. */
export type ConnectionSessionStatus = {
  readonly id: Int64;
  readonly timeoutMs: number;
  /** Short name of the last request answered (`lastOperationName`); `NA` before the first. */
  readonly lastOperation: string;
  /** Wall clock, ms since 1970. */
  readonly establishedAtMs: number;
  /** xid of the last request answered other than pings and their like; null before the first. */
  readonly lastCxid: number | null;
  /** −1 before the first answer. */
  readonly lastZxid: Int64;
  /** Monotonic clock; 0 before the first answer. */
  readonly lastResponseAtMs: number;
  /** Of requests answered on this connection; 0 before the first. */
  readonly lastLatencyMs: number;
  readonly minLatencyMs: number;
  readonly avgLatencyMs: number;
  readonly maxLatencyMs: number;
};

/** What `conf` and `dirs` print. */
export type ConfStatus = {
  /** The port that clients reach: of the socket, not of the configuration, which may say 0. */
  readonly clientPort: number;
  /** Null without a TLS port. */
  readonly secureClientPort: number | null;
  /** Absolute, without `version-2`. */
  readonly dataDir: string;
  readonly dataDirBytes: number;
  /** Absolute, without `version-2`. */
  readonly dataLogDir: string;
  readonly dataLogDirBytes: number;
  readonly tickTimeMs: number;
  readonly maxClientCnxns: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** Null leaves it to the operating system. */
  readonly listenBacklog: number | null;
  /** 0 on a standalone server, whatever its `myid`. */
  readonly serverId: number;
};

/** Watches on the data of znodes; watches on children are not shown, as in Apache ZooKeeper. */
export type WatchStatus = {
  /** Connections that have such a watch. */
  readonly connectionCount: number;
  readonly pathCount: number;
  readonly totalCount: number;
  readonly bySession: Iterable<{ readonly session: Int64; readonly paths: Iterable<string> }>;
  readonly byPath: Iterable<{ readonly path: string; readonly sessions: Iterable<Int64> }>;
};

/** Things that end at one time. */
export type ExpiryBucket<T> = {
  /** Wall clock, ms since 1970. */
  readonly expiresAtMs: number;
  readonly members: readonly T[];
};

import { isAbsolute, resolve } from 'node:path';
import type { Int64 } from 'jute-ts';
import type { Database } from '../storage/database.ts';
import type {
  ConfStatus,
  ConnectionStatus,
  Environment,
  ServerStatus,
  WatchStatus,
} from './admin/server-status.ts';
import type { ClientConnection } from './client-connection.ts';
import type { ClientService } from './client-service.ts';
import type { Config } from './config/config-type.ts';
import type { ConnectionThrottle } from './connection-throttle.ts';
import { registerServerGauges, type ServerGaugeSource } from './metrics/server-gauges.ts';
import type { ServerMetrics } from './metrics/server-metrics.ts';
import type { ServerStats } from './metrics/server-stats.ts';
import type { Clock } from './ports.ts';
import { quotaUsageOf } from './quota-usage.ts';
import type { RequestPipeline } from './request/pipeline.ts';
import type { SessionTracker } from './session/session-tracker.ts';
import type { Watcher, WatchManager } from './watch/watch-manager.ts';
import type { WatchTable } from './watch/watch-table.ts';

/** What only the process can tell. */
export interface SystemFacts {
  /** The port that clients reach. */
  clientPort(): number;
  /** Bytes of the files in a `version-2` directory. */
  directoryBytes(dir: string): number;
  openFileDescriptorCount(): number;
  maxFileDescriptorCount(): number;
  /** Makes an absolute path of one from the configuration. */
  workingDirectory(): string;
}

export type StatusReporterParts = {
  readonly config: Config;
  readonly version: string;
  readonly database: Database;
  readonly watches: WatchManager;
  readonly tracker: SessionTracker;
  readonly throttle: ConnectionThrottle;
  readonly clients: ClientService;
  readonly pipeline: RequestPipeline;
  readonly clock: Clock;
  readonly stats: ServerStats;
  readonly metrics: ServerMetrics;
  readonly system: SystemFacts;
  readonly environment: () => Environment;
};

/** Apache's ZooTrace default: all but what is dear. */
const DEFAULT_TRACE_MASK: Int64 = { hi: 0, lo: 306 };

/** Gathers what a server tells of itself: the status behind four-letter words, and the gauges. */
export class StatusReporter {
  readonly #parts: StatusReporterParts;
  readonly #startedMs: number;
  #traceMask: Int64 = DEFAULT_TRACE_MASK;

  constructor(parts: StatusReporterParts) {
    this.#parts = parts;
    this.#startedMs = parts.clock.monotonicMs();
    registerServerGauges(parts.metrics.registry, parts.stats, this.#gauges());
  }

  /** `stmk`: eight bytes that `gtmk` shows again. Nothing is traced by them. */
  setTraceMask(bytes: Buffer): void {
    this.#traceMask = { hi: bytes.readInt32BE(0), lo: bytes.readInt32BE(4) };
  }

  status(): ServerStatus {
    const { clients, version, stats, metrics, pipeline, database, tracker } = this.#parts;
    const environment = this.#parts.environment();
    const traceMask = this.#traceMask;
    if (!clients.serving) return { serving: false, environment, traceMask };
    const self = this;
    return {
      serving: true,
      environment,
      traceMask,
      version,
      mode: 'standalone',
      stats,
      metrics: metrics.registry,
      get connections() {
        return [...clients.connections].map(connectionStatus);
      },
      outstandingRequestCount: pipeline.requestCount,
      lastProcessedZxid: database.lastProcessedZxid,
      nodeCount: database.tree.nodeCount,
      proposals: null,
      get conf() {
        return self.#conf();
      },
      watches: this.#watches(),
      get sessionExpiry() {
        return tracker.expiryBuckets().map(([expiresAtMs, sessions]) => ({
          expiresAtMs: self.#toWall(expiresAtMs),
          members: [...sessions].map(({ id }) => id),
        }));
      },
      get ephemerals() {
        return database.tree.ephemeralOwners();
      },
      get connectionExpiry() {
        return clients.idleBuckets.map(([expiresAtMs, connections]) => ({
          expiresAtMs: self.#toWall(expiresAtMs),
          members: [...connections].map(connectionStatus),
        }));
      },
      digests: database.digestLog,
    };
  }

  #toWall(monotonicMs: number): number {
    const { clock } = this.#parts;
    return Math.round(clock.wallMs() + monotonicMs - clock.monotonicMs());
  }

  #conf(): ConfStatus {
    const { config, system } = this.#parts;
    const absolute = (dir: string): string =>
      isAbsolute(dir) ? dir : resolve(system.workingDirectory(), dir);
    const dataDir = absolute(config.dataDir);
    const dataLogDir = absolute(config.dataLogDir);
    return {
      clientPort: system.clientPort(),
      secureClientPort: null,
      dataDir,
      dataDirBytes: system.directoryBytes(`${dataDir}/version-2`),
      dataLogDir,
      dataLogDirBytes: system.directoryBytes(`${dataLogDir}/version-2`),
      tickTimeMs: config.tickTimeMs,
      maxClientCnxns: config.maxClientCnxns,
      minSessionTimeoutMs: config.minSessionTimeoutMs,
      maxSessionTimeoutMs: config.maxSessionTimeoutMs,
      listenBacklog: config.listenBacklog,
      serverId: 0,
    };
  }

  #watches(): WatchStatus {
    const table: WatchTable<Watcher> = this.#parts.watches.data;
    return {
      connectionCount: table.watcherCount,
      pathCount: table.pathCount,
      totalCount: table.watchCount,
      get bySession() {
        return [...table.watchersWithPaths()].map(([watcher, paths]) => ({
          session: sessionOf(watcher),
          paths,
        }));
      },
      get byPath() {
        return [...table.pathsWithWatchers()].map(([path, watchers]) => ({
          path,
          sessions: watchers.map(sessionOf),
        }));
      },
    };
  }

  #gauges(): ServerGaugeSource {
    const { clock, clients, pipeline, database, watches, tracker, throttle, system } = this.#parts;
    const { tree } = database;
    const startedMs = this.#startedMs;
    return {
      get uptimeMs() {
        return clock.monotonicMs() - startedMs;
      },
      get aliveConnectionCount() {
        return clients.connections.size;
      },
      get outstandingRequestCount() {
        return pipeline.requestCount;
      },
      get znodeCount() {
        return tree.nodeCount;
      },
      get watchCount() {
        return watches.watchCount;
      },
      get ephemeralCount() {
        return tree.ephemeralCount;
      },
      get approximateDataBytes() {
        return tree.approximateDataSize;
      },
      get globalSessionCount() {
        return tracker.count;
      },
      localSessionCount: 0,
      get openFileDescriptorCount() {
        return system.openFileDescriptorCount();
      },
      get maxFileDescriptorCount() {
        return system.maxFileDescriptorCount();
      },
      get connectionDropProbability() {
        return throttle.dropProbability;
      },
      outstandingTlsHandshakeCount: 0,
      get quotaCountLimits() {
        return quotaUsageOf(tree).countLimits;
      },
      get quotaBytesLimits() {
        return quotaUsageOf(tree).bytesLimits;
      },
      get quotaCountUsage() {
        return quotaUsageOf(tree).countUsage;
      },
      get quotaBytesUsage() {
        return quotaUsageOf(tree).bytesUsage;
      },
    };
  }
}

/** Every watcher of a server is one of its connections. */
function sessionOf(watcher: Watcher): Int64 {
  return (watcher as ClientConnection).session?.id ?? { hi: 0, lo: 0 };
}

/** Bits of Java's selection keys. */
const OP_READ = 1;
const OP_WRITE = 4;

function connectionStatus(connection: ClientConnection): ConnectionStatus {
  const { transport, stats, session } = connection;
  const reads = connection.isPaused ? 0 : OP_READ;
  const writes = connection.unsentBytes > 0 ? OP_WRITE : 0;
  return {
    remoteAddress: transport.remoteAddress,
    remotePort: transport.remotePort,
    interestOps: reads | writes,
    outstandingRequestCount: connection.outstandingCount,
    packetsReceived: stats.packetsReceived,
    packetsSent: stats.packetsSent,
    session:
      session === null
        ? null
        : {
            id: session.id,
            timeoutMs: session.timeoutMs,
            lastOperation: stats.lastOperation,
            establishedAtMs: stats.establishedAtMs,
            lastCxid: stats.lastCxid,
            lastZxid: stats.lastZxid,
            lastResponseAtMs: stats.lastResponseAtMs,
            lastLatencyMs: stats.lastLatencyMs,
            minLatencyMs: stats.minLatencyMs,
            avgLatencyMs: stats.avgLatencyMs,
            maxLatencyMs: stats.maxLatencyMs,
          },
  };
}

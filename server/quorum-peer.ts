import { MajorityVerifier } from '../election/quorum-verifier.ts';
import { type ServerId, toServerId } from '../election/server-id.ts';
import { EventType } from '../protocol/watch-event.ts';
import type { Database } from '../storage/database.ts';
import type { Disk, Log } from '../storage/ports.ts';
import { TxnLog } from '../storage/txn-log.ts';
import { type FourLetterWord, fourLetterWord } from './admin/four-letter-word.ts';
import type { Environment } from './admin/server-status.ts';
import { Admission } from './admission.ts';
import { AccessControl } from './auth/access-control.ts';
import { Authenticator } from './auth/authenticator.ts';
import { authenticationProviders } from './auth/providers.ts';
import { ClientConnection, type ConnectionContext } from './client-connection.ts';
import { ClientListener } from './client-listener.ts';
import { ClientService } from './client-service.ts';
import type { Config } from './config/config-type.ts';
import { ConnectionThrottle } from './connection-throttle.ts';
import { ContainerManager } from './container-manager.ts';
import { ServerMetrics } from './metrics/server-metrics.ts';
import { ServerStats } from './metrics/server-stats.ts';
import type { Clock, Transport, TransportHandler } from './ports.ts';
import { SlabPool } from './reply-output.ts';
import { PendingChanges } from './request/pending-changes.ts';
import { RequestPipeline } from './request/pipeline.ts';
import type { PrepareOptions } from './request/prepare-context.ts';
import { Preparer } from './request/preparer.ts';
import { ReadContext } from './request/read-context.ts';
import { SessionService } from './session/session-service.ts';
import { SessionTracker } from './session/session-tracker.ts';
import { StatusReporter, type SystemFacts } from './status-reporter.ts';
import { WatchManager } from './watch/watch-manager.ts';

export type QuorumPeerPorts = {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Tells of the process and its machine; for words that show it. */
  readonly system: SystemFacts;
  readonly environment: () => Environment;
  /** The server can't go on without lying; called once. */
  readonly onFatal: (error: Error, what: string) => void;
};

export type QuorumPeerOptions = {
  readonly config: Config;
  /** As `srvr` shows it. */
  readonly version: string;
  /** The `version-2` directory of the logs. */
  readonly logDir: string;
  /** What recovery made of the data directory. */
  readonly database: Database;
};

/** Replies of this size leave a connection without a larger buffer being made. */
const SLAB_BYTES = 16 * 1024;
const MAX_FREE_SLABS = 1024;
/** A client that leaves this much unread is not read until it has taken half of it. */
const OUTPUT_HIGH_WATER_BYTES = 1 << 20;
/** Watch events are not asked for one by one, so that they go on beyond the high water: up to here. */
const OUTPUT_LIMIT_BYTES = 16 << 20;
/** Apache's server marks the sessions of a standalone server with 1, whatever its myid. */
const STANDALONE_SERVER_ID = 1;

/**
 * One server: its parts put together, and its role. A standalone server is an ensemble of one and leads
 * from the start: its own log is the quorum.
 */
export class QuorumPeer {
  readonly metrics: ServerMetrics = new ServerMetrics();
  readonly stats: ServerStats = new ServerStats(this.metrics);
  readonly #options: QuorumPeerOptions;
  readonly #ports: QuorumPeerPorts;
  readonly #txnLog: TxnLog;
  readonly #sessions: SessionService;
  readonly #clients: ClientService;
  readonly #listener: ClientListener;
  readonly #containers: ContainerManager;
  readonly #status: StatusReporter;
  #stopped = false;

  constructor(options: QuorumPeerOptions, ports: QuorumPeerPorts) {
    this.#options = options;
    this.#ports = ports;
    const { config, database } = options;
    const { clock, log } = ports;
    const { metrics, stats } = this;
    const serverId = toServerId(config.serverId ?? STANDALONE_SERVER_ID);

    const access = new AccessControl({ skipAcl: config.skipAcl }, authenticationProviders(config));
    const watches = new WatchManager({ onTriggered: this.#countTriggered });
    database.tree.observer = watches;
    const pending = new PendingChanges(database.tree, config.digestEnabled);
    const tracker = new SessionTracker({
      tickTimeMs: config.tickTimeMs,
      serverId: STANDALONE_SERVER_ID,
      nowMs: clock.monotonicMs(),
      wallMs: clock.wallMs(),
    });
    const throttle = new ConnectionThrottle(
      config.connectionThrottle,
      clock.monotonicMs(),
      ports.random,
    );
    const sessionParts = { tracker, database, throttle, clock, log, metrics };
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = config;
    this.#sessions = new SessionService({
      ...sessionParts,
      minSessionTimeoutMs,
      maxSessionTimeoutMs,
    });
    this.#txnLog = this.#openTxnLog(serverId);
    const maxBufferBytes = config.juteMaxBufferBytes;
    const pipeline = new RequestPipeline({
      serverId,
      verifier: new MajorityVerifier([serverId]),
      database,
      txnLog: this.#txnLog,
      pending,
      preparer: new Preparer(
        {
          options: prepareOptionsOf(config),
          tree: database.tree,
          pending,
          access,
          log,
          onQuotaExceeded: (path) =>
            metrics.quotaExceededErrorPerNamespace.add(namespaceOf(path), 1),
        },
        database.lastProcessedZxid,
        maxBufferBytes,
      ),
      read: new ReadContext(database.tree, watches, access, { maxBufferBytes }),
      sessionEvents: this.#sessions,
      clock,
      log,
      stats,
      metrics,
    });
    this.#pipeline = pipeline;
    this.#clients = new ClientService({
      config,
      sessions: this.#sessions,
      pipeline,
      admission: new Admission({ config, pipeline, clock, metrics }),
      authenticator: new Authenticator({
        enforceAuth: config.enforceAuth,
        maxBufferBytes,
        access,
        log,
        stats,
      }),
      watches,
      clock,
      log,
      metrics,
      render: (word, argument) => this.#renderWord(word, argument),
    });
    this.#listener = new ClientListener({
      maxCnxns: config.maxCnxns,
      maxClientCnxns: config.maxClientCnxns,
      open: (transport) => this.#open(transport, access),
      onRejected: (client, reason) => {
        metrics.connectionRejected.add(1);
        log.warn({ client, reason }, 'connection rejected');
      },
    });
    this.#clients.onConnectionClosed = ({ transport }) =>
      this.#listener.closed(transport.remoteAddress);
    const { tree } = database;
    this.#containers = new ContainerManager({
      config: config.container,
      tree,
      pipeline,
      clock,
      log,
    });
    this.#status = new StatusReporter({
      config,
      version: options.version,
      database,
      watches,
      tracker,
      throttle,
      clients: this.#clients,
      pipeline,
      clock,
      stats,
      metrics,
      system: ports.system,
      environment: ports.environment,
    });
  }

  readonly #pipeline: RequestPipeline;

  /** Sessions run and clients are served from now on. */
  start(): void {
    this.#sessions.start(this.#pipeline);
    this.#containers.start();
    this.#clients.start();
  }

  /** A new client connection, or undefined if it is turned away. */
  accept(transport: Transport): TransportHandler | undefined {
    return this.#listener.accept(transport);
  }

  /** Takes no more requests, writes what was proposed, and closes. Sessions live on in the log. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#clients.stop();
    this.#sessions.stop();
    this.#containers.stop();
    await this.#txnLog.close();
  }

  #open(transport: Transport, access: AccessControl): ClientConnection {
    const { config } = this.#options;
    const connection = new ClientConnection(
      transport,
      this.#connectionContext(access),
      config.sessionlessCnxnTimeoutMs,
    );
    this.#clients.opened(connection);
    return connection;
  }

  #context: ConnectionContext | null = null;

  #connectionContext(access: AccessControl): ConnectionContext {
    this.#context ??= {
      host: this.#clients,
      limits: {
        maxFrameBytes: this.#options.config.juteMaxBufferBytes,
        outputHighWaterBytes: OUTPUT_HIGH_WATER_BYTES,
        outputLimitBytes: OUTPUT_LIMIT_BYTES,
      },
      clock: this.#ports.clock,
      log: this.#ports.log,
      slabs: new SlabPool({ slabBytes: SLAB_BYTES, maxFree: MAX_FREE_SLABS }),
      access,
      stats: this.stats,
      metrics: this.metrics,
    };
    return this.#context;
  }

  #openTxnLog(serverId: ServerId): TxnLog {
    const { config, logDir } = this.#options;
    const { disk, clock, log, onFatal } = this.#ports;
    return new TxnLog(
      {
        dir: logDir,
        preAllocBytes: config.preAllocBytes,
        sizeLimitBytes: config.txnLogSizeLimitBytes,
        forceSync: config.forceSync,
        fsyncWarningMs: config.fsyncWarningMs,
        maxBatchCount: config.maxBatchCount,
        flushDelayMs: config.flushDelayMs,
        maxWriteQueuePollMs: config.maxWriteQueuePollMs,
      },
      {
        disk,
        clock,
        events: {
          onDurable: (zxid) => {
            const { stats } = this.#txnLog;
            this.metrics.fsyncTime.add(stats.lastSyncMs);
            this.metrics.syncProcessorBatchSize.add(stats.lastBatchTxnCount);
            this.#pipeline.onDurable(zxid);
          },
          onFailed: (error) => onFatal(error, `server ${serverId} can't write its txn log`),
          onSlowSync: (ms, fileBytes) => {
            this.stats.slowSyncCount += 1;
            log.warn({ ms: Math.round(ms), fileBytes }, 'syncing the txn log took long');
          },
          onRoll: (file) => log.info({ file }, 'txn log rolled'),
        },
      },
    );
  }

  #renderWord(word: FourLetterWord, argument: Buffer | undefined): string {
    switch (word) {
      case 'srst':
        this.stats.reset();
        break;
      case 'crst':
        for (const { stats } of this.#clients.connections) stats.reset();
        break;
      case 'stmk':
        if (argument !== undefined) this.#status.setTraceMask(argument);
        break;
      default:
    }
    return fourLetterWord(word, this.#status.status());
  }

  readonly #countTriggered = (type: EventType, watcherCount: number): void => {
    switch (type) {
      case EventType.NodeCreated:
        this.metrics.nodeCreatedWatchCount.add(watcherCount);
        break;
      case EventType.NodeDeleted:
        this.metrics.nodeDeletedWatchCount.add(watcherCount);
        break;
      case EventType.NodeDataChanged:
        this.metrics.nodeChangedWatchCount.add(watcherCount);
        break;
      case EventType.NodeChildrenChanged:
        this.metrics.nodeChildrenWatchCount.add(watcherCount);
        break;
    }
  };
}

function prepareOptionsOf(config: Config): PrepareOptions {
  return {
    extendedTypesEnabled: config.extendedTypesEnabled,
    emulate353TtlNodes: config.emulate353TtlNodes,
    enforceQuota: config.enforceQuota,
    closeSessionTxnEnabled: config.closeSessionTxnEnabled,
    reconfigEnabled: config.reconfigEnabled,
    maxDataReplyBytes: config.juteMaxBufferBytes,
    maxChildrenReplyBytes: config.maxChildrenReplyBytes,
  };
}

/** The first component of a path, by which quota errors are counted. */
function namespaceOf(path: string): string {
  return path.split('/', 2)[1] ?? '';
}

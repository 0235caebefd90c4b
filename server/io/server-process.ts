import { randomInt } from 'node:crypto';
import { FileDisk } from '../../storage/io/file-disk.ts';
import type { Log } from '../../storage/ports.ts';
import { recover } from '../../storage/recovery.ts';
import type { Config } from '../config/config-type.ts';
import { QuorumPeer } from '../quorum-peer.ts';
import { SystemClock } from './system-clock.ts';
import { ProcessFacts } from './system-facts.ts';
import { TcpListener } from './tcp-listener.ts';

/** Exit codes; the first two are Apache's (ExitCode). */
export const ExitCode = {
  /** The configuration can't be used. */
  INVALID_INVOCATION: 2,
  /** The log can't be written: going on would be to acknowledge what is not kept. */
  TXNLOG_ERROR: 10,
  /** The data can't be read, or the port is not to be had. */
  UNABLE_TO_START: 1,
} as const;

/** A server that runs in this process. */
export type RunningServer = {
  /** The port that clients reach. */
  readonly port: number;
  /** Writes what was proposed and closes; sessions live on in the log. */
  stop(): Promise<void>;
};

/**
 * Recovers the data, listens and serves.
 *
 * @throws RecoveryError if the data is not what it should be; the system's errors for port and disk
 */
export async function startServer(
  config: Config,
  version: string,
  log: Log,
): Promise<RunningServer> {
  const clock = new SystemClock();
  const disk = new FileDisk();
  const facts = new ProcessFacts(version);
  const recovery = await recover(
    {
      dataDir: config.dataDir,
      dataLogDir: config.dataLogDir,
      autocreate: config.datadirAutocreate,
      dbAutocreate: config.dbAutocreate,
      trustEmptySnapshot: config.trustEmptySnapshot,
      tree: {
        digestEnabled: config.digestEnabled,
        extendedTypesEnabled: config.extendedTypesEnabled,
        emulate353TtlNodes: config.emulate353TtlNodes,
        hashSeed: randomInt(0x1_0000_0000),
      },
    },
    { disk, clock, log },
  );
  const { database, logDir } = recovery;
  const peer = new QuorumPeer(
    { config, version, logDir, database },
    {
      clock,
      disk,
      log,
      random: Math.random,
      system: facts,
      environment: () => facts.environment(),
      onFatal: (error, what) => {
        log.error({ error: error.message }, `${what}; stopping, since nothing may be acknowledged`);
        process.exit(ExitCode.TXNLOG_ERROR);
      },
    },
  );
  peer.metrics.startupTxnsLoaded.add(recovery.txnCount);
  peer.metrics.startupTxnsLoadTime.add(Math.round(recovery.elapsedMs));
  peer.metrics.digestMismatchesCount.add(recovery.digestMismatchCount);
  const listener = new TcpListener(
    {
      port: config.clientPort,
      host: config.clientPortAddress,
      backlog: config.listenBacklog,
      keepAlive: config.tcpKeepAlive,
    },
    log,
    (transport) => peer.accept(transport),
  );
  const port = await listener.listen();
  facts.port = port;
  peer.start();
  log.info({ port, dataDir: config.dataDir, version }, 'serving clients');
  return {
    port,
    stop: async () => {
      listener.close();
      await peer.stop();
    },
  };
}

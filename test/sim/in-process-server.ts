import { fullVersion } from '../../server/admin/version.ts';
import type { Config } from '../../server/config/config-type.ts';
import { parseConfig } from '../../server/config.ts';
import { QuorumPeer } from '../../server/quorum-peer.ts';
import type { SystemFacts } from '../../server/status-reporter.ts';
import type { Log } from '../../storage/ports.ts';
import { type Recovery, recover } from '../../storage/recovery.ts';
import { Random } from '../differential/random.ts';
import { SimClock } from './clock.ts';
import { SimDisk } from './disk.ts';
import { type SimConnection, type SimConnectionOptions, SimNetwork } from './network.ts';
import { type HandshakeOptions, NetworkClient } from './network-client.ts';

export type InProcessServerOptions = {
  /** What differs from the configuration of a server that was told only where its data are. */
  readonly config?: Partial<Config>;
  /** Default: an empty one. */
  readonly disk?: SimDisk;
  readonly clock?: SimClock;
  readonly seed?: number;
  /** Whether the server serves at once. Default true. */
  readonly started?: boolean;
};

/** One line of the server's log. */
export type LogLine = {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
};

/** Keeps what a server logs. */
export class SimLog implements Log {
  readonly lines: LogLine[] = [];

  debug(fields: object, message: string): void {
    this.#add('debug', fields, message);
  }

  info(fields: object, message: string): void {
    this.#add('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#add('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#add('error', fields, message);
  }

  /** The lines whose message contains `text`. */
  matching(text: string): LogLine[] {
    return this.lines.filter(({ message }) => message.includes(text));
  }

  #add(level: LogLine['level'], fields: object, message: string): void {
    this.lines.push({ level, fields: { ...fields }, message });
  }
}

/** That the server said it can't go on. */
export type Fatal = { readonly error: Error; readonly what: string };

/** A turn that never ends is a bug of the server, or of a test. */
const MAX_TURNS = 100_000;

/** The configuration of a server on the simulated disk: the defaults, but for a log that is not preallocated. */
export function simConfig(config: Partial<Config> = {}): Config {
  const text = 'dataDir=/data\nclientPort=2181\ntickTime=2000\n';
  const defaults = parseConfig(text, { file: 'zoo.cfg', systemProperties: new Map() }).config;
  return { ...defaults, preAllocBytes: 0, ...config };
}

/**
 * A whole server in this process: its QuorumPeer on a simulated disk, clock and network. Nothing happens by itself: a
 * test lets it take turns, each of which is one turn of an event loop.
 */
export class InProcessServer {
  readonly config: Config;
  readonly clock: SimClock;
  readonly disk: SimDisk;
  readonly network: SimNetwork;
  readonly log: SimLog;
  readonly peer: QuorumPeer;
  /** What recovery found. */
  readonly recovery: Recovery;
  /** Errors after which the server can't go on; at most one. */
  readonly fatals: Fatal[];
  /** While set, the disk does nothing: what is written to it waits. */
  isDiskHeld = false;
  readonly #seed: number;

  private constructor(parts: {
    readonly config: Config;
    readonly clock: SimClock;
    readonly disk: SimDisk;
    readonly log: SimLog;
    readonly recovery: Recovery;
    readonly seed: number;
  }) {
    const { config, clock, disk, log, recovery } = parts;
    this.config = config;
    this.clock = clock;
    this.disk = disk;
    this.log = log;
    this.recovery = recovery;
    this.#seed = parts.seed;
    const random = new Random(parts.seed);
    const fatals: Fatal[] = [];
    this.fatals = fatals;
    const { database, logDir } = recovery;
    this.peer = new QuorumPeer(
      { config, version: fullVersion('0.0.0', 0), logDir, database },
      {
        clock,
        disk,
        log,
        random: () => random.next() / 0x1_0000_0000,
        system: SYSTEM_FACTS,
        environment: () => [['zookeeper.version', 'simulated']],
        onFatal: (error, what) => fatals.push({ error, what }),
      },
    );
    this.network = new SimNetwork((transport) => this.peer.accept(transport));
  }

  /** Recovers what is on the disk and serves it. */
  static async start(options: InProcessServerOptions = {}): Promise<InProcessServer> {
    const { seed = 1, clock = new SimClock(), started = true } = options;
    const config = simConfig(options.config);
    const disk = options.disk ?? new SimDisk({ random: new Random(seed) });
    const log = new SimLog();
    const recovery = await disk.run(
      recover(
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
            hashSeed: seed,
          },
        },
        { disk, clock, log },
      ),
    );
    const server = new InProcessServer({ config, clock, disk, log, recovery, seed });
    if (started) server.peer.start();
    return server;
  }

  /** A connection on which nothing has been said yet. */
  connect(options?: SimConnectionOptions): SimConnection {
    return this.network.connect(options);
  }

  /** A client that has said nothing yet. */
  client(options?: SimConnectionOptions): NetworkClient {
    return new NetworkClient(this.connect(options), () => this.settle());
  }

  /** A client with a session. */
  session(options: HandshakeOptions = {}): NetworkClient {
    const client = this.client();
    const response = client.handshake(options);
    if (response === undefined || response.timeOut === 0) throw new Error('no session was opened');
    return client;
  }

  /**
   * One turn of the server's event loop: timers that are due, then what has come from network and disk, then what was
   * put off to the end of the turn. False if there was nothing to do.
   */
  turn(): boolean {
    const fired = this.clock.fireTimers();
    const moved = this.network.step();
    let wrote = false;
    if (!this.isDiskHeld) while (this.disk.step()) wrote = true;
    return this.clock.endTurn() || fired || moved || wrote;
  }

  /** Turns until there is nothing to do at this moment. */
  settle(): void {
    for (let turns = 0; this.turn(); turns += 1) {
      if (turns > MAX_TURNS) throw new Error('the server does not come to rest');
    }
  }

  /** Lets time go on, moment by moment as timers are due, and everything happen that happens then. */
  advance(ms: number): void {
    const endMs = this.clock.monotonicMs() + ms;
    this.settle();
    for (;;) {
      const nextMs = this.clock.nextTimerMs;
      if (nextMs === undefined || nextMs > endMs) break;
      this.clock.pass(Math.max(0, nextMs - this.clock.monotonicMs()));
      this.settle();
    }
    this.clock.pass(endMs - this.clock.monotonicMs());
    this.settle();
  }

  /** Stops in good order. */
  async stop(): Promise<void> {
    const stopped = this.peer.stop();
    this.settle();
    await this.disk.run(stopped);
  }

  /** The power fails; the server is started again on what is left on the disk, with the clock going on. */
  crashAndRestart(config: Partial<Config> = {}): Promise<InProcessServer> {
    return this.#startAgain(this.disk.crash(), config);
  }

  /** The server is started again on its disk, after `stop`. */
  restart(config: Partial<Config> = {}): Promise<InProcessServer> {
    return this.#startAgain(this.disk, config);
  }

  #startAgain(disk: SimDisk, config: Partial<Config>): Promise<InProcessServer> {
    // The timers of the server before are gone with it.
    const clock = new SimClock({
      monotonicMs: this.clock.monotonicMs(),
      wallMs: this.clock.wallMs(),
    });
    return InProcessServer.start({
      config: { ...this.config, ...config },
      disk,
      clock,
      seed: this.#seed,
    });
  }
}

const SYSTEM_FACTS: SystemFacts = {
  clientPort: () => 2181,
  directoryBytes: () => 0,
  openFileDescriptorCount: () => 0,
  maxFileDescriptorCount: () => 0,
  workingDirectory: () => '/',
};

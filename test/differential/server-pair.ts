/** Two servers to compare, and where they come from. */
import { startApache } from '../support/apache-server.ts';
import { fourLetterWord } from '../support/four-letter-word.ts';
import { startOkapi } from '../support/okapi-server.ts';
import type { TestServer } from '../support/test-server.ts';
import type { Profile } from './step.ts';

export type Address = { readonly host: string; readonly port: number };

/** Servers A (the reference) and B (the one under test), configured alike. */
export interface ServerPair {
  readonly a: Address;
  readonly b: Address;
  /** Ends both servers and starts them again on their data and ports; false if they are not ours to restart. */
  restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean>;
  /** What the servers wrote to their logs, for a report. */
  logs(): { readonly a: string; readonly b: string };
  stop(): Promise<void>;
}

/** Starts a fresh pair; undefined if the servers belong to somebody else and can't be started anew. */
export type PairFactory = (profile: Profile) => Promise<ServerPair>;

export type ServerKind = 'apache' | 'okapi';

export type FreshPairOptions = {
  /** At a restart each of the servers goes on with the other's data folder and port. */
  readonly exchangeData: boolean;
};

/** Fresh servers with empty data folders, on ports of their own. */
export function freshPairs(
  first: { readonly a: ServerKind; readonly b: ServerKind },
  options: FreshPairOptions = { exchangeData: false },
): PairFactory {
  return async (profile) => {
    let kinds = first;
    let [a, b] = await bothOrNone(start(kinds.a, profile), start(kinds.b, profile));
    // The first incarnation of each owns its data folder and removes it.
    const owners = [a, b];
    const stop = async (): Promise<void> => {
      await Promise.all([a.stop(), b.stop()]);
      await Promise.all(owners.map((server) => server.stop()));
    };
    return {
      a: { host: a.host, port: a.port },
      b: { host: b.host, port: b.port },
      logs: () => ({ a: a.log(), b: b.log() }),
      restart: async (signal) => {
        await Promise.all([a.kill(signal), b.kill(signal)]);
        if (options.exchangeData) kinds = { a: kinds.b, b: kinds.a };
        [a, b] = await bothOrNone(start(kinds.a, profile, a), start(kinds.b, profile, b));
        return true;
      },
      stop,
    };
  };
}

/** Two servers, or an error and none: one that is left over would keep the process alive. */
async function bothOrNone(
  startingA: Promise<TestServer>,
  startingB: Promise<TestServer>,
): Promise<[TestServer, TestServer]> {
  const [a, b] = await Promise.allSettled([startingA, startingB]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
  if (a.status === 'fulfilled') await a.value.stop();
  if (b.status === 'fulfilled') await b.value.stop();
  throw a.status === 'rejected' ? a.reason : b.status === 'rejected' ? b.reason : undefined;
}

/** Servers that run already; nothing is started or stopped. They should be empty, idle and configured alike. */
export function givenPair(a: Address, b: Address): PairFactory {
  return () =>
    Promise.resolve({
      a,
      b,
      restart: () => Promise.resolve(false),
      logs: () => ({ a: '', b: '' }),
      stop: () => Promise.resolve(),
    });
}

async function start(kind: ServerKind, profile: Profile, before?: TestServer): Promise<TestServer> {
  const config = { ...BASE_CONFIG, ...profile.config };
  const place = before === undefined ? {} : { dataDir: before.dataDir, port: before.port };
  if (kind === 'okapi') return startOkapi({ config, ...place });
  const server = await startApache({ config, javaProperties: commandLineKeys(config), ...place });
  const answer = await fourLetterWord(server.port, 'srvr');
  if (REFERENCE_VERSION.test(answer)) return server;
  await server.stop();
  throw new Error(
    `the reference is Apache ZooKeeper 3.9.5, but what was started is '${answer.split('\n')[0]}'; ` +
      'run `mvn -f test/interop/java/pom.xml package` or set ZOOKEEPER_CLASSPATH',
  );
}

/** Other versions differ where clients see it: notifications of 3.8 do not tell a zxid. */
const REFERENCE_VERSION = /^Zookeeper version: 3\.9\.5-/;

/** Nothing may happen by itself: no reaping, no snapshots, no waiting for the disk. */
const BASE_CONFIG: Readonly<Record<string, string>> = {
  tickTime: '200',
  maxClientCnxns: '0',
  forceSync: 'no',
  preAllocSize: '1024',
  snapCount: '10000000',
  // Apache's server refuses logs without a snapshot beside them, which is what Okapi writes.
  'snapshot.trust.empty': 'true',
  'znode.container.checkIntervalMs': '100000000',
};

/** Keys of zoo.cfg that Apache's server reads from the command line only. */
function commandLineKeys(config: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).filter(([key]) => key.startsWith('znode.container.')),
  );
}

import { skipWithoutApache, startApache } from './apache-server.ts';
import { skipWithoutOkapi, startOkapi } from './okapi-server.ts';
import type { ServerOptions, TestServer } from './test-server.ts';

/** A server that a test can be run against. */
export type ServerKind = {
  readonly name: string;
  /** Why it cannot be started here; false if it can. */
  readonly skip: string | false;
  start(options: ServerOptions): Promise<TestServer>;
};

/** The original and ours: what holds for the one must hold for the other. */
export const SERVERS: readonly ServerKind[] = [
  { name: 'Apache ZooKeeper', skip: skipWithoutApache(), start: startApache },
  { name: 'Okapi', skip: skipWithoutOkapi(), start: startOkapi },
];

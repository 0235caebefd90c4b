import type { TestContext } from 'node:test';
import { skipWithoutApache, startApache } from '../support/apache-server.ts';
import { skipWithoutOkapi, startOkapi } from '../support/okapi-server.ts';
import type { TestServer } from '../support/test-server.ts';

/** What a real client may be pointed at: the original first, as the proof that the check itself is right, then ours. */
export type Target = {
  readonly name: string;
  /** The `skip` of a test against this server. */
  readonly skip: string | false;
  /** Starts a fresh server that is stopped when the test ends. */
  start(t: TestContext, options?: TargetOptions): Promise<TestServer>;
};

export type TargetOptions = {
  /** Lines of zoo.cfg that differ from `CLIENT_TEST_CONFIG`. */
  readonly config?: Readonly<Record<string, string>>;
  /** Java system properties for Apache, `-D` for Okapi. */
  readonly properties?: Readonly<Record<string, string>>;
};

/** The digest of `super:test`, the superuser in these tests. */
export const SUPER_DIGEST = 'super:D/InIHSb7yEEbrWz8b9l71RjZJU=';

/**
 * Short ticks, so that sessions of a second are allowed and expire soon; no limit on connections from one address,
 * which is where all of these clients are.
 */
const CLIENT_TEST_CONFIG = { tickTime: '500', maxClientCnxns: '0' } as const;

const CLIENT_TEST_PROPERTIES = {
  'zookeeper.extendedTypesEnabled': 'true',
  'zookeeper.DigestAuthenticationProvider.superDigest': SUPER_DIGEST,
} as const;

async function stopAfter(t: TestContext, starting: Promise<TestServer>): Promise<TestServer> {
  const server = await starting;
  t.after(() => server.stop());
  return server;
}

export const APACHE: Target = {
  name: 'Apache ZooKeeper',
  skip: skipWithoutApache(),
  start: (t, options = {}) =>
    stopAfter(
      t,
      startApache({
        config: { ...CLIENT_TEST_CONFIG, ...options.config },
        javaProperties: { ...CLIENT_TEST_PROPERTIES, ...options.properties },
      }),
    ),
};

export const OKAPI: Target = {
  name: 'Okapi',
  skip: skipWithoutOkapi(),
  start: (t, options = {}) =>
    stopAfter(
      t,
      startOkapi({
        config: { ...CLIENT_TEST_CONFIG, ...options.config },
        properties: { ...CLIENT_TEST_PROPERTIES, ...options.properties },
      }),
    ),
};

export const TARGETS: readonly Target[] = [APACHE, OKAPI];

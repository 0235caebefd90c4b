/** Curator, unchanged: every recipe, the caches compared with the truth, and the framework's operations. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { JAVA_CLASSES, javaClasspath, SMALL_JVM, skipWithoutJavaSide } from './java-side.ts';
import { runChecks, skipUnless } from './program.ts';
import { APACHE, OKAPI, type Target } from './targets.ts';

const DEBIAN_JARS = [
  'curator-recipes.jar',
  'curator-framework.jar',
  'curator-client.jar',
  'zookeeper.jar',
  'zookeeper-jute.jar',
  'guava.jar',
  'slf4j-api.jar',
].map((jar) => path.join('/usr/share/java', jar));

type Variant = {
  readonly name: string;
  readonly skip: string | false;
  readonly targets: readonly Target[];
  /** Which checks; all if empty. */
  readonly filter: string;
  classpath(): string;
};

const VARIANTS: readonly Variant[] = [
  {
    name: 'Curator 5.9.0',
    skip: skipWithoutJavaSide(),
    targets: [APACHE, OKAPI],
    filter: '',
    classpath: () => javaClasspath(),
  },
  {
    name: "Debian's Curator on its ZooKeeper 3.8",
    skip:
      skipWithoutJavaSide() ||
      skipUnless(
        DEBIAN_JARS.every((jar) => existsSync(jar)),
        'the Debian package libcurator-recipes-java is not installed',
      ),
    targets: [OKAPI],
    // Its mutex fails now and then with 'Path cannot be null' when connections are cut, against Apache ZooKeeper too.
    filter: '!mutex-over-cut',
    classpath: () => [JAVA_CLASSES, ...DEBIAN_JARS].join(path.delimiter),
  },
];

for (const variant of VARIANTS) {
  for (const target of variant.targets) {
    test(`${variant.name}: recipes and operations against ${target.name}`, {
      skip: target.skip || variant.skip,
    }, async (t) => {
      const server = await target.start(t);
      await runChecks(t, {
        command: 'java',
        args: [
          ...SMALL_JVM,
          // Curator logs every connection that a check cuts; what matters is in the checks' own lines.
          '-Dokapi.log.level=OFF',
          ...['-cp', variant.classpath()],
          'okapi.CuratorMain',
          `127.0.0.1:${server.port}`,
          variant.filter,
        ],
        timeoutMs: 280_000,
      });
    });
  }
}

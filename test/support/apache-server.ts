import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { type ServerOptions, startServer, type TestServer } from './test-server.ts';

/** Options of an Apache ZooKeeper server; `javaProperties` become `-Dkey=value`. */
export type ApacheOptions = ServerOptions & {
  readonly javaProperties?: Readonly<Record<string, string>>;
};

/** What is needed to run Apache ZooKeeper's classes, or why that is not possible here. */
export type ApacheInstallation =
  | { readonly kind: 'found'; readonly java: string; readonly classpath: string }
  | { readonly kind: 'missing'; readonly reason: string };

/** From dist/test/support to the repository. */
const REPOSITORY = path.resolve(import.meta.dirname, '../../..');
const MAVEN_JARS = path.join(REPOSITORY, 'test/interop/java/target/lib');
const DEBIAN_JARS = '/usr/share/java';
const LOGBACK_FILE = 'logback.xml';
/** Where the classpath has logback, its default would be every debug line of every library. */
const LOGBACK = `<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{HH:mm:ss.SSS} %-5level %logger{0} %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="OUT"/></root>
</configuration>
`;

/**
 * Looks for java and for ZooKeeper's jars, in this order: the classpath in ZOOKEEPER_CLASSPATH, the jars that the Maven
 * project under test/interop/java has fetched (3.9.5), Debian's package libzookeeper-java (3.8).
 */
export function findApache(): ApacheInstallation {
  const { JAVA_HOME, ZOOKEEPER_CLASSPATH } = process.env;
  const java = JAVA_HOME === undefined ? 'java' : path.join(JAVA_HOME, 'bin/java');
  if (spawnSync(java, ['-version'], { stdio: 'ignore' }).status !== 0) {
    return { kind: 'missing', reason: `there is no java here (tried '${java}')` };
  }
  if (ZOOKEEPER_CLASSPATH !== undefined && ZOOKEEPER_CLASSPATH !== '') {
    return { kind: 'found', java, classpath: completed(ZOOKEEPER_CLASSPATH) };
  }
  if (existsSync(MAVEN_JARS) && readdirSync(MAVEN_JARS).some((jar) => isZooKeeperJar(jar))) {
    return { kind: 'found', java, classpath: completed(path.join(MAVEN_JARS, '*')) };
  }
  const debian = path.join(DEBIAN_JARS, 'zookeeper.jar');
  if (existsSync(debian)) return { kind: 'found', java, classpath: completed(debian) };
  return {
    kind: 'missing',
    reason:
      'there are no Apache ZooKeeper jars here: run `mvn -f test/interop/java/pom.xml package`, set ZOOKEEPER_CLASSPATH, ' +
      'or install the Debian package zookeeper',
  };
}

/**
 * The `skip` of a test that needs Apache ZooKeeper: false where it is installed. With CI=true it is always false, so
 * that a missing prerequisite fails there instead of passing in silence.
 */
export function skipWithoutApache(): string | false {
  const { CI } = process.env;
  if (CI === 'true') return false;
  const found = findApache();
  return found.kind === 'found' ? false : found.reason;
}

/** Starts Apache ZooKeeper standalone and resolves when it serves. Rejects where it is not installed. */
export function startApache(options: ApacheOptions = {}): Promise<TestServer> {
  const found = findApache();
  if (found.kind === 'missing') return Promise.reject(new Error(found.reason));
  const properties = Object.entries(options.javaProperties ?? {});
  return startServer(
    {
      name: 'Apache ZooKeeper',
      program: found.java,
      args: (configFile) => [
        // A small heap and the cheap compiler: these servers live for seconds, on a few cores.
        '-Xmx256m',
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        '-Dzookeeper.jmx.log4j.disable=true',
        `-Dlogback.configurationFile=${path.join(path.dirname(configFile), LOGBACK_FILE)}`,
        ...properties.map(([key, value]) => `-D${key}=${value}`),
        '-cp',
        found.classpath,
        'org.apache.zookeeper.server.ZooKeeperServerMain',
        configFile,
      ],
      files: { [LOGBACK_FILE]: LOGBACK },
      portTaken: /Address already in use/,
    },
    options,
  );
}

function isZooKeeperJar(fileName: string): boolean {
  return /^zookeeper-\d.*\.jar$/.test(fileName);
}

/**
 * ZooKeeper's pom marks metrics-core and snappy-java as provided, so a plain dependency copy lacks them, and the server
 * does not start. Debian's copies go last on the path, where they are only found if nothing else has the class.
 */
function completed(classpath: string): string {
  const extras = ['metrics-core.jar', 'snappy-java.jar']
    .map((jar) => path.join(DEBIAN_JARS, jar))
    .filter((jar) => existsSync(jar));
  return [classpath, ...extras].join(path.delimiter);
}

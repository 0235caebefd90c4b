import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { skipUnless } from './program.ts';

/** The Maven project with ZooKeeper's and Curator's jars and our Java programs. */
export const JAVA_FOLDER: string = path.resolve(import.meta.dirname, '../../../test/interop/java');
const JARS = path.join(JAVA_FOLDER, 'target/lib');
/** Our own programs, compiled. */
export const JAVA_CLASSES: string = path.join(JAVA_FOLDER, 'target/classes');

/** The `skip` of a test that needs the Maven project to be built. */
export function skipWithoutJavaSide(): string | false {
  return skipUnless(
    existsSync(JARS) && existsSync(JAVA_CLASSES),
    'the Java side is not built: run `mvn -q -f test/interop/java/pom.xml package`',
  );
}

/** All jars and our classes, as a class path; `without` leaves out jars by the start of their name. */
export function javaClasspath(options: { readonly without?: string } = {}): string {
  const jars = readdirSync(JARS)
    .filter((jar) => options.without === undefined || !jar.startsWith(options.without))
    .map((jar) => path.join(JARS, jar));
  return [JAVA_CLASSES, ...jars].join(path.delimiter);
}

/** Options of a small JVM that lives for seconds. */
export const SMALL_JVM: readonly string[] = [
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
];

/** Curator, unchanged: every recipe, the caches compared with the truth, and the framework's operations. */
import { test } from 'node:test';
import { javaClasspath, SMALL_JVM, skipWithoutJavaSide } from './java-side.ts';
import { runChecks } from './program.ts';
import { TARGETS } from './targets.ts';

for (const target of TARGETS) {
  test(`Curator: recipes and operations against ${target.name}`, {
    skip: target.skip || skipWithoutJavaSide(),
  }, async (t) => {
    const server = await target.start(t);
    await runChecks(t, {
      command: 'java',
      args: [
        ...SMALL_JVM,
        // Curator logs every connection that a check cuts; what matters is in the checks' own lines.
        '-Dokapi.log.level=OFF',
        ...['-cp', javaClasspath()],
        'okapi.CuratorMain',
        `127.0.0.1:${server.port}`,
      ],
      timeoutMs: 280_000,
    });
  });
}

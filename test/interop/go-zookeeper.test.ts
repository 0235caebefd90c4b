/** The Go client github.com/go-zookeeper/zk, unchanged. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { runChecks, runProgram, skipUnless } from './program.ts';
import { TARGETS } from './targets.ts';

const GO_FOLDER = path.resolve(import.meta.dirname, '../../../test/interop/go');
const SKIP_GO = skipUnless(
  spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0,
  'go is not installed',
);

for (const target of TARGETS) {
  test(`go-zookeeper against ${target.name}`, { skip: SKIP_GO || target.skip }, async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'okapi-go-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const program = path.join(folder, 'checks');
    const built = await runProgram({
      command: 'go',
      args: ['build', '-buildvcs=false', '-o', program, '.'],
      cwd: GO_FOLDER,
      timeoutMs: 180_000,
    });
    assert.equal(built.exitCode, 0, built.stderr);
    const server = await target.start(t);
    await runChecks(t, {
      command: program,
      args: [`127.0.0.1:${server.port}`],
      timeoutMs: 120_000,
    });
  });
}

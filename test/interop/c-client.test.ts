/**
 * The C client, unchanged, as Debian packages it: its command line client cli_mt through a script, whose transcript must
 * be Apache ZooKeeper's, and a program of ours on the library libzookeeper_mt.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { runChecks, runProgram, skipUnless } from './program.ts';
import { APACHE, OKAPI, TARGETS, type Target } from './targets.ts';
import { type Step, type Transcript, typeScript } from './typed-session.ts';

const CLI_MT = '/usr/lib/zookeeper/bin/cli_mt';
const SOURCE = path.resolve(import.meta.dirname, '../../../test/interop/c/client_checks.c');

const SKIP_CLI = skipUnless(
  existsSync(CLI_MT),
  'the Debian package zookeeper-bin is not installed',
);
const SKIP_LIBRARY = skipUnless(
  existsSync('/usr/include/zookeeper/zookeeper.h') && existsSync('/usr/bin/gcc'),
  'the Debian packages libzookeeper-mt-dev and gcc are not installed',
);

/** cli_mt sets a watch with every get, ls and exists. */
const SCRIPT: readonly Step[] = [
  'create /app',
  'create /app',
  'create /no/parent',
  'create +e /eph',
  'create /eph/child',
  'create +s /app/seq-',
  'create +s /app/seq-',
  'create +e /app/eph',
  'create2 +es /app/seq-',
  'create2 /app/two',
  'create +c /app/container',
  'create +t=3600000 /app/ttl',
  'create2 +ts=3600000 /app/ttl-',
  'create +x /app/wrong',
  'create relative',
  'get /app/two',
  ['set /app/two some words', 1],
  'get /app/two',
  'acreate /app/asynchronous',
  'get /nothing',
  'set /nothing x',
  'set relative x',
  'ls /app',
  ['create /app/seen', 1],
  'ls2 /app',
  ['delete /app/seen', 1],
  'ls /nothing',
  'exists /app/later',
  ['create /app/later', 1],
  'wexists /app/later',
  ['delete /app/later', 1],
  'exists /app/nothing',
  'delete /app',
  'delete /nothing',
  'sync /app',
  'sync /nothing',
  'config',
  'reconfig -remove 1',
  'addauth digest ann:secret',
  'ls /zookeeper',
  'get /zookeeper',
  'delete /zookeeper',
  // The watches of the two gets above are still there.
  ['delete /app/two', 1],
];

async function transcript(t: TestContext, target: Target): Promise<Transcript> {
  const server = await target.start(t);
  return typeScript(
    {
      command: CLI_MT,
      args: [`127.0.0.1:${server.port}`],
      markerCommand: 'sync /marker',
      marker: /^\[\/marker\]: rc = 0$/,
      event: /^Watcher /,
      noise: /^(time = \d+ msec|\tname = \/marker|Got a new session id: .*)$/,
    },
    SCRIPT,
  );
}

/** Clocks and session ids differ, and so may the order of a child list; zxids and versions may not. */
function normalise(answer: string): string {
  const plain = answer
    .replace(/(ctime ?= ?|mtime ?= ?)\w{3} \w{3} .*/g, '$1<time>')
    .replace(/ephemeralOwner = 1[0-9a-f]{14}/g, 'ephemeralOwner = <session>');
  return plain.startsWith('> ls') ? plain.split('\n').sort().join('\n') : plain;
}

test('cli_mt says the same about Okapi as about Apache ZooKeeper', {
  skip: SKIP_CLI || APACHE.skip || OKAPI.skip,
}, async (t) => {
  const theirs = await transcript(t, APACHE);
  const ours = await transcript(t, OKAPI);
  for (const [step, answer] of theirs.answers.entries()) {
    assert.equal(normalise(ours.answers[step] ?? ''), normalise(answer));
  }
  assert.deepEqual(ours.events, theirs.events);
});

for (const target of TARGETS) {
  test(`a program on libzookeeper_mt against ${target.name}`, {
    skip: SKIP_LIBRARY || target.skip,
  }, async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'okapi-c-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const program = path.join(folder, 'client_checks');
    const compiled = await runProgram({
      command: 'gcc',
      args: [
        ...['-Wall', '-O1', '-DTHREADED', '-o', program, SOURCE],
        ...['-lzookeeper_mt', '-lpthread'],
      ],
      timeoutMs: 60_000,
    });
    assert.equal(compiled.exitCode, 0, compiled.stderr);
    const server = await target.start(t);
    await runChecks(t, {
      command: program,
      args: [`127.0.0.1:${server.port}`],
      timeoutMs: 120_000,
    });
  });
}

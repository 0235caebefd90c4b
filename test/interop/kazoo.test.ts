/**
 * kazoo, unchanged, in two versions (PyPI's, Debian's): our program over its recipes and client features, and kazoo's
 * own test suite pointed at a server that is already there.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { runChecks, runProgram, skipUnless } from './program.ts';
import { OKAPI, TARGETS } from './targets.ts';

const PYTHON_FOLDER = path.resolve(import.meta.dirname, '../../../test/interop/python');
const VENV_PYTHON = path.join(PYTHON_FOLDER, 'target/venv/bin/python');
const DEBIAN_PYTHON = '/usr/bin/python3';

const KAZOOS = [
  {
    name: 'kazoo from PyPI',
    python: VENV_PYTHON,
    skip: skipUnless(
      existsSync(VENV_PYTHON),
      `there is no ${VENV_PYTHON}: python3 -m venv test/interop/python/target/venv && ` +
        'test/interop/python/target/venv/bin/pip install -r test/interop/python/requirements.txt',
    ),
  },
  {
    name: "Debian's kazoo",
    python: DEBIAN_PYTHON,
    skip: skipUnless(
      existsSync('/usr/lib/python3/dist-packages/kazoo'),
      'the Debian package python3-kazoo is not installed',
    ),
  },
] as const;

for (const target of TARGETS) {
  for (const kazoo of KAZOOS) {
    test(`${kazoo.name}: recipes and client features against ${target.name}`, {
      skip: target.skip || kazoo.skip,
    }, async (t) => {
      const server = await target.start(t);
      await runChecks(t, {
        command: kazoo.python,
        args: [path.join(PYTHON_FOLDER, 'recipes.py'), `127.0.0.1:${server.port}`],
        timeoutMs: 200_000,
      });
    });
  }
}

/** The modules of kazoo.tests that talk to a server; the others test kazoo alone. */
const SUITE_MODULES = [
  'barrier',
  'cache',
  'client',
  'connection',
  'counter',
  'election',
  'interrupt',
  'lease',
  'lock',
  'partitioner',
  'party',
  'queue',
  'watchers',
] as const;

/** These need an ensemble: reconfig and a server that has lost its quorum. They fail on a standalone Apache as well. */
const NEEDS_AN_ENSEMBLE = 'not TestReconfig and not TestReadOnlyMode and not TestSSLClient';

const [pypi] = KAZOOS;
test(`kazoo's own test suite against ${OKAPI.name}`, {
  skip: OKAPI.skip || pypi.skip,
}, async (t) => {
  const server = await OKAPI.start(t);
  const result = await runProgram({
    command: pypi.python,
    args: [
      ...['-m', 'pytest', '-q', '-rfE', '--tb=short', '--timeout=60'],
      ...['-p', 'external_server', '-p', 'no:cacheprovider', '-W', 'ignore'],
      ...['-k', NEEDS_AN_ENSEMBLE, '--pyargs'],
      ...SUITE_MODULES.map((name) => `kazoo.tests.test_${name}`),
    ],
    env: {
      KAZOO_TEST_SERVER: `127.0.0.1:${server.port}`,
      PYTHONPATH: PYTHON_FOLDER,
      PYTHONDONTWRITEBYTECODE: '1',
    },
    timeoutMs: 280_000,
  });
  const summary = result.stdout.split('\n').slice(-60).join('\n');
  assert.equal(result.exitCode, 0, summary);
  t.diagnostic(result.stdout.trimEnd().split('\n').at(-1) ?? '');
});

/**
 * zkCli, unchanged (3.9.5 and Debian's 3.8): a script of all its commands against Apache ZooKeeper and against Okapi,
 * whose transcripts must be the same, zxids included.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { javaClasspath, SMALL_JVM, skipWithoutJavaSide } from './java-side.ts';
import { runProgram, skipUnless } from './program.ts';
import { APACHE, OKAPI, type Target } from './targets.ts';
import { type Step, ZKCLI_3_9_SCRIPT, ZKCLI_CHROOT_SCRIPT, ZKCLI_SCRIPT } from './zkcli-script.ts';
import { normalise, runZkCli, type Transcript, type ZkCli } from './zkcli-session.ts';

const MAIN = 'org.apache.zookeeper.ZooKeeperMain';
const DEBIAN_SCRIPT = '/usr/share/zookeeper/bin/zkCli.sh';

type Version = {
  readonly name: string;
  readonly skip: string | false;
  readonly script: readonly Step[];
  readonly zkCli: () => ZkCli;
};

const VERSIONS: readonly Version[] = [
  {
    name: 'zkCli 3.9.5',
    skip: skipWithoutJavaSide(),
    script: ZKCLI_3_9_SCRIPT,
    zkCli: () => ({
      command: 'java',
      args: [...SMALL_JVM, '-cp', javaClasspath({ without: 'jline' }), MAIN],
    }),
  },
  {
    name: "Debian's zkCli.sh",
    skip: skipUnless(existsSync(DEBIAN_SCRIPT), 'the Debian package zookeeper is not installed'),
    script: ZKCLI_SCRIPT,
    zkCli: () => ({
      command: DEBIAN_SCRIPT,
      args: [],
      env: { CLIENT_JVMFLAGS: SMALL_JVM.join(' '), JVMFLAGS: '-Dlog4j.rootLogger=OFF' },
    }),
  },
];

type Transcripts = { readonly all: Transcript; readonly chrooted: Transcript };

async function transcripts(t: TestContext, target: Target, version: Version): Promise<Transcripts> {
  const server = await target.start(t, { config: { enforceQuota: 'true' } });
  const address = `127.0.0.1:${server.port}`;
  const connect = ['-timeout', '10000', '-server'];
  const zkCli = version.zkCli();
  const all = await runZkCli(zkCli, [...connect, address], version.script);
  const chroot = ['-waitforconnection', ...connect, `${address}/app`];
  const chrooted = await runZkCli(zkCli, chroot, ZKCLI_CHROOT_SCRIPT);
  return { all, chrooted };
}

function assertSame(ours: Transcript, theirs: Transcript): void {
  // One step at a time: the first difference, with its command, says more than a diff of everything.
  for (const [step, answer] of theirs.answers.entries()) {
    assert.equal(normalise(ours.answers[step] ?? ''), normalise(answer));
  }
  assert.deepEqual(ours.events.map(normalise), theirs.events.map(normalise));
  assert.equal(ours.exitCode, theirs.exitCode);
}

for (const version of VERSIONS) {
  test(`${version.name} says the same about Okapi as about Apache ZooKeeper`, {
    skip: version.skip || APACHE.skip || OKAPI.skip,
  }, async (t) => {
    const theirs = await transcripts(t, APACHE, version);
    const ours = await transcripts(t, OKAPI, version);
    await t.test('all commands', () => assertSame(ours.all, theirs.all));
    await t.test('below a chroot', () => assertSame(ours.chrooted, theirs.chrooted));
  });
}

test('single zkCli commands give the same answer and exit code, with the options of a script', {
  skip: skipWithoutJavaSide() || APACHE.skip || OKAPI.skip,
}, async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'okapi-zkcli-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const clientConfig = path.join(folder, 'client.cfg');
  await writeFile(clientConfig, 'zookeeper.request.timeout=20000\n');
  const commands: readonly (readonly string[])[] = [
    ['-waitforconnection', 'create', '/once', 'data'],
    ['-r', 'get', '-s', '/once'],
    ['-client-configuration', clientConfig, 'ls', '/'],
    ['-timeout', '5000', 'create', '/once'],
    ['get', '/nothing'],
    ['deleteall', '/once'],
    ['nonsense'],
  ];
  const classpath = javaClasspath();
  const answers: string[][] = [];
  for (const target of [APACHE, OKAPI]) {
    const server = await target.start(t);
    const said: string[] = [];
    for (const command of commands) {
      const result = await runProgram({
        command: 'java',
        args: [
          ...SMALL_JVM,
          '-cp',
          classpath,
          MAIN,
          '-server',
          `127.0.0.1:${server.port}`,
          ...command,
        ],
        timeoutMs: 60_000,
      });
      said.push(
        normalise(
          `> ${command.join(' ')}\n${result.stdout}${result.stderr}exit ${result.exitCode}`,
        ),
      );
    }
    answers.push(said);
  }
  assert.deepEqual(answers[1], answers[0]);
});

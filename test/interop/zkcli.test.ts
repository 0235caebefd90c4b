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
import { type Step, type Transcript, typeScript } from './typed-session.ts';
import { ZKCLI_3_9_SCRIPT, ZKCLI_CHROOT_SCRIPT, ZKCLI_SCRIPT } from './zkcli-script.ts';

const MAIN = 'org.apache.zookeeper.ZooKeeperMain';
const DEBIAN_SCRIPT = '/usr/share/zookeeper/bin/zkCli.sh';

type Launch = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

type Version = {
  readonly name: string;
  readonly skip: string | false;
  readonly script: readonly Step[];
  /** How to start it, up to where its own arguments begin. */
  readonly launch: () => Launch;
};

const VERSIONS: readonly Version[] = [
  {
    name: 'zkCli 3.9.5',
    skip: skipWithoutJavaSide(),
    script: ZKCLI_3_9_SCRIPT,
    launch: () => ({
      command: 'java',
      args: [...SMALL_JVM, '-cp', javaClasspath({ without: 'jline' }), MAIN],
    }),
  },
  {
    name: "Debian's zkCli.sh",
    skip: skipUnless(existsSync(DEBIAN_SCRIPT), 'the Debian package zookeeper is not installed'),
    script: ZKCLI_SCRIPT,
    launch: () => ({
      command: DEBIAN_SCRIPT,
      args: [],
      env: { CLIENT_JVMFLAGS: SMALL_JVM.join(' '), JVMFLAGS: '-Dlog4j.rootLogger=OFF' },
    }),
  },
];

type Transcripts = { readonly all: Transcript; readonly chrooted: Transcript };

function type(
  launch: Launch,
  connectArgs: readonly string[],
  script: readonly Step[],
): Promise<Transcript> {
  const client = {
    ...launch,
    args: [...launch.args, ...connectArgs],
    markerCommand: 'printwatches',
    marker: /^printwatches is (on|off)$/,
    event: /^WatchedEvent /,
    noise: /^WATCHER::$/,
  };
  return typeScript(client, script);
}

async function transcripts(t: TestContext, target: Target, version: Version): Promise<Transcripts> {
  const server = await target.start(t, { config: { enforceQuota: 'true' } });
  const address = `127.0.0.1:${server.port}`;
  const connect = ['-timeout', '10000', '-server'];
  const launch = version.launch();
  const all = await type(launch, [...connect, address], version.script);
  const chroot = ['-waitforconnection', ...connect, `${address}/app`];
  const chrooted = await type(launch, chroot, ZKCLI_CHROOT_SCRIPT);
  return { all, chrooted };
}

/** Answers in an order of no meaning: Apache takes it from hash tables. */
const UNORDERED_LINES = /^> (whoami|getAcl \/both)\n/;
const UNORDERED_LIST = /^> getEphemerals.*\n\[/;

/**
 * What may differ between two servers and two runs: session ids, clocks, ports, and orders that mean nothing.
 * zxids, versions and everything else may not.
 */
function normalise(answer: string): string {
  const plain = answer
    .replace(/\b0x1[0-9a-f]{14}\b/g, '<session>')
    .replace(/\b127\.0\.0\.1:\d{4,5}\b/g, '<server>')
    .replace(/^([cm]time) = .*$/gm, '$1 = <time>');
  if (UNORDERED_LINES.test(plain)) return plain.split('\n').sort().join('\n');
  if (!UNORDERED_LIST.test(plain)) return plain;
  return plain.replace(/\[(.*)\]/, (_, list: string) => `[${list.split(', ').sort().join(', ')}]`);
}

/**
 * The events, but for the last «Closed»: zkCli tells itself of it while its process ends, and is sometimes too late.
 */
function eventsOf({ events }: Transcript): string[] {
  const normal = events.map(normalise);
  return /state:Closed\b/.test(normal.at(-1) ?? '') ? normal.slice(0, -1) : normal;
}

function assertSame(ours: Transcript, theirs: Transcript): void {
  // One step at a time: the first difference, with its command, says more than a diff of everything.
  for (const [step, answer] of theirs.answers.entries()) {
    assert.equal(normalise(ours.answers[step] ?? ''), normalise(answer));
  }
  assert.deepEqual(eventsOf(ours), eventsOf(theirs));
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

/** Whether it comes before the end of the program depends on the program's threads. */
const CONNECTION_NEWS = /\nWATCHER::\n\nWatchedEvent state:.*\n/g;

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
    // Without waiting it may end before it hears of its connection.
    ['-waitforconnection', 'nonsense'],
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
          // Its own log lines carry the time.
          '-Dokapi.log.level=OFF',
          '-cp',
          classpath,
          MAIN,
          '-server',
          `127.0.0.1:${server.port}`,
          ...command,
        ],
        timeoutMs: 60_000,
      });
      const output = `${result.stdout}${result.stderr}`.replace(CONNECTION_NEWS, '');
      said.push(normalise(`> ${command.join(' ')}\n${output}exit ${result.exitCode}`));
    }
    answers.push(said);
  }
  assert.deepEqual(answers[1], answers[0]);
});

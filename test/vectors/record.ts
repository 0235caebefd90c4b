/**
 * Records what Apache ZooKeeper says and writes, into test/vectors/apache-<version>: see README.md.
 *
 *   ZOOKEEPER_CLASSPATH='lib/*' node dist/test/vectors/record.js
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { JuteReader } from 'jute-ts';
import { readConnectResponse } from '../../protocol/client-codec.ts';
import { startApache } from '../support/apache-server.ts';
import { fourLetterWord } from '../support/four-letter-word.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import type { TestServer } from '../support/test-server.ts';
import { type ClientExchange, RECORDINGS } from './client-vectors.ts';
import { type Handshake, RecordingConnection } from './recording-connection.ts';
import { MAIN_STEPS, OTHER_STEPS, PLAIN_STEPS, SHORT_CONVERSATIONS } from './scenario.ts';

/** How a connection opens, unless something about it is to be recorded. */
const USUAL: Handshake = { name: 'connect', readOnly: false, timeoutMs: 30_000 };
/** FileHeader: magic, version, dbid. */
const LOG_HEADER_BYTES = 16;

await rm(RECORDINGS, { recursive: true, force: true });
await recordClientPort();
await recordPlainLog();

/** Frames of all opcodes; the log they left; the snapshots of the empty tree and of what came of it. */
async function recordClientPort(): Promise<void> {
  const temp = await makeTempDir('vectors');
  const config = { extendedTypesEnabled: 'true', enforceQuota: 'true' };
  const dataDir = path.join(temp.path, 'data');
  try {
    const exchanges: ClientExchange[] = [];
    const first = await startApache({ dataDir, config });
    let server: string;
    try {
      server = await versionOf(first);
      await talk(first.port, exchanges);
    } finally {
      await first.stop();
    }
    const lines = [{ server }, ...exchanges].map((line) => `${JSON.stringify(line)}\n`);
    await mkdir(RECORDINGS, { recursive: true });
    await writeFile(path.join(RECORDINGS, 'client-port.jsonl'), lines.join(''));
    // Starting again replays the log and writes a snapshot of the outcome.
    const second = await startApache({ dataDir, config });
    await second.stop();
    await keepFiles(dataDir, 'data');
  } finally {
    await temp.remove();
  }
}

/** The log of a server that leaves out all that is optional. */
async function recordPlainLog(): Promise<void> {
  const temp = await makeTempDir('vectors');
  const dataDir = path.join(temp.path, 'data');
  try {
    const server = await startApache({
      dataDir,
      javaProperties: {
        'zookeeper.digest.enabled': 'false',
        'zookeeper.closeSessionTxn.enabled': 'false',
        'zookeeper.serializeLastProcessedZxid.enabled': 'false',
      },
    });
    try {
      const connection = new RecordingConnection('plain', server.port, []);
      await connection.handshake(USUAL);
      for (const step of PLAIN_STEPS) await connection.request(step);
    } finally {
      await server.stop();
    }
    await keepFiles(dataDir, 'data-without-digest');
  } finally {
    await temp.remove();
  }
}

/** All conversations with one server; at the end two sessions are still open. */
async function talk(port: number, exchanges: ClientExchange[]): Promise<void> {
  const connect = (connection: string): RecordingConnection =>
    new RecordingConnection(connection, port, exchanges);

  const main = connect('main');
  const answer = await main.handshake({ ...USUAL, name: 'connect with the readOnly byte' });
  for (const step of MAIN_STEPS) await main.request(step);

  const other = connect('other');
  const old = { ...USUAL, name: 'connect without the readOnly byte', readOnly: undefined };
  await other.handshake({ ...old, timeoutMs: 1 });
  for (const step of OTHER_STEPS) await other.request(step);

  for (const [i, steps] of SHORT_CONVERSATIONS.entries()) {
    const connection = connect(`short ${i + 1}`);
    await connection.handshake(USUAL);
    for (const step of steps) await connection.request(step);
  }

  const { sessionId: id, passwd } = readConnectResponse(new JuteReader().reset(answer!));
  await main.cut();
  const resumed = connect('resumed');
  await resumed.handshake({
    ...USUAL,
    name: 'connect to a session that is there',
    readOnly: true,
    session: { id, passwd: passwd! },
  });
  // Whoever asks for a session next makes the server close this connection, even with a wrong password.
  await resumed.cut();
  await connect('wrong password').handshake({
    ...USUAL,
    name: 'connect with a wrong password: expired',
    session: { id, passwd: Buffer.alloc(16, 1) },
    closes: true,
  });
  await connect('no such session').handshake({
    ...USUAL,
    name: 'connect to a session that is not there, without the readOnly byte: expired',
    readOnly: undefined,
    session: { id: { hi: 0x01ffffff, lo: 0 }, passwd: Buffer.alloc(16) },
    closes: true,
  });
  await connect('from the future').handshake({
    ...USUAL,
    name: 'connect having seen a zxid that the server has not: closed',
    lastZxidSeen: { hi: 0x7fffffff, lo: 0 },
    closes: true,
    isAnswered: false,
  });
  await other.cut();
}

/** The server's version; throws if it is not the one that the folder is named after. */
async function versionOf(server: TestServer): Promise<string> {
  const text = await fourLetterWord(server.port, 'srvr', 5000);
  const version = /^Zookeeper version: ([^\s,]+)/m.exec(text)?.[1] ?? 'unknown';
  const wanted = path.basename(RECORDINGS).replace('apache-', '');
  if (!version.startsWith(wanted)) {
    throw new Error(`this is ZooKeeper ${version}; to record ${wanted}, set ZOOKEEPER_CLASSPATH`);
  }
  return version;
}

/** Copies logs and snapshots; of logs the entries alone, without the 64 MiB of zeros that were allocated for more. */
async function keepFiles(dataDir: string, name: string): Promise<void> {
  const target = path.join(RECORDINGS, name, 'version-2');
  await mkdir(target, { recursive: true });
  const source = path.join(dataDir, 'version-2');
  for (const file of await readdir(source)) {
    const bytes = await readFile(path.join(source, file));
    const isLog = file.startsWith('log.');
    await writeFile(path.join(target, file), isLog ? bytes.subarray(0, logEnd(bytes)) : bytes);
  }
}

/** Where the last entry ends: entry = long checksum, int length, bytes, byte 'B'; a length of 0 is no entry. */
function logEnd(log: Buffer): number {
  let at = LOG_HEADER_BYTES;
  while (at + 12 <= log.length) {
    const length = log.readInt32BE(at + 8);
    if (length === 0) break;
    at += 12 + length + 1;
  }
  return at;
}

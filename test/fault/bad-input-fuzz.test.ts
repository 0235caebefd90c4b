/**
 * Mutated and random frames by the thousand, from many connections at once. Nobody says what each must answer; the
 * server must neither die nor hang, nor lose what a healthy client was told is written.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { OpCode } from '../../protocol/op-code.ts';
import { Random } from '../differential/random.ts';
import { skipWithoutOkapi, startOkapi } from '../support/okapi-server.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { bytesOf, connectRequest, frame, RawClient, request } from './bad-input-raw-client.ts';
import { residentBytes, Witness } from './bad-input-witness.ts';

const SEED = Number(process.env['OKAPI_FUZZ_SEED'] ?? 1);
const CONNECTIONS = Number(process.env['OKAPI_FUZZ_CONNECTIONS'] ?? 600);
const AT_ONCE = 12;
const FRAMES_PER_CONNECTION = 40;
/** What the server may grow by: garbage must be garbage for it, too. */
const GROWTH_LIMIT_BYTES = 300 << 20;

const CONFIG = { tickTime: '500', maxClientCnxns: '0', preAllocSize: '1024' };
const PROPERTIES = { 'zookeeper.extendedTypesEnabled': 'true' };

const ACLS: Buffer = bytesOf((w) => {
  w.writeCount(1);
  w.writeInt(31);
  w.writeString('world');
  w.writeString('anyone');
});

/** A path somewhere below /fuzz: the same few again and again, so that requests meet nodes. */
function somePath(random: Random): Buffer {
  const names = ['', 'a', 'b', 'c/d', 'c', 'long'.repeat(20), 'é', '..', 'a/'];
  return bytesOf((w) => w.writeString(`/fuzz/${random.pick(names)}`));
}

function int(...values: readonly number[]): Buffer {
  return bytesOf((w) => {
    for (const value of values) w.writeInt(value);
  });
}

function someData(random: Random): Buffer {
  return bytesOf((w) => w.writeBuffer(Buffer.alloc(random.below(2000), 0x61)));
}

/** A request as a client would send it. */
function validRequest(random: Random, xid: number): Buffer {
  const path = somePath(random);
  const flag = Buffer.of(random.below(2));
  const kinds: readonly (() => readonly [type: number, ...parts: Buffer[]])[] = [
    () => [OpCode.create, path, someData(random), ACLS, int(random.below(4))],
    () => [OpCode.create2, path, someData(random), ACLS, int(random.below(4))],
    () => [OpCode.createContainer, path, someData(random), ACLS, int(4)],
    () => [OpCode.createTTL, path, someData(random), ACLS, int(5, 0, 100_000)],
    () => [OpCode.delete, path, int(-1)],
    () => [OpCode.setData, path, someData(random), int(-1)],
    () => [OpCode.setACL, path, ACLS, int(-1)],
    () => [OpCode.getData, path, flag],
    () => [OpCode.exists, path, flag],
    () => [OpCode.getChildren, path, flag],
    () => [OpCode.getChildren2, path, flag],
    () => [OpCode.getACL, path],
    () => [OpCode.sync, path],
    () => [OpCode.getEphemerals, path],
    () => [OpCode.getAllChildrenNumber, path],
    () => [OpCode.addWatch, path, int(random.below(2))],
    () => [OpCode.removeWatches, path, int(1 + random.below(5))],
    () => [OpCode.checkWatches, path, int(1 + random.below(5))],
    () => [OpCode.setWatches, int(0, 5, 1), path, int(1), path, int(0)],
    () => [OpCode.setWatches2, int(0, 5, 1), path, int(1), path, int(0, 1), path, int(1), path],
    () => [OpCode.auth, int(0), bytesOf((w) => w.writeString('digest')), someData(random)],
    () => [OpCode.whoAmI],
    () => [OpCode.ping],
    () => [OpCode.closeSession],
    () => [OpCode.multi, ...someMulti(random), int(-1), Buffer.of(1), int(-1)],
    () => [
      OpCode.multiRead,
      ...[int(OpCode.getData), Buffer.of(0), int(-1), path, flag],
      ...[int(-1), Buffer.of(1), int(-1)],
    ],
  ];
  const [type, ...parts] = random.pick(kinds)();
  return request(xid, type, Buffer.concat(parts));
}

function someMulti(random: Random): Buffer[] {
  const ops: Buffer[] = [];
  for (let i = random.below(5); i > 0; i -= 1) {
    const path = somePath(random);
    const [type, body] = random.pick([
      [OpCode.create, Buffer.concat([path, someData(random), ACLS, int(random.below(4))])],
      [OpCode.delete, Buffer.concat([path, int(-1)])],
      [OpCode.setData, Buffer.concat([path, someData(random), int(-1)])],
      [OpCode.check, Buffer.concat([path, int(0)])],
    ] as const);
    ops.push(int(type), Buffer.of(0), int(-1), body);
  }
  return ops;
}

/** Numbers that codecs get wrong. */
const NASTY = [0, 1, -1, -2, 0x7fffffff, -0x80000000, 0xfffff, 0x100000, 0x10000, 255, 0x01010101];

function mutated(random: Random, body: Buffer): Buffer {
  let bytes = Buffer.from(body);
  for (let i = 1 + random.below(3); i > 0 && bytes.length > 4; i -= 1) {
    const at = random.below(bytes.length - 3);
    switch (random.below(6)) {
      case 0:
        bytes.writeInt32BE(random.pick(NASTY), at);
        break;
      case 1:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 2:
        bytes = bytes.subarray(0, at);
        break;
      case 3:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.alloc(random.below(40), 0xff),
          bytes.subarray(at),
        ]);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.below(8))]);
        break;
      default:
        bytes = Buffer.concat([bytes, bytes.subarray(at)]);
        break;
    }
  }
  return bytes;
}

function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.below(256)));
}

/** One offender: some valid requests, some mutated, some noise; not always a handshake before them. */
async function offend(port: number, random: Random): Promise<void> {
  const client = await RawClient.open(port);
  const kind = random.below(10);
  if (kind === 0) client.send(randomBytes(random, 1 + random.below(3000)));
  else client.send(frame(kind === 1 ? mutated(random, connectRequest()) : connectRequest()));
  for (let xid = 1; xid <= FRAMES_PER_CONNECTION && !client.closed; xid += 1) {
    const valid = validRequest(random, xid);
    const bytes = frame(random.below(3) === 0 ? valid : mutated(random, valid));
    // The length prefix lies now and then; whatever follows is then read out of step.
    if (random.below(60) === 0) bytes.writeInt32BE(random.pick(NASTY), 0);
    client.send(bytes);
    if (random.below(8) === 0) await delay(0);
  }
  const ping = frame(request(-2, OpCode.ping));
  client.send(ping);
  // An answer, a close, or (after a length that lied) silence: the server may be waiting for the rest of a frame.
  await Promise.race([client.until(() => client.received.length > 0), delay(200)]);
  client.close();
}

test(`random and mutated frames, seed ${SEED}`, { skip: skipWithoutOkapi() }, async (t) => {
  const folder = await makeTempDir('fuzz');
  t.after(() => folder.remove());
  const options = { config: CONFIG, properties: PROPERTIES, dataDir: folder.path };
  const server = await startOkapi(options);
  t.after(() => server.stop());
  const before = await residentBytes(server.pid);
  const witness = await Witness.start(server.port);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < CONNECTIONS) {
      const random = new Random(SEED * 1_000_003 + next);
      next += 1;
      await offend(server.port, random);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await witness.stop();
  const grown = (await residentBytes(server.pid)) - before;
  t.diagnostic(
    `${CONNECTIONS} offenders; the healthy client: ${witness.requestCount} requests, the slowest ` +
      `${Math.round(witness.slowestMs)} ms; the server grew by ${grown >> 20} MiB`,
  );
  assert.ok(grown < GROWTH_LIMIT_BYTES, `the server grew by ${grown >> 20} MiB`);

  await server.kill('SIGKILL');
  const again = await startOkapi(options);
  t.after(() => again.stop());
  await witness.assertKept(again.port);
});

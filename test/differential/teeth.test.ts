/** The tester itself is tested: a server that says one thing wrong, once, must be caught. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import test from 'node:test';
import { OpCode } from '../../protocol/op-code.ts';
import { skipWithoutApache } from '../support/apache-server.ts';
import { OKAPI_MAIN } from '../support/okapi-server.ts';
import { generate } from './generate/generator.ts';
import { type Mutation, MutatorProxy, type PassingFrame } from './mutator-proxy.ts';
import { PROFILES } from './profiles.ts';
import { Runner } from './run-seed.ts';
import { freshPairs, type PairFactory } from './server-pair.ts';

/** Reply or notification header: xid, zxid, err. */
const HEADER_BYTES = 16;
const ZXID_LOW = 8;
const ERR = 12;
/** Stat is the last record of the replies that have one. */
const STAT_BYTES = 68;
const STAT = { mtime: 24, version: 32, ephemeralOwner: 44 } as const;
const NONODE = -101;
const NOAUTH = -102;

// The tester compares two servers; for its teeth it does not matter which. Ours starts much faster.
const KIND = existsSync(OKAPI_MAIN) ? 'okapi' : 'apache';
const SKIP = KIND === 'okapi' ? false : skipWithoutApache();

const MUTATIONS: readonly (readonly [lie: string, mutation: Mutation])[] = [
  [
    'a reply with a zxid that is one too high',
    onReply(OpCode.create, (b) => addTo(b, ZXID_LOW, 1)),
  ],
  [
    'another error',
    (frame) =>
      frame.kind === 'reply' && errorOf(frame) === NONODE
        ? [withInt(frame.payload, ERR, NOAUTH)]
        : undefined,
  ],
  ['a notification that is lost', (frame) => (frame.kind === 'event' ? [] : undefined)],
  [
    'a notification that comes twice',
    (frame) => (frame.kind === 'event' ? [frame.payload, frame.payload] : undefined),
  ],
  [
    'a notification with another zxid',
    (frame) => (frame.kind === 'event' ? [addTo(frame.payload, ZXID_LOW, -1)] : undefined),
  ],
  [
    'a notification of another type',
    (frame) =>
      frame.kind === 'event'
        ? [withInt(frame.payload, HEADER_BYTES, 4 - (frame.payload.readInt32BE(HEADER_BYTES) % 4))]
        : undefined,
  ],
  [
    'a version in a Stat',
    onReply(OpCode.setData, (b) => addTo(b, b.length - STAT_BYTES + STAT.version, 1)),
  ],
  [
    'a node whose time is not that of its transaction',
    onReply(OpCode.getChildren2, (b) =>
      b.readInt32BE(b.length - STAT_BYTES + STAT.mtime) === 0
        ? undefined
        : addTo(b, b.length - STAT_BYTES + STAT.mtime + 4, 1),
    ),
  ],
  [
    'an ephemeral of another session',
    onReply(OpCode.getChildren2, (b) =>
      b.readInt32BE(b.length - STAT_BYTES + STAT.ephemeralOwner) === 0
        ? undefined
        : addTo(b, b.length - STAT_BYTES + STAT.ephemeralOwner + 4, 1),
    ),
  ],
  ['a child that is missing', onReply(OpCode.getChildren, withoutFirstString)],
  [
    'another timeout in the handshake',
    (frame) => (frame.kind === 'handshake' ? [addTo(frame.payload, 4, 1)] : undefined),
  ],
  [
    'another password in the handshake',
    (frame) => (frame.kind === 'handshake' ? [addTo(frame.payload, 20, 1)] : undefined),
  ],
  ['a byte too many', onReply(OpCode.delete, (b) => Buffer.concat([b, Buffer.alloc(1)]))],
  [
    'a connection that breaks instead of an answer',
    (frame) => (frame.op === OpCode.sync ? 'close' : undefined),
  ],
  ['an answer from nowhere', onReply(OpCode.exists, (b) => Buffer.concat([b]), { twice: true })],
];

for (const [lie, mutation] of MUTATIONS) {
  test(`the tester notices ${lie}`, { skip: SKIP }, async () => {
    const proxies: MutatorProxy[] = [];
    const runner = new Runner(throughProxy(mutation, proxies), { coverage: undefined, known: [] });
    const profile = PROFILES[0]!;
    try {
      const steps = generate({ seed: 11, stepCount: 150, profile });
      const failure = await runner.runSteps(steps, profile, 11);
      assert.ok(proxies[0]?.fired, 'the steps gave no occasion for this lie');
      assert.ok(failure !== undefined, 'the tester was taken in');
    } finally {
      await runner.stop();
    }
  });
}

test('without a lie the tester finds nothing', { skip: SKIP }, async () => {
  const runner = new Runner(
    throughProxy(() => undefined, []),
    { coverage: undefined, known: [] },
  );
  const profile = PROFILES[0]!;
  try {
    const failure = await runner.runSeed(11, 150, profile);
    assert.deepEqual(failure?.difference, undefined);
  } finally {
    await runner.stop();
  }
});

/** Server B is only reachable through a proxy that lies. */
function throughProxy(mutation: Mutation, proxies: MutatorProxy[]): PairFactory {
  const start = freshPairs({ a: KIND, b: KIND });
  return async (profile) => {
    const pair = await start(profile);
    const proxy = await MutatorProxy.start(pair.b, mutation);
    proxies.push(proxy);
    return {
      a: pair.a,
      b: proxy.address,
      restart: () => Promise.resolve(false),
      logs: () => pair.logs(),
      stop: async () => {
        await proxy.stop();
        await pair.stop();
      },
    };
  };
}

/** Changes the first successful reply to `op`; undefined lets it pass. */
function onReply(
  op: number,
  change: (payload: Buffer) => Buffer | undefined,
  options: { readonly twice: boolean } = { twice: false },
): Mutation {
  return (frame) => {
    if (frame.op !== op || errorOf(frame) !== 0) return undefined;
    const changed = change(Buffer.from(frame.payload));
    if (changed === undefined) return undefined;
    return options.twice ? [changed, changed] : [changed];
  };
}

function errorOf(frame: PassingFrame): number {
  return frame.payload.readInt32BE(ERR);
}

function addTo(payload: Buffer, at: number, difference: number): Buffer {
  return withInt(payload, at, (payload.readInt32BE(at) + difference) | 0);
}

function withInt(payload: Buffer, at: number, value: number): Buffer {
  const out = Buffer.from(payload);
  out.writeInt32BE(value, at);
  return out;
}

/** A reply whose body is a vector of strings, one shorter; undefined if that is empty. */
function withoutFirstString(payload: Buffer): Buffer | undefined {
  const count = payload.readInt32BE(HEADER_BYTES);
  if (count === 0) return undefined;
  const first = HEADER_BYTES + 4;
  const next = first + 4 + payload.readInt32BE(first);
  return withInt(
    Buffer.concat([payload.subarray(0, first), payload.subarray(next)]),
    HEADER_BYTES,
    count - 1,
  );
}

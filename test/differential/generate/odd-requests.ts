/** Requests that no stock client sends, and those that change the connection itself. */
import { OpCode } from '../../../protocol/op-code.ts';
import type { Random } from '../random.ts';
import type { Damage, Profile, Request } from '../step.ts';
import { anyPath, path, ROOT, SUPER_AUTH, USERS, version } from './pools.ts';
import { anyRequest, request } from './requests.ts';

/** jute.maxbuffer as shipped. */
const MAX_FRAME_BYTES = 0xfffff;

/** The same, with a body that was cut, added to or overwritten. */
export function damagedRequest(random: Random, profile: Profile): Request {
  for (;;) {
    const made = anyRequest(random, profile);
    // A createTTL whose flags are overwritten may become one that ends Apache's server, see createTtl.
    if (made.body.record === 'none' || made.op === OpCode.createTTL) continue;
    return { ...made, damage: damage(random) };
  }
}

/** A packet that adds an identity to the connection. */
export function authPacket(random: Random): Request {
  const [scheme, auth] = random.weighted<readonly [string, Buffer | null]>([
    [40, ['digest', Buffer.from(USERS[0]!.auth)]],
    [25, ['digest', Buffer.from(USERS[1]!.auth)]],
    [18, ['digest', Buffer.from(SUPER_AUTH)]],
    [6, ['digest', Buffer.from('super:wrong')]],
    [3, ['digest', Buffer.from(random.pick(['alice', '', ':', ':x', 'x:', 'a:b:c', 'ü:ü']))]],
    [6, ['ip', Buffer.from(random.pick(['', '10.0.0.1']))]],
    [2, ['ip', null]],
  ]);
  return {
    ...request(OpCode.auth, {
      record: 'Auth',
      value: { type: random.pick([0, 0, 0, 7]), scheme, auth },
    }),
    xid: random.chance(80) ? -4 : undefined,
  };
}

/** A request after which the server closes the connection (for a sane server). */
export function closingRequest(random: Random): Request {
  return random.weighted<() => Request>([
    [
      5,
      () =>
        request(OpCode.check, {
          record: 'Check',
          value: { path: anyPath(random), version: version(random) },
        }),
    ],
    [
      8,
      () =>
        request(random.pick([0, 10, 23, 99, 108, 200, -1, -2, -9, -12, 0x7fffffff, -0x80000000]), {
          record: 'Bytes',
          bytes: random.bytes(random.pick([0, 0, 4, 30])),
        }),
    ],
    [
      3,
      () => ({
        ...request(OpCode.auth, {
          record: 'Auth',
          value: {
            type: 0,
            scheme: random.pick<string | null>([
              'nosuch',
              '',
              null,
              'world',
              'auth',
              'super',
              'sasl',
              'x509',
            ]),
            auth: random.pick([null, Buffer.from('a:b')]),
          },
        }),
        xid: -4,
      }),
    ],
    [
      1,
      () =>
        request(OpCode.auth, {
          record: 'Bytes',
          bytes: random.bytes(random.between(0, 11)).fill(0),
        }),
    ],
    [
      1,
      () => ({
        ...request(OpCode.auth, {
          record: 'Auth',
          value: { type: 0, scheme: 'digest', auth: null },
        }),
        xid: -4,
      }),
    ],
    [
      1,
      () =>
        request(OpCode.sasl, {
          record: 'Bytes',
          bytes: Buffer.from(random.pick(['ffffffff', '', '0000', '7fffffff'])!, 'hex'),
        }),
    ],
  ])();
}

/** Strings that are no well-formed UTF-8, or not what the record's own writer would make of the same text. */
export function rawStringRequest(random: Random): Request {
  const text = Buffer.concat([
    Buffer.from(random.pick(['', ROOT, `${ROOT}/a`, '/'])),
    random.pick([
      Buffer.from('\u{1f600}'),
      Buffer.from('eda0bdedb880', 'hex'),
      Buffer.from('c080', 'hex'),
      Buffer.from('ff', 'hex'),
      Buffer.from('e4b8', 'hex'),
      Buffer.from('f09f98', 'hex'),
      Buffer.from('f8888080af', 'hex'),
      Buffer.from('80', 'hex'),
      Buffer.from('eda0', 'hex'),
      Buffer.from('f4908080', 'hex'),
      random.bytes(random.between(1, 6)),
    ]),
    Buffer.from(random.pick(['', 'x', '/a'])),
  ]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(text.length);
  const string = Buffer.concat([length, text]);
  const watch = Buffer.from([1]);
  const emptyData = Buffer.alloc(4);
  const openAcl = Buffer.from('000000010000001f00000005776f726c6400000006616e796f6e65', 'hex');
  return random.weighted<() => Request>([
    // sync sends the string back.
    [50, () => request(OpCode.sync, { record: 'Bytes', bytes: string })],
    [20, () => request(OpCode.exists, { record: 'Bytes', bytes: Buffer.concat([string, watch]) })],
    [
      30,
      () =>
        request(OpCode.create, {
          record: 'Bytes',
          bytes: Buffer.concat([string, emptyData, openAcl, Buffer.alloc(4)]),
        }),
    ],
  ])();
}

/**
 * setData with as much data as a reader with the same limit can be sent, or in a frame that is a byte too long.
 * In between Okapi refuses what Apache's server takes (see COMPATIBILITY.md); that is no matter for this test.
 */
export function largeRequest(random: Random): Request {
  const target = path(random);
  // RequestHeader, path, length of the data, version; and ReplyHeader, length of the data, Stat.
  const frameOverhead = 8 + 4 + Buffer.byteLength(target) + 4 + 4;
  const replyOverhead = 16 + 4 + 68;
  const dataBytes = random.pick([
    MAX_FRAME_BYTES - replyOverhead,
    MAX_FRAME_BYTES - frameOverhead + 1,
  ]);
  return request(OpCode.setData, {
    record: 'SetData',
    value: { path: target, data: Buffer.alloc(dataBytes, 0x61), version: -1 },
  });
}

/** What only servers send to themselves, in ways that leave nothing behind on a server that takes it. */
export function internalRequest(random: Random): Request {
  return random.pick<() => Request>([
    () =>
      request(OpCode.createSession, { record: 'Bytes', bytes: Buffer.from([0, 0, 0x75, 0x30]) }),
    () => request(OpCode.createSession, { record: 'none' }),
    () =>
      request(OpCode.deleteContainer, {
        record: 'Path',
        value: { path: random.pick(['/', `${ROOT}/nosuch`, 'x', null]) },
      }),
    () => request(OpCode.deleteContainer, { record: 'none' }),
  ])();
}

function damage(random: Random): Damage {
  return random.weighted<Damage>([
    [50, { kind: 'cut', keepPerMille: random.below(1000) }],
    [20, { kind: 'append', bytes: random.bytes(random.between(1, 12)) }],
    [
      30,
      {
        kind: 'int',
        atPerMille: random.below(1000),
        value: random.pick([-1, -2, 0, 1, 0xfffff, 0x1fffff, 0x7fffffff, -0x80000000]),
      },
    ],
  ]);
}

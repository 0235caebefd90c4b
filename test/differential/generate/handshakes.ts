/** Random ConnectRequests, and bytes that are none. */
import type { Random } from '../random.ts';
import type {
  Handshake,
  PasswordChoice,
  Profile,
  SessionChoice,
  Slot,
  SymbolicZxid,
} from '../step.ts';

/** Long enough for a session to outlive any run without pings. */
export const LONG_TIMEOUT_MS = 30_000;
const NO_ZXID: SymbolicZxid = { at: 'number', value: { hi: 0, lo: 0 } };

/** What a stock client sends for a new session. */
export const PLAIN_HANDSHAKE: Handshake = {
  protocolVersion: 0,
  lastZxidSeen: NO_ZXID,
  timeOutMs: LONG_TIMEOUT_MS,
  session: { kind: 'new' },
  password: 'zero',
  readOnly: false,
  trailing: new Uint8Array(0),
  behind: [],
};

/** A handshake that may be refused: unusual fields, and all the ways to name a session. */
export function handshake(
  random: Random,
  profile: Profile,
  slots: readonly Slot[],
): Omit<Handshake, 'behind'> {
  const session = sessionChoice(random, slots);
  return {
    protocolVersion: random.weighted([
      [80, 0],
      [10, 1],
      [5, -1],
      [5, 0x7fffffff],
    ]),
    lastZxidSeen: random.weighted<SymbolicZxid>([
      [40, NO_ZXID],
      [40, { at: 'last', plus: 0 }],
      [8, { at: 'last', plus: -3 }],
      // Ahead of the server: refused without an answer. A new session takes a zxid, but only afterwards.
      [8, { at: 'last', plus: random.pick([1, 2, 1000]) }],
      [2, { at: 'number', value: { hi: -1, lo: -1 } }],
      [2, { at: 'number', value: { hi: 0x7fffffff, lo: 0 } }],
    ]),
    timeOutMs: timeOutMs(random, profile),
    session,
    password: password(random, session),
    readOnly: random.weighted([
      [40, true],
      [40, false],
      [20, undefined],
    ]),
    trailing: random.chance(5) ? random.bytes(random.between(1, 5)) : new Uint8Array(0),
  };
}

function sessionChoice(random: Random, slots: readonly Slot[]): SessionChoice {
  return random.weighted<SessionChoice>([
    [35, { kind: 'new' }],
    [40, { kind: 'of-slot', slot: random.pick(slots) }],
    [12, { kind: 'closed', back: random.below(3) }],
    [
      13,
      {
        kind: 'unknown',
        id: random.pick([
          { hi: 1, lo: 0x1234 },
          { hi: -1, lo: -1 },
          { hi: 0, lo: 1 },
          { hi: -0x80000000, lo: 0 },
          { hi: 0x01000000, lo: 7 },
        ]),
      },
    ],
  ]);
}

function password(random: Random, session: SessionChoice): PasswordChoice {
  if (session.kind === 'new')
    return random.weighted([
      [70, 'zero'],
      [10, 'empty'],
      [10, 'null'],
      [5, 'long'],
      [5, 'wrong'],
    ]);
  return random.weighted([
    [74, 'right'],
    [8, 'wrong'],
    [6, 'zero'],
    [3, 'empty'],
    [3, 'null'],
    [3, 'short'],
    [3, 'long'],
  ]);
}

function timeOutMs(random: Random, profile: Profile): number {
  if (!profile.shortTimeoutsAreSafe)
    return random.pick([LONG_TIMEOUT_MS, LONG_TIMEOUT_MS, 0x7fffffff]);
  return random.pick([
    LONG_TIMEOUT_MS,
    LONG_TIMEOUT_MS,
    25_001,
    0,
    1,
    -1,
    -0x80000000,
    0x7fffffff,
    1_000_000,
  ]);
}

/** Bytes on a fresh connection that are no handshake: hostile lengths, and records that end too early. */
export function strangerBytes(random: Random): Buffer {
  return random.pick<() => Buffer>([
    () => lengthPrefix(0),
    () => lengthPrefix(-1),
    () => lengthPrefix(-0x80000000),
    () => lengthPrefix(0x7fffffff),
    () => lengthPrefix(0x100000),
    () => framed(connectRecord(16).subarray(0, random.below(44))),
    () => framed(connectRecord(random.pick([-2, 18, 0x7fffffff, 0x1fffff]))),
    () => Buffer.concat([lengthPrefix(45), connectRecord(16).subarray(0, random.below(44))]),
    () => Buffer.from([0, 0]),
    () => framed(random.bytes(random.between(1, 43))),
    () => Buffer.alloc(0),
    () => Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  ])();
}

/** Bytes on an established connection that leave a server nothing but to close it. */
export function garbageBytes(random: Random): { readonly bytes: Buffer; readonly end: boolean } {
  const cut = (bytes: Buffer): { bytes: Buffer; end: boolean } => ({ bytes, end: true });
  return random.pick<() => { bytes: Buffer; end: boolean }>([
    () => ({
      bytes: lengthPrefix(random.pick([-1, -2, -0x80000000, 0x100000, 0x7fffffff])),
      end: false,
    }),
    () => ({ bytes: framed(random.bytes(random.below(8))), end: false }),
    // A second ConnectRequest: its first fields are taken for a header, of the type that no request has.
    () => ({ bytes: framed(connectRecord(16)), end: false }),
    // "ruok" after the handshake is a length.
    () => ({ bytes: Buffer.from('ruok'), end: false }),
    () => cut(lengthPrefix(20)),
    () => cut(Buffer.concat([lengthPrefix(20), random.bytes(random.below(20))])),
    () => cut(Buffer.from([0, 0, 0])),
  ])();
}

function lengthPrefix(length: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeInt32BE(length);
  return out;
}

function framed(payload: Buffer): Buffer {
  return Buffer.concat([lengthPrefix(payload.length), payload]);
}

/** A new session's ConnectRequest with 16 bytes behind the length of the password, whatever that says. */
function connectRecord(passwordLength: number): Buffer {
  const out = Buffer.alloc(45);
  out.writeInt32BE(LONG_TIMEOUT_MS, 12);
  out.writeInt32BE(passwordLength, 24);
  return out;
}

/** Random requests, one op at a time. */
import type { Int64 } from 'jute-ts';
import { CreateMode } from '../../../protocol/create-mode.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import type { Random } from '../random.ts';
import type { Body, PathList, Profile, Request, SymbolicZxid } from '../step.ts';
import { multi, multiRead } from './multis.ts';
import { acls, anyPath, data, depthOf, ROOT, version } from './pools.ts';

type Make = (random: Random, profile: Profile) => Request;

/** What can be sent and how often; what stock clients do not send is in odd-requests.ts. */
const REQUESTS: readonly (readonly [weight: number, make: Make])[] = [
  [13, (r) => createRequest(r, OpCode.create)],
  [7, (r) => createRequest(r, OpCode.create2)],
  [3, (r) => createRequest(r, OpCode.createContainer)],
  [4, createTtl],
  [
    10,
    (r) =>
      request(OpCode.delete, {
        record: 'Delete',
        value: { path: anyPath(r), version: version(r) },
      }),
  ],
  [
    9,
    (r) =>
      request(OpCode.setData, {
        record: 'SetData',
        value: { path: anyPath(r), data: data(r), version: version(r) },
      }),
  ],
  [6, (r) => pathAndWatch(r, OpCode.exists)],
  [7, (r) => pathAndWatch(r, OpCode.getData)],
  [4, (r) => pathAndWatch(r, OpCode.getChildren)],
  [4, (r) => pathAndWatch(r, OpCode.getChildren2)],
  [4, (r) => pathOnly(r, OpCode.getACL)],
  [5, setAcl],
  [2, (r) => pathOnly(r, OpCode.sync, 30)],
  [10, (r, profile) => request(OpCode.multi, multi(r, profile))],
  [3, (r) => request(OpCode.multiRead, multiRead(r))],
  [2, setWatches],
  [3, addWatch],
  [3, (r) => checkWatches(r, OpCode.checkWatches)],
  [2, (r) => checkWatches(r, OpCode.removeWatches)],
  [2, (r) => pathOnly(r, OpCode.getEphemerals, 15)],
  [2, (r) => pathOnly(r, OpCode.getAllChildrenNumber)],
  [1, () => request(OpCode.whoAmI, { record: 'none' })],
  [0.6, () => request(OpCode.ping, { record: 'none' })],
  [0.7, reconfig],
  [
    0.5,
    (r) =>
      request(OpCode.getData, {
        record: 'PathAndWatch',
        value: { path: '/zookeeper/config', watch: r.chance(50) },
      }),
  ],
];

/** A request after which the connection stays open whatever the server makes of it. */
export function anyRequest(random: Random, profile: Profile): Request {
  const made = random.weighted(REQUESTS)(random, profile);
  if (random.chance(1.5))
    return { ...made, xid: random.pick([0, -4, -8, -3, 0x7fffffff, -0x80000000]) };
  return made;
}

/** A request with nothing special about it. */
export function request(op: number, body: Body): Request {
  return { op, body, xid: undefined, damage: undefined };
}

function createRequest(random: Random, op: number): Request {
  const modes: readonly (readonly [number, number])[] =
    op === OpCode.createContainer
      ? [
          [50, CreateMode.CONTAINER],
          [8, 0],
          [8, 1],
          [8, 2],
          [4, 3],
          [3, 5],
          [3, 6],
          [3, 7],
          [2, -1],
        ]
      : [
          [44, 0],
          [24, 1],
          [14, 2],
          [9, 3],
          [3, 4],
          [2, 5],
          [1.5, 6],
          [1, 7],
          [1, -1],
          [0.5, 0x7fffffff],
        ];
  const flags = random.weighted(modes);
  const target = createPath(random, flags);
  return request(op, {
    record: 'Create',
    value: { path: target, data: data(random), acl: acls(random, depthOf(target)), flags },
  });
}

/** Sequential creates mostly get a prefix, sometimes a folder (whose children then are bare numbers). */
export function createPath(random: Random, flags: number): string | null {
  const target = anyPath(random);
  const sequential = flags === 2 || flags === 3 || flags === 6;
  if (!sequential || target === null || random.chance(15)) return target;
  const parent = target.slice(0, Math.max(target.lastIndexOf('/'), 0));
  return random.weighted([
    [70, `${parent}/s-`],
    [20, `${target}/s-`],
    [10, `${parent}/`],
  ]);
}

/**
 * A time to live of -1 with flags that are no TTL mode passes every check of Apache's server and ends it when the
 * transaction is applied (`EphemeralType.toEphemeralOwner` throws in the last processor), so that pair is not made.
 */
function createTtl(random: Random, _profile: Profile): Request {
  const flags = random.weighted([
    [40, 5],
    [20, 6],
    [8, 0],
    [4, 1],
    [4, 2],
    [4, 4],
    [3, 7],
    [2, -1],
  ]);
  const isTtl = flags === 5 || flags === 6;
  const ttl: Int64 = random.pick<Int64>([
    { hi: 0, lo: 3_600_000 },
    { hi: 0, lo: 3_600_000 },
    { hi: 0, lo: 3_600_000 },
    { hi: 0xff, lo: -1 },
    { hi: 0x100, lo: 0 },
    { hi: 0x7fffffff, lo: -1 },
    { hi: 0, lo: 0 },
    ...(isTtl
      ? [
          { hi: -1, lo: -1 },
          { hi: -0x80000000, lo: 0 },
        ]
      : []),
  ]);
  const target = createPath(random, flags);
  return request(OpCode.createTTL, {
    record: 'CreateTTL',
    value: { path: target, data: data(random), acl: acls(random, depthOf(target)), flags, ttl },
  });
}

export function setAcl(random: Random): Request {
  const target = anyPath(random);
  return request(OpCode.setACL, {
    record: 'SetACL',
    value: {
      path: target,
      acl: acls(random, depthOf(target) + (random.chance(10) ? 1 : 0)),
      version: version(random),
    },
  });
}

function pathAndWatch(random: Random, op: number): Request {
  return request(op, {
    record: 'PathAndWatch',
    value: { path: anyPath(random), watch: random.chance(55) },
  });
}

function pathOnly(random: Random, op: number, oddPercent: number = 5): Request {
  let target = anyPath(random, oddPercent);
  if (op === OpCode.getEphemerals)
    target = random.pick([
      target,
      target,
      '/',
      '',
      ' ',
      ROOT,
      `${ROOT}/a/s`,
      null,
      ' / ',
      blank(random),
    ]);
  return request(op, { record: 'Path', value: { path: target } });
}

/** Strings that are blank to one language's `trim` and not to the other's. */
function blank(random: Random): string {
  return random.pick(['\0', '\t\n', '\u0001/\u001f', '\u00a0', '\u2003', '\ufeff', '\u0085']);
}

function checkWatches(random: Random, op: number): Request {
  const type = random.weighted([
    [20, 1],
    [25, 2],
    [20, 3],
    [15, 4],
    [15, 5],
    [2, 0],
    [1, 6],
    [1, -1],
  ]);
  return request(op, { record: 'CheckWatches', value: { path: anyPath(random), type } });
}

function addWatch(random: Random): Request {
  const mode = random.weighted([
    [45, 0],
    [45, 1],
    [3, 2],
    [3, -1],
    [2, 3],
  ]);
  return request(OpCode.addWatch, { record: 'AddWatch', value: { path: anyPath(random), mode } });
}

function setWatches(random: Random): Request {
  const op = random.pick([OpCode.setWatches, OpCode.setWatches2]);
  const lists = Array.from({ length: op === OpCode.setWatches ? 3 : 5 }, (): PathList => {
    if (random.chance(1.5)) return null;
    const count = random.weighted([
      [30, 0],
      [40, 1],
      [20, 2],
      [10, 4],
    ]);
    return Array.from({ length: count }, () => anyPath(random, 4));
  });
  return {
    ...request(op, { record: 'SetWatches', relativeZxid: relativeZxid(random), lists }),
    xid: random.chance(70) ? -8 : undefined,
  };
}

function relativeZxid(random: Random): SymbolicZxid {
  return random.weighted<SymbolicZxid>([
    [30, { at: 'last', plus: 0 }],
    [45, { at: 'last', plus: -random.between(1, 30) }],
    [10, { at: 'last', plus: random.between(1, 5) }],
    [8, { at: 'number', value: { hi: 0, lo: 0 } }],
    [3, { at: 'number', value: { hi: -1, lo: -1 } }],
    [4, { at: 'number', value: { hi: 0x7fffffff, lo: -1 } }],
  ]);
}

function reconfig(random: Random): Request {
  return request(OpCode.reconfig, {
    record: 'Reconfig',
    value: {
      joiningServers: random.pick([null, '', 'server.2=127.0.0.1:2888:3888;2181']),
      leavingServers: random.pick([null, '', '1']),
      newMembers: random.pick([null, '', 'server.1=127.0.0.1:2888:3888;2181']),
      curConfigId: random.pick([
        { hi: -1, lo: -1 },
        { hi: 0, lo: 0 },
        { hi: 0, lo: 77 },
      ]),
    },
  });
}

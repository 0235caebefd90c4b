/** Values from which requests are put together. Small pools, so that requests of different sessions meet. */
import { createHash } from 'node:crypto';
import type { ACL } from '../../../protocol/generated/data.ts';
import { Permission } from '../../../protocol/permission.ts';
import type { Random } from '../random.ts';
import type { AclList } from '../step.ts';

/** The node below which nearly everything happens. */
export const ROOT = '/d';
const NAMES = ['a', 'b', 'c'] as const;

/** A path that a server may have or accept: mostly one of a few dozen, at most four levels deep. */
export function path(random: Random): string {
  return random.weighted<() => string>([
    [6, () => ROOT],
    [34, () => below(random, 1)],
    [30, () => below(random, 2)],
    [12, () => below(random, 3)],
    [5, () => `/${random.pick(['x', 'y'])}`],
    [2, () => '/'],
    [
      1.5,
      () =>
        `${below(random, 1)}/${random.pick(['ü', '中', 'a b', '~', 'A.', '...', 'x'.repeat(60)])}`,
    ],
    // A name as a sequential create at the start of a parent's life makes it.
    [
      5,
      () =>
        `${below(random, random.between(0, 1))}/s-${String(random.between(0, 6)).padStart(10, '0')}`,
    ],
    [1.5, () => random.pick(['/zookeeper', '/zookeeper/config', '/zookeeper/quota'])],
  ])();
}

function below(random: Random, depth: number): string {
  let result = ROOT;
  for (let i = 0; i < depth; i += 1) result += `/${random.pick(NAMES)}`;
  return result;
}

/** How deep a path is; restrictive ACLs go to deep nodes only, or soon nothing would be allowed anywhere. */
export function depthOf(text: string | null): number {
  return text === null || text === '/' ? 0 : text.split('/').length - 1;
}

/** A path that is wrong in one of the ways there are, or null. */
export function badPath(random: Random): string | null {
  const good = random.chance(50) ? ROOT : `${ROOT}/a`;
  return random.pick<() => string | null>([
    () => null,
    () => '',
    () => 'd',
    () => 'd/a',
    () => 'a b',
    () => '//',
    () => `/${good}`,
    () => `${good}/`,
    () => `${good}//a`,
    () => `${good}/.`,
    () => `${good}/..`,
    () => `${good}/./a`,
    () => `${good}/../a`,
    () => '/.',
    () => '/..',
    () => `${good}/a\0`,
    () => `\0`,
    () => `${good}\0/a`,
    () => `${good}/\u0001`,
    () => `${good}/a\u001f`,
    () => `${good}/\u007f`,
    () => `${good}/\u009f`,
    () => `${good}/\u00a0`,
    () => `${good}/\ud800`,
    () => `${good}/\udfff`,
    () => `${good}/\u{1f600}`,
    () => `${good}/\ue000`,
    () => `${good}/\uf8ff`,
    () => `${good}/\uf900`,
    () => `${good}/\ufff0`,
    () => `${good}/\ufffd`,
    () => `${good}/\uffff`,
    () => `${good}/a\n`,
    () => `${good}/\t`,
    () => `${good}/${'n'.repeat(random.pick([255, 256, 1000, 20_000]))}`,
    () => `${good}${'/a'.repeat(random.pick([20, 500]))}`,
    () => '/zookeeper/',
    () => '/zookeeper/config/',
    () => '/zookeeper/nothing',
    () => '/zookeeperx',
  ])();
}

/** Mostly a good path. */
export function anyPath(random: Random, badPercent: number = 5): string | null {
  return random.chance(badPercent) ? badPath(random) : path(random);
}

export function data(random: Random): Buffer | null {
  return random.weighted<() => Buffer | null>([
    [10, () => null],
    [10, () => Buffer.alloc(0)],
    [60, () => random.bytes(random.between(1, 16))],
    [17, () => Buffer.from(random.pick(['hello', 'server.1=a:1:2', '{"a":1}', 'x'.repeat(200)]))],
    [3, () => Buffer.alloc(random.pick([1024, 4096, 70_000]), random.next() & 0xff)],
  ])();
}

/** A version for setData, delete, setACL and check. Nodes are young, so small numbers are right quite often. */
export function version(random: Random): number {
  return random.weighted([
    [45, -1],
    [26, 0],
    [13, 1],
    [6, 2],
    [3, 3],
    [2, -2],
    [2, 7],
    [1.5, 0x7fffffff],
    [1.5, -0x80000000],
  ]);
}

/** Users of the digest scheme; the hash is base64(SHA-1("user:password")). */
export const USERS: readonly { readonly auth: string; readonly id: string }[] = [
  { auth: 'alice:a', id: digestId('alice:a') },
  { auth: 'bob:b', id: digestId('bob:b') },
];
export const SUPER_AUTH = 'super:okapi';

/** The id of the digest scheme for the credentials `user:password`. */
export function digestId(auth: string): string {
  const user = auth.slice(0, auth.indexOf(':'));
  return `${user}:${createHash('sha1').update(auth).digest('base64')}`;
}

export function acls(random: Random, depth: number): AclList {
  const severe = depth >= 3 ? 45 : depth === 2 ? 14 : 2;
  if (!random.chance(severe)) return open();
  return random.weighted<() => AclList>([
    [22, () => [anyone(random.between(0, 31))]],
    [10, () => [anyone(random.pick([Permission.READ, Permission.ALL & ~Permission.ADMIN]))]],
    [12, () => [entry(Permission.ALL, 'auth', random.pick<string | null>(['', 'x', null]))]],
    [12, () => [entry(Permission.ALL, 'digest', random.pick(USERS).id)]],
    [6, () => [anyone(Permission.READ), entry(Permission.ALL, 'digest', random.pick(USERS).id)]],
    [
      6,
      () => [
        entry(random.between(1, 31), 'digest', USERS[0]!.id),
        entry(random.between(1, 31), 'digest', USERS[1]!.id),
      ],
    ],
    [
      6,
      () => [
        entry(
          Permission.ALL,
          'ip',
          random.pick([
            '127.0.0.1',
            '127.0.0.0/8',
            '10.0.0.0/8',
            '0.0.0.0/0',
            '127.0.0.2',
            '127.0.0.2/31',
            '::1',
            '::1/128',
            'fe80::/10',
          ]),
        ),
      ],
    ],
    [6, () => [anyone(Permission.READ), anyone(Permission.READ), anyone(Permission.ALL)]],
    [
      2,
      () => [
        entry(Permission.READ, 'auth', ''),
        anyone(Permission.READ),
        entry(Permission.ALL, 'auth', ''),
      ],
    ],
    [16, () => oddAcls(random)],
  ])();
}

function oddAcls(random: Random): AclList {
  return random.pick<() => AclList>([
    () => null,
    () => [],
    () => [entry(31, 'world', 'nobody')],
    () => [entry(31, 'world', null)],
    () => [entry(31, 'world', '')],
    () => [entry(31, null, 'anyone')],
    () => [entry(31, null, null)],
    () => [entry(31, '', '')],
    () => [entry(31, 'nosuch', 'id')],
    () => [entry(31, 'digest', 'alice')],
    () => [entry(31, 'digest', 'a:b:c')],
    () => [entry(31, 'digest', ':')],
    () => [entry(31, 'digest', ':x')],
    () => [entry(31, 'digest', 'x:')],
    () => [entry(31, 'digest', '')],
    () => [entry(31, 'digest', null)],
    () => [
      entry(
        31,
        'ip',
        random.pick([
          '1.2.3',
          '127.0.0.1/33',
          '127.0.0.1/-1',
          '127.0.0.1/',
          '127.0.0.256',
          'localhost',
          '',
          ':::',
          '1.2.3.4.5',
          '127.0.0.1/8/8',
          '/8',
          '127.0.0.1/x',
          '::1/129',
          '01.02.03.04',
        ]),
      ),
    ],
    () => [entry(31, 'ip', null)],
    () => [entry(31, 'super', '')],
    () => [entry(31, 'sasl', 'user')],
    () => [entry(31, 'x509', 'CN=a')],
    () => [entry(31, 'World', 'anyone')],
    () => [anyone(31), entry(31, 'nosuch', 'id')],
    () => [anyone(-1)],
    () => [anyone(32)],
    () => [anyone(0x7fffffff)],
    () => [anyone(31), entry(31, 'world', null), anyone(31)],
    // Looking for duplicates, Apache's server meets the null before it judges what comes before it.
    () => [entry(31, 'world', 'nobody'), entry(31, 'world', null)],
    () => [entry(31, 'nosuch', 'x'), entry(31, null, 'x')],
    () => [entry(31, 'digest', 'a:b'), entry(30, 'digest', null), entry(31, 'digest', null)],
    () => Array.from({ length: 40 }, (_, i) => entry(i, 'digest', `u${i}:x`)),
  ])();
}

function open(): readonly ACL[] {
  return [anyone(Permission.ALL)];
}

function anyone(perms: number): ACL {
  return entry(perms, 'world', 'anyone');
}

function entry(perms: number, scheme: string | null, id: string | null): ACL {
  return { perms, id: { scheme, id } };
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../../protocol/error-code.ts';
import type { ACL, Id } from '../../../../protocol/generated/data.ts';
import { OPEN_ACL_UNSAFE, Permission } from '../../../../protocol/permission.ts';
import { AccessControl } from '../../../../server/auth/access-control.ts';
import { DigestProvider } from '../../../../server/auth/digest-provider.ts';
import { IpProvider } from '../../../../server/auth/ip-provider.ts';
import { MalformedRequestError } from '../../../../server/request/malformed-request-error.ts';

const PROVIDERS = [
  new IpProvider(),
  new DigestProvider({ superDigest: null, algorithm: 'SHA1' }),
] as const;

function access(skipAcl = false): AccessControl {
  return new AccessControl({ skipAcl }, PROVIDERS);
}

function acl(...entries: readonly (readonly [perms: number, id: string])[]): ACL[] {
  return entries.map(([perms, text]) => ({ perms, id: id(text) }));
}

/** `digest:u:h` is scheme `digest`, id `u:h`. */
function id(text: string): Id {
  const colon = text.indexOf(':');
  return { scheme: text.slice(0, colon), id: text.slice(colon + 1) };
}

const { READ, WRITE, CREATE, DELETE, ADMIN, ALL } = Permission;
const CLIENT = ['ip:10.0.0.7', 'digest:u:h'];

const CHECKS: readonly {
  readonly what: string;
  readonly acl: readonly ACL[];
  readonly asks: number;
  readonly ids?: readonly string[];
  readonly permits: boolean;
}[] = [
  { what: 'an empty list', acl: [], asks: ADMIN, permits: true },
  { what: 'the open list', acl: OPEN_ACL_UNSAFE, asks: ADMIN, permits: true },
  {
    what: 'world with the permission',
    acl: acl([READ, 'world:anyone']),
    asks: READ,
    permits: true,
  },
  {
    what: 'world without the permission',
    acl: acl([READ, 'world:anyone']),
    asks: WRITE,
    permits: false,
  },
  {
    what: 'any of the bits that are asked for',
    acl: acl([ADMIN, 'world:anyone']),
    asks: READ | ADMIN,
    permits: true,
  },
  { what: 'an entry without bits', acl: acl([0, 'world:anyone']), asks: READ, permits: false },
  { what: 'the own digest', acl: acl([ALL, 'digest:u:h']), asks: WRITE, permits: true },
  { what: 'another digest', acl: acl([ALL, 'digest:u:x']), asks: WRITE, permits: false },
  { what: 'the own network', acl: acl([ALL, 'ip:10.0.0.0/8']), asks: WRITE, permits: true },
  { what: 'another network', acl: acl([ALL, 'ip:11.0.0.0/8']), asks: WRITE, permits: false },
  {
    what: 'a second entry, where the first is somebody else’s',
    acl: acl([ALL, 'digest:v:h'], [CREATE, 'digest:u:h']),
    asks: CREATE,
    permits: true,
  },
  {
    what: 'entries of which each has half of what is needed',
    acl: acl([READ, 'digest:u:h'], [WRITE, 'digest:v:h']),
    asks: WRITE,
    permits: false,
  },
  { what: 'a scheme that nobody knows', acl: acl([ALL, 'sasl:bob']), asks: READ, permits: false },
  {
    what: 'a scheme that nobody knows, though the client has it',
    acl: acl([ALL, 'sasl:bob']),
    asks: READ,
    ids: ['sasl:bob'],
    permits: false,
  },
  {
    what: 'an identity of another scheme with the same text',
    acl: acl([ALL, 'digest:10.0.0.7']),
    asks: READ,
    permits: false,
  },
  {
    what: 'super, whatever the list says',
    acl: acl([0, 'digest:nobody:x']),
    asks: DELETE,
    ids: ['ip:10.0.0.7', 'super:'],
    permits: true,
  },
  {
    what: 'nobody in particular, with a list that names somebody',
    acl: acl([ALL, 'digest:u:h']),
    asks: READ,
    ids: [],
    permits: false,
  },
];

for (const { what, acl: list, asks, ids = CLIENT, permits } of CHECKS) {
  test(`${what} ${permits ? 'permits' : 'refuses'}`, () => {
    assert.equal(access().permits(list, asks, ids.map(id)), permits);
    assert.equal(access(true).permits(list, asks, ids.map(id)), true, 'skipACL permits all');
  });
}

const RESOLUTIONS: readonly {
  readonly what: string;
  readonly asked: readonly ACL[] | null;
  readonly ids?: readonly string[];
  readonly stored: readonly ACL[] | typeof ErrorCode.INVALIDACL;
}[] = [
  { what: 'no list', asked: null, stored: ErrorCode.INVALIDACL },
  { what: 'an empty list', asked: [], stored: ErrorCode.INVALIDACL },
  { what: 'world:anyone', asked: OPEN_ACL_UNSAFE, stored: OPEN_ACL_UNSAFE },
  { what: 'world:nobody', asked: acl([ALL, 'world:nobody']), stored: ErrorCode.INVALIDACL },
  { what: 'an unknown scheme', asked: acl([ALL, 'foo:bar']), stored: ErrorCode.INVALIDACL },
  { what: 'an empty scheme', asked: acl([ALL, ':bar']), stored: ErrorCode.INVALIDACL },
  {
    what: 'a null scheme',
    asked: [{ perms: ALL, id: { scheme: null, id: 'x' } }],
    stored: ErrorCode.INVALIDACL,
  },
  { what: 'the scheme super', asked: acl([ALL, 'super:']), stored: ErrorCode.INVALIDACL },
  { what: 'a valid digest', asked: acl([ALL, 'digest:a:b']), stored: acl([ALL, 'digest:a:b']) },
  { what: 'an invalid digest', asked: acl([ALL, 'digest:a']), stored: ErrorCode.INVALIDACL },
  { what: 'a valid network', asked: acl([1, 'ip:::/0']), stored: acl([1, 'ip:::/0']) },
  { what: 'an invalid network', asked: acl([1, 'ip:1.2.3']), stored: ErrorCode.INVALIDACL },
  {
    what: 'one bad entry among good ones',
    asked: acl([1, 'world:anyone'], [1, 'ip:x']),
    stored: ErrorCode.INVALIDACL,
  },
  {
    what: 'entries twice: the first of each, in order',
    asked: acl([1, 'ip:1.1.1.1'], [2, 'world:anyone'], [1, 'ip:1.1.1.1'], [1, 'world:anyone']),
    stored: acl([1, 'ip:1.1.1.1'], [2, 'world:anyone'], [1, 'world:anyone']),
  },
  {
    what: 'auth: the proven identities, and not the address',
    asked: acl([5, 'auth:']),
    ids: ['ip:10.0.0.7', 'digest:u:h', 'digest:v:k'],
    stored: acl([5, 'digest:u:h'], [5, 'digest:v:k']),
  },
  {
    what: 'auth: whatever its id says',
    asked: acl([5, 'auth:nonsense']),
    stored: acl([5, 'digest:u:h']),
  },
  {
    what: 'auth of one who has proven nothing',
    asked: acl([5, 'auth:']),
    ids: ['ip:10.0.0.7'],
    stored: ErrorCode.INVALIDACL,
  },
  {
    what: 'auth of one who is super without a digest',
    asked: acl([5, 'auth:']),
    ids: ['super:'],
    stored: ErrorCode.INVALIDACL,
  },
  {
    what: 'auth beside others',
    asked: acl([1, 'world:anyone'], [31, 'auth:']),
    stored: acl([1, 'world:anyone'], [31, 'digest:u:h']),
  },
  {
    what: 'permissions that are none: they are kept',
    asked: acl([0, 'world:anyone'], [-1, 'ip:::1']),
    stored: acl([0, 'world:anyone'], [-1, 'ip:::1']),
  },
];

for (const { what, asked, ids = CLIENT, stored } of RESOLUTIONS) {
  test(`what is stored for ${what}`, () => {
    assert.deepEqual(access().resolve(asked, ids.map(id)), stored);
  });
}

test('a null id where a scheme has to look at it is a malformed request', () => {
  for (const scheme of ['world', 'digest', 'ip']) {
    assert.throws(
      () => access().resolve([{ perms: 1, id: { scheme, id: null } }], []),
      MalformedRequestError,
      scheme,
    );
  }
  const auth = [{ perms: 1, id: { scheme: 'auth', id: null } }];
  assert.deepEqual(access().resolve(auth, [id('digest:u:h')]), acl([1, 'digest:u:h']));
  const unknown = [{ perms: 1, id: { scheme: 'foo', id: null } }];
  assert.equal(access().resolve(unknown, []), ErrorCode.INVALIDACL);
});

test('providers are found by their scheme', () => {
  assert.equal(access().provider('ip'), PROVIDERS[0]);
  for (const scheme of ['world', 'super', 'IP', '', null]) {
    assert.equal(access().provider(scheme), undefined);
  }
  assert.deepEqual(access().schemes, ['ip', 'digest']);
});

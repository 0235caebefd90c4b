import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateMode } from '../../../../protocol/create-mode.ts';
import { int64FromNumber, int64ToHex } from '../../../../protocol/int64.ts';
import { OpCode } from '../../../../protocol/op-code.ts';
import { OPEN_ACL_UNSAFE } from '../../../../protocol/permission.ts';
import { sequenceSuffix } from '../../../../server/request/create.ts';
import { create, createTtl, type Operation, remove } from '../../../vectors/requests.ts';
import {
  createContainer,
  create as txnCreate,
  createTtl as txnTtl,
} from '../../storage/tree-txns.ts';
import {
  type Asker,
  CLIENT,
  CLOSING_CLIENT,
  OTHER_SESSION,
  PrepareFixture,
  READ_ONLY_ACL,
  WALL_MS,
} from './prepare-fixture.ts';

const { EPHEMERAL, PERSISTENT_SEQUENTIAL, EPHEMERAL_SEQUENTIAL, CONTAINER } = CreateMode;
const { PERSISTENT_WITH_TTL, PERSISTENT_SEQUENTIAL_WITH_TTL } = CreateMode;

/** Limits of the fixture, in bytes of the replies that they bound. */
const MAX_DATA_REPLY_BYTES = 88 + 100;
const MAX_CHILDREN_REPLY_BYTES = 84 + 4 + 12 * 9;
const FULL = Array.from({ length: 12 }, (_, i) => String(10_000 + i));

/** A tree in which every check can fail. */
function fixture(options: { readonly extendedTypesEnabled?: boolean } = {}): PrepareFixture {
  return new PrepareFixture(
    {
      maxDataReplyBytes: MAX_DATA_REPLY_BYTES,
      maxChildrenReplyBytes: MAX_CHILDREN_REPLY_BYTES,
      ...options,
    },
    (f) => {
      f.make(txnCreate('/open'));
      f.make(txnCreate('/open/there'));
      f.make(txnCreate('/closed', { acl: READ_ONLY_ACL }));
      f.make(txnCreate('/session', { ephemeral: true }), OTHER_SESSION);
      // A client could not make this one.
      f.make(txnCreate('/session/there'));
      f.make(createContainer('/container'));
      f.make(txnTtl('/ttl', 1000));
      f.makeQuota('/session', 'count=-1,bytes=-1=;countHardLimit=0', 'count=2,bytes=0');
      f.make(txnCreate('/full'));
      f.makeQuota('/full', 'count=-1,bytes=-1=;countHardLimit=0', 'count=1,bytes=0');
      for (const name of FULL) f.make(txnCreate(`/full/${name}`));
      f.make(txnCreate('/many'));
      for (const name of FULL) f.make(txnCreate(`/many/${name}`));
    },
  );
}

const BAD_ACL = [{ perms: 31, id: { scheme: 'digest', id: 'no-colon' } }];
const TOO_MUCH = 'x'.repeat(101);

/** Each request has several faults, of which the first in the order of the checks decides. */
const REFUSALS: readonly {
  readonly faults: string;
  readonly operation: Operation;
  readonly asker?: Asker;
  readonly extendedTypesEnabled?: boolean;
  readonly verdict: string;
}[] = [
  {
    faults: 'flags that are no mode, a closing session, a bad path',
    operation: create('bad', { flags: 7 }),
    asker: CLOSING_CLIENT,
    verdict: 'BADARGUMENTS',
  },
  {
    faults: 'negative flags',
    operation: create('/new', { flags: -1 }),
    verdict: 'BADARGUMENTS',
  },
  {
    faults: 'a TTL mode without extended types, no TTL, a closing session',
    operation: create('/new', { flags: PERSISTENT_WITH_TTL }),
    asker: CLOSING_CLIENT,
    extendedTypesEnabled: false,
    verdict: 'UNIMPLEMENTED',
  },
  {
    faults: 'a TTL mode without a TTL, a closing session',
    operation: create('/new', { flags: PERSISTENT_WITH_TTL }),
    asker: CLOSING_CLIENT,
    verdict: 'BADARGUMENTS',
  },
  {
    faults: 'a TTL of 0, a closing session',
    operation: createTtl('/new', 0),
    asker: CLOSING_CLIENT,
    verdict: 'BADARGUMENTS',
  },
  {
    faults: 'a TTL for a mode that has none, a closing session',
    operation: createTtl('/new', 5, CreateMode.PERSISTENT),
    asker: CLOSING_CLIENT,
    verdict: 'BADARGUMENTS',
  },
  {
    faults: 'a negative TTL for a mode that has none, of which an Apache server would die',
    operation: createTtl('/new', -1, CreateMode.PERSISTENT),
    extendedTypesEnabled: false,
    verdict: 'BADARGUMENTS',
  },
  {
    faults: 'a closing session, a path without /',
    operation: create('new'),
    asker: CLOSING_CLIENT,
    verdict: 'SESSIONEXPIRED',
  },
  {
    faults: 'a closing session, an ephemeral mode',
    operation: create('/new', { flags: EPHEMERAL }),
    asker: CLOSING_CLIENT,
    verdict: 'SESSIONEXPIRED',
  },
  {
    faults: 'a path without /, a bad ACL',
    operation: create('new', { acl: BAD_ACL }),
    verdict: 'BADARGUMENTS',
  },
  {
    faults: 'a NUL in the path, a bad ACL',
    operation: create('/missing/a\0b', { acl: BAD_ACL }),
    verdict: 'BADARGUMENTS',
  },
  {
    faults: 'an empty path, a bad ACL',
    operation: create('', { acl: BAD_ACL }),
    verdict: 'BADARGUMENTS',
  },
  {
    faults: 'no ACL, no parent',
    operation: create('/missing/new', { acl: [] }),
    verdict: 'INVALIDACL',
  },
  {
    faults: 'a bad ACL, no parent',
    operation: create('/missing/new', { acl: BAD_ACL }),
    verdict: 'INVALIDACL',
  },
  {
    faults: 'no parent, a path that is not valid',
    operation: create('/missing//new'),
    verdict: 'NONODE',
  },
  {
    faults: 'an empty name that stands for a parent, a path that is not valid',
    operation: create('/open//new'),
    verdict: 'NONODE',
  },
  {
    faults: 'no permission, a path that is not valid',
    operation: create('/closed/..'),
    verdict: 'NOAUTH',
  },
  {
    faults: 'a path that is not valid, a parent that is a session’s',
    operation: create('/session/.'),
    verdict: 'BADARGUMENTS',
  },
  {
    faults: 'a path that ends with /, of a node that is there',
    operation: create('/open/'),
    verdict: 'BADARGUMENTS',
  },
  { faults: 'the root', operation: create('/'), verdict: 'NODEEXISTS' },
  {
    faults: 'a node that is there, a parent that is a session’s',
    operation: create('/session/there'),
    verdict: 'NODEEXISTS',
  },
  {
    faults: 'a parent that is a session’s, an exceeded quota',
    operation: create('/session/new'),
    verdict: 'NOCHILDRENFOREPHEMERALS',
  },
  {
    faults: 'an exceeded quota, too many children, too much data',
    operation: create('/full/new', { data: TOO_MUCH }),
    verdict: 'QUOTAEXCEEDED',
  },
  {
    faults: 'too many children',
    operation: create('/many/new'),
    verdict: 'BADARGUMENTS',
  },
  {
    faults: 'too much data',
    operation: create('/open/new', { data: TOO_MUCH }),
    verdict: 'BADARGUMENTS',
  },
];

for (const { faults, operation, asker = CLIENT, verdict, ...options } of REFUSALS) {
  test(`a create with ${faults} is answered ${verdict}`, () => {
    assert.equal(fixture(options).verdict(operation, asker), verdict);
  });
}

const ACCEPTED: readonly (readonly [what: string, operation: Operation])[] = [
  ['a node at the top', create('/new')],
  ['a node of null data', create('/open/new', { data: null })],
  ['an ephemeral node', create('/open/new', { flags: EPHEMERAL })],
  ['a child of a container', create('/container/new')],
  ['a child of a TTL node', create('/ttl/new')],
  ['as much data as allowed', create('/open/new', { data: 'x'.repeat(100) })],
  ['a node in the server’s own part', create('/zookeeper/quota/new')],
];

for (const [what, operation] of ACCEPTED) {
  test(`a create of ${what} is accepted`, () => {
    assert.equal(fixture().verdict(operation), 'OK');
  });
}

test('a path with a null is a malformed request', () => {
  assert.equal(fixture().verdict(create(null)), 'MARSHALLINGERROR');
});

test('the permission to create is asked of the parent, in any of its entries', () => {
  const acl = [
    { perms: 1, id: { scheme: 'world', id: 'anyone' } },
    { perms: 4, id: { scheme: 'ip', id: '127.0.0.0/8' } },
  ];
  const f = new PrepareFixture({}, (made) => made.make(txnCreate('/a', { acl })));
  assert.equal(f.verdict(create('/a/x')), 'OK');
  const stranger = { ...CLIENT, ids: [{ scheme: 'ip', id: '10.0.0.1' }] };
  assert.equal(f.verdict(create('/a/y'), stranger), 'NOAUTH');
});

// -- what is made -------------------------------------------------------------------------------------

const OPERATIONS: readonly {
  readonly operation: Operation;
  readonly type: number;
  readonly owner: string;
}[] = [
  { operation: create('/n'), type: OpCode.create, owner: '0' },
  { operation: create('/n', { op: OpCode.create2 }), type: OpCode.create2, owner: '0' },
  {
    operation: create('/n', { flags: EPHEMERAL }),
    type: OpCode.create,
    owner: '100000000000001',
  },
  {
    operation: create('/n', { op: OpCode.createContainer, flags: CONTAINER }),
    type: OpCode.createContainer,
    owner: '8000000000000000',
  },
  // Operation and flags need not agree: the operation decides.
  {
    operation: create('/n', { op: OpCode.createContainer, flags: 0 }),
    type: OpCode.createContainer,
    owner: '8000000000000000',
  },
  { operation: create('/n', { flags: CONTAINER }), type: OpCode.create, owner: '0' },
  { operation: createTtl('/n', 5000), type: OpCode.createTTL, owner: 'ff00000000001388' },
];

for (const { operation, type, owner } of OPERATIONS) {
  test(`operation ${operation.op} becomes a txn of type ${type} and a node of owner ${owner}`, () => {
    const f = new PrepareFixture();
    const prepared = f.prepare(operation);
    assert.equal(prepared.type, type);
    assert.equal(prepared.header.type, type);
    assert.equal(int64ToHex(f.pending.find('/n')!.ephemeralOwner), owner);
    f.apply();
    assert.equal(int64ToHex(f.tree.ephemeralOwner(f.tree.find('/n'))), owner);
    assert.deepEqual(f.pending.digest, f.tree.digest);
  });
}

test('the transaction says who, when and what', () => {
  const f = new PrepareFixture({}, (made) => made.makeParent('/a', 41));
  const prepared = f.prepare(create('/a/x', { data: 'data', flags: EPHEMERAL }));
  assert.deepEqual(prepared, {
    header: {
      clientId: CLIENT.session!.id,
      cxid: 1,
      zxid: int64FromNumber(1001),
      time: int64FromNumber(WALL_MS),
      type: OpCode.create,
    },
    type: OpCode.create,
    body: {
      path: '/a/x',
      data: Buffer.from('data'),
      acl: OPEN_ACL_UNSAFE,
      ephemeral: true,
      parentCVersion: 42,
    },
  });
});

// -- sequence numbers -----------------------------------------------------------------------------------

/** From a JVM: `String.format(Locale.ENGLISH, "%010d", cversion)`. */
const SUFFIXES: readonly (readonly [cversion: number, suffix: string])[] = [
  [0, '0000000000'],
  [1, '0000000001'],
  [9, '0000000009'],
  [10, '0000000010'],
  [999999999, '0999999999'],
  [1000000000, '1000000000'],
  [2147483647, '2147483647'],
  [-2147483648, '-2147483648'],
  [-2147483647, '-2147483647'],
  [-1000000000, '-1000000000'],
  [-999999999, '-999999999'],
  [-10, '-000000010'],
  [-5, '-000000005'],
  [-1, '-000000001'],
];

for (const [cversion, suffix] of SUFFIXES) {
  test(`the suffix of create number ${cversion} is ${suffix}`, () => {
    assert.equal(sequenceSuffix(cversion), suffix);
  });
}

function madePath(f: PrepareFixture, operation: Operation): string | null {
  const prepared = f.prepare(operation);
  assert(prepared.type === OpCode.create || prepared.type === OpCode.createTTL);
  return prepared.body.path;
}

test('every create counts towards the numbers, deletes do not, and what is under way does', () => {
  const f = new PrepareFixture({}, (made) => made.make(txnCreate('/a')));
  const sequential = (): string | null => madePath(f, create('/a/n-', { flags: 2 }));
  assert.equal(sequential(), '/a/n-0000000000');
  assert.equal(madePath(f, create('/a/plain')), '/a/plain');
  assert.equal(sequential(), '/a/n-0000000002');
  f.apply();
  f.prepare(remove('/a/plain'));
  assert.equal(
    madePath(f, create('/a/e-', { flags: EPHEMERAL_SEQUENTIAL })),
    '/a/e-0000000003',
    'one counter for all names',
  );
});

test('a refused create does not take a number', () => {
  const f = new PrepareFixture({}, (made) => made.make(txnCreate('/a')));
  f.prepare(create('/a/n-', { flags: PERSISTENT_SEQUENTIAL, acl: [] }));
  assert.equal(madePath(f, create('/a/n-', { flags: PERSISTENT_SEQUENTIAL })), '/a/n-0000000000');
});

test('after 2^31 creates the numbers are negative', () => {
  const f = new PrepareFixture({}, (made) => made.makeParent('/a', 0x7fff_fffe));
  const names = Array.from({ length: 4 }, () =>
    madePath(f, create('/a/', { flags: PERSISTENT_SEQUENTIAL })),
  );
  assert.deepEqual(names, ['/a/2147483646', '/a/2147483647', '/a/-2147483648', '/a/-2147483647']);
});

test('a path may end with / if a number follows', () => {
  const f = new PrepareFixture();
  assert.equal(madePath(f, create('/', { flags: PERSISTENT_SEQUENTIAL })), '/0000000000');
  assert.equal(madePath(f, createTtl('/', 9, PERSISTENT_SEQUENTIAL_WITH_TTL)), '/0000000001');
});

// -- limits ---------------------------------------------------------------------------------------------

test('a refusal for too many children names the path, the size and the limit', () => {
  const f = fixture();
  f.prepare(create('/many/new'));
  assert.deepEqual(f.log.lines, [
    {
      level: 'warn',
      fields: {
        path: '/many',
        replyBytes: MAX_CHILDREN_REPLY_BYTES + 7,
        limit: MAX_CHILDREN_REPLY_BYTES,
      },
      message: f.log.lines[0]?.message,
    },
  ]);
  assert.match(f.log.lines[0]!.message, /getChildren.*maxChildrenReplyBytes/);
});

test('the size of a child list counts what is under way', () => {
  const f = new PrepareFixture({ maxChildrenReplyBytes: 84 + 4 + 3 * 5 }, (made) => {
    made.make(txnCreate('/a'));
  });
  const verdicts = ['1', '2', '3', '4'].map((name) => f.verdict(create(`/a/${name}`)));
  assert.deepEqual(verdicts, ['OK', 'OK', 'OK', 'BADARGUMENTS']);
  f.prepare(remove('/a/1'));
  assert.equal(f.verdict(create('/a/4')), 'OK');
});

test('a refusal for too much data names the path, the size and the limit', () => {
  const f = fixture();
  f.prepare(create('/open/new', { data: TOO_MUCH }));
  assert.deepEqual(f.log.lines[0]?.fields, {
    path: '/open/new',
    replyBytes: 88 + 101,
    limit: MAX_DATA_REPLY_BYTES,
  });
  assert.match(f.log.lines[0]!.message, /getData.*jute\.maxbuffer/);
});

test('a refusal by quota is logged and counted', () => {
  const f = fixture();
  f.prepare(create('/full/new'));
  assert.deepEqual(f.quotaExceeded, ['/full/new']);
  assert.equal(f.log.matching('quota exceeded')[0]?.fields['path'], '/full/new');
});

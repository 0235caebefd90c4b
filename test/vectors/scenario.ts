import { CreateMode } from '../../protocol/create-mode.ts';
import type { ACL } from '../../protocol/generated/data.ts';
import { writeReconfigRequest, writeSetSASLRequest } from '../../protocol/generated/proto.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { Permission, READ_ACL_UNSAFE } from '../../protocol/permission.ts';
import * as ask from './requests.ts';

/** One request of the scenario; what is absent has the usual value of a RecordedRequest. */
export type Step = ask.Operation & {
  readonly name: string;
  readonly xid?: number;
  readonly malformed?: boolean;
  readonly closes?: boolean;
  readonly isAnswered?: boolean;
};

const { create, read, onPath } = ask;

const acl = (perms: number, scheme: string, id: string): ACL => ({ perms, id: { scheme, id } });
const step = (name: string, operation: ask.Operation, facts: Partial<Step> = {}): Step => ({
  name,
  ...operation,
  ...facts,
});
const nothing = (op: number): ask.Operation => ({ op, write: () => {} });
const ZERO = { hi: 0, lo: 0 };

/** Every operation, its errors, its notifications: over one connection, in this order. */
export const MAIN_STEPS: readonly Step[] = [
  step('ping', nothing(OpCode.ping), { xid: -2 }),

  step('create persistent', create('/a', { data: 'hello' })),
  step('create without data', create('/null', { data: null })),
  step('create with empty data', create('/empty', { data: '' })),
  step('create sequential', create('/a/seq-', { flags: CreateMode.PERSISTENT_SEQUENTIAL })),
  step('create ephemeral', create('/a/eph', { flags: CreateMode.EPHEMERAL })),
  step(
    'create ephemeral sequential',
    create('/a/eseq-', { flags: CreateMode.EPHEMERAL_SEQUENTIAL }),
  ),
  step('create2 persistent', create('/a/two', { op: OpCode.create2 })),
  step('create2 ephemeral', create('/a/etwo', { op: OpCode.create2, flags: CreateMode.EPHEMERAL })),
  step(
    'createContainer',
    create('/box', { op: OpCode.createContainer, flags: CreateMode.CONTAINER }),
  ),
  step('createTTL', ask.createTtl('/ttl', 1_000_000_000)),
  step(
    'createTTL sequential',
    ask.createTtl('/a/ttl-', 2_000_000_000, CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL),
  ),
  step('create with a name beyond ASCII', create('/ünï-€')),
  step('create that exists: NODEEXISTS', create('/a')),
  step('create without a parent: NONODE', create('/no/where')),
  step('create below an ephemeral: NOCHILDRENFOREPHEMERALS', create('/a/eph/x')),
  step('create without an ACL: INVALIDACL', create('/acl', { acl: [] })),
  step('create with a null ACL: INVALIDACL', create('/acl', { acl: null })),
  step('create with a relative path: BADARGUMENTS', create('a')),
  step('create with a null path: MARSHALLINGERROR', create(null)),
  step('create with unknown flags: BADARGUMENTS', create('/flags', { flags: 9 })),
  step(
    'create with a body that is cut short: MARSHALLINGERROR',
    { op: OpCode.create, write: (w) => w.writeInt(3) },
    { malformed: true },
  ),
  step('createTTL with a TTL of 0: BADARGUMENTS', ask.createTtl('/ttl0', 0)),

  step('exists', read(OpCode.exists, '/a')),
  step('exists not, with a watch: NONODE', read(OpCode.exists, '/later', true)),
  step('create that triggers it', create('/later', { data: null })),
  step('getData', read(OpCode.getData, '/a')),
  step('getData of null', read(OpCode.getData, '/null')),
  step('getData of nothing', read(OpCode.getData, '/empty')),
  step('getData of an ephemeral', read(OpCode.getData, '/a/eph')),
  step('getData of a container', read(OpCode.getData, '/box')),
  step('getData of a TTL node', read(OpCode.getData, '/ttl')),
  step('getData of the configuration', read(OpCode.getData, '/zookeeper/config')),
  step('getData that is not there: NONODE', read(OpCode.getData, '/none')),
  step(
    'getData with a body that is cut short: MARSHALLINGERROR',
    { op: OpCode.getData, write: (w) => w.writeInt(9) },
    { malformed: true },
  ),
  step('getChildren', read(OpCode.getChildren, '/a')),
  step('getChildren of a leaf', read(OpCode.getChildren, '/null')),
  step('getChildren that is not there: NONODE', read(OpCode.getChildren, '/none')),
  step('getChildren2', read(OpCode.getChildren2, '/')),
  step('getAllChildrenNumber', onPath(OpCode.getAllChildrenNumber, '/a')),
  step('getEphemerals', onPath(OpCode.getEphemerals, '/a')),
  step('getEphemerals of a prefix that has none', onPath(OpCode.getEphemerals, '/zzz')),
  step('sync', onPath(OpCode.sync, '/a')),
  step('whoAmI', nothing(OpCode.whoAmI)),

  step('setData', ask.setData('/a', 'world', 0)),
  step('setData to null', ask.setData('/empty', null)),
  step('setData with another version: BADVERSION', ask.setData('/a', '', 7)),
  step('setData that is not there: NONODE', ask.setData('/none', '')),

  step('getData with a watch', read(OpCode.getData, '/a', true)),
  step('getChildren with a watch', read(OpCode.getChildren, '/a', true)),
  step('setData that triggers the first', ask.setData('/a', 'again')),
  step('create that triggers the second', create('/a/child')),
  step('getData with a watch to be deleted', read(OpCode.getData, '/later', true)),
  step('getChildren with a watch to be deleted', read(OpCode.getChildren, '/later', true)),
  step('delete that triggers one event for both', ask.remove('/later', 0)),
  step('delete with another version: BADVERSION', ask.remove('/a/child', 3)),
  step('delete of a parent: NOTEMPTY', ask.remove('/a')),
  step('delete that is not there: NONODE', ask.remove('/none')),
  step('delete of the root: BADARGUMENTS', ask.remove('/')),

  step('addWatch persistent', ask.addWatch('/p', 0)),
  step('addWatch recursive', ask.addWatch('/r', 1)),
  step('addWatch with another mode: MARSHALLINGERROR', ask.addWatch('/r', 2)),
  step('create under a persistent watch', create('/p')),
  step('setData under a persistent watch', ask.setData('/p', 'y')),
  step('create of a child under a persistent watch', create('/p/c')),
  step('create under a recursive watch', create('/r')),
  step('create of a child under a recursive watch', create('/r/c')),
  step('delete of a child under a recursive watch', ask.remove('/r/c')),
  step('checkWatches', ask.onWatches(OpCode.checkWatches, '/r', 5)),
  step('checkWatches that are not there: NOWATCHER', ask.onWatches(OpCode.checkWatches, '/a', 2)),
  step('removeWatches', ask.onWatches(OpCode.removeWatches, '/r', 5)),
  step('removeWatches of any kind', ask.onWatches(OpCode.removeWatches, '/p', 3)),
  step('removeWatches that are not there: NOWATCHER', ask.onWatches(OpCode.removeWatches, '/r', 3)),
  step(
    'setWatches that are all out of date',
    ask.setWatches(ZERO, {
      dataWatches: ['/a', '/none'],
      existWatches: ['/box'],
      childWatches: ['/r', '/none'],
    }),
    { xid: -8 },
  ),
  step(
    'setWatches2 that are all set',
    ask.setWatches2(
      { hi: 0x7fffffff, lo: 0 },
      {
        dataWatches: ['/null'],
        existWatches: ['/soon'],
        childWatches: ['/null'],
        persistentWatches: ['/w'],
        persistentRecursiveWatches: ['/null'],
      },
    ),
    { xid: -8 },
  ),
  step('setData under several watches', ask.setData('/null', null)),
  step('create of what is awaited', create('/soon')),
  step('create under a child watch and a recursive watch', create('/null/c')),

  step('getACL', onPath(OpCode.getACL, '/a')),
  step('getACL that is not there: NONODE', onPath(OpCode.getACL, '/none')),
  step('auth digest', ask.auth('digest', 'ann:secret'), { xid: -4 }),
  step('whoAmI after auth', nothing(OpCode.whoAmI)),
  step(
    'create with the ACL of whoever asks',
    create('/mine', { acl: [acl(Permission.ALL, 'auth', '')] }),
  ),
  step('getACL of a digest', onPath(OpCode.getACL, '/mine')),
  step(
    'create that others may read',
    create('/masked', {
      acl: [...READ_ACL_UNSAFE, acl(Permission.ALL, 'digest', 'ann:Zm9vYmFyYmF6Zm9vYmFyYmF6Zm8=')],
    }),
  ),
  step('setACL', ask.setAcl('/p', [...READ_ACL_UNSAFE, acl(Permission.ALL, 'ip', '127.0.0.1')], 0)),
  step('setACL with another version: BADVERSION', ask.setAcl('/p', READ_ACL_UNSAFE, 5)),
  step('setACL with an unknown scheme: INVALIDACL', ask.setAcl('/p', [acl(1, 'nope', 'x')])),
  step('setACL to nothing but reading', ask.setAcl('/p/c', READ_ACL_UNSAFE)),
  step('setData without permission: NOAUTH', ask.setData('/p/c', 'z')),

  step(
    'multi of every kind',
    ask.multi(OpCode.multi, [
      create('/m', { data: 'm' }),
      create('/m/two', { op: OpCode.create2 }),
      create('/m/eph', { flags: CreateMode.EPHEMERAL }),
      create('/m/box', { op: OpCode.createContainer, flags: CreateMode.CONTAINER }),
      ask.createTtl('/m/ttl', 1_000_000_000),
      ask.check('/m', 0),
      ask.setData('/m', 'n', 0),
      ask.remove('/m/two', 0),
    ]),
  ),
  step(
    'multi that fails in the middle',
    ask.multi(OpCode.multi, [create('/n'), ask.check('/m', 9), create('/o')]),
  ),
  step('multi of nothing', ask.multi(OpCode.multi, [])),
  step(
    'multi with an operation that cannot be part of it: MARSHALLINGERROR',
    ask.multi(OpCode.multi, [ask.setAcl('/m', READ_ACL_UNSAFE)]),
    { malformed: true },
  ),
  step(
    'multiRead',
    ask.multi(OpCode.multiRead, [
      read(OpCode.getData, '/m'),
      read(OpCode.getChildren, '/m'),
      read(OpCode.getData, '/none'),
    ]),
  ),

  step('deleteContainer, which is for the server itself', onPath(OpCode.deleteContainer, '/box')),

  step('create of the quota', create('/quota', { data: '' })),
  step('create of the quota node', create('/zookeeper/quota/quota', { data: '' })),
  step(
    'create of the quota limits',
    create('/zookeeper/quota/quota/zookeeper_limits', {
      data: 'count=-1,bytes=-1=;byteHardLimit=4;countHardLimit=-1',
    }),
  ),
  step(
    'create of the quota stats',
    create('/zookeeper/quota/quota/zookeeper_stats', { data: 'count=1,bytes=0' }),
  ),
  step('setData above the quota: QUOTAEXCEEDED', ask.setData('/quota', 'too much')),
  step('reconfig while disabled: RECONFIGDISABLED', {
    op: OpCode.reconfig,
    write: (w) => {
      const joiningServers = 'server.2=127.0.0.1:2:3;4';
      const record = { joiningServers, leavingServers: null, newMembers: null };
      writeReconfigRequest(w, { ...record, curConfigId: { hi: -1, lo: -1 } });
    },
  }),
];

/** What a client of the kind before 3.4 asks, which is somebody else than the one above. */
export const OTHER_STEPS: readonly Step[] = [
  step('ping of an old client', nothing(OpCode.ping), { xid: -2 }),
  step('getData of what is for somebody else: NOAUTH', read(OpCode.getData, '/mine')),
  step('getACL of what is for somebody else: NOAUTH', onPath(OpCode.getACL, '/mine')),
  step('getACL without ADMIN: the digest is masked', onPath(OpCode.getACL, '/masked')),
];

/** Short conversations, each over a connection of its own, which most of them end. */
export const SHORT_CONVERSATIONS: readonly (readonly Step[])[] = [
  [
    step('sasl without SASL', {
      op: OpCode.sasl,
      write: (w) => writeSetSASLRequest(w, { token: Buffer.alloc(0) }),
    }),
  ],
  [step('an unknown opcode: UNIMPLEMENTED', nothing(99), { closes: true })],
  [step('check outside a multi: UNIMPLEMENTED', ask.check('/a', -1), { closes: true })],
  [
    step('auth with an unknown scheme: AUTHFAILED', ask.auth('nope', ''), {
      xid: -4,
      closes: true,
    }),
  ],
  [
    step('create ephemeral', create('/a/closing', { flags: CreateMode.EPHEMERAL })),
    step('closeSession with ephemerals', nothing(OpCode.closeSession), { closes: true }),
  ],
];

/** A short life of a server that writes neither digests nor the paths of closed sessions. */
export const PLAIN_STEPS: readonly Step[] = [
  step('create', create('/a')),
  step('create ephemeral', create('/a/eph', { flags: CreateMode.EPHEMERAL })),
  step('create that exists: NODEEXISTS', create('/a')),
  step('setData', ask.setData('/a', 'b')),
  step('multi', ask.multi(OpCode.multi, [create('/b'), ask.remove('/b')])),
  step('closeSession', nothing(OpCode.closeSession), { closes: true }),
];

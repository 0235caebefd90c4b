import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { digestId } from '../../client/digest-id.ts';
import { type ConnectOptions, connect } from '../../client/io/connect.ts';
import { MultiError } from '../../client/multi.ts';
import { isEphemeralNode } from '../../client/node-stat.ts';
import type { OkapiClient } from '../../client/okapi-client.ts';
import { ZkError } from '../../client/zk-error.ts';
import { CreateMode } from '../../protocol/create-mode.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { compareInt64, equalInt64, int64FromNumber } from '../../protocol/int64.ts';
import { OPEN_ACL_UNSAFE, Permission } from '../../protocol/permission.ts';
import { SERVERS } from '../support/servers.ts';
import { skipBefore39, type TestServer } from '../support/test-server.ts';

/** What `assert.rejects` compares a ZkError with. */
function zkError(name: keyof typeof ErrorCode, path?: string | null): object {
  return { name, code: ErrorCode[name], ...(path === undefined ? {} : { path }) };
}

const text = (s: string): Buffer => Buffer.from(s);

for (const kind of SERVERS) {
  describe(`client operations against ${kind.name}`, { skip: kind.skip }, () => {
    let server: TestServer;
    let zk: OkapiClient;
    const clients: OkapiClient[] = [];

    const open = async (
      options: Partial<ConnectOptions> = {},
      chroot = '',
    ): Promise<OkapiClient> => {
      const servers = `127.0.0.1:${server.port}${chroot}`;
      const client = await connect({ servers, sessionTimeoutMs: 10_000, ...options });
      clients.push(client);
      return client;
    };

    before(async () => {
      server = await kind.start({ config: { extendedTypesEnabled: 'true', tickTime: '500' } });
      zk = await open();
    });

    after(async () => {
      for (const client of clients) await client.close();
      await server?.stop();
    });

    test('create makes nodes of all modes and tells their names', async () => {
      const { PERSISTENT, EPHEMERAL, CONTAINER, PERSISTENT_WITH_TTL } = CreateMode;
      await zk.create('/modes');
      for (const [name, mode, ephemeral] of [
        ['plain', PERSISTENT, false],
        ['ephemeral', EPHEMERAL, true],
        ['container', CONTAINER, false],
        ['ttl', PERSISTENT_WITH_TTL, false],
      ] as const) {
        const path = `/modes/${name}`;
        assert.equal(await zk.create(path, text(name), { mode, ttlMs: 60_000 }), path);
        const { data, stat } = await zk.getData(path);
        assert.equal(String(data), name);
        assert.equal(isEphemeralNode(stat), ephemeral, name);
      }
      const sequential = [
        CreateMode.PERSISTENT_SEQUENTIAL,
        CreateMode.EPHEMERAL_SEQUENTIAL,
        CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL,
      ];
      for (const [i, mode] of sequential.entries()) {
        const path = await zk.create('/modes/s-', null, { mode, ttlMs: 60_000 });
        assert.equal(path, `/modes/s-000000000${4 + i}`);
      }
    });

    test('createWithStat tells the Stat of a new node, in every mode', async () => {
      await zk.create('/stats');
      for (const mode of [
        CreateMode.PERSISTENT,
        CreateMode.EPHEMERAL_SEQUENTIAL,
        CreateMode.CONTAINER,
        CreateMode.PERSISTENT_WITH_TTL,
      ]) {
        const data = text('four');
        const { path, stat } = await zk.createWithStat(`/stats/m${mode}-`, data, {
          mode,
          ttlMs: 60_000,
        });
        assert.deepEqual(stat, await zk.exists(path));
        assert.equal(stat.dataLength, 4);
        assert.equal(stat.version, 0);
        assert.equal(stat.ctimeMs, stat.mtimeMs);
        assert(stat.ctimeMs > Date.UTC(2020, 0, 1), 'a time of day in ms');
        assert(equalInt64(stat.czxid, stat.mzxid));
      }
    });

    test('create refuses what cannot be', async () => {
      await zk.create('/refuses');
      await zk.create('/refuses/e', null, { mode: CreateMode.EPHEMERAL });
      const cases = [
        ['/refuses', {}, 'NODEEXISTS'],
        ['/refuses/no/parent', {}, 'NONODE'],
        ['/refuses/e/child', {}, 'NOCHILDRENFOREPHEMERALS'],
        ['/refuses/a', { acl: [] }, 'INVALIDACL'],
        ['/refuses/t', { mode: CreateMode.PERSISTENT_WITH_TTL, ttlMs: 0 }, 'BADARGUMENTS'],
        ['/refuses/..', {}, 'BADARGUMENTS'],
      ] as const;
      for (const [path, options, name] of cases) {
        await assert.rejects(zk.create(path, null, options), zkError(name, path), path);
      }
    });

    test('a path that does not begin with / is refused before it is sent', async () => {
      for (const attempt of [
        zk.create('x'),
        zk.exists(''),
        zk.getData('x/y'),
        zk.multi([{ kind: 'delete', path: 'x' }]),
      ]) {
        await assert.rejects(attempt, zkError('BADARGUMENTS'));
      }
    });

    test('data comes back as it was set, empty and null apart', async () => {
      await zk.create('/data', null);
      assert.equal((await zk.getData('/data')).data, null);
      for (const data of [Buffer.alloc(0), text('x'), Buffer.alloc(100_000, 7), null]) {
        await zk.setData('/data', data);
        assert.deepEqual((await zk.getData('/data')).data, data);
      }
    });

    test('setData and delete keep to the version they are given', async () => {
      await zk.create('/versions');
      assert.equal((await zk.setData('/versions', text('1'), 0)).version, 1);
      assert.equal((await zk.setData('/versions', text('2'))).version, 2);
      await assert.rejects(zk.setData('/versions', null, 1), zkError('BADVERSION', '/versions'));
      await assert.rejects(zk.delete('/versions', 1), zkError('BADVERSION', '/versions'));
      await zk.create('/versions/child');
      await assert.rejects(zk.delete('/versions'), zkError('NOTEMPTY'));
      await zk.delete('/versions/child', 0);
      await zk.delete('/versions', 2);
      await assert.rejects(zk.delete('/versions'), zkError('NONODE'));
    });

    test('exists answers with null where there is no node', async () => {
      assert.equal(await zk.exists('/nowhere'), null);
      assert.notEqual(await zk.exists('/'), null);
      await assert.rejects(zk.getData('/nowhere'), zkError('NONODE', '/nowhere'));
      await assert.rejects(zk.getChildren('/nowhere'), zkError('NONODE', '/nowhere'));
    });

    test('children, with and without Stat, and the number of all descendants', async () => {
      await zk.create('/family');
      assert.deepEqual(await zk.getChildren('/family'), []);
      for (const name of ['a', 'b', 'b/c', 'żółw-t']) {
        await zk.create(`/family/${name}`);
      }
      assert.deepEqual([...(await zk.getChildren('/family'))].sort(), ['a', 'b', 'żółw-t']);
      const { children, stat } = await zk.getChildrenWithStat('/family');
      assert.equal(children.length, 3);
      assert.equal(stat.numChildren, 3);
      assert.equal(stat.cversion, 3);
      assert.equal(await zk.getAllChildrenNumber('/family'), 4);
    });

    test('getEphemerals tells the nodes of this session alone, by prefix', async () => {
      const other = await open();
      const mode = CreateMode.EPHEMERAL;
      await zk.create('/eph');
      for (const name of ['a1', 'a2', 'b1']) await zk.create(`/eph/${name}`, null, { mode });
      await other.create('/eph/a3', null, { mode });
      const found = await zk.getEphemerals('/eph/a');
      assert.deepEqual([...found].sort(), ['/eph/a1', '/eph/a2']);
      assert.deepEqual(await other.getEphemerals(), ['/eph/a3']);
    });

    test('an ACL lets in whoever has authenticated, and hides its hashes from others', async () => {
      const ann = await open();
      await ann.addAuth('digest', 'ann:secret');
      const id = { scheme: 'digest', id: digestId('ann', 'secret') };
      await ann.create('/private', text('x'), { acl: [{ perms: Permission.ALL, id }] });
      await assert.rejects(zk.getData('/private'), zkError('NOAUTH', '/private'));
      await assert.rejects(zk.setData('/private', null), zkError('NOAUTH', '/private'));
      assert.equal(String((await ann.getData('/private')).data), 'x');
      assert.deepEqual((await ann.getACL('/private')).acl, [{ perms: Permission.ALL, id }]);

      const world = { scheme: 'world', id: 'anyone' };
      const acl = [
        { perms: Permission.ALL, id },
        { perms: Permission.READ, id: world },
      ];
      assert.equal((await ann.setACL('/private', acl, 0)).aversion, 1);
      await assert.rejects(ann.setACL('/private', acl, 0), zkError('BADVERSION'));
      const masked = { scheme: 'digest', id: 'ann:x' };
      assert.deepEqual((await zk.getACL('/private')).acl, [
        { perms: Permission.ALL, id: masked },
        { perms: Permission.READ, id: world },
      ]);
    });

    test('whoAmI tells the identities of the connection', async () => {
      const client = await open();
      const ip = { authScheme: 'ip', user: '127.0.0.1' };
      assert.deepEqual(await client.whoAmI(), [ip]);
      await client.addAuth('digest', text('bob:secret'));
      const found = await client.whoAmI();
      assert.equal(found.length, 2);
      assert.deepEqual(
        found.find(({ authScheme }) => authScheme === 'digest'),
        { authScheme: 'digest', user: 'bob' },
      );
    });

    test('a multi does all or nothing, and later steps see what earlier ones did', async (t) => {
      const skip = skipBefore39(server);
      if (skip !== false) return t.skip(skip);
      const before = zk.lastZxidSeen;
      const results = await zk
        .transaction()
        .create('/multi', text('m'))
        .create('/multi/c', null, { withStat: true })
        .create('/multi/s-', null, { mode: CreateMode.PERSISTENT_SEQUENTIAL })
        .create('/multi/t', null, { mode: CreateMode.PERSISTENT_WITH_TTL, ttlMs: 60_000 })
        .create('/multi/k', null, { mode: CreateMode.CONTAINER })
        .setData('/multi', text('n'), 0)
        .check('/multi', 1)
        .delete('/multi/c', 0)
        .commit();
      assert.deepEqual(
        results.map((result) => (result.kind === 'create' ? result.path : result.kind)),
        [
          '/multi',
          '/multi/c',
          '/multi/s-0000000001',
          '/multi/t',
          '/multi/k',
          'setData',
          'check',
          'delete',
        ],
      );
      assert(compareInt64(zk.lastZxidSeen, before) > 0);
      assert.equal(String((await zk.getData('/multi')).data), 'n');
      assert.deepEqual(
        results.map((result) => result.kind === 'create' && result.stat !== null),
        [false, true, false, true, true, false, false, false],
      );
    });

    test('a multi that cannot be done names the step and changes nothing', async () => {
      await zk.create('/atomic');
      const failed = await zk
        .transaction()
        .create('/atomic/a')
        .check('/atomic', 7)
        .create('/atomic/b')
        .commit()
        .then(() => assert.fail('the version differs'))
        .catch((error: unknown) => error);
      assert(failed instanceof MultiError);
      assert(failed instanceof ZkError);
      assert.equal(failed.code, ErrorCode.BADVERSION);
      assert.equal(failed.path, '/atomic');
      assert.equal(failed.index, 1);
      assert.deepEqual(failed.codes, [0, ErrorCode.BADVERSION, ErrorCode.RUNTIMEINCONSISTENCY]);
      assert.deepEqual(await zk.getChildren('/atomic'), []);
      assert.deepEqual(await zk.multi([]), []);
    });

    test('a multiRead answers every read by itself', async () => {
      await zk.create('/many', text('x'));
      await zk.create('/many/c');
      const [data, children, missing] = await zk.multiRead([
        { kind: 'getData', path: '/many' },
        { kind: 'getChildren', path: '/many' },
        { kind: 'getData', path: '/many/none' },
      ]);
      assert(data?.kind === 'getData');
      assert.equal(String(data.data), 'x');
      assert.equal(data.stat.numChildren, 1);
      assert.deepEqual(children, { kind: 'getChildren', children: ['c'] });
      assert(missing?.kind === 'error');
      assert.equal(missing.error.code, ErrorCode.NONODE);
      assert.equal(missing.error.path, '/many/none');
    });

    test('sync, getConfig and reconfig of a standalone server', async () => {
      await zk.sync('/');
      const { data, stat } = await zk.getConfig();
      assert.equal(String(data ?? ''), '');
      assert.equal(stat.aversion, -1);
      await assert.rejects(
        zk.reconfig({ newMembers: 'server.1=a:1:2;3' }),
        zkError('RECONFIGDISABLED'),
      );
    });

    test('requests in flight are answered in order', async () => {
      await zk.create('/order');
      const answered: number[] = [];
      const writes = Array.from({ length: 500 }, async (_, i) => {
        const stat = await zk.setData('/order', text(String(i)));
        answered.push(stat.version);
      });
      await Promise.all(writes);
      assert.deepEqual(
        answered,
        answered.map((_, i) => i + 1),
      );
      assert.equal(String((await zk.getData('/order')).data), '499');
    });

    test('a request over the limit is refused here, and the connection stays', async () => {
      await zk.create('/large');
      await assert.rejects(
        zk.setData('/large', Buffer.alloc(0xfffff)),
        zkError('MARSHALLINGERROR'),
      );
      assert.equal(zk.state, 'connected');
      // The largest that any client can read again: reply header, length, data and Stat are one frame.
      const largest = 0xfffff - 16 - 4 - 68;
      await zk.setData('/large', Buffer.alloc(largest, 1));
      assert.equal((await zk.getData('/large')).data?.length, largest);
      await zk.delete('/large');
    });

    test('a chroot is the root of all paths, in and out', async () => {
      await zk.create('/app');
      const app = await open({}, '/app');
      const mode = CreateMode.EPHEMERAL_SEQUENTIAL;
      assert.equal(await app.create('/a', text('x')), '/a');
      assert.equal(
        await app.create('/a/s-', null, { mode }).catch((e: unknown) => e),
        '/a/s-0000000000',
      );
      assert.equal((await app.createWithStat('/b')).path, '/b');
      assert.deepEqual([...(await app.getChildren('/'))].sort(), ['a', 'b']);
      assert.deepEqual([...(await zk.getChildren('/app'))].sort(), ['a', 'b']);
      assert.deepEqual(await app.getEphemerals(), ['/a/s-0000000000']);
      assert.equal(await app.getAllChildrenNumber('/'), 3);
      const [created] = await app.transaction().create('/c').delete('/c').commit();
      assert(created?.kind === 'create' && created.path === '/c');
      const [read] = await app.multiRead([{ kind: 'getData', path: '/a' }]);
      assert(read?.kind === 'getData' && String(read.data) === 'x');
      await assert.rejects(app.getData('/app/a'), zkError('NONODE', '/app/a'));
      assert.equal((await app.getConfig()).stat.aversion, -1);
    });

    test('a chroot that does not exist makes every request fail with NONODE', async () => {
      const lost = await open({}, '/no/such/root');
      await assert.rejects(lost.getChildren('/'), zkError('NONODE', '/'));
      await assert.rejects(lost.create('/x'), zkError('NONODE', '/x'));
    });

    test('the default ACL lets everybody do everything', async () => {
      await zk.create('/open');
      assert.deepEqual((await zk.getACL('/open')).acl, OPEN_ACL_UNSAFE);
    });

    test('zxids move with every write', async () => {
      await zk.create('/zxid');
      const stat = await zk.setData('/zxid', null);
      assert(compareInt64(stat.mzxid, stat.czxid) > 0);
      assert(equalInt64(zk.lastZxidSeen, stat.mzxid));
      assert(compareInt64(stat.mzxid, int64FromNumber(0)) > 0);
    });
  });
}

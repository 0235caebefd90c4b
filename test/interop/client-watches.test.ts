import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect } from '../../client/io/connect.ts';
import type { OkapiClient } from '../../client/okapi-client.ts';
import type { WatchEvent } from '../../client/watch.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { equalInt64, INT64_MINUS_ONE } from '../../protocol/int64.ts';
import { WatcherType } from '../../protocol/watch-event.ts';
import { EventQueue } from '../support/event-queue.ts';
import { SERVERS } from '../support/servers.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { skipBefore39, type TestServer } from '../support/test-server.ts';

const NOWATCHER = { code: ErrorCode.NOWATCHER };

const show = (event: WatchEvent): string => `${event.type} ${event.path}`;

for (const kind of SERVERS) {
  describe(`client watches against ${kind.name}`, { skip: kind.skip }, () => {
    let server: TestServer;
    let proxy: TcpProxy;
    /** Goes through the proxy, and so loses its connection now and then. */
    let zk: OkapiClient;
    /** Makes the changes, straight. */
    let other: OkapiClient;

    before(async () => {
      server = await kind.start({ config: { tickTime: '500' } });
      proxy = await TcpProxy.start({ port: server.port });
      zk = await connect({
        servers: proxy.address,
        sessionTimeoutMs: 10_000,
        reconnectMinMs: 5,
        reconnectMaxMs: 20,
      });
      other = await connect({ servers: `127.0.0.1:${server.port}`, sessionTimeoutMs: 10_000 });
    });

    after(async () => {
      await zk?.close();
      await other?.close();
      await proxy?.stop();
      await server?.stop();
    });

    /** Resolves when the client has lost its connection. */
    const disconnected = (): Promise<void> =>
      new Promise((resolve) => {
        const stop = zk.onState((state) => {
          if (state !== 'disconnected') return;
          stop();
          resolve();
        });
      });

    /** Cuts the client's connection and lets nobody in until `whileAway` is done. */
    const away = async (whileAway: () => Promise<unknown>): Promise<void> => {
      const gone = disconnected();
      await proxy.refuse();
      proxy.cut();
      await gone;
      await whileAway();
      await proxy.accept();
      await zk.whenConnected();
    };

    test('one-shot watches tell of one change each, of their kind', async () => {
      await other.create('/shot');
      const exists = new EventQueue<WatchEvent>();
      const data = new EventQueue<WatchEvent>();
      const child = new EventQueue<WatchEvent>();
      assert.equal(await zk.exists('/shot/c', { watch: exists.push }), null);
      await zk.getData('/shot', { watch: data.push });
      await zk.getChildren('/shot', { watch: child.push });
      await other.create('/shot/c');
      await other.setData('/shot', Buffer.from('1'));
      await other.setData('/shot', Buffer.from('2'));
      await other.delete('/shot/c');
      await zk.sync('/');
      assert.deepEqual(exists.pending.map(show), ['NodeCreated /shot/c']);
      assert.deepEqual(data.pending.map(show), ['NodeDataChanged /shot']);
      assert.deepEqual(child.pending.map(show), ['NodeChildrenChanged /shot']);
    });

    test('a deletion reaches data, exists and child watches, and one listener only once', async () => {
      await other.create('/doomed');
      const events = new EventQueue<WatchEvent>();
      await zk.getData('/doomed', { watch: events.push });
      await zk.exists('/doomed', { watch: events.push });
      await zk.getChildrenWithStat('/doomed', { watch: events.push });
      await other.delete('/doomed');
      await zk.sync('/');
      assert.deepEqual(events.pending.map(show), ['NodeDeleted /doomed']);
    });

    test('an event comes before the answer that shows the change, and behind the one before it', async () => {
      await zk.create('/turn');
      const log: string[] = [];
      await zk.getData('/turn', { watch: (event) => log.push(event.type) });
      // The event is caused by the second request: it stands between the answers to the first and the second.
      const first = zk.exists('/turn').then(() => log.push('exists answered'));
      const second = zk.setData('/turn', null).then(() => log.push('setData answered'));
      await Promise.all([first, second]);
      assert.deepEqual(log, ['exists answered', 'NodeDataChanged', 'setData answered']);
    });

    test('events carry the zxid of the change', async () => {
      await zk.create('/zxids');
      const events = new EventQueue<WatchEvent>();
      await zk.getData('/zxids', { watch: events.push });
      const stat = await other.setData('/zxids', null);
      const { zxid } = await events.next();
      // ZooKeeper before 3.9 does not say.
      assert(equalInt64(zxid, stat.mzxid) || equalInt64(zxid, INT64_MINUS_ONE));
    });

    test('a persistent watch tells of every change of a node and of its children', async (t) => {
      const skip = skipBefore39(server);
      if (skip !== false) return t.skip(skip);
      const events = new EventQueue<WatchEvent>();
      await zk.addWatch('/stay', events.push);
      await other.create('/stay');
      await other.setData('/stay', null);
      await other.create('/stay/c');
      await other.setData('/stay/c', null);
      await other.delete('/stay/c');
      await other.delete('/stay');
      assert.deepEqual((await events.take(5)).map(show), [
        'NodeCreated /stay',
        'NodeDataChanged /stay',
        'NodeChildrenChanged /stay',
        'NodeChildrenChanged /stay',
        'NodeDeleted /stay',
      ]);
      await zk.removeWatches('/stay', WatcherType.Persistent);
      assert.deepEqual((await events.take(1)).map(show), ['PersistentWatchRemoved /stay']);
      await other.create('/stay');
      await zk.sync('/');
      assert.deepEqual(events.pending, []);
    });

    test('a recursive watch tells of every node below, and never of children', async (t) => {
      const skip = skipBefore39(server);
      if (skip !== false) return t.skip(skip);
      await other.create('/tree');
      const events = new EventQueue<WatchEvent>();
      await zk.addWatch('/tree', events.push, { recursive: true });
      // A child watch makes the server send NodeChildrenChanged; the recursive listener must not get it.
      const child = new EventQueue<WatchEvent>();
      await other.create('/tree/a');
      await zk.getChildren('/tree/a', { watch: child.push });
      await other.create('/tree/a/b');
      await other.setData('/tree/a/b', null);
      await other.delete('/tree/a/b');
      assert.deepEqual((await events.take(4)).map(show), [
        'NodeCreated /tree/a',
        'NodeCreated /tree/a/b',
        'NodeDataChanged /tree/a/b',
        'NodeDeleted /tree/a/b',
      ]);
      assert.deepEqual((await child.take(1)).map(show), ['NodeChildrenChanged /tree/a']);
      await zk.removeWatches('/tree', WatcherType.PersistentRecursive);
    });

    test('removing and checking watches agrees with what is set', async () => {
      await other.create('/set');
      const data = new EventQueue<WatchEvent>();
      const second = new EventQueue<WatchEvent>();
      await assert.rejects(zk.removeWatches('/set', WatcherType.Any), NOWATCHER);
      await assert.rejects(zk.checkWatches('/set', WatcherType.Data), NOWATCHER);
      await zk.getData('/set', { watch: data.push });
      await zk.getData('/set', { watch: second.push });
      await zk.checkWatches('/set', WatcherType.Data);
      await assert.rejects(zk.checkWatches('/set', WatcherType.Children), NOWATCHER);
      await assert.rejects(zk.removeWatches('/set', WatcherType.Children), NOWATCHER);

      await zk.removeWatches('/set', WatcherType.Data, { listener: data.push });
      assert.deepEqual((await data.take(1)).map(show), ['DataWatchRemoved /set']);
      await zk.checkWatches('/set', WatcherType.Data);
      await zk.removeWatches('/set', WatcherType.Data, { listener: second.push });
      assert.deepEqual((await second.take(1)).map(show), ['DataWatchRemoved /set']);
      await assert.rejects(zk.checkWatches('/set', WatcherType.Data), NOWATCHER);
      await other.setData('/set', null);
      await zk.sync('/');
      assert.deepEqual([...data.pending, ...second.pending], []);
    });

    test('what happened to watched nodes while away is told at the reconnect', async () => {
      for (const name of ['changed', 'deleted', 'parent', 'orphaned', 'same']) {
        await other.create(`/away-${name}`);
      }
      const events = new EventQueue<WatchEvent>();
      const same = new EventQueue<WatchEvent>();
      await zk.getData('/away-changed', { watch: events.push });
      await zk.getData('/away-deleted', { watch: events.push });
      await zk.getChildren('/away-parent', { watch: events.push });
      await zk.getChildren('/away-orphaned', { watch: events.push });
      await zk.exists('/away-created', { watch: events.push });
      await zk.getData('/away-same', { watch: same.push });
      await away(async () => {
        await other.setData('/away-changed', null);
        await other.delete('/away-deleted');
        await other.create('/away-parent/c');
        await other.delete('/away-orphaned');
        await other.create('/away-created');
      });
      const told = await events.take(5);
      assert.deepEqual(told.map(show).sort(), [
        'NodeChildrenChanged /away-parent',
        'NodeCreated /away-created',
        'NodeDataChanged /away-changed',
        'NodeDeleted /away-deleted',
        'NodeDeleted /away-orphaned',
      ]);
      assert(told.every(({ zxid }) => equalInt64(zxid, INT64_MINUS_ONE)));
      assert.deepEqual(same.pending, []);
      await other.setData('/away-same', null);
      assert.deepEqual((await same.take(1)).map(show), ['NodeDataChanged /away-same']);
    });

    test('watches of all kinds live on over a reconnect', async (t) => {
      // Before, a connection had one kind of watch on a path, and the last one won.
      const skip = skipBefore39(server);
      if (skip !== false) return t.skip(skip);
      await other.create('/on');
      const data = new EventQueue<WatchEvent>();
      const exists = new EventQueue<WatchEvent>();
      const child = new EventQueue<WatchEvent>();
      const persistent = new EventQueue<WatchEvent>();
      const recursive = new EventQueue<WatchEvent>();
      await zk.getData('/on', { watch: data.push });
      await zk.exists('/on/c', { watch: exists.push });
      await zk.getChildren('/on', { watch: child.push });
      await zk.addWatch('/on', persistent.push);
      await zk.addWatch('/on', recursive.push, { recursive: true });
      for (let i = 0; i < 3; i += 1) {
        const gone = disconnected();
        proxy.cut();
        await gone;
        await zk.whenConnected();
      }
      // An answer shows that the watches, which were told before it was asked, are set.
      await zk.sync('/');
      await other.create('/on/c');
      await other.setData('/on', null);
      assert.deepEqual((await exists.take(1)).map(show), ['NodeCreated /on/c']);
      assert.deepEqual((await child.take(1)).map(show), ['NodeChildrenChanged /on']);
      assert.deepEqual((await data.take(1)).map(show), ['NodeDataChanged /on']);
      assert.deepEqual((await persistent.take(2)).map(show), [
        'NodeChildrenChanged /on',
        'NodeDataChanged /on',
      ]);
      assert.deepEqual((await recursive.take(2)).map(show), [
        'NodeCreated /on/c',
        'NodeDataChanged /on',
      ]);
      await zk.removeWatches('/on');
    });

    test('more watches than fit in one request survive a reconnect, and none is told twice', async () => {
      // 3000 paths of 100 bytes: three batches of at most 128 KiB.
      const paths = Array.from({ length: 3000 }, (_, i) => `/${`${i}`.padStart(99, 'm')}`);
      const events = new EventQueue<WatchEvent>();
      await Promise.all(paths.map((path) => zk.exists(path, { watch: events.push })));
      const [first, middle, last] = [paths[0], paths[1500], paths[2999]] as [
        string,
        string,
        string,
      ];
      await away(async () => {
        for (const path of [first, middle, last]) await other.create(path);
      });
      assert.deepEqual(
        (await events.take(3)).map(show),
        [first, middle, last].map((path) => `NodeCreated ${path}`),
      );
      const later = paths[2000] as string;
      await other.create(later);
      assert.deepEqual((await events.take(1)).map(show), [`NodeCreated ${later}`]);
      await zk.sync('/');
      assert.deepEqual(events.pending, []);
    });

    test('behind a chroot events have the path of the client', async () => {
      await other.create('/jail');
      const jailed = await connect({ servers: `127.0.0.1:${server.port}/jail` });
      const events = new EventQueue<WatchEvent>();
      const seen = new EventQueue<WatchEvent>();
      jailed.onWatch(seen.push);
      await jailed.exists('/x', { watch: events.push });
      await jailed.getChildren('/', { watch: events.push });
      await other.create('/jail/x');
      assert.deepEqual((await events.take(2)).map(show), [
        'NodeCreated /x',
        'NodeChildrenChanged /',
      ]);
      assert.deepEqual((await seen.take(2)).map(show), ['NodeCreated /x', 'NodeChildrenChanged /']);
      await jailed.close();
    });
  });
}

package okapi;

import static okapi.Site.bytes;
import static okapi.Site.equal;
import static okapi.Site.eventually;
import static okapi.Site.raises;
import static okapi.Site.require;
import static okapi.Site.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.curator.framework.recipes.watch.PersistentWatcher;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;

/** The framework itself: operations, transactions, watches, ACLs, namespaces, sessions. */
final class CuratorOperations {
    private CuratorOperations() {}

    static void addTo(Checks checks) {
        checks.add("create-options", CuratorOperations::createOptions)
                .add("read-and-delete-options", CuratorOperations::readAndDelete)
                .add("background-operations", CuratorOperations::background)
                .add("transactions", CuratorOperations::transactions)
                .add("create-containers", CuratorOperations::containers)
                .add("access-control", CuratorOperations::accessControl)
                .add("compressed-data", CuratorOperations::compressed)
                .add("watch-removal", CuratorOperations::watchRemoval)
                .add("persistent-recursive-watcher", CuratorOperations::persistentRecursive)
                .add("persistent-watcher-over-reconnects", CuratorOperations::persistentOverReconnects)
                .add("session-expiry", CuratorOperations::sessionExpiry)
                .add("config", CuratorOperations::config);
    }

    private static void createOptions(Site site) throws Exception {
        CuratorFramework client = site.client();
        equal(client.create().creatingParentsIfNeeded().forPath("/a/b/c", bytes("1")), "/a/b/c");
        raises(KeeperException.NodeExistsException.class, () -> client.create().forPath("/a"));
        equal(client.create().orSetData().forPath("/a/b/c", bytes("2")), "/a/b/c");
        equal(text(client.getData().forPath("/a/b/c")), "2");
        equal(client.create().withMode(CreateMode.PERSISTENT_SEQUENTIAL).forPath("/s-"), "/s-0000000001");
        String guarded = client.create().withProtection().withMode(CreateMode.EPHEMERAL_SEQUENTIAL).forPath("/p-");
        require(guarded.matches("/_c_[-0-9a-f]{36}-p-0000000002"), guarded);
        Stat stat = new Stat();
        client.create().storingStatIn(stat).withMode(CreateMode.EPHEMERAL).forPath("/stat", bytes("xyz"));
        equal(stat.getDataLength(), 3);
        equal(stat.getEphemeralOwner(), client.getZookeeperClient().getZooKeeper().getSessionId());
        client.create().withTtl(3_600_000).withMode(CreateMode.PERSISTENT_WITH_TTL).forPath("/ttl");
        client.create().withTtl(3_600_000).withMode(CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL).forPath("/ttl-");
        client.create().withMode(CreateMode.CONTAINER).forPath("/container");
        equal(client.checkExists().forPath("/container").getEphemeralOwner(), 0L);
        client.create().idempotent().forPath("/same", bytes("v"));
        client.create().idempotent().forPath("/same", bytes("v"));
    }

    private static void readAndDelete(Site site) throws Exception {
        CuratorFramework client = site.client();
        client.create().creatingParentsIfNeeded().forPath("/x/y/z", bytes("1"));
        Stat stat = new Stat();
        client.getData().storingStatIn(stat).forPath("/x/y/z");
        equal(stat.getVersion(), 0);
        equal(client.setData().withVersion(0).forPath("/x/y/z", bytes("2")).getVersion(), 1);
        raises(KeeperException.BadVersionException.class,
                () -> client.setData().withVersion(0).forPath("/x/y/z", bytes("3")));
        raises(KeeperException.BadVersionException.class, () -> client.delete().withVersion(7).forPath("/x/y/z"));
        raises(KeeperException.NotEmptyException.class, () -> client.delete().forPath("/x"));
        client.delete().guaranteed().deletingChildrenIfNeeded().forPath("/x");
        equal(client.checkExists().forPath("/x"), null);
        client.delete().quietly().forPath("/x");
        raises(KeeperException.NoNodeException.class, () -> client.getData().forPath("/x"));
        client.checkExists().creatingParentsIfNeeded().forPath("/parents/of/this");
        equal(client.getChildren().forPath("/parents"), Collections.singletonList("of"));
        client.sync().forPath("/");
    }

    private static void background(Site site) throws Exception {
        CuratorFramework client = site.client();
        client.create().forPath("/n");
        int count = 2000;
        CountDownLatch done = new CountDownLatch(count);
        List<Integer> versions = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < count; i++) {
            client.setData()
                    .inBackground((c, event) -> {
                        versions.add(event.getStat().getVersion());
                        done.countDown();
                    })
                    .forPath("/n", bytes(i));
        }
        require(done.await(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "all answers");
        for (int i = 0; i < count; i++) {
            equal(versions.get(i), i + 1);
        }
    }

    private static void transactions(Site site) throws Exception {
        CuratorFramework client = site.client();
        List<CuratorTransactionResult> results = client.transaction()
                .forOperations(
                        client.transactionOp().create().forPath("/t", bytes("1")),
                        client.transactionOp().setData().forPath("/t", bytes("2")),
                        client.transactionOp().check().withVersion(1).forPath("/t"),
                        client.transactionOp().create().withMode(CreateMode.EPHEMERAL_SEQUENTIAL).forPath("/t/e-"),
                        client.transactionOp().create().withMode(CreateMode.CONTAINER).forPath("/c"),
                        client.transactionOp()
                                .create()
                                .withTtl(3_600_000)
                                .withMode(CreateMode.PERSISTENT_WITH_TTL)
                                .forPath("/ttl"),
                        client.transactionOp().create().forPath("/gone"),
                        client.transactionOp().delete().forPath("/gone"));
        equal(results.get(0).getResultPath(), "/t");
        equal(results.get(1).getResultStat().getVersion(), 1);
        equal(results.get(3).getResultPath(), "/t/e-0000000000");
        equal(client.checkExists().forPath("/c").getCzxid(), client.checkExists().forPath("/t").getCzxid());
        KeeperException refused = raises(KeeperException.class, () -> client.transaction()
                .forOperations(
                        client.transactionOp().create().forPath("/never"),
                        client.transactionOp().check().withVersion(9).forPath("/t"),
                        client.transactionOp().delete().forPath("/t")));
        equal(refused.code(), KeeperException.Code.BADVERSION);
        equal(refused.getResults().size(), 3);
        equal(client.checkExists().forPath("/never"), null);
    }

    private static void containers(Site site) throws Exception {
        CuratorFramework client = site.client();
        client.createContainers("/box/in/box");
        client.create().creatingParentContainersIfNeeded().forPath("/other/box/thing");
        require(client.checkExists().forPath("/box/in/box") != null, "the container");
        equal(client.getChildren().forPath("/other"), Collections.singletonList("box"));
    }

    private static void accessControl(Site site) throws Exception {
        CuratorFramework owner = site.start(
                site.builder(site.connectString()).authorization("digest", bytes("ann:secret")).build());
        CuratorFramework stranger = site.client();
        owner.create().withACL(ZooDefs.Ids.CREATOR_ALL_ACL).forPath("/private", bytes("1"));
        List<ACL> acls = owner.getACL().forPath("/private");
        equal(acls.size(), 1);
        require(acls.get(0).getId().getId().startsWith("ann:"), "the digest of ann");
        raises(KeeperException.NoAuthException.class, () -> stranger.getData().forPath("/private"));
        raises(KeeperException.InvalidACLException.class,
                () -> stranger.create().withACL(ZooDefs.Ids.CREATOR_ALL_ACL).forPath("/never"));
        owner.setACL().withVersion(0).withACL(ZooDefs.Ids.READ_ACL_UNSAFE).forPath("/private");
        equal(text(stranger.getData().forPath("/private")), "1");
        raises(KeeperException.NoAuthException.class, () -> owner.setData().forPath("/private", bytes("2")));
        stranger.getZookeeperClient().getZooKeeper().addAuthInfo("digest", bytes("bob:other"));
        equal(stranger.getZookeeperClient().getZooKeeper().whoAmI().size(), 2);
    }

    private static void compressed(Site site) throws Exception {
        CuratorFramework client = site.client();
        byte[] data = new byte[500_000];
        Arrays.fill(data, (byte) 'x');
        client.create().compressed().forPath("/gzip", data);
        require(Arrays.equals(client.getData().decompressed().forPath("/gzip"), data), "the same bytes");
        require(client.getData().forPath("/gzip").length < 10_000, "fewer bytes on the server");
    }

    private static void watchRemoval(Site site) throws Exception {
        CuratorFramework client = site.client();
        client.create().forPath("/w");
        BlockingQueue<WatchedEvent> events = new LinkedBlockingQueue<>();
        CuratorWatcher watcher = events::add;
        client.getData().usingWatcher(watcher).forPath("/w");
        client.watches().remove(watcher).ofType(Watcher.WatcherType.Data).forPath("/w");
        equal(events.poll(Site.PATIENCE_MS, TimeUnit.MILLISECONDS).getType(), Watcher.Event.EventType.DataWatchRemoved);
        raises(KeeperException.NoWatcherException.class,
                () -> client.watches().remove(watcher).ofType(Watcher.WatcherType.Data).forPath("/w"));
        client.getChildren().usingWatcher(watcher).forPath("/w");
        client.watches().removeAll().ofType(Watcher.WatcherType.Any).forPath("/w");
        equal(events.poll(Site.PATIENCE_MS, TimeUnit.MILLISECONDS).getType(),
                Watcher.Event.EventType.ChildWatchRemoved);
        client.watchers().add().withMode(AddWatchMode.PERSISTENT).usingWatcher((Watcher) events::add).forPath("/w");
        client.watches().removeAll().ofType(Watcher.WatcherType.Any).forPath("/w");
        equal(events.poll(Site.PATIENCE_MS, TimeUnit.MILLISECONDS).getType(),
                Watcher.Event.EventType.PersistentWatchRemoved);
        client.setData().forPath("/w", bytes("2"));
        client.create().forPath("/w/c");
        client.sync().forPath("/w");
        equal(events.poll(), null);
    }

    private static void persistentRecursive(Site site) throws Exception {
        CuratorFramework client = site.client();
        CuratorFramework other = site.client();
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        client.watchers()
                .add()
                .withMode(AddWatchMode.PERSISTENT_RECURSIVE)
                .usingWatcher((CuratorWatcher) event -> seen.add(event.getType() + " " + event.getPath()))
                .forPath("/tree");
        List<String> expected = new ArrayList<>();
        for (String path : List.of("/tree", "/tree/a", "/tree/a/b", "/tree/c")) {
            other.create().forPath(path);
            expected.add("NodeCreated " + path);
        }
        other.create().forPath("/treetop");
        other.setData().forPath("/tree/a/b", bytes("1"));
        expected.add("NodeDataChanged /tree/a/b");
        other.setData().forPath("/tree", bytes("1"));
        expected.add("NodeDataChanged /tree");
        for (String path : List.of("/tree/a/b", "/tree/a", "/tree/c", "/tree")) {
            other.delete().forPath(path);
            expected.add("NodeDeleted " + path);
        }
        other.create().forPath("/tree");
        expected.add("NodeCreated /tree");
        eventually(() -> seen.size() >= expected.size(), "all events, got " + seen);
        equal(new ArrayList<>(seen), expected);
    }

    private static void persistentOverReconnects(Site site) throws Exception {
        CutProxy proxy = site.closeLater(new CutProxy(site.connectString()));
        CuratorFramework client = site.client(proxy.address());
        CuratorFramework other = site.client();
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        PersistentWatcher watcher = site.closeLater(new PersistentWatcher(client, "/tree", true));
        watcher.getListenable().addListener(event -> {
            if (event.getPath() != null) {
                seen.add(event.getPath());
            }
        });
        AtomicInteger resets = new AtomicInteger();
        watcher.getResetListenable().addListener(resets::incrementAndGet);
        watcher.start();
        for (int round = 0; round < 3; round++) {
            // A persistent watch has no catch-up: only what happens after it is back can be expected to be seen.
            int expected = round + 1;
            eventually(() -> resets.get() >= expected, "the watch is set, round " + round);
            String path = "/tree/" + round;
            other.create().creatingParentsIfNeeded().forPath(path);
            String got;
            do {
                got = seen.poll(Site.PATIENCE_MS, TimeUnit.MILLISECONDS);
                require(got != null, "an event for " + path);
            } while (!got.equals(path));
            proxy.cut();
        }
    }

    private static void sessionExpiry(Site site) throws Exception {
        CuratorFramework client = site.shortSession();
        CuratorFramework other = site.client();
        client.create().withMode(CreateMode.EPHEMERAL).forPath("/mine");
        long before = client.getZookeeperClient().getZooKeeper().getSessionId();
        CountDownLatch lost = new CountDownLatch(1);
        CountDownLatch back = new CountDownLatch(1);
        client.getConnectionStateListenable().addListener((c, state) -> {
            if (state == ConnectionState.LOST) {
                lost.countDown();
            } else if (state == ConnectionState.RECONNECTED) {
                back.countDown();
            }
        });
        client.getZookeeperClient().getZooKeeper().getTestable().injectSessionExpiration();
        require(lost.await(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "lost");
        require(back.await(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "a new session");
        require(client.getZookeeperClient().getZooKeeper().getSessionId() != before, "another session id");
        eventually(() -> other.checkExists().forPath("/mine") == null, "the old ephemeral goes");
    }

    private static void config(Site site) throws Exception {
        CuratorFramework client = site.client();
        equal(text(client.getConfig().forEnsemble()), "");
        raises(KeeperException.class, () -> client.reconfig().leaving("1").forEnsemble());
    }
}

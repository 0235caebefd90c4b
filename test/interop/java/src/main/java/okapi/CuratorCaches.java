package okapi;

import static okapi.Site.bytes;
import static okapi.Site.equal;
import static okapi.Site.eventually;
import static okapi.Site.inThreads;
import static okapi.Site.text;

import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.cache.ChildData;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.NodeCache;
import org.apache.curator.framework.recipes.cache.PathChildrenCache;
import org.apache.curator.framework.recipes.cache.TreeCache;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;

/** The caches must equal the truth after thousands of random changes, with and without cut connections. */
@SuppressWarnings("deprecation")
final class CuratorCaches {
    private static final int WRITERS = 3;
    private static final int CHANGES_PER_WRITER = 1500;
    private static final int PARENTS = 12;

    private CuratorCaches() {}

    static void addTo(Checks checks) {
        checks.add("curator-cache", site -> treeChurn(site, false, CuratorCaches::curatorCache))
                .add("curator-cache-over-cut-connections", site -> treeChurn(site, true, CuratorCaches::curatorCache))
                .add("tree-cache", site -> treeChurn(site, false, CuratorCaches::treeCache))
                .add("tree-cache-over-cut-connections", site -> treeChurn(site, true, CuratorCaches::treeCache))
                .add("path-children-cache", site -> treeChurn(site, true, CuratorCaches::pathChildrenCache))
                .add("node-cache", CuratorCaches::nodeCache);
    }

    /** Shows what a cache holds: path to "data mzxid version". */
    interface View {
        Map<String, String> look() throws Exception;
    }

    interface CacheMaker {
        View make(Site site, CuratorFramework client) throws Exception;
    }

    private static String line(byte[] data, Stat stat) {
        return text(data) + " " + stat.getMzxid() + " " + stat.getVersion();
    }

    private static View curatorCache(Site site, CuratorFramework client) {
        CuratorCache cache = site.closeLater(CuratorCache.build(client, "/tree"));
        cache.start();
        return () -> {
            Map<String, String> all = new TreeMap<>();
            cache.stream().forEach(child -> all.put(child.getPath(), line(child.getData(), child.getStat())));
            return all;
        };
    }

    private static View treeCache(Site site, CuratorFramework client) throws Exception {
        TreeCache cache = site.closeLater(new TreeCache(client, "/tree"));
        cache.start();
        return () -> {
            Map<String, String> all = new TreeMap<>();
            collect(cache, "/tree", all);
            return all;
        };
    }

    private static void collect(TreeCache cache, String path, Map<String, String> into) {
        ChildData here = cache.getCurrentData(path);
        if (here == null) {
            return;
        }
        into.put(path, line(here.getData(), here.getStat()));
        Map<String, ChildData> children = cache.getCurrentChildren(path);
        if (children != null) {
            children.keySet().forEach(name -> collect(cache, path + "/" + name, into));
        }
    }

    /** This one sees the children of one node only; the nodes below them are left out of the comparison. */
    private static View pathChildrenCache(Site site, CuratorFramework client) throws Exception {
        PathChildrenCache cache = site.closeLater(new PathChildrenCache(client, "/tree", true));
        cache.start(PathChildrenCache.StartMode.BUILD_INITIAL_CACHE);
        return () -> {
            Map<String, String> all = new TreeMap<>();
            cache.getCurrentData().forEach(child -> all.put(child.getPath(), line(child.getData(), child.getStat())));
            return all;
        };
    }

    private static Map<String, String> truth(CuratorFramework client, String path) throws Exception {
        Map<String, String> all = new TreeMap<>();
        Stat stat = new Stat();
        all.put(path, line(client.getData().storingStatIn(stat).forPath(path), stat));
        for (String child : client.getChildren().forPath(path)) {
            all.putAll(truth(client, path + "/" + child));
        }
        return all;
    }

    private static void treeChurn(Site site, boolean cuts, CacheMaker maker) throws Exception {
        CuratorFramework[] writers = new CuratorFramework[WRITERS];
        for (int i = 0; i < WRITERS; i++) {
            writers[i] = site.client();
        }
        writers[0].create().forPath("/tree", bytes("root"));
        if (cuts) {
            for (int i = 0; i < PARENTS; i++) {
                writers[0].create().forPath("/tree/" + i, bytes("parent"));
            }
        }
        CutProxy proxy = site.closeLater(new CutProxy(site.connectString()));
        View cache = maker.make(site, site.patient(proxy.address()));
        AtomicBoolean over = new AtomicBoolean();
        inThreads(WRITERS + 1, index -> {
            if (index == WRITERS) {
                while (cuts && !over.get()) {
                    Thread.sleep(150);
                    proxy.cut();
                }
                return;
            }
            Random random = new Random(42 + index);
            for (int i = 0; i < CHANGES_PER_WRITER; i++) {
                change(writers[index], random, i, cuts);
            }
            over.set(true);
        });
        Map<String, String> truth = truth(writers[0], "/tree");
        if (cache.look().keySet().stream().noneMatch("/tree"::equals)) {
            truth.keySet().removeIf(path -> path.lastIndexOf('/') != "/tree".length());
        }
        try {
            eventually(() -> cache.look().equals(truth), "the cache equals the truth");
        } catch (AssertionError late) {
            equal(cache.look(), truth);
            throw late;
        }
    }

    /**
     * With `keepParents` a node that has children is never deleted and made again: Curator takes a node whose cversion
     * is what it was for the node it knew, and when both came between two connections it misses the new children.
     */
    private static void change(CuratorFramework client, Random random, int step, boolean keepParents)
            throws Exception {
        String path = "/tree/" + random.nextInt(PARENTS);
        boolean parent = random.nextInt(3) == 0;
        if (!parent) {
            path += "/" + random.nextInt(6);
        }
        if (parent && keepParents) {
            client.setData().forPath(path, bytes(step));
            return;
        }
        try {
            switch (random.nextInt(4)) {
                case 0:
                    client.delete().deletingChildrenIfNeeded().forPath(path);
                    break;
                case 1:
                    client.setData().forPath(path, bytes(step));
                    break;
                default:
                    client.create().forPath(path, bytes("new-" + step));
                    break;
            }
        } catch (KeeperException.NoNodeException | KeeperException.NodeExistsException
                | KeeperException.NotEmptyException expected) {
            // The other writers were there first.
        }
    }

    private static void nodeCache(Site site) throws Exception {
        CuratorFramework client = site.client();
        CuratorFramework other = site.client();
        NodeCache cache = site.closeLater(new NodeCache(client, "/node"));
        cache.start(true);
        equal(cache.getCurrentData(), null);
        other.create().forPath("/node", bytes("0"));
        for (int i = 1; i <= 200; i++) {
            other.setData().forPath("/node", bytes(i));
        }
        eventually(() -> cache.getCurrentData() != null && text(cache.getCurrentData().getData()).equals("200"),
                "the last value");
        other.delete().forPath("/node");
        eventually(() -> cache.getCurrentData() == null, "the node is gone");
    }
}

package okapi;

import static okapi.Site.bytes;
import static okapi.Site.equal;
import static okapi.Site.eventually;
import static okapi.Site.require;
import static okapi.Site.text;

import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.nodes.PersistentTtlNode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.data.Stat;

/** Nodes that Curator keeps alive. */
final class CuratorNodes {
    private CuratorNodes() {}

    static void addTo(Checks checks) {
        checks.add("persistent-node", CuratorNodes::persistentNode)
                .add("persistent-ephemeral-node-over-expiry", CuratorNodes::overExpiry)
                .add("persistent-ttl-node", CuratorNodes::ttlNode)
                .add("group-member", CuratorNodes::groupMember);
    }

    private static void persistentNode(Site site) throws Exception {
        CuratorFramework client = site.client();
        CuratorFramework other = site.client();
        PersistentNode node =
                site.closeLater(new PersistentNode(client, CreateMode.EPHEMERAL, false, "/kept", bytes("1")));
        node.start();
        require(node.waitForInitialCreate(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "created");
        for (int i = 0; i < 5; i++) {
            long before = other.checkExists().forPath("/kept").getCzxid();
            other.delete().forPath("/kept");
            eventually(() -> {
                Stat now = other.checkExists().forPath("/kept");
                return now != null && now.getCzxid() > before;
            }, "made again");
        }
        node.setData(bytes("2"));
        eventually(() -> text(other.getData().forPath("/kept")).equals("2"), "the new data");
        node.close();
        eventually(() -> other.checkExists().forPath("/kept") == null, "gone with its owner");
    }

    private static void overExpiry(Site site) throws Exception {
        CuratorFramework client = site.shortSession();
        CuratorFramework other = site.client();
        PersistentNode node =
                site.closeLater(new PersistentNode(client, CreateMode.EPHEMERAL, false, "/kept", bytes("1")));
        node.start();
        require(node.waitForInitialCreate(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "created");
        long owner = other.checkExists().forPath("/kept").getEphemeralOwner();
        client.getZookeeperClient().getZooKeeper().getTestable().injectSessionExpiration();
        eventually(() -> {
            Stat now = other.checkExists().forPath("/kept");
            return now != null && now.getEphemeralOwner() != owner;
        }, "made again by the next session");
    }

    private static void ttlNode(Site site) throws Exception {
        CuratorFramework client = site.client();
        PersistentTtlNode node = new PersistentTtlNode(client, "/ttl", 2_000, bytes("data"));
        node.start();
        require(node.waitForInitialCreate(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "created");
        eventually(() -> client.checkExists().forPath("/ttl/touch") != null, "the touch node");
        equal(text(client.getData().forPath("/ttl")), "data");
        node.close();
    }

    private static void groupMember(Site site) throws Exception {
        GroupMember one = site.closeLater(new GroupMember(site.client(), "/group", "one", bytes("1")));
        GroupMember two = new GroupMember(site.client(), "/group", "two", bytes("2"));
        one.start();
        two.start();
        eventually(() -> one.getCurrentMembers().keySet().equals(Set.of("one", "two")), "both members");
        equal(text(one.getCurrentMembers().get("two")), "2");
        two.close();
        eventually(() -> one.getCurrentMembers().keySet().equals(Set.of("one")), "one member");
    }
}

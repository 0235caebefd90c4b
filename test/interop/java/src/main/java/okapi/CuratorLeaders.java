package okapi;

import static okapi.Site.equal;
import static okapi.Site.eventually;
import static okapi.Site.require;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.state.ConnectionState;

/** Leader election in both of Curator's ways. */
final class CuratorLeaders {
    private CuratorLeaders() {}

    static void addTo(Checks checks) {
        checks.add("leader-latch", CuratorLeaders::latch)
                .add("leader-latch-over-cut-connections", CuratorLeaders::latchOverCuts)
                .add("leader-selector", CuratorLeaders::selector);
    }

    private static long leaders(List<LeaderLatch> latches) {
        return latches.stream().filter(LeaderLatch::hasLeadership).count();
    }

    private static void latch(Site site) throws Exception {
        List<LeaderLatch> latches = new ArrayList<>();
        List<CuratorFramework> clients = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            CuratorFramework client = site.client();
            LeaderLatch latch = new LeaderLatch(client, "/latch", "id-" + i);
            latch.start();
            clients.add(client);
            latches.add(latch);
        }
        while (latches.size() > 1) {
            eventually(() -> leaders(latches) == 1, "one leader of " + latches.size());
            LeaderLatch leader = latches.stream().filter(LeaderLatch::hasLeadership).findFirst().orElseThrow();
            // A new member's first answer may still be missing its own node.
            eventually(() -> latches.get(0).getParticipants().size() == latches.size(), "all participants");
            equal(latches.get(0).getLeader().getId(), leader.getId());
            // Every other leader leaves without a word: its client is closed, which closes the session.
            if (latches.size() % 2 == 0) {
                leader.close();
            } else {
                clients.get(Integer.parseInt(leader.getId().substring(3))).close();
            }
            latches.remove(leader);
        }
        require(latches.get(0).await(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "the last one leads");
        latches.get(0).close();
    }

    private static void latchOverCuts(Site site) throws Exception {
        CutProxy proxy = site.closeLater(new CutProxy(site.connectString()));
        List<LeaderLatch> latches = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            LeaderLatch latch = site.closeLater(new LeaderLatch(site.client(proxy.address()), "/latch", "id-" + i));
            latch.start();
            latches.add(latch);
        }
        for (int round = 0; round < 3; round++) {
            eventually(() -> leaders(latches) == 1, "one leader");
            AtomicInteger suspended = new AtomicInteger();
            LeaderLatch leader = latches.stream().filter(LeaderLatch::hasLeadership).findFirst().orElseThrow();
            leader.addListener(new org.apache.curator.framework.recipes.leader.LeaderLatchListener() {
                @Override
                public void isLeader() {}

                @Override
                public void notLeader() {
                    suspended.incrementAndGet();
                }
            });
            proxy.cut();
            eventually(() -> suspended.get() > 0, "the leader knows that it lost its connection");
        }
        eventually(() -> leaders(latches) == 1, "one leader in the end");
    }

    private static void selector(Site site) throws Exception {
        AtomicInteger leading = new AtomicInteger();
        AtomicInteger turns = new AtomicInteger();
        CountDownLatch enough = new CountDownLatch(12);
        List<String> mistakes = Collections.synchronizedList(new ArrayList<>());
        List<LeaderSelector> selectors = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            LeaderSelector selector =
                    new LeaderSelector(site.client(), "/selector", new LeaderSelectorListenerAdapter() {
                        @Override
                        public void takeLeadership(CuratorFramework client) throws Exception {
                            if (leading.incrementAndGet() != 1) {
                                mistakes.add("two leaders");
                            }
                            Thread.sleep(20);
                            turns.incrementAndGet();
                            leading.decrementAndGet();
                            enough.countDown();
                        }

                        @Override
                        public void stateChanged(CuratorFramework client, ConnectionState state) {
                            super.stateChanged(client, state);
                        }
                    });
            selector.setId("id-" + i);
            selector.autoRequeue();
            selector.start();
            selectors.add(site.closeLater(selector));
        }
        require(enough.await(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "leadership goes round, turns " + turns);
        equal(mistakes, List.of());
        // Whoever has just led is out of the queue for a moment.
        eventually(() -> selectors.get(0).getParticipants().size() == 3, "all participants");
    }
}

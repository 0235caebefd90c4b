package okapi;

import static okapi.Site.bytes;
import static okapi.Site.equal;
import static okapi.Site.eventually;
import static okapi.Site.inThreads;
import static okapi.Site.require;
import static okapi.Site.text;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.locks.InterProcessLock;
import org.apache.curator.framework.recipes.locks.InterProcessMultiLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreMutex;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.locks.Revoker;

/** Every lock recipe, several sessions against each other. */
final class CuratorLocks {
    private static final int WORKERS = 5;
    private static final int ROUNDS = 10;

    private CuratorLocks() {}

    static void addTo(Checks checks) {
        checks.add("mutex", site -> exclusive(site, client -> new InterProcessMutex(client, "/lock")))
                .add("semaphore-mutex", site -> exclusive(site, client -> new InterProcessSemaphoreMutex(client, "/lock")))
                .add("write-lock", site -> exclusive(site, client -> new InterProcessReadWriteLock(client, "/lock").writeLock()))
                .add("multi-lock", site -> exclusive(site, client -> new InterProcessMultiLock(client, Arrays.asList("/a", "/b"))))
                .add("mutex-over-cut-connections", CuratorLocks::mutexOverCuts)
                .add("mutex-of-a-dead-session", CuratorLocks::mutexOfDeadSession)
                .add("reentrant-and-revoked-mutex", CuratorLocks::reentrantAndRevoked)
                .add("read-write-lock", CuratorLocks::readWriteLock)
                .add("semaphore", CuratorLocks::semaphore);
    }

    interface LockMaker {
        InterProcessLock make(CuratorFramework client);
    }

    /** A counter in a znode, changed by read and write, which only a lock makes correct. */
    private static void increment(CuratorFramework client) throws Exception {
        int value = Integer.parseInt(text(client.getData().forPath("/counter")));
        client.setData().forPath("/counter", bytes(value + 1));
    }

    private static void exclusive(Site site, LockMaker maker) throws Exception {
        CuratorFramework first = site.client();
        first.create().forPath("/counter", bytes(0));
        CuratorFramework[] clients = new CuratorFramework[WORKERS];
        for (int i = 0; i < WORKERS; i++) {
            clients[i] = site.client();
        }
        AtomicInteger inside = new AtomicInteger();
        inThreads(WORKERS, index -> {
            InterProcessLock lock = maker.make(clients[index]);
            for (int round = 0; round < ROUNDS; round++) {
                require(lock.acquire(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "the lock comes");
                equal(inside.incrementAndGet(), 1);
                increment(clients[index]);
                inside.decrementAndGet();
                lock.release();
            }
        });
        equal(text(first.getData().forPath("/counter")), String.valueOf(WORKERS * ROUNDS));
    }

    private static void mutexOverCuts(Site site) throws Exception {
        CuratorFramework first = site.client();
        first.create().forPath("/counter", bytes(0));
        CutProxy proxy = site.closeLater(new CutProxy(site.connectString()));
        CuratorFramework[] clients = {site.patient(proxy.address()), site.patient(proxy.address()), site.client()};
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        inThreads(clients.length + 1, index -> {
            if (index == clients.length) {
                while (done.get() < clients.length) {
                    Thread.sleep(200);
                    proxy.cut();
                }
                return;
            }
            // withProtection inside the recipe must find the node that a cut connection has left behind.
            InterProcessMutex lock = new InterProcessMutex(clients[index], "/lock");
            for (int round = 0; round < ROUNDS / 2; round++) {
                require(lock.acquire(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "the lock comes");
                equal(inside.incrementAndGet(), 1);
                Thread.sleep(5);
                inside.decrementAndGet();
                lock.release();
            }
            done.incrementAndGet();
        });
        eventually(() -> first.getChildren().forPath("/lock").isEmpty(), "no lock node is left");
    }

    private static void mutexOfDeadSession(Site site) throws Exception {
        CuratorFramework holder = site.client();
        InterProcessMutex held = new InterProcessMutex(holder, "/lock");
        held.acquire();
        InterProcessMutex waiting = new InterProcessMutex(site.client(), "/lock");
        require(!waiting.acquire(200, TimeUnit.MILLISECONDS), "it is held");
        holder.close();
        require(waiting.acquire(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "a closed session frees its lock");
        waiting.release();
    }

    private static void reentrantAndRevoked(Site site) throws Exception {
        CuratorFramework client = site.client();
        InterProcessMutex lock = new InterProcessMutex(client, "/lock");
        CountDownLatch asked = new CountDownLatch(1);
        lock.makeRevocable(mutex -> asked.countDown());
        lock.acquire();
        lock.acquire();
        lock.release();
        require(lock.isAcquiredInThisProcess(), "still held once");
        String node = lock.getParticipantNodes().iterator().next();
        Revoker.attemptRevoke(site.client(), node);
        require(asked.await(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "asked to give the lock back");
        lock.release();
        require(!lock.isAcquiredInThisProcess(), "free");
    }

    private static void readWriteLock(Site site) throws Exception {
        InterProcessReadWriteLock one = new InterProcessReadWriteLock(site.client(), "/rw");
        InterProcessReadWriteLock two = new InterProcessReadWriteLock(site.client(), "/rw");
        one.readLock().acquire();
        require(two.readLock().acquire(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "two readers");
        InterProcessReadWriteLock writer = new InterProcessReadWriteLock(site.client(), "/rw");
        require(!writer.writeLock().acquire(200, TimeUnit.MILLISECONDS), "no writer beside readers");
        one.readLock().release();
        two.readLock().release();
        require(writer.writeLock().acquire(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "a writer alone");
        require(writer.readLock().acquire(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "the writer may read");
        require(!one.readLock().acquire(200, TimeUnit.MILLISECONDS), "no reader beside a writer");
        writer.writeLock().release();
        require(one.readLock().acquire(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "downgraded");
        one.readLock().release();
        writer.readLock().release();
    }

    private static void semaphore(Site site) throws Exception {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CuratorFramework[] clients = new CuratorFramework[WORKERS];
        for (int i = 0; i < WORKERS; i++) {
            clients[i] = site.client();
        }
        inThreads(WORKERS, index -> {
            InterProcessSemaphoreV2 semaphore = new InterProcessSemaphoreV2(clients[index], "/sem", 3);
            for (int round = 0; round < ROUNDS; round++) {
                Lease lease = semaphore.acquire(Site.PATIENCE_MS, TimeUnit.MILLISECONDS);
                require(lease != null, "a lease comes");
                int now = inside.incrementAndGet();
                most.accumulateAndGet(now, Math::max);
                require(now <= 3, "at most three");
                Thread.sleep(5);
                inside.decrementAndGet();
                semaphore.returnLease(lease);
            }
        });
        require(most.get() >= 2, "more than one at a time");
        InterProcessSemaphoreV2 all = new InterProcessSemaphoreV2(clients[0], "/sem", 3);
        equal(all.acquire(3, Site.PATIENCE_MS, TimeUnit.MILLISECONDS).size(), 3);
        equal(all.acquire(200, TimeUnit.MILLISECONDS), null);
    }
}

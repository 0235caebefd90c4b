package okapi;

import static okapi.Site.bytes;
import static okapi.Site.equal;
import static okapi.Site.eventually;
import static okapi.Site.inThreads;
import static okapi.Site.require;
import static okapi.Site.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.atomic.AtomicValue;
import org.apache.curator.framework.recipes.atomic.CachedAtomicLong;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.queue.DistributedDelayQueue;
import org.apache.curator.framework.recipes.queue.DistributedPriorityQueue;
import org.apache.curator.framework.recipes.queue.DistributedQueue;
import org.apache.curator.framework.recipes.queue.QueueBuilder;
import org.apache.curator.framework.recipes.queue.QueueConsumer;
import org.apache.curator.framework.recipes.queue.QueueSerializer;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryNTimes;

/** Counters, barriers and queues. */
final class CuratorShared {
    private CuratorShared() {}

    static void addTo(Checks checks) {
        checks.add("shared-count", CuratorShared::sharedCount)
                .add("distributed-atomic-long", CuratorShared::atomicLong)
                .add("barrier", CuratorShared::barrier)
                .add("double-barrier", CuratorShared::doubleBarrier)
                .add("distributed-queue", CuratorShared::queue)
                .add("distributed-queue-with-lock", CuratorShared::queueWithLock)
                .add("priority-queue", CuratorShared::priorityQueue)
                .add("delay-queue", CuratorShared::delayQueue)
                .add("simple-queue", CuratorShared::simpleQueue);
    }

    private static void sharedCount(Site site) throws Exception {
        SharedCount one = site.closeLater(new SharedCount(site.client(), "/count", 7));
        SharedCount two = site.closeLater(new SharedCount(site.client(), "/count", 7));
        one.start();
        two.start();
        equal(two.getCount(), 7);
        AtomicInteger heard = new AtomicInteger();
        two.addListener(new org.apache.curator.framework.recipes.shared.SharedCountListener() {
            @Override
            public void countHasChanged(org.apache.curator.framework.recipes.shared.SharedCountReader c, int count) {
                heard.set(count);
            }

            @Override
            public void stateChanged(CuratorFramework client, ConnectionState state) {}
        });
        one.setCount(8);
        eventually(() -> heard.get() == 8 && two.getCount() == 8, "the other hears of it");
        require(two.trySetCount(two.getVersionedValue(), 9), "the version is known");
        eventually(() -> one.getCount() == 9, "and back");
        AtomicInteger successes = new AtomicInteger();
        inThreads(2, index -> {
            SharedCount mine = index == 0 ? one : two;
            for (int i = 0; i < 20; i++) {
                while (!mine.trySetCount(mine.getVersionedValue(), mine.getCount() + 1)) {
                    Thread.onSpinWait();
                }
                successes.incrementAndGet();
            }
        });
        eventually(() -> one.getCount() == 49 && two.getCount() == 49, "no lost update, " + successes);
    }

    private static void atomicLong(Site site) throws Exception {
        CuratorFramework first = site.client();
        CuratorFramework[] clients = {first, site.client(), site.client(), site.client()};
        inThreads(clients.length, index -> {
            DistributedAtomicLong number =
                    new DistributedAtomicLong(clients[index], "/long", new RetryNTimes(500, 1));
            for (int i = 0; i < 25; i++) {
                AtomicValue<Long> value = number.increment();
                require(value.succeeded(), "increment");
            }
        });
        DistributedAtomicLong number = new DistributedAtomicLong(first, "/long", new RetryNTimes(10, 1));
        equal(number.get().postValue(), 100L);
        require(number.compareAndSet(100L, 5L).succeeded(), "compare and set");
        require(!number.compareAndSet(100L, 6L).succeeded(), "refused");
        CachedAtomicLong cached = new CachedAtomicLong(number, 10);
        equal(cached.next().postValue() > 5L, true);
    }

    private static void barrier(Site site) throws Exception {
        DistributedBarrier gate = new DistributedBarrier(site.client(), "/barrier");
        DistributedBarrier waiting = new DistributedBarrier(site.client(), "/barrier");
        gate.setBarrier();
        require(!waiting.waitOnBarrier(200, TimeUnit.MILLISECONDS), "closed");
        CountDownLatch through = new CountDownLatch(1);
        inThreads(2, index -> {
            if (index == 0) {
                require(waiting.waitOnBarrier(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "open");
                through.countDown();
            } else {
                gate.removeBarrier();
            }
        });
        equal(through.getCount(), 0L);
    }

    private static void doubleBarrier(Site site) throws Exception {
        int members = 5;
        CuratorFramework[] clients = new CuratorFramework[members];
        for (int i = 0; i < members; i++) {
            clients[i] = site.client();
        }
        AtomicInteger inside = new AtomicInteger();
        inThreads(members, index -> {
            DistributedDoubleBarrier gate = new DistributedDoubleBarrier(clients[index], "/double", members);
            inside.incrementAndGet();
            require(gate.enter(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "enter");
            equal(inside.get(), members);
            require(gate.leave(Site.PATIENCE_MS, TimeUnit.MILLISECONDS), "leave");
        });
    }

    private static final QueueSerializer<String> STRINGS = new QueueSerializer<>() {
        @Override
        public byte[] serialize(String item) {
            return bytes(item);
        }

        @Override
        public String deserialize(byte[] data) {
            return text(data);
        }
    };

    private static QueueConsumer<String> into(List<String> list) {
        return new QueueConsumer<>() {
            @Override
            public void consumeMessage(String message) {
                list.add(message);
            }

            @Override
            public void stateChanged(CuratorFramework client, ConnectionState state) {}
        };
    }

    private static List<String> items(int count) {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(String.format("item-%03d", i));
        }
        return all;
    }

    private static void queue(Site site) throws Exception {
        List<String> got = Collections.synchronizedList(new ArrayList<>());
        DistributedQueue<String> in =
                site.closeLater(QueueBuilder.builder(site.client(), null, STRINGS, "/queue").buildQueue());
        in.start();
        List<String> sent = items(200);
        for (String item : sent) {
            in.put(item);
        }
        in.flushPuts(Site.PATIENCE_MS, TimeUnit.MILLISECONDS);
        DistributedQueue<String> out =
                site.closeLater(QueueBuilder.builder(site.client(), into(got), STRINGS, "/queue").buildQueue());
        out.start();
        eventually(() -> got.size() >= sent.size(), "all items");
        equal(new ArrayList<>(got), sent);
    }

    private static void queueWithLock(Site site) throws Exception {
        List<String> got = Collections.synchronizedList(new ArrayList<>());
        DistributedQueue<String> in =
                site.closeLater(QueueBuilder.builder(site.client(), null, STRINGS, "/queue").buildQueue());
        in.start();
        for (int i = 0; i < 3; i++) {
            DistributedQueue<String> out = site.closeLater(
                    QueueBuilder.builder(site.client(), into(got), STRINGS, "/queue").lockPath("/locks").buildQueue());
            out.start();
        }
        List<String> sent = items(100);
        for (String item : sent) {
            in.put(item);
        }
        eventually(() -> got.size() >= sent.size(), "all items");
        List<String> sorted = new ArrayList<>(got);
        Collections.sort(sorted);
        equal(sorted, sent);
    }

    private static void priorityQueue(Site site) throws Exception {
        List<String> got = Collections.synchronizedList(new ArrayList<>());
        DistributedPriorityQueue<String> in =
                site.closeLater(QueueBuilder.builder(site.client(), null, STRINGS, "/queue").buildPriorityQueue(0));
        in.start();
        in.put("low", 30);
        in.put("high", 10);
        in.put("middle", 20);
        in.flushPuts(Site.PATIENCE_MS, TimeUnit.MILLISECONDS);
        DistributedPriorityQueue<String> out = site.closeLater(
                QueueBuilder.builder(site.client(), into(got), STRINGS, "/queue").buildPriorityQueue(0));
        out.start();
        eventually(() -> got.size() == 3, "all items");
        equal(new ArrayList<>(got), List.of("high", "middle", "low"));
    }

    private static void delayQueue(Site site) throws Exception {
        List<String> got = Collections.synchronizedList(new ArrayList<>());
        DistributedDelayQueue<String> queue =
                site.closeLater(QueueBuilder.builder(site.client(), into(got), STRINGS, "/queue").buildDelayQueue());
        queue.start();
        long now = System.currentTimeMillis();
        queue.put("later", now + 600);
        queue.put("sooner", now + 200);
        eventually(() -> got.size() == 2, "both items");
        equal(new ArrayList<>(got), List.of("sooner", "later"));
    }

    private static void simpleQueue(Site site) throws Exception {
        SimpleDistributedQueue queue = new SimpleDistributedQueue(site.client(), "/simple");
        SimpleDistributedQueue other = new SimpleDistributedQueue(site.client(), "/simple");
        equal(queue.poll(), null);
        for (int i = 0; i < 10; i++) {
            require(queue.offer(bytes(i)), "offer");
        }
        equal(text(other.peek()), "0");
        for (int i = 0; i < 10; i++) {
            equal(text((i % 2 == 0 ? queue : other).take()), String.valueOf(i));
        }
        equal(other.poll(100, TimeUnit.MILLISECONDS), null);
    }
}

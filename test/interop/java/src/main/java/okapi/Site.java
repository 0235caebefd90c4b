package okapi;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.ZooKeeper;

/** What one check works with: clients below a node of its own, all closed when the check is over. */
final class Site implements AutoCloseable {
    /** Long enough for a loaded machine: nothing here measures time, it only waits for what must happen. */
    static final int PATIENCE_MS = 30_000;

    private final String connectString;
    private final String namespace;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    Site(String connectString, String checkName) {
        this.connectString = connectString;
        this.namespace = "curator-" + checkName + "-" + UUID.randomUUID().toString().substring(0, 8);
    }

    /** A started client whose paths are below this check's node. */
    CuratorFramework client() throws Exception {
        return client(connectString);
    }

    CuratorFramework client(String server) throws Exception {
        return start(builder(server).build());
    }

    /** A client whose session is soon over once nobody keeps it. */
    CuratorFramework shortSession() throws Exception {
        return start(builder(connectString).sessionTimeoutMs(2_000).build());
    }

    /** A client that tries again until a cut connection is back. */
    CuratorFramework patient(String server) throws Exception {
        return start(builder(server).retryPolicy(new RetryNTimes(PATIENCE_MS / 100, 100)).build());
    }

    CuratorFrameworkFactory.Builder builder(String server) {
        return CuratorFrameworkFactory.builder()
                .connectString(server)
                .namespace(namespace)
                .sessionTimeoutMs(10_000)
                .connectionTimeoutMs(PATIENCE_MS)
                .retryPolicy(new RetryOneTime(200));
    }

    CuratorFramework start(CuratorFramework client) throws Exception {
        client.start();
        closeLater(client);
        require(client.blockUntilConnected(PATIENCE_MS, TimeUnit.MILLISECONDS), "connected");
        return client;
    }

    String connectString() {
        return connectString;
    }

    String namespace() {
        return namespace;
    }

    <T extends AutoCloseable> T closeLater(T thing) {
        open.push(thing);
        return thing;
    }

    /** A plain ZooKeeper client, not below the check's node. */
    ZooKeeper plain() throws Exception {
        ZooKeeper zk = closeLater(new ZooKeeper(connectString, 10_000, event -> {}));
        eventually(() -> zk.getState().isConnected(), "connected");
        return zk;
    }

    /** Runs `body` in `count` threads at once and rethrows the first failure. */
    static void inThreads(int count, ThreadBody body) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(count);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int index = i;
                running.add(pool.submit((Callable<Void>) () -> {
                    body.run(index);
                    return null;
                }));
            }
            for (Future<?> one : running) {
                one.get(2L * PATIENCE_MS, TimeUnit.MILLISECONDS);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    interface ThreadBody {
        void run(int index) throws Exception;
    }

    static void eventually(Callable<Boolean> condition, String what) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_MS * 1_000_000L;
        while (!condition.call()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("never happened: " + what);
            }
            Thread.sleep(10);
        }
    }

    static void require(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError("not true: " + what);
        }
    }

    static void equal(Object actual, Object expected) {
        if (!Objects.equals(actual, expected)) {
            throw new AssertionError("got " + actual + ", expected " + expected);
        }
    }

    static <E extends Exception> E raises(Class<E> kind, Callable<?> call) throws Exception {
        try {
            Object result = call.call();
            throw new AssertionError("got " + result + ", expected " + kind.getSimpleName());
        } catch (Exception error) {
            if (kind.isInstance(error)) {
                return kind.cast(error);
            }
            throw error;
        }
    }

    static byte[] bytes(Object value) {
        return String.valueOf(value).getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] data) {
        return data == null ? null : new String(data, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        for (AutoCloseable thing : open) {
            try {
                thing.close();
            } catch (Exception alreadyClosed) {
                // The check itself may have closed it.
            }
        }
    }
}

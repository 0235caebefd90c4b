import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.persistence.FileSnap;
import org.apache.zookeeper.server.persistence.SnapStream;

/** Loads a snapshot with Apache's code and writes it again, compressed in both ways; see README.md. */
public class RecordSnapshots {
    public static void main(String[] args) throws Exception {
        File source = new File(args[0]);
        Path folder = Path.of(args[1]);
        DataTree tree = new DataTree();
        ConcurrentHashMap<Long, Integer> sessions = new ConcurrentHashMap<>();
        long zxid = new FileSnap(source).deserialize(tree, sessions);
        System.out.println("zxid " + zxid + ", nodes " + tree.getNodeCount() + ", sessions " + sessions.size()
            + ", digest " + Long.toHexString(tree.getTreeDigest()) + ", size " + tree.cachedApproximateDataSize());
        for (SnapStream.StreamMode mode : SnapStream.StreamMode.values()) {
            if (mode == SnapStream.StreamMode.CHECKED) {
                continue;
            }
            SnapStream.setStreamMode(mode);
            Path file = folder.resolve("snapshot." + Long.toHexString(zxid) + mode.getFileExtension());
            Files.deleteIfExists(file);
            new FileSnap(source).serialize(tree, sessions, file.toFile(), false);
        }
    }
}

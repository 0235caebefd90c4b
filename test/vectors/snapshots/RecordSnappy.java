import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.xerial.snappy.SnappyOutputStream;

/** Writes mixed.raw and, as Apache's server would compress it, mixed.snappy; see README.md. */
public class RecordSnappy {
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        byte[] raw = mixed();
        Files.write(folder.resolve("mixed.raw"), raw);
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (OutputStream out = new SnappyOutputStream(compressed)) {
            out.write(raw);
        }
        Files.write(folder.resolve("mixed.snappy"), compressed.toByteArray());
    }

    /** Text with repetitions near and far, noise, and runs: more than two blocks. */
    private static byte[] mixed() throws Exception {
        Random random = new Random(45);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        while (out.size() < 50_000) {
            String path = "/services/s" + random.nextInt(40) + "/instances/i" + random.nextInt(5000);
            out.write((path + " {\"port\":" + random.nextInt(65536) + "}\n").getBytes(StandardCharsets.UTF_8));
        }
        byte[] noise = new byte[15_000];
        random.nextBytes(noise);
        out.write(noise);
        out.write(new byte[10_000]);
        out.write(noise, 0, 5_000);
        return out.toByteArray();
    }
}

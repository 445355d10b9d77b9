import java.io.IOException;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configured;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.util.Tool;

/** Scenarios by name, each with an empty folder of its own, and what they all need. The argument names one. */
abstract class Scenarios extends Configured implements Tool {
  protected interface Scenario {
    void run(DistributedFileSystem fs, Path folder) throws Exception;
  }

  protected interface Action {
    void run() throws Exception;
  }

  protected static final int BLOCK_BYTES = 1 << 20;

  protected final Map<String, Scenario> scenarios = new TreeMap<>();
  private final String parent;

  protected Scenarios(String parent) {
    this.parent = parent;
  }

  @Override
  public int run(String[] args) throws Exception {
    Path folder = new Path(parent, args[0]);
    DistributedFileSystem fs = (DistributedFileSystem) FileSystem.get(getConf());
    fs.delete(folder, true);
    fs.mkdirs(folder);
    scenarios.get(args[0]).run(fs, folder);
    return 0;
  }

  protected static void expect(Class<? extends Exception> kind, String text, Action action)
      throws Exception {
    try {
      action.run();
    } catch (Exception failure) {
      String message = String.valueOf(failure.getMessage());
      if (kind.isInstance(failure) && message.contains(text)) {
        return;
      }
      throw new IllegalStateException("another failure than " + kind + " " + text, failure);
    }
    throw new IllegalStateException("no failure, but " + kind + " " + text + " was due");
  }

  protected static void check(boolean isTrue, String what) {
    if (!isTrue) {
      throw new IllegalStateException("not so: " + what);
    }
  }

  protected static Path write(FileSystem fs, Path path, byte[] bytes) throws IOException {
    try (FSDataOutputStream out = fs.create(path)) {
      out.write(bytes);
    }
    return path;
  }

  protected static byte[] read(FileSystem fs, Path path) throws IOException {
    try (FSDataInputStream in = fs.open(path)) {
      return in.readAllBytes();
    }
  }

  protected static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }
}

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * One long-lived Java machine that does the same work on several clusters, told over standard input.
 *
 * <p>A line asks for one run, its fields between tabs: operation, file system URI, folder, threads, count, bytes. Every
 * thread does its share of `count` operations on names of its own below the folder. The answer is one line: `ok` and elapsed
 * nanoseconds, or `failed` and why.
 */
public final class BenchDriver {
  private static final int BUFFER_BYTES = 1 << 20;

  private final Map<String, FileSystem> fileSystems = new HashMap<>();
  private final byte[] content = new byte[BUFFER_BYTES];

  private BenchDriver() {
    new Random(1).nextBytes(content);
  }

  public static void main(String[] arguments) throws Exception {
    BenchDriver driver = new BenchDriver();
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      System.out.println(driver.answer(line.split("\t")));
    }
    System.exit(0);
  }

  private String answer(String[] words) {
    try {
      int threads = Integer.parseInt(words[3]);
      int count = Integer.parseInt(words[4]);
      Work work = work(words[0], fileSystem(words[1]), words[2], Long.parseLong(words[5]));
      long before = System.nanoTime();
      runAll(work, threads, count);
      return "ok\t" + (System.nanoTime() - before);
    } catch (Exception e) {
      return "failed\t" + e.toString().replaceAll("\\s+", " ");
    }
  }

  /** What one thread does from its first operation to its last. */
  private interface Work {
    void run(int thread, int operations) throws IOException;
  }

  private Work work(String operation, FileSystem fs, String folder, long bytes) throws IOException {
    switch (operation) {
      case "put":
        return each((thread, index) -> put(fs, name(folder, thread, index), bytes));
      case "get":
        return (thread, operations) -> get(fs, folder, thread, operations);
      case "pread":
        return (thread, operations) -> pread(fs, folder, thread, operations, (int) bytes);
      case "create":
        return each((thread, index) -> fs.create(name(folder, thread, index)).close());
      case "stat":
        return each((thread, index) -> fs.getFileStatus(name(folder, thread, index)));
      case "mkdir":
        return each((thread, index) -> check(fs.mkdirs(directory(folder, thread, index))));
      case "rename":
        return each(
            (thread, index) ->
                check(fs.rename(name(folder, thread, index), renamed(folder, thread, index))));
      case "delete":
        return each((thread, index) -> check(fs.delete(renamed(folder, thread, index), false)));
      case "clear":
        return (thread, operations) -> fs.delete(new Path(folder), true);
      default:
        throw new IOException("unknown operation " + operation);
    }
  }

  private interface Single {
    void run(int thread, int index) throws IOException;
  }

  private static Work each(Single single) {
    return (thread, operations) -> {
      for (int index = 0; index < operations; index++) {
        single.run(thread, index);
      }
    };
  }

  private static void runAll(Work work, int threads, int count) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> pending = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        int own = thread;
        pending.add(
            pool.submit(
                () -> {
                  work.run(own, count / threads);
                  return null;
                }));
      }
      for (Future<?> one : pending) {
        one.get(20, TimeUnit.MINUTES);
      }
    } finally {
      pool.shutdownNow();
    }
  }

  private void put(FileSystem fs, Path path, long bytes) throws IOException {
    try (OutputStream out = fs.create(path, true)) {
      for (long left = bytes; left > 0; left -= BUFFER_BYTES) {
        out.write(content, 0, (int) Math.min(left, BUFFER_BYTES));
      }
    }
  }

  private static void get(FileSystem fs, String folder, int thread, int operations)
      throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int index = 0; index < operations; index++) {
      try (FSDataInputStream in = fs.open(name(folder, thread, index))) {
        while (in.read(buffer, 0, buffer.length) >= 0) {
          continue;
        }
      }
    }
  }

  /** Random pieces of the first file of the folder, which is shared by all threads. */
  private static void pread(FileSystem fs, String folder, int thread, int operations, int bytes)
      throws IOException {
    Path path = name(folder, 0, 0);
    long places = fs.getFileStatus(path).getLen() / bytes;
    byte[] buffer = new byte[bytes];
    Random random = new Random(thread);
    try (FSDataInputStream in = fs.open(path)) {
      for (int index = 0; index < operations; index++) {
        in.readFully((long) (random.nextDouble() * places) * bytes, buffer);
      }
    }
  }

  private static Path name(String folder, int thread, int index) {
    return new Path(folder + "/t" + thread + "/f" + index);
  }

  private static Path renamed(String folder, int thread, int index) {
    return new Path(folder + "/t" + thread + "/r" + index);
  }

  private static Path directory(String folder, int thread, int index) {
    return new Path(folder + "/t" + thread + "/d" + index);
  }

  private static void check(boolean isDone) throws IOException {
    if (!isDone) {
      throw new IOException("refused");
    }
  }

  /** Defaults of the client, apart from the address: one connection for all threads, as every application has. */
  private FileSystem fileSystem(String uri) throws IOException {
    FileSystem known = fileSystems.get(uri);
    if (known != null) {
      return known;
    }
    FileSystem made = FileSystem.newInstance(URI.create(uri), new Configuration());
    fileSystems.put(uri, made);
    return made;
  }
}

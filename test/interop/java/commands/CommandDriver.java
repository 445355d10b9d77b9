import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.PrivilegedExceptionAction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FsShell;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.tools.DistCp;
import org.apache.hadoop.util.Tool;
import org.apache.hadoop.util.ToolRunner;

/**
 * Many of Hadoop's commands in one Java machine, since starting one takes longer than most commands.
 *
 * <p>Arguments: KEY=VALUE for the configuration. A line of input asks for one command: number, user, input and arguments, all but the number in
 * base64, between tabs. A line of output answers: number, exit code, output, errors. Commands run beside each other,
 * each as a login of its own, hence with connections and file systems of its own.
 */
public final class CommandDriver {
  /** A command of the `hdfs` script, under the name it has there. */
  private static final Map<String, Function<Configuration, Tool>> TOOLS =
      Map.ofEntries(
          Map.entry("dfs", FsShell::new),
          Map.entry("dfsadmin", org.apache.hadoop.hdfs.tools.DFSAdmin::new),
          Map.entry("fsck", CommandDriver::fsck),
          Map.entry("getconf", CommandDriver::getConf),
          Map.entry("balancer", CommandDriver::balancer),
          Map.entry("groups", org.apache.hadoop.hdfs.tools.GetGroups::new),
          Map.entry("ec", org.apache.hadoop.hdfs.tools.ECAdmin::new),
          Map.entry("storagepolicies", org.apache.hadoop.hdfs.tools.StoragePolicyAdmin::new),
          Map.entry("cacheadmin", org.apache.hadoop.hdfs.tools.CacheAdmin::new),
          Map.entry("crypto", org.apache.hadoop.hdfs.tools.CryptoAdmin::new),
          Map.entry("snapshotDiff", org.apache.hadoop.hdfs.tools.snapshot.SnapshotDiff::new),
          Map.entry("lsSnapshottableDir", CommandDriver::snapshottable),
          Map.entry("lsSnapshot", conf -> new org.apache.hadoop.hdfs.tools.snapshot.LsSnapshot()),
          Map.entry("distcp", CommandDriver::distCp),
          Map.entry("wordcount", conf -> new WordCount()),
          Map.entry("api", conf -> new ApiScenarios()),
          Map.entry("write", conf -> new WriteScenarios()));

  private static final InheritableThreadLocal<PrintStream> OUT = new InheritableThreadLocal<>();
  private static final InheritableThreadLocal<PrintStream> ERR = new InheritableThreadLocal<>();
  private static final InheritableThreadLocal<InputStream> IN = new InheritableThreadLocal<>();

  public static void main(String[] settings) throws Exception {
    Configuration base = new Configuration();
    for (String setting : settings) {
      String[] pair = setting.split("=", 2);
      base.set(pair[0], pair[1]);
    }
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    PrintStream replies = System.out;
    PrintStream complaints = System.err;
    System.setIn(new CurrentInput());
    System.setOut(new PrintStream(new Current(OUT, complaints), true, "UTF-8"));
    System.setErr(new PrintStream(new Current(ERR, complaints), true, "UTF-8"));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      String[] words = line.split("\t", -1);
      Thread thread = new Thread(() -> serve(base, words, replies), "command-" + words[0]);
      thread.setDaemon(true);
      thread.start();
    }
    System.exit(0);
  }

  private static void serve(Configuration base, String[] words, PrintStream replies) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    OUT.set(new PrintStream(out, true, StandardCharsets.UTF_8));
    ERR.set(new PrintStream(err, true, StandardCharsets.UTF_8));
    IN.set(new ByteArrayInputStream(decode(words[2])));
    List<String> args = new ArrayList<>();
    for (String word : Arrays.asList(words).subList(3, words.length)) {
      args.add(new String(decode(word), StandardCharsets.UTF_8));
    }
    int exitCode = run(base, new String(decode(words[1]), StandardCharsets.UTF_8), args);
    OUT.get().flush();
    ERR.get().flush();
    String reply = words[0] + "\t" + exitCode + "\t" + encode(out) + "\t" + encode(err) + "\n";
    synchronized (replies) {
      replies.print(reply);
      replies.flush();
    }
  }

  private static int run(Configuration base, String user, List<String> args) {
    UserGroupInformation login = UserGroupInformation.createRemoteUser(user);
    try {
      Configuration conf = new Configuration(base);
      Tool tool = TOOLS.get(args.get(0)).apply(conf);
      String[] rest = args.subList(1, args.size()).toArray(new String[0]);
      PrivilegedExceptionAction<Integer> action = () -> ToolRunner.run(conf, tool, rest);
      return login.doAs(action);
    } catch (Throwable failure) {
      failure.printStackTrace(ERR.get());
      return 250;
    } finally {
      closeFileSystems(login);
    }
  }

  private static void closeFileSystems(UserGroupInformation login) {
    try {
      FileSystem.closeAllForUGI(login);
    } catch (IOException failure) {
      failure.printStackTrace(ERR.get());
    }
  }

  private static Tool fsck(Configuration conf) {
    try {
      return new org.apache.hadoop.hdfs.tools.DFSck(conf, OUT.get());
    } catch (IOException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** Its constructor is not public: only its main method, which ends the machine, is meant to be called. */
  private static Tool getConf(Configuration conf) {
    try {
      var constructor =
          org.apache.hadoop.hdfs.tools.GetConf.class.getDeclaredConstructor(Configuration.class);
      constructor.setAccessible(true);
      return constructor.newInstance(conf);
    } catch (ReflectiveOperationException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** Its tool is private to its main class. */
  private static Tool balancer(Configuration conf) {
    try {
      String name = "org.apache.hadoop.hdfs.server.balancer.Balancer$Cli";
      var constructor = Class.forName(name).getDeclaredConstructor();
      constructor.setAccessible(true);
      return (Tool) constructor.newInstance();
    } catch (ReflectiveOperationException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static Tool snapshottable(Configuration conf) {
    return new org.apache.hadoop.hdfs.tools.snapshot.LsSnapshottableDir();
  }

  private static Tool distCp(Configuration conf) {
    try {
      return new DistCp(conf, null);
    } catch (Exception failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static byte[] decode(String text) {
    return Base64.getDecoder().decode(text);
  }

  private static String encode(ByteArrayOutputStream bytes) {
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  /** What the threads of a command print belongs to that command. */
  private static final class Current extends FilterOutputStream {
    private final ThreadLocal<PrintStream> current;

    Current(ThreadLocal<PrintStream> current, PrintStream otherwise) {
      super(otherwise);
      this.current = current;
    }

    private OutputStream target() {
      PrintStream stream = current.get();
      return stream == null ? out : stream;
    }

    @Override
    public void write(int value) throws IOException {
      target().write(value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      target().write(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
      target().flush();
    }
  }

  private static final class CurrentInput extends InputStream {
    @Override
    public int read() throws IOException {
      return IN.get().read();
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      return IN.get().read(bytes, offset, length);
    }
  }

  private CommandDriver() {}
}

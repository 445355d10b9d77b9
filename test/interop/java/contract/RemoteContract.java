import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.contract.AbstractFSContract;

/** Binds Hadoop's contract tests to the server in the system property `server`: an hdfs:// or a webhdfs:// address. */
final class RemoteContract extends AbstractFSContract {
  /** Those of hdfs.xml among Hadoop's own tests. */
  private static final String[] SUPPORTED = {
    "test.root-tests-enabled",
    "is-case-sensitive",
    "supports-append",
    "supports-atomic-directory-delete",
    "supports-atomic-rename",
    "supports-block-locality",
    "supports-concat",
    "supports-seek",
    "rejects-seek-past-eof",
    "supports-strict-exceptions",
    "supports-unix-permissions",
    "rename-returns-false-if-dest-exists",
    "rename-returns-false-if-source-missing",
    "supports-settimes",
    "supports-getfilestatus",
    "supports-file-reference",
    "supports-content-check",
    "supports-unbuffer",
    "supports-hflush",
    "supports-hsync",
  };

  static final URI SERVER = URI.create(System.getProperty("server"));

  RemoteContract(Configuration conf) {
    super(configured(conf));
  }

  /** The contract's options, and small blocks: the tests write files of 1024 bytes. */
  static Configuration configured(Configuration conf) {
    conf.set("fs.defaultFS", SERVER.toString());
    conf.setLong("dfs.blocksize", 1024);
    // A pipeline, and no more of the work that other tests do: these write 128 blocks for one file, many times.
    conf.setInt("dfs.replication", 2);
    for (String option : SUPPORTED) {
      conf.setBoolean("fs.contract." + option, true);
    }
    conf.setBoolean("fs.contract.metadata_updated_on_hsync", false);
    conf.setInt("fs.contract.test.random-seek-count", 500);
    return conf;
  }

  /** One of its own for each test: they change its working directory. */
  static FileSystem fileSystem() throws IOException {
    Configuration conf = configured(new Configuration());
    // FileSystemContractBaseTest wants it to be there when the client is made.
    conf.set("fs.permissions.umask-mode", "062");
    return FileSystem.newInstance(SERVER, conf);
  }

  static FileContext fileContext() throws IOException {
    return FileContext.getFileContext(SERVER, configured(new Configuration()));
  }

  static Path homeFolder() {
    return new Path(SERVER.toString(), "/user/" + System.getProperty("user.name"));
  }

  @Override
  public FileSystem getTestFileSystem() throws IOException {
    return FileSystem.get(SERVER, getConf());
  }

  @Override
  public String getScheme() {
    return SERVER.getScheme();
  }

  @Override
  public Path getTestPath() {
    return new Path("/test");
  }
}

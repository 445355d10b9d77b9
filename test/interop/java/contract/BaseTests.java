import java.io.IOException;
import java.net.URI;
import java.security.PrivilegedExceptionAction;
import org.apache.hadoop.fs.FCStatisticsBaseTest;
import org.apache.hadoop.fs.FSMainOperationsBaseTest;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileContextCreateMkdirBaseTest;
import org.apache.hadoop.fs.FileContextMainOperationsBaseTest;
import org.apache.hadoop.fs.FileContextPermissionBase;
import org.apache.hadoop.fs.FileContextURIBase;
import org.apache.hadoop.fs.FileContextUtilBase;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileSystemContractBaseTest;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;
import org.apache.hadoop.security.UserGroupInformation;
import org.junit.Assert;
import org.junit.Before;
import org.junit.Test;

/** Hadoop's older abstract tests, of FileSystem and of FileContext, bound to our server as Hadoop binds them to its own. */
public final class BaseTests {
  public static final class FileSystemContract extends FileSystemContractBaseTest {
    @Before
    public void connect() throws IOException {
      fs = RemoteContract.fileSystem();
    }

    @Override
    protected String getDefaultWorkingDirectory() {
      return "/user/" + System.getProperty("user.name");
    }
  }

  /** As an ordinary user: a superuser may read the folders that must be unreadable here. */
  public static final class MainOperations extends FSMainOperationsBaseTest {
    private static final String USER = "ordinary";
    private static final Path HOME = new Path(RemoteContract.SERVER.toString(), "/user/" + USER);

    @Override
    protected FileSystem createFileSystem() throws Exception {
      FileSystem superuser = RemoteContract.fileSystem();
      superuser.mkdirs(HOME);
      superuser.setOwner(HOME, USER, USER);
      PrivilegedExceptionAction<FileSystem> connect = RemoteContract::fileSystem;
      return UserGroupInformation.createRemoteUser(USER).doAs(connect);
    }

    @Override
    protected Path getDefaultWorkingDirectory() {
      return HOME;
    }

    /** An ordinary user is not even told that there is nothing below a file, as in Hadoop's own binding to HDFS. */
    @Override
    @Test
    public void testMkdirsFailsForSubdirectoryOfExistingFile() throws Exception {
      Path file = getTestRootPath(fSys, "test/hadoop/file");
      fSys.mkdirs(file.getParent());
      createFile(file);
      for (String below : new String[] {"file/subdir", "file/deep/sub/dir"}) {
        Path path = getTestRootPath(fSys, "test/hadoop/" + below);
        Assert.assertThrows(IOException.class, () -> fSys.mkdirs(path));
        Assert.assertThrows(AccessControlException.class, () -> fSys.exists(path));
      }
    }
  }

  public static final class ContextMainOperations extends FileContextMainOperationsBaseTest {
    @Override
    @Before
    public void setUp() throws Exception {
      fc = RemoteContract.fileContext();
      super.setUp();
    }

    @Override
    protected Path getDefaultWorkingDirectory() {
      return RemoteContract.homeFolder();
    }

    @Override
    protected boolean listCorruptedBlocksSupported() {
      return "hdfs".equals(RemoteContract.SERVER.getScheme());
    }
  }

  public static final class ContextCreateMkdir extends FileContextCreateMkdirBaseTest {
    @Override
    @Before
    public void setUp() throws Exception {
      fc = RemoteContract.fileContext();
      super.setUp();
    }
  }

  public static final class ContextPermission extends FileContextPermissionBase {
    @Override
    protected FileContext getFileContext() throws Exception {
      return RemoteContract.fileContext();
    }
  }

  public static final class ContextUri extends FileContextURIBase {
    @Before
    public void connect() throws Exception {
      fc1 = RemoteContract.fileContext();
      fc2 = RemoteContract.fileContext();
      fc1.mkdir(new Path("/tmp"), FileContext.DEFAULT_PERM, true);
    }
  }

  public static final class ContextUtil extends FileContextUtilBase {
    @Override
    @Before
    public void setUp() throws Exception {
      fc = RemoteContract.fileContext();
      super.setUp();
    }
  }

  public static final class ContextStatistics extends FCStatisticsBaseTest {
    @Before
    public void connect() throws Exception {
      fc = RemoteContract.fileContext();
      fc.mkdir(fileContextTestHelper.getTestRootPath(fc, "test"), FileContext.DEFAULT_PERM, true);
      FileContext.clearStatistics();
    }

    @Override
    protected void verifyReadBytes(FileSystem.Statistics statistics) {
      Assert.assertEquals(blockSize * numBlocks * 2, statistics.getBytesRead());
    }

    @Override
    protected void verifyWrittenBytes(FileSystem.Statistics statistics) {
      Assert.assertEquals(blockSize * numBlocks, statistics.getBytesWritten());
    }

    @Override
    protected URI getFsUri() {
      return RemoteContract.SERVER;
    }
  }

  private BaseTests() {}
}

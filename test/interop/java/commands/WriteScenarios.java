import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.fs.BlockLocation;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options.ChecksumOpt;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.protocol.DatanodeInfo;
import org.apache.hadoop.util.DataChecksum;

/** The ways to write that programs choose: flags, nodes, checksums, packets; the argument names one scenario. */
public final class WriteScenarios extends Scenarios {
  private static final int BUFFER_BYTES = 4096;
  private static final short REPLICAS = 2;
  private static final ChecksumOpt USUAL = new ChecksumOpt(DataChecksum.Type.CRC32C, 512);

  public WriteScenarios() {
    super("/write");
    scenarios.put("create-flags", this::createFlags);
    scenarios.put("favoured-nodes", this::favouredNodes);
    scenarios.put("checksum-types", this::checksumTypes);
    scenarios.put("tiny-packets", this::tinyPackets);
    scenarios.put("hostnames", this::tinyPackets);
  }

  private void createFlags(DistributedFileSystem fs, Path folder) throws IOException {
    List<CreateFlag> more =
        List.of(
            CreateFlag.CREATE,
            CreateFlag.OVERWRITE,
            CreateFlag.SYNC_BLOCK,
            CreateFlag.LAZY_PERSIST,
            CreateFlag.NO_LOCAL_WRITE,
            CreateFlag.NO_LOCAL_RACK,
            CreateFlag.SHOULD_REPLICATE,
            CreateFlag.IGNORE_CLIENT_LOCALITY);
    byte[] bytes = bytes(2 * BLOCK_BYTES + 700);
    for (CreateFlag flag : more) {
      EnumSet<CreateFlag> flags = EnumSet.of(CreateFlag.CREATE, flag);
      writeAndRead(fs, new Path(folder, flag.name()), flags, USUAL, bytes);
    }
    EnumSet<CreateFlag> all = EnumSet.copyOf(more);
    writeAndRead(fs, new Path(folder, "all"), all, USUAL, bytes);
    Path existing = new Path(folder, CreateFlag.CREATE.name());
    try {
      writeAndRead(fs, existing, EnumSet.of(CreateFlag.CREATE), USUAL, bytes);
      throw new IllegalStateException("an existing file was created");
    } catch (FileAlreadyExistsException expected) {
      check(fs.getFileStatus(existing).getLen() == bytes.length, "the file is as it was");
    }
    writeAndRead(fs, existing, EnumSet.of(CreateFlag.CREATE, CreateFlag.OVERWRITE), USUAL, new byte[9]);
  }

  private void favouredNodes(DistributedFileSystem fs, Path folder) throws IOException {
    DatanodeInfo[] nodes = fs.getDataNodeStats();
    for (int first = 0; first < nodes.length; first++) {
      DatanodeInfo[] wanted = {nodes[first], nodes[(first + 1) % nodes.length]};
      // Hadoop sends the names of the hosts to which it resolves what it is given.
      InetSocketAddress[] favoured = {
        new InetSocketAddress(wanted[0].getIpAddr(), wanted[0].getXferPort()),
        InetSocketAddress.createUnresolved(wanted[1].getHostName(), wanted[1].getXferPort())
      };
      Path path = new Path(folder, "file-" + first);
      byte[] bytes = bytes(BLOCK_BYTES + 1);
      try (FSDataOutputStream out =
          fs.create(
              path, FsPermission.getFileDefault(), true, BUFFER_BYTES, REPLICAS, BLOCK_BYTES, null,
              favoured)) {
        out.write(bytes);
      }
      check(Arrays.equals(read(fs, path), bytes), "the bytes");
      Set<String> expected = new HashSet<>();
      for (DatanodeInfo node : wanted) {
        expected.add(node.getXferAddr());
      }
      for (BlockLocation block : fs.getFileBlockLocations(path, 0, Long.MAX_VALUE)) {
        Set<String> actual = new HashSet<>(Arrays.asList(block.getNames()));
        check(actual.equals(expected), actual + " are the favoured " + expected);
      }
    }
  }

  private void checksumTypes(DistributedFileSystem fs, Path folder) throws IOException {
    byte[] bytes = bytes(BLOCK_BYTES + 12_345);
    for (DataChecksum.Type type :
        List.of(DataChecksum.Type.CRC32, DataChecksum.Type.CRC32C, DataChecksum.Type.NULL)) {
      for (int chunkBytes : new int[] {512, 1024, 4096}) {
        Path path = new Path(folder, type + "-" + chunkBytes);
        writeAndRead(fs, path, EnumSet.of(CreateFlag.CREATE), new ChecksumOpt(type, chunkBytes), bytes);
        try (FSDataInputStream in = fs.open(path)) {
          byte[] some = new byte[70_000];
          in.readFully(BLOCK_BYTES - 60_001, some);
          byte[] expected = Arrays.copyOfRange(bytes, BLOCK_BYTES - 60_001, BLOCK_BYTES + 9_999);
          check(Arrays.equals(some, expected), "a range of " + path);
        }
      }
    }
  }

  private void tinyPackets(DistributedFileSystem fs, Path folder) throws IOException {
    byte[] bytes = bytes(BLOCK_BYTES + 70_001);
    Path path = new Path(folder, "file");
    try (FSDataOutputStream out = fs.create(path)) {
      out.write(bytes, 0, 1);
      out.hflush();
      out.write(bytes, 1, 99_999);
      out.hflush();
      try (FSDataInputStream in = fs.open(path)) {
        byte[] flushed = new byte[100_000];
        in.readFully(0, flushed);
        check(Arrays.equals(flushed, Arrays.copyOf(bytes, 100_000)), "what was flushed");
      }
      out.write(bytes, 100_000, bytes.length - 100_000);
    }
    check(Arrays.equals(read(fs, path), bytes), "the bytes");
  }

  private static void writeAndRead(
      FileSystem fs, Path path, EnumSet<CreateFlag> flags, ChecksumOpt checksum, byte[] bytes)
      throws IOException {
    FsPermission permission = FsPermission.getFileDefault();
    try (FSDataOutputStream out =
        fs.create(path, permission, flags, BUFFER_BYTES, REPLICAS, BLOCK_BYTES, null, checksum)) {
      out.write(bytes);
    }
    check(Arrays.equals(read(fs, path), bytes), "the bytes of " + path);
  }
}

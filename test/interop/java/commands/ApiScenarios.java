import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.BlockLocation;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileRange;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.PartialListing;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathHandle;
import org.apache.hadoop.fs.ReadOption;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.permission.AclEntry;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.DFSInotifyEventInputStream;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.client.HdfsAdmin;
import org.apache.hadoop.hdfs.client.HdfsDataOutputStream;
import org.apache.hadoop.hdfs.inotify.Event;
import org.apache.hadoop.hdfs.inotify.EventBatch;
import org.apache.hadoop.hdfs.protocol.CacheDirectiveInfo;
import org.apache.hadoop.hdfs.protocol.CachePoolInfo;
import org.apache.hadoop.io.ElasticByteBufferPool;

/** What programs do with the FileSystem and DistributedFileSystem classes; the argument names one scenario. */
public final class ApiScenarios extends Scenarios {
  public ApiScenarios() {
    super("/api");
    scenarios.put("positioned-reads", this::positionedReads);
    scenarios.put("hedged-reads", this::positionedReads);
    scenarios.put("short-circuit", this::positionedReads);
    scenarios.put("vectored-reads", this::vectoredReads);
    scenarios.put("zero-copy", this::zeroCopy);
    scenarios.put("cache-hints", this::cacheHints);
    scenarios.put("flushed-is-readable", this::flushedIsReadable);
    scenarios.put("lease-recovery", this::leaseRecovery);
    scenarios.put("append", this::append);
    scenarios.put("listings", this::listings);
    scenarios.put("path-handles", this::pathHandles);
    scenarios.put("rename-options", this::renameOptions);
    scenarios.put("refusals", this::refusals);
    scenarios.put("inotify", this::inotify);
  }

  private void positionedReads(DistributedFileSystem fs, Path folder) throws Exception {
    byte[] bytes = bytes(5 * BLOCK_BYTES / 2);
    Path path = write(fs, new Path(folder, "file"), bytes);
    Random random = new Random(1);
    try (FSDataInputStream in = fs.open(path)) {
      for (int round = 0; round < 50; round++) {
        int at = random.nextInt(bytes.length);
        int length = random.nextInt(Math.min(300_000, bytes.length - at));
        byte[] got = new byte[length];
        in.readFully(at, got, 0, length);
        check(Arrays.equals(got, Arrays.copyOfRange(bytes, at, at + length)), "pread at " + at);
        in.seek(at);
        check(in.read() == (bytes[at] & 255), "byte after seek to " + at);
      }
      in.seek(bytes.length);
      check(in.read() == -1, "the end is the end");
      expect(IOException.class, "Cannot seek after EOF", () -> in.seek(bytes.length + 1L));
      check(in.read(bytes.length, new byte[1], 0, 1) == -1, "a read beyond the end");
    }
  }

  private void vectoredReads(DistributedFileSystem fs, Path folder) throws Exception {
    byte[] bytes = bytes(5 * BLOCK_BYTES / 2);
    Path path = write(fs, new Path(folder, "file"), bytes);
    List<FileRange> ranges = new ArrayList<>();
    for (int at : new int[] {0, 511, 70_000, BLOCK_BYTES - 10, 2 * BLOCK_BYTES}) {
      ranges.add(FileRange.createFileRange(at, 100));
    }
    try (FSDataInputStream in = fs.open(path)) {
      in.readVectored(ranges, ByteBuffer::allocate);
      for (FileRange range : ranges) {
        ByteBuffer got = range.getData().get(60, TimeUnit.SECONDS);
        int at = (int) range.getOffset();
        check(got.equals(ByteBuffer.wrap(bytes, at, 100)), "range at " + at);
      }
    }
  }

  private void zeroCopy(DistributedFileSystem fs, Path folder) throws Exception {
    byte[] bytes = bytes(200_000);
    Path path = write(fs, new Path(folder, "file"), bytes);
    ElasticByteBufferPool pool = new ElasticByteBufferPool();
    try (FSDataInputStream in = fs.open(path)) {
      ByteBuffer got = in.read(pool, 100_000, EnumSet.of(ReadOption.SKIP_CHECKSUMS));
      check(got.remaining() > 0, "something was read");
      check(got.equals(ByteBuffer.wrap(bytes, 0, got.remaining())), "the bytes of the file");
      in.releaseBuffer(got);
    }
  }

  /** Hints about the page cache, given before and in the middle of streams, change nothing of the bytes. */
  private void cacheHints(DistributedFileSystem fs, Path folder) throws Exception {
    byte[] bytes = bytes(3 * BLOCK_BYTES / 2 + 300);
    Path path = new Path(folder, "file");
    try (HdfsDataOutputStream out = (HdfsDataOutputStream) fs.create(path)) {
      int written = 0;
      for (Boolean dropBehind : new Boolean[] {true, false, null, true}) {
        out.setDropBehind(dropBehind);
        out.write(bytes, written, BLOCK_BYTES / 4 + 77);
        written += BLOCK_BYTES / 4 + 77;
        out.hsync();
      }
      out.write(bytes, written, bytes.length - written);
    }
    try (FSDataOutputStream out = fs.append(path)) {
      out.setDropBehind(true);
      out.write(bytes);
    }
    Long[] readaheads = {null, 0L, 65_536L, 1L << 30};
    try (FSDataInputStream in = fs.open(path)) {
      for (int round = 0; round < readaheads.length; round++) {
        in.setDropBehind(round % 2 == 0);
        if (readaheads[round] != null) in.setReadahead(readaheads[round]);
        byte[] got = new byte[bytes.length];
        in.seek(0);
        in.readFully(got);
        check(Arrays.equals(got, bytes), "what was written, readahead " + readaheads[round]);
        in.readFully(got);
        check(Arrays.equals(got, bytes), "what was appended, readahead " + readaheads[round]);
        int at = BLOCK_BYTES - 1000 + round;
        in.readFully(at, got, 0, 2000);
        byte[] there = Arrays.copyOfRange(bytes, at, at + 2000);
        check(Arrays.equals(Arrays.copyOf(got, 2000), there), "pread, readahead " + readaheads[round]);
      }
    }
  }

  /** A reader sees what a writer has flushed, each time it opens the file, and all of it after the close. */
  private void flushedIsReadable(DistributedFileSystem fs, Path folder) throws Exception {
    Path path = new Path(folder, "log");
    byte[] bytes = bytes(3 * BLOCK_BYTES / 2);
    int[] ends = {1, 2, 511, 512, 513, 100_000, BLOCK_BYTES, BLOCK_BYTES + 1, bytes.length};
    FSDataOutputStream out = fs.create(path);
    int at = 0;
    for (int end : ends) {
      out.write(bytes, at, end - at);
      at = end;
      if (end % 2 == 0) {
        out.hflush();
      } else {
        out.hsync();
      }
      check(!fs.isFileClosed(path), "it is still open");
      try (FSDataInputStream in = fs.open(path)) {
        byte[] got = new byte[end];
        in.readFully(0, got);
        check(Arrays.equals(got, Arrays.copyOf(bytes, end)), "flushed up to " + end);
        check(in.read(end, new byte[1], 0, 1) == -1, "nothing after " + end);
      }
    }
    long beganMs = System.currentTimeMillis();
    out.close();
    check(System.currentTimeMillis() - beganMs < 10_000, "closing takes no time");
    check(fs.isFileClosed(path), "it is closed");
    check(fs.getFileStatus(path).getLen() == bytes.length, "its length is known");
  }

  /** The file of a writer that stopped is closed by another, which keeps what was flushed. */
  private void leaseRecovery(DistributedFileSystem fs, Path folder) throws Exception {
    Path path = new Path(folder, "left-open");
    byte[] bytes = bytes(70_000);
    FSDataOutputStream out = fs.create(path);
    out.write(bytes);
    out.hflush();
    try (FileSystem other = FileSystem.newInstance(getConf())) {
      DistributedFileSystem second = (DistributedFileSystem) other;
      for (int round = 0; !second.recoverLease(path); round++) {
        check(round < 300, "the lease is recovered in time");
        Thread.sleep(100);
      }
      check(second.isFileClosed(path), "it is closed");
      check(Arrays.equals(read(second, path), bytes), "what was flushed is there");
    }
    expect(IOException.class, "", () -> {
      out.write(1);
      out.close();
    });
  }

  private void append(DistributedFileSystem fs, Path folder) throws Exception {
    byte[] bytes = bytes(BLOCK_BYTES + 5_000);
    Path path = write(fs, new Path(folder, "file"), new byte[0]);
    int at = 0;
    for (int end : new int[] {1, 512, 513, 80_000, BLOCK_BYTES, bytes.length}) {
      try (FSDataOutputStream out = fs.append(path)) {
        check(out.getPos() == at, "the position is the length");
        out.write(bytes, at, end - at);
      }
      at = end;
      check(Arrays.equals(read(fs, path), Arrays.copyOf(bytes, end)), "appended up to " + end);
    }
    EnumSet<CreateFlag> newBlock = EnumSet.of(CreateFlag.APPEND, CreateFlag.NEW_BLOCK);
    try (FSDataOutputStream out = fs.append(path, newBlock, 4096, null)) {
      out.write(7);
    }
    check(fs.getFileBlockLocations(path, 0, Long.MAX_VALUE).length == 3, "a block of its own");
  }

  private void listings(DistributedFileSystem fs, Path folder) throws Exception {
    Path inner = new Path(folder, "inner");
    fs.mkdirs(inner);
    for (int index = 0; index < 5; index++) {
      write(fs, new Path(inner, "f" + index), bytes(BLOCK_BYTES / 4 * (index + 1)));
    }
    int files = 0;
    for (RemoteIterator<LocatedFileStatus> all = fs.listFiles(folder, true); all.hasNext(); ) {
      LocatedFileStatus status = all.next();
      BlockLocation[] locations = status.getBlockLocations();
      check(locations.length == (status.getLen() + BLOCK_BYTES - 1) / BLOCK_BYTES, "its blocks");
      check(locations[0].getHosts().length == 3 && locations[0].getNames().length == 3, "hosts");
      check(locations[0].getStorageIds().length == 3, "storages");
      files++;
    }
    check(files == 5, "five files");
    check(fs.listStatusIterator(inner).hasNext(), "an iterator");
    int listed = 0;
    RemoteIterator<PartialListing<FileStatus>> batches =
        fs.batchedListStatusIterator(List.of(folder, inner));
    while (batches.hasNext()) {
      listed += batches.next().get().size();
    }
    check(listed == 6, "a batched listing of both");
    check(fs.globStatus(new Path(folder, "in*/f[1-3]")).length == 3, "a pattern");
  }

  private void pathHandles(DistributedFileSystem fs, Path folder) throws Exception {
    byte[] bytes = bytes(1000);
    Path path = write(fs, new Path(folder, "file"), bytes);
    FileStatus status = fs.getFileStatus(path);
    PathHandle moving =
        fs.getPathHandle(status, Options.HandleOpt.changed(true), Options.HandleOpt.moved(true));
    PathHandle exact = fs.getPathHandle(status, Options.HandleOpt.exact());
    Path moved = new Path(folder, "moved");
    check(fs.rename(path, moved), "renamed");
    try (FSDataInputStream in = fs.open(moving)) {
      check(Arrays.equals(in.readAllBytes(), bytes), "followed to its new name");
    }
    expect(IOException.class, "", () -> fs.open(exact).close());
  }

  private void renameOptions(DistributedFileSystem fs, Path folder) throws Exception {
    Path one = write(fs, new Path(folder, "one"), "1".getBytes(UTF_8));
    Path two = write(fs, new Path(folder, "two"), "2".getBytes(UTF_8));
    Class<? extends Exception> exists = org.apache.hadoop.fs.FileAlreadyExistsException.class;
    expect(exists, "rename destination " + two.toUri().getPath() + " already exists",
        () -> rename(fs, one, two, Options.Rename.NONE));
    rename(fs, one, two, Options.Rename.OVERWRITE);
    check("1".equals(new String(read(fs, two), UTF_8)), "it was overwritten");
    expect(java.io.FileNotFoundException.class, "", () ->
        rename(fs, one, two, Options.Rename.OVERWRITE));
    Path full = new Path(folder, "full");
    fs.mkdirs(new Path(full, "inner"));
    fs.mkdirs(new Path(folder, "other"));
    expect(IOException.class, "is not empty", () ->
        rename(fs, new Path(folder, "other"), full, Options.Rename.OVERWRITE));
  }

  private static void rename(
      DistributedFileSystem fs, Path from, Path to, Options.Rename option) throws IOException {
    fs.getClient().rename(from.toUri().getPath(), to.toUri().getPath(), option);
  }

  /** What this cluster does not have is said, and the next call works. */
  private void refusals(DistributedFileSystem fs, Path folder) throws Exception {
    Path path = write(fs, new Path(folder, "file"), bytes(10));
    List<Action> calls = List.of(
        () -> fs.addCachePool(new CachePoolInfo("pool")),
        () -> fs.addCacheDirective(
            new CacheDirectiveInfo.Builder().setPath(path).setPool("pool").build()),
        () -> fs.createEncryptionZone(folder, "key"),
        () -> fs.setErasureCodingPolicy(folder, "RS-6-3-1024k"));
    for (Action call : calls) {
      long beganMs = System.currentTimeMillis();
      expect(IOException.class, "", call);
      check(System.currentTimeMillis() - beganMs < 20_000, "refused without retrying for long");
    }
    expect(UnsupportedOperationException.class, "Symlinks not supported",
        () -> fs.createSymlink(path, new Path(folder, "link"), false));
    check(!fs.listCachePools().hasNext(), "no cache pools");
    check(!fs.listEncryptionZones().hasNext(), "no encryption zones");
    check(fs.getErasureCodingPolicy(path) == null, "no erasure coding");
    check(fs.getEZForPath(path) == null, "in no encryption zone");
    check(fs.getDelegationToken("root") == null, "no delegation tokens");
    fs.setPermission(path, new FsPermission((short) 0600));
    check(fs.getFileStatus(path).getPermission().toShort() == 0600, "and the next call works");
  }

  /** Every kind of event, and going on behind a transaction that was seen. */
  private void inotify(DistributedFileSystem fs, Path folder) throws Exception {
    HdfsAdmin admin = new HdfsAdmin(fs.getUri(), getConf());
    DFSInotifyEventInputStream stream = admin.getInotifyEventStream();
    Path file = new Path(folder, "made/file");
    Path moved = new Path(folder, "moved");
    write(fs, file, bytes(1000));
    try (FSDataOutputStream out = fs.append(file)) {
      out.write(bytes(24));
    }
    while (!fs.truncate(file, 1000)) {
      while (!fs.isFileClosed(file)) Thread.sleep(100);
    }
    fs.setPermission(file, new FsPermission((short) 0600));
    fs.setOwner(file, "alice", "staff");
    fs.setReplication(file, (short) 2);
    fs.setTimes(file, 1000, 2000);
    fs.setXAttr(file, "user.colour", "red".getBytes(UTF_8));
    fs.removeXAttr(file, "user.colour");
    fs.modifyAclEntries(file, AclEntry.parseAclSpec("user:bob:rwx", true));
    fs.rename(file, moved);
    fs.delete(moved, false);
    List<String> seen = new ArrayList<>();
    long transaction = 0;
    long firstHalf = 0;
    while (!seen.contains("UNLINK " + moved.toUri().getPath())) {
      EventBatch batch = stream.poll(30, TimeUnit.SECONDS);
      check(batch != null, "an event comes after " + seen);
      check(batch.getTxid() > transaction, "transactions grow");
      transaction = batch.getTxid();
      for (Event event : batch.getEvents()) seen.add(textOf(event));
      if (seen.size() <= 6) firstHalf = transaction;
    }
    String path = file.toUri().getPath();
    List<String> expected = new ArrayList<>(Arrays.asList(
        "CREATE " + file.getParent().toUri().getPath() + " DIRECTORY",
        "CREATE " + path + " FILE", "CLOSE " + path + " 1000",
        "APPEND " + path, "CLOSE " + path + " 1024",
        "TRUNCATE " + path + " 1000", "CLOSE " + path + " 1000",
        "METADATA " + path + " PERMS rw-------", "METADATA " + path + " OWNER alice staff",
        "METADATA " + path + " REPLICATION 2", "METADATA " + path + " TIMES 1000 2000",
        "METADATA " + path + " XATTRS colour false", "METADATA " + path + " XATTRS colour true",
        "METADATA " + path + " ACLS 5",
        "RENAME " + path + " " + moved.toUri().getPath(), "UNLINK " + moved.toUri().getPath()));
    check(seen.equals(expected), "events: " + seen + " instead of " + expected);
    check(stream.poll() == null, "nothing follows");
    DFSInotifyEventInputStream again = admin.getInotifyEventStream(firstHalf);
    List<String> rest = new ArrayList<>();
    while (rest.size() < expected.size() - 6) {
      EventBatch batch = again.poll(30, TimeUnit.SECONDS);
      check(batch != null, "the rest comes after " + rest);
      for (Event event : batch.getEvents()) rest.add(textOf(event));
    }
    check(rest.equals(expected.subList(6, expected.size())), "resumed: " + rest);
  }

  private static String textOf(Event event) {
    switch (event.getEventType()) {
      case CREATE:
        Event.CreateEvent create = (Event.CreateEvent) event;
        return "CREATE " + create.getPath() + " " + create.getiNodeType();
      case CLOSE:
        Event.CloseEvent close = (Event.CloseEvent) event;
        return "CLOSE " + close.getPath() + " " + close.getFileSize();
      case APPEND:
        return "APPEND " + ((Event.AppendEvent) event).getPath();
      case TRUNCATE:
        Event.TruncateEvent truncate = (Event.TruncateEvent) event;
        return "TRUNCATE " + truncate.getPath() + " " + truncate.getFileSize();
      case RENAME:
        Event.RenameEvent rename = (Event.RenameEvent) event;
        return "RENAME " + rename.getSrcPath() + " " + rename.getDstPath();
      case UNLINK:
        return "UNLINK " + ((Event.UnlinkEvent) event).getPath();
      default:
        return textOf((Event.MetadataUpdateEvent) event);
    }
  }

  private static String textOf(Event.MetadataUpdateEvent event) {
    String what = "METADATA " + event.getPath() + " " + event.getMetadataType() + " ";
    switch (event.getMetadataType()) {
      case TIMES:
        return what + event.getMtime() + " " + event.getAtime();
      case REPLICATION:
        return what + event.getReplication();
      case OWNER:
        return what + event.getOwnerName() + " " + event.getGroupName();
      case PERMS:
        return what + event.getPerms();
      case ACLS:
        return what + event.getAcls().size();
      default:
        return what + event.getxAttrs().get(0).getName() + " " + event.isxAttrsRemoved();
    }
  }
}

"""The life of hdfs-native (Rust) through its Python package, and what it alone can do."""

import posixpath
import time

import hdfs_native
from ordinary_life import Adapter, Life, content, main, same, with_writer

# It has no second try when a pipeline cannot be set up: the datanode is to die under a pipeline, not before one.
LARGE_BLOCK_BYTES = 128 * 2**20


class NativeAdapter(Adapter):
    # It hangs when a pipeline breaks while its queue of 100 packets is full: the channels of the tokio that it is built
    # with (1.52.3) lose a wake-up there (tokio 1.53.0 does not). So the queue is not filled until a new pipeline stands.
    pace_seconds = 0.1
    slow_pieces_after_death = 30

    def __init__(self, client):
        self.client = client

    def writer(self, path):
        options = hdfs_native.WriteOptions(overwrite=True)
        if path.endswith("/large"):
            options.block_size = LARGE_BLOCK_BYTES
        return self.client.create(path, options)

    def appender(self, path):
        return self.client.append(path)

    def read(self, path):
        return self.client.read(path).read()

    def read_range(self, path, offset, length):
        return self.client.read(path).read_range(offset, length)

    def pieces(self, path):
        reader = self.client.read(path)
        return reader.read_range_stream(0, len(reader))

    def names(self, path):
        return [posixpath.basename(status.path) for status in self.client.list_status(path)]

    def length(self, path):
        return self.client.get_file_info(path).length

    def exists(self, path):
        try:
            self.client.get_file_info(path)
        except FileNotFoundError:
            return False
        return True

    def make_directory(self, path):
        self.client.mkdirs(path, create_parent=True)

    def rename(self, source, target):
        self.client.rename(source, target)

    def remove(self, path):
        self.client.delete(path, recursive=True)


class NativeLife(Life):
    def attributes_are_kept(self):
        path = f"{self.root}/attributes"
        self.write(path, b"1")
        client = self.adapter.client
        client.set_permission(path, 0o640)
        client.set_owner(path, "alice", "staff")
        client.set_times(path, 1_000_000_000_000, 1_100_000_000_000)
        client.set_replication(path, 2)
        status = client.get_file_info(path)
        same((status.permission, status.owner, status.group), (0o640, "alice", "staff"), "who may")
        same((status.modification_time, status.access_time), (1_000_000_000_000, 1_100_000_000_000), "times")
        same(status.replication, 2, "replication")

    def a_tree_is_listed_summed_and_matched(self):
        root = f"{self.root}/tree"
        for name in ("a/1", "a/2", "b/1"):
            self.adapter.make_directory(posixpath.dirname(f"{root}/{name}"))
            self.write(f"{root}/{name}", content(1, 1000))
        client = self.adapter.client
        found = sorted(status.path for status in client.list_status(root, recursive=True) if not status.isdir)
        same(found, [f"{root}/a/1", f"{root}/a/2", f"{root}/b/1"], "files")
        matched = sorted(status.path for status in client.glob_status(f"{root}/*/1"))
        same(matched, [f"{root}/a/1", f"{root}/b/1"], "matched")
        summary = client.get_content_summary(root)
        same((summary.length, summary.file_count, summary.directory_count), (3000, 3, 3), "summary")

    def an_existing_file_is_not_overwritten_unasked(self):
        path = f"{self.root}/existing"
        self.write(path, b"first")
        try:
            self.adapter.client.create(path)
        except FileExistsError:
            same(self.adapter.read(path), b"first", "content")
            return
        raise AssertionError("created twice")

    def a_synced_length_is_seen_before_the_close(self):
        path = f"{self.root}/synced"
        data = content(3, 100_000)
        writer = self.adapter.writer(path)
        writer.write(data)
        writer.hsync()
        # Its readers leave the block that is being written out.
        same(self.adapter.length(path), len(data), "synced")
        writer.write(b"more")
        writer.close()
        same(self.adapter.read(path), data + b"more", "closed")

    def a_lost_writer_is_replaced(self):
        path = f"{self.root}/lost"
        data = content(4, 300_000)
        writer = self.adapter.writer(path)
        writer.write(data)
        writer.hsync()
        other = hdfs_native.Client(self.settings["fs"])
        give_up = time.monotonic() + 30
        while not other.recover_lease(path) and time.monotonic() < give_up:
            time.sleep(0.1)
        same(self.adapter.read(path), data, "recovered")
        with_writer(other.append(path), [b"more"])
        same(self.adapter.read(path), data + b"more", "appended")

    def access_control_lists_are_kept(self):
        path = f"{self.root}/guarded"
        self.write(path, b"1")
        entry = hdfs_native.AclEntry("user", "access", "rw-", "alice")
        client = self.adapter.client
        client.modify_acl_entries(path, [entry])
        entries = client.get_acl_status(path).entries
        same([(str(each.type), each.name) for each in entries if each.name], [("user", "alice")], "entries")
        client.remove_acl(path)
        same(client.get_acl_status(path).entries, [], "entries")


main(lambda settings: NativeLife(NativeAdapter(hdfs_native.Client(settings["fs"])), settings))

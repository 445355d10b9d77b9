"""The life of hdfs-native behind fsspec's interface, as pandas, dask and pyarrow use it."""

from urllib.parse import urlparse

from fsspec_adapter import FsspecAdapter
from hdfs_native.fsspec import HdfsFileSystem
from ordinary_life import Life, main

# As in hdfs_native_life.py.
LARGE_BLOCK_BYTES = 128 * 2**20


class NativeFsspecAdapter(FsspecAdapter):
    # As in hdfs_native_life.py.
    pace_seconds = 0.1
    slow_pieces_after_death = 30

    def writer(self, path):
        block_size = LARGE_BLOCK_BYTES if path.endswith("/large") else None
        return self.files.open(path, "wb", block_size=block_size)


def make_life(settings):
    url = urlparse(settings["fs"])
    # This binding takes paths for URLs, and drops what follows these.
    settings["names"] = [name for name in settings["names"] if not set("#;") & set(name)]
    return Life(NativeFsspecAdapter(HdfsFileSystem(url.hostname, url.port)), settings)


main(make_life)

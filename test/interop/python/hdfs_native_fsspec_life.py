"""The life of hdfs-native behind fsspec's interface, as pandas, dask and pyarrow use it."""

from urllib.parse import urlparse

from fsspec_adapter import FsspecAdapter
from hdfs_native.fsspec import HdfsFileSystem
from ordinary_life import Life, main


def make_life(settings):
    url = urlparse(settings["fs"])
    # This binding takes paths for URLs, and drops what follows these.
    settings["names"] = [name for name in settings["names"] if not set("#;") & set(name)]
    return Life(FsspecAdapter(HdfsFileSystem(url.hostname, url.port)), settings)


main(make_life)

"""Any file system of fsspec."""

import posixpath

from ordinary_life import MEBIBYTE, Adapter


class FsspecAdapter(Adapter):
    def __init__(self, files):
        self.files = files

    def writer(self, path):
        return self.files.open(path, "wb")

    def appender(self, path):
        return self.files.open(path, "ab")

    def read(self, path):
        with self.files.open(path, "rb") as file:
            return file.read()

    def read_range(self, path, offset, length):
        with self.files.open(path, "rb") as file:
            file.seek(offset)
            return file.read(length)

    def pieces(self, path):
        with self.files.open(path, "rb") as file:
            while piece := file.read(MEBIBYTE):
                yield piece

    def names(self, path):
        # fsspec keeps listings, and others change directories too.
        self.files.invalidate_cache()
        return [posixpath.basename(name) for name in self.files.ls(path, detail=False)]

    def length(self, path):
        return self.files.info(path)["size"]

    def exists(self, path):
        return self.files.exists(path)

    def make_directory(self, path):
        self.files.makedirs(path, exist_ok=True)

    def rename(self, source, target):
        self.files.mv(source, target)

    def remove(self, path):
        self.files.rm(path, recursive=True)

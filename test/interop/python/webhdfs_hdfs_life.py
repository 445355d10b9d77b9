"""The life of the Python client `hdfs` (hdfscli)."""


from hdfs import InsecureClient
from hdfs.util import HdfsError
from ordinary_life import MEBIBYTE, Adapter, Life, main
from redirects import Redirects


class Uploading:
    """write() and close() over a client that wants all bytes from an iterator."""

    def __init__(self, context):
        self.context = context
        self.writer = context.__enter__()

    def write(self, data):
        # The writer passes pieces on as chunks of the request: an empty one would end it.
        for start in range(0, len(data), MEBIBYTE):
            self.writer.write(data[start : start + MEBIBYTE])

    def close(self):
        self.context.__exit__(None, None, None)


class HdfsAdapter(Adapter):
    def __init__(self, client):
        self.client = client
        self.redirects = Redirects(client._session)

    def gateway(self):
        return self.redirects.port

    def writer(self, path):
        return Uploading(self.client.write(path, overwrite=True))

    def appender(self, path):
        return Uploading(self.client.write(path, append=True))

    def read(self, path):
        with not_found(), self.client.read(path) as reader:
            return reader.read()

    def read_range(self, path, offset, length):
        with self.client.read(path, offset=offset, length=length) as reader:
            return reader.read()

    def pieces(self, path):
        with self.client.read(path, chunk_size=MEBIBYTE) as reader:
            yield from reader

    def names(self, path):
        with not_found():
            return self.client.list(path)

    def length(self, path):
        return self.client.status(path)["length"]

    def exists(self, path):
        return self.client.status(path, strict=False) is not None

    def make_directory(self, path):
        self.client.makedirs(path)

    def rename(self, source, target):
        self.client.rename(source, target)

    def remove(self, path):
        self.client.delete(path, recursive=True)


class not_found:
    """Its one exception for everything carries the server's."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, HdfsError) and error.exception == "FileNotFoundException":
            raise FileNotFoundError(str(error)) from error


main(lambda settings: Life(HdfsAdapter(InsecureClient(settings["http"], user=settings["user"])), settings))

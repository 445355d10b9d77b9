"""The life of fsspec's WebHDFS."""

import time
from urllib.parse import urlparse

import requests
from fsspec.implementations.webhdfs import WebHDFS
from fsspec_adapter import FsspecAdapter
from ordinary_life import MEBIBYTE, Life, main
from redirects import Redirects

PIECE_BYTES = 5 * MEBIBYTE
PATIENCE_SECONDS = 60


class WebHdfsAdapter(FsspecAdapter):
    def __init__(self, files):
        super().__init__(files)
        self.redirects = Redirects(files.session)

    def gateway(self):
        return self.redirects.port

    def pieces(self, path):
        """Each range is a request of its own, and it does not repeat one that is sent to a datanode that has just died."""
        length = self.length(path)
        give_up = time.monotonic() + PATIENCE_SECONDS
        offset = 0
        while offset < length:
            try:
                piece = self.read_range(path, offset, PIECE_BYTES)
            except requests.exceptions.ConnectionError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.5)
                continue
            offset += len(piece)
            yield piece


class WebHdfsLife(Life):
    # It cannot: its appending writer sends to the address None. Its large files are made of appends, though.
    appends_at_every_boundary = None


def make_life(settings):
    url = urlparse(settings["http"])
    files = WebHDFS(url.hostname, port=url.port, user=settings["user"], use_listings_cache=False)
    return WebHdfsLife(WebHdfsAdapter(files), settings)


main(make_life)

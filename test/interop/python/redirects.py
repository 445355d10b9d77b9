"""Where a namenode sends a client of WebHDFS."""

from urllib.parse import urlparse


class Redirects:
    """Listens to a session of requests."""

    def __init__(self, session):
        self.port = 0
        session.hooks["response"].append(self.note)

    def note(self, response, *_args, **_kwargs):
        location = response.headers.get("Location")
        if location is not None:
            self.port = urlparse(location).port

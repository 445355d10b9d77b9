"""The ordinary life of a client in Python: one story, told through an adapter for each client.

Called with one argument, a JSON object (see test/support/python-life.ts). Prints one JSON object before each check,
`{"begun"}`, one as soon as it has ended, `{"check", "seconds", "failure"?}`, and at the end what it left behind,
`{"left": {path: md5}}`, for the caller to read with another client. A check from which the client does not come back
ends the process, with the stacks of its threads on stderr. `{"kill": path}` asks the caller to kill a datanode that has the last block of a
file, but not the one with the HTTP port `spare`; the caller answers with a line.
"""

import faulthandler
import hashlib
import json
import random
import sys
import threading
import time
import traceback

MEBIBYTE = 2**20
WRITERS = 8
# Slow enough for a datanode to be killed before much is written, fast enough to keep packets on their way.
PACE_SECONDS = 0.02
# Several times what the slowest check takes on a busy machine.
CHECK_SECONDS = 150


class Adapter:
    """What a client has to offer. Paths are absolute, contents are bytes."""

    # Between pieces while a datanode dies, and for how many pieces after that.
    pace_seconds = PACE_SECONDS
    slow_pieces_after_death = 0

    def writer(self, path):
        """A new or replaced file: something with write(bytes) and close()."""
        raise NotImplementedError

    def appender(self, path):
        raise NotImplementedError

    def read(self, path):
        raise NotImplementedError

    def read_range(self, path, offset, length):
        raise NotImplementedError

    def pieces(self, path):
        """The contents in order, in pieces of any size."""
        raise NotImplementedError

    def names(self, path):
        """Names of a directory's entries, without the directory."""
        raise NotImplementedError

    def length(self, path):
        raise NotImplementedError

    def exists(self, path):
        raise NotImplementedError

    def make_directory(self, path):
        raise NotImplementedError

    def rename(self, source, target):
        raise NotImplementedError

    def gateway(self):
        """HTTP port of the datanode through which it writes or reads now; 0 when it goes to datanodes itself."""
        return 0

    def remove(self, path):
        """Removes a file, or a directory with all that is in it."""
        raise NotImplementedError


def content(seed, length):
    return random.Random(seed).randbytes(length)


def same(actual, expected, what):
    # Not assert: nobody wants megabytes in a message.
    if actual != expected:
        if isinstance(expected, bytes):
            raise AssertionError(f"{what}: {len(actual)} bytes that differ from the {len(expected)} written")
        raise AssertionError(f"{what}: {actual!r} instead of {expected!r}")


class Life:
    """Each public method is a check."""

    def __init__(self, adapter, settings):
        self.adapter = adapter
        self.settings = settings
        self.root = settings["root"]
        self.left = {}

    def write(self, path, data):
        with_writer(self.adapter.writer(path), [data])

    def keep(self, path, data):
        self.left[path] = hashlib.md5(data).hexdigest()

    def sizes_come_back(self):
        self.adapter.make_directory(f"{self.root}/sizes")
        for size in self.settings["sizes"]:
            path = f"{self.root}/sizes/{size}"
            data = content(size, size)
            self.write(path, data)
            same(self.adapter.length(path), size, "length")
            same(self.adapter.read(path), data, path)
            self.keep(path, data)

    def ranges_come_back(self):
        size = max(self.settings["sizes"])
        data = content(size, size)
        chance = random.Random(1)
        for _ in range(40):
            offset = chance.randrange(size)
            length = min(chance.choice([1, 511, 512, 513, 70_000, 1_100_000]), size - offset)
            actual = self.adapter.read_range(f"{self.root}/sizes/{size}", offset, length)
            same(actual, data[offset : offset + length], f"{length} bytes at {offset}")

    def odd_names_survive(self):
        folder = f"{self.root}/names"
        self.adapter.make_directory(folder)
        names = self.settings["names"]
        for name in names:
            self.write(f"{folder}/{name}", name.encode())
        same(sorted(self.adapter.names(folder)), sorted(names), "names")
        for name in names:
            same(self.adapter.read(f"{folder}/{name}"), name.encode(), name)
            self.keep(f"{folder}/{name}", name.encode())
        for name in names:
            self.adapter.rename(f"{folder}/{name}", f"{folder}/moved")
            same(self.adapter.read(f"{folder}/moved"), name.encode(), f"moved {name}")
            self.adapter.rename(f"{folder}/moved", f"{folder}/{name}")

    def thousands_of_entries_are_listed(self):
        folder = f"{self.root}/many"
        names = [f"entry-{index}" for index in range(self.settings["manyEntries"])]
        self.adapter.make_directory(folder)
        in_threads(names, lambda name: self.adapter.make_directory(f"{folder}/{name}"))
        same(sorted(self.adapter.names(folder)), sorted(names), "names")
        self.adapter.remove(folder)
        same(self.adapter.exists(folder), False, "exists")

    def appends_at_every_boundary(self):
        self.adapter.make_directory(f"{self.root}/appended")
        for size in self.settings["sizes"]:
            path = f"{self.root}/appended/{size}"
            data = content(size, size)
            self.write(path, data)
            for step in (1, 700, 66_000):
                more = content(step, step)
                with_writer(self.adapter.appender(path), [more])
                data += more
            same(self.adapter.read(path), data, path)
            self.keep(path, data)

    def moves_and_removals(self):
        folder = f"{self.root}/life"
        self.adapter.make_directory(f"{folder}/a")
        self.write(f"{folder}/a/file", b"one")
        self.adapter.rename(f"{folder}/a", f"{folder}/b")
        same(self.adapter.read(f"{folder}/b/file"), b"one", "moved")
        self.write(f"{folder}/b/file", b"replaced")
        same(self.adapter.read(f"{folder}/b/file"), b"replaced", "replaced")
        same(self.adapter.exists(f"{folder}/a/file"), False, "exists")
        self.adapter.remove(f"{folder}/b/file")
        same(self.adapter.names(f"{folder}/b"), [], "names")
        for call in (self.adapter.read, self.adapter.names):
            try:
                call(f"{folder}/missing")
            except FileNotFoundError:
                continue
            raise AssertionError("a missing path is not FileNotFoundError")

    def writers_work_side_by_side(self):
        self.adapter.make_directory(f"{self.root}/together")
        data = {f"{self.root}/together/{index}": content(index, 3_000_000) for index in range(WRITERS)}
        in_threads(list(data), lambda path: self.write(path, data[path]))
        for path, expected in data.items():
            same(self.adapter.read(path), expected, path)
            self.keep(path, expected)

    def a_datanode_is_killed_in_the_middle_of_a_write(self):
        path = f"{self.root}/large"
        piece = content(9, MEBIBYTE)
        count = self.settings["largeBytes"] // MEBIBYTE

        # No client survives the death of the datanode that takes its request.
        killing = threading.Thread(target=lambda: kill_holder(path, self.adapter.gateway()))

        def pieces():
            slow = 0
            for index in range(count):
                if index == count // 2:
                    killing.start()
                if killing.is_alive():
                    slow = self.adapter.slow_pieces_after_death + 1
                if slow > 0:
                    slow -= 1
                    time.sleep(self.adapter.pace_seconds)
                yield index.to_bytes(4, "big") + piece[4:]
            killing.join()

        with_writer(self.adapter.writer(path), pieces())
        same(self.adapter.length(path), count * MEBIBYTE, "length")

    def a_datanode_is_killed_in_the_middle_of_a_read(self):
        path = f"{self.root}/large"
        piece = content(9, MEBIBYTE)
        count = self.settings["largeBytes"] // MEBIBYTE
        digest = hashlib.md5()
        expected = hashlib.md5()
        for index in range(count):
            expected.update(index.to_bytes(4, "big") + piece[4:])
        read = 0
        killed = False
        for data in self.adapter.pieces(path):
            digest.update(data)
            read += len(data)
            if not killed and read > count // 4 * MEBIBYTE:
                killed = True
                kill_holder(path, self.adapter.gateway())
        same(read, count * MEBIBYTE, "length")
        same(digest.hexdigest(), expected.hexdigest(), "digest")


def with_writer(writer, pieces):
    for piece in pieces:
        writer.write(piece)
    # Not in a finally: closing is what acknowledges, and a failed write is not to be closed.
    writer.close()


def in_threads(items, do):
    failures = []

    def work(mine):
        try:
            for item in mine:
                do(item)
        except Exception:
            failures.append(traceback.format_exc())

    threads = [threading.Thread(target=work, args=(items[index::WRITERS],)) for index in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise AssertionError("\n".join(failures))


def kill_holder(path, spare=0):
    say({"kill": path, "spare": spare})
    sys.stdin.readline()


def say(value):
    print(json.dumps(value), flush=True)


def checks_of(life):
    """Its methods in the order of their definition, those of its parents first; last those that leave a datanode dead."""
    names = {}
    for kind in reversed(type(life).__mro__):
        for name, value in vars(kind).items():
            if callable(value) and not name.startswith("_") and name not in ("write", "keep"):
                names[name] = None
            elif value is None:
                names.pop(name, None)
    return sorted(names, key=lambda name: name.startswith("a_datanode_is_killed"))


def main(make_life):
    """Runs all checks of make_life(settings)."""
    settings = json.loads(sys.argv[1])
    life = make_life(settings)
    for name in checks_of(life):
        say({"begun": name})
        begun = time.monotonic()
        result = {"check": name}
        faulthandler.dump_traceback_later(CHECK_SECONDS, exit=True)
        try:
            getattr(life, name)()
        except Exception:
            result["failure"] = traceback.format_exc()[-4000:]
        faulthandler.cancel_dump_traceback_later()
        result["seconds"] = round(time.monotonic() - begun, 1)
        say(result)
    say({"left": life.left})

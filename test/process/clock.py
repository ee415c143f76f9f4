"""A wall clock that jumps, for programs that a test starts: wall_clock.c."""

import contextlib
import datetime
import os
import pathlib
import struct
import subprocess
import time


class WallClock:
    """libfaketime is no help here: Envoy hangs with it, and it knows nothing of waits by the futex system call, Abseil's."""

    def __init__(self, folder):
        self.file, library = folder / "offset", folder / "wall_clock.so"
        source = pathlib.Path(__file__).with_name("wall_clock.c")
        subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", library, source], check=True)
        self.offset = 0  # seconds that it is ahead of this machine's
        self.file.write_bytes(struct.pack("q", 0))
        self.env = {"LD_PRELOAD": str(library), "WALL_CLOCK": str(self.file)}

    def jump(self, seconds):
        self.offset += seconds
        with open(self.file, "r+b", buffering=0) as file:  # in place: it is mapped
            file.write(struct.pack("q", self.offset))

    def now(self):
        return time.time() + self.offset

    @contextlib.contextmanager
    def shown(self):
        """To what is started meanwhile."""
        os.environ.update(self.env)
        try:
            yield
        finally:
            for name in self.env:
                del os.environ[name]


def seconds_of(text):
    """Of a time in an object, since 1970."""
    return datetime.datetime.fromisoformat(text).timestamp()

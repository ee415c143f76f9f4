"""Reads what all containers print, in one thread.  Lines are stored as `<RFC 3339 time> <line>`."""

import os
import selectors
import threading

from .clock import now_in_micros


class LogCollector:
    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.lock = threading.Lock()
        reader, self.waker = os.pipe()
        os.set_blocking(reader, False)
        self.selector.register(reader, selectors.EVENT_READ, None)
        threading.Thread(target=self.run, daemon=True).start()

    def add(self, pipe, path):
        os.set_blocking(pipe.fileno(), False)
        with self.lock:
            self.selector.register(pipe, selectors.EVENT_READ, [open(path, "ab", buffering=0), b""])
        os.write(self.waker, b"x")

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.data is None:
                    os.read(key.fd, 4096)
                else:
                    self.take(key)

    def take(self, key):
        log, rest = key.data
        try:
            chunk = os.read(key.fd, 1 << 16)
        except BlockingIOError:
            return
        *lines, key.data[1] = (rest + chunk).split(b"\n")
        if not chunk and key.data[1]:
            lines.append(key.data[1])
        if lines:
            stamp = now_in_micros().encode() + b" "
            log.write(b"".join(stamp + line + b"\n" for line in lines))
        if not chunk:
            with self.lock:
                self.selector.unregister(key.fileobj)
            key.fileobj.close()
            log.close()

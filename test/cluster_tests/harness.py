"""A test cluster (test/cluster), what is installed in it, and load on it."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import ssl
import subprocess
import threading
import time

PAUSE = 0.005  # seconds between a client's requests: clients, proxies and backends share this machine
TOOLS = pathlib.Path(__file__).parents[1] / "cluster"


def await_true(what, seconds=30):
    """Calls `what` until it returns something true; returns that."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < end, f"waited {seconds} s in vain for {what}"
        time.sleep(0.1)


class Cluster:
    def __init__(self, state, name, net):
        self.state, self.name, self.net = state, name, net
        self.env = {**os.environ, "LIMEN_CLUSTER": str(state)}

    def run(self, *words, check=True, **options):
        done = subprocess.run([TOOLS / words[0], *map(str, words[1:])], env=self.env, text=True, capture_output=True, **options)
        assert done.returncode == 0 or not check, f"{' '.join(map(str, words))}: {done.stdout}{done.stderr}"
        return done.stdout

    def kubectl(self, *words, **options):
        return self.run("cluster", "kubectl", *words, **options)

    def apply(self, text):
        self.kubectl("apply", "-f", "-", input=text)

    def get(self, *words):
        return json.loads(self.kubectl("get", *words, "-o", "json"))

    def exec(self, pod, command, **options):
        """In NAMESPACE/POD[:CONTAINER], by sh."""
        return self.run("cluster", "exec", "--pod", pod, "--", "sh", "-c", command, **options)

    def is_ready(self):
        return self.kubectl("get", "--raw", "/readyz", check=False) == "ok"

    def namespaces(self, of=""):
        """Network namespaces of the cluster, or of what is named so: "-pod"."""
        return [name for name in os.listdir("/run/netns") if name.startswith(f"{self.name}{of}")]

    @contextlib.contextmanager
    def held(self, node):
        """Its kubelet does nothing meanwhile; its pods go on.  After NODE_GRACE_S it would be taken for dead."""
        pid = json.loads((self.state / "run" / f"{node}.json").read_text())["pid"]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def without(self, *parts):
        """Of the control plane: killed, and started again afterwards."""
        self.run("cluster", "stop", "--kill", *parts)
        try:
            yield
        finally:
            for part in reversed(parts):
                self.run("cluster", "start", part)
            await_true(self.is_ready, 60)


class Load:
    """Clients that ask again and again until the end of the `with`: each second one on a connection that it keeps for as
    long as the server does, the others on a new connection each time.  `timeout`: seconds that they wait for an answer."""

    def __init__(self, address, host, port=80, context=None, clients=4, timeout=10):
        self.address, self.host, self.port, self.context, self.timeout = address, host, port, context, timeout
        self.succeeded = 0
        self.failed = []  # (seconds since the start, what)
        self.certificates = set()  # DER, of the servers
        self.start = time.monotonic()
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.ask, args=(number % 2 == 0,), daemon=True) for number in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def connect(self):
        connection = http.client.HTTPConnection(self.address, self.port, timeout=self.timeout)
        if self.context is not None:
            connection.connect()
            connection.sock = self.context.wrap_socket(connection.sock, server_hostname=self.host)
            self.certificates.add(connection.sock.getpeercert(True))
        return connection

    def ask(self, keep):
        connection = None
        while not self.over.wait(PAUSE):
            try:
                connection = connection or self.connect()
                connection.request("GET", "/", headers={"host": self.host, **({} if keep else {"connection": "close"})})
                answer = connection.getresponse()
                answer.read()
                self.note(None if answer.status == 200 else answer.status)
                if keep and not answer.will_close:
                    continue
            except (OSError, http.client.HTTPException) as error:
                self.note(repr(error))
            if connection:
                connection.close()
            connection = None

    def note(self, failure):
        with self.lock:
            if failure is None:
                self.succeeded += 1
            else:
                self.failed.append((round(time.monotonic() - self.start, 2), failure))

    def go_on(self, seconds=1.0):
        """Until there was load for that long, from now on."""
        time.sleep(seconds)


def answers(address, port=80, host="x"):
    """The status of one request; None: there is no connection."""
    connection = http.client.HTTPConnection(address, port, timeout=3)
    try:
        connection.request("GET", "/", headers={"host": host})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def trusting(pem):
    return ssl.create_default_context(cadata=pem.decode())

"""Runs the real `limen run` with a real Envoy, for tests.

Everything listens on loopback ports that were free a moment ago; everything that is started is ended by its id.
"""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

LIMEN = os.environ["LIMEN"]
ENVOY = pathlib.Path(__file__).parents[2] / ".venv/bin/envoy"


def shows(*features):
    """Says which features of the Gateway API a test shows: tools/conformance.py makes a table of it."""
    def unchanged(test):
        test.shows = features
        return test
    return unchanged


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def is_alive(pid) -> bool:
    """Not so: one that has ended, even if whoever inherited it has not asked how."""
    stat = pathlib.Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(what, timeout=15.0):
    """Calls `what` until it returns something true; returns that."""
    deadline = time.monotonic() + timeout
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s in vain for {what}")
        time.sleep(0.02)


def backend_yaml(name, port):
    """A Backend on loopback."""
    return (f"apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: Backend\nmetadata: {{name: {name}}}\n"
            f"spec:\n  endpoints:\n  - ip: {{address: 127.0.0.1, port: {port}}}\n")


class HttpServer:
    """Serves with a request handler of http.server, on a free port unless one is given, until it is closed."""

    def __init__(self, handler, port=0):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Echo(HttpServer):
    """A backend that answers its name and what it was asked.

    Headers of the request say how: x-answer (a status, or "reset" to close the connection) and x-delay (seconds). They
    may be lists: the first item is for the first request of that path, and so on; the last one stays.
    """

    def __init__(self, name):
        self.name = name
        self.requests = []
        self.go_on = threading.Event()  # cleared: answers wait
        self.go_on.set()
        echo = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                status, delay = self.wanted("x-answer", "200"), float(self.wanted("x-delay", "0"))
                seen = {"backend": echo.name, "method": self.command, "path": self.path,
                        "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body.decode()}
                echo.requests.append(seen)
                text = json.dumps(seen).encode()
                echo.go_on.wait(300)
                time.sleep(delay)
                if status == "reset":
                    self.close_connection = True
                    return
                self.send_response(int(status))
                self.send_header("content-length", str(len(text)))
                self.send_header("x-from-backend", "yes")
                if "x-close" in self.headers:  # the next request needs another connection
                    self.send_header("connection", "close")
                self.end_headers()
                with contextlib.suppress(OSError):  # the client has given up
                    self.wfile.write(text)

            def wanted(self, header, default):
                items = self.headers.get(header, default).split(",")
                earlier = sum(seen["path"] == self.path for seen in echo.requests)
                return items[min(earlier, len(items) - 1)]

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = answer

            def log_message(self, *_):
                pass

        super().__init__(Handler)

    def yaml(self):
        """A Backend object of this backend's name."""
        return backend_yaml(self.name, self.port)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {k.lower(): v for k, v in response.getheaders()}
        self.text = response.read().decode(errors="replace")

    @property
    def json(self):
        return json.loads(self.text)


def start_remote_envoy(limen, change=lambda config: config, proxy="default/web", flags=()):
    """An Envoy that starts with what `limen bootstrap` prints, by limen's `xds_port` and `certs`."""
    folder = limen.conf.parent
    printed = subprocess.run([LIMEN, "bootstrap", "--proxy", proxy, "--xds-address", f"127.0.0.1:{limen.xds_port}",
                              "--certs", limen.certs, "--node", "n1", "-o", "json", "--admin-socket", folder / "admin.sock", *flags],
                             check=True, capture_output=True, text=True).stdout
    (folder / "envoy.json").write_text(json.dumps(change(json.loads(printed))))
    with open(folder / "envoy.log", "ab") as log:
        return subprocess.Popen(
            [os.path.realpath(ENVOY), "-c", folder / "envoy.json", "--disable-hot-restart", "--concurrency", "1"],
            stdout=log, stderr=log)


class Limen:
    def __init__(self, folder: pathlib.Path):
        self.conf = folder / "conf"
        self.state = folder / "state"
        self.log = folder / "limen.log"
        self.conf.mkdir(parents=True)
        self.port = free_port()
        self.process = None
        self.flags = []  # further ones for `limen run`

    def write(self, name, text):
        """As careful writers do: a new file, renamed into place."""
        temporary = self.conf / f".{name}.new"
        temporary.write_text(text)
        temporary.rename(self.conf / name)

    def gateway(self, listeners=None, **more):
        """The Gateway "web" of the class "limen", by default with one HTTP listener on `port`; `more` of its spec."""
        listeners = listeners or [{"name": "http", "port": self.port, "protocol": "HTTP"}]
        spec = {"gatewayClassName": "limen", "listeners": listeners, **more}
        self.write("gateway.yaml", f"""
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: limen}}
spec: {{controllerName: gateway.envoyproxy.io/gatewayclass-controller}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: web}}
spec: {json.dumps(spec)}
""")

    def route(self, name, rules, hostnames=None):
        hosts = f"  hostnames: {json.dumps(hostnames)}\n" if hostnames else ""
        self.write(f"route-{name}.yaml", f"""
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}}}
spec:
  parentRefs: [{{name: web}}]
{hosts}  rules: {json.dumps(rules)}
""")

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([LIMEN, "run", "-f", str(self.conf), "--state-dir", str(self.state),
                                             *self.flags],
                                            stdout=log, stderr=log)

    def admin(self, path):
        """Answer of Envoy's admin interface."""
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(next((self.state / "admin").glob("*.sock"))))
            client.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
            response = http.client.HTTPResponse(client)
            response.begin()
            return response.read().decode()

    def envoy_pids(self):
        pids = []
        for record in self.state.glob("proxies/*/pid*"):
            pids.append(int(record.read_text().split()[0]))
        return pids

    def get(self, path="/", host="localhost", method="GET", headers=None, body=None, port=None, timeout=5):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers={"host": host, **(headers or {})})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def try_get(self, *args, **kwargs):
        try:
            return self.get(*args, **kwargs)
        except OSError:
            return None

    def wait_status(self, status, *args, **kwargs):
        def matches():
            answer = self.try_get(*args, **kwargs)
            return answer if answer is not None and answer.status == status else None
        return wait_for(matches)

    def status(self, *words):
        done = subprocess.run([LIMEN, "status", "--state-dir", str(self.state), *words], capture_output=True, text=True)
        return done.stdout + done.stderr

    def roles(self):
        """The Envoys on record: process id by what they are."""
        texts = [record.read_text().split() for record in self.state.glob("proxies/*/pid*") if record.exists()]
        return {text[3]: int(text[0]) for text in texts if len(text) > 3}

    def kill(self):
        """As if the machine's memory had run out: Envoy is left."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid in self.envoy_pids():
            cmdline = pathlib.Path(f"/proc/{pid}/cmdline")
            if cmdline.exists() and str(self.state).encode() in cmdline.read_bytes():
                os.kill(pid, signal.SIGKILL)


class Hammer:
    """One client that asks again and again, each time on a new connection, and counts the answers by status."""

    def __init__(self, limen, **request):
        self.limen, self.request = limen, request
        self.answers = {}
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ended.is_set():
            try:
                key = self.limen.get(**self.request).status
            except (OSError, http.client.HTTPException) as error:
                key = repr(error)
            self.answers[key] = self.answers.get(key, 0) + 1

    def count(self):
        return sum(self.answers.values())

    def stop(self):
        self.ended.set()
        self.thread.join()
        return self.answers


class KeptAlive(Hammer):
    """The same on one connection for as long as the server keeps it."""

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.limen.port, timeout=5)
        while not self.ended.is_set():
            try:
                connection.request("GET", "/", headers={"host": "localhost"})
                answer = connection.getresponse()
                answer.read()
                key = answer.status
            except (OSError, http.client.HTTPException) as error:
                key = repr(error)
                connection.close()
            self.answers[key] = self.answers.get(key, 0) + 1
        connection.close()

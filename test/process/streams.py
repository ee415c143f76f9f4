"""Backends and clients of connections and datagrams, for tests."""

import json
import select
import socket
import socketserver
import ssl
import threading

GROUP = "gateway.networking.k8s.io/v1"


class TcpBackend:
    """Says its name, then echoes.  With a certificate and its key it speaks TLS."""

    def __init__(self, name, pair=None):
        self.name = name
        self.server_names = []  # that clients asked for; None: a client that asked for none
        backend = self
        context = None
        if pair:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*pair)
            context.sni_callback = lambda _socket, server_name, _context: backend.server_names.append(server_name)

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                try:
                    connection = context.wrap_socket(self.request, server_side=True) if context else self.request
                    connection.sendall(name.encode() + b"\n")
                    while data := connection.recv(1000):
                        connection.sendall(data)
                except OSError:
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            request_queue_size = 100

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class UdpBackend:
    """Answers each datagram with its name and the datagram."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.closed = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.closed:
            if not select.select([self.socket], [], [], 0.1)[0]:
                continue
            data, sender = self.socket.recvfrom(2000)
            self.socket.sendto(self.name.encode() + b" " + data, sender)

    def close(self):
        self.closed = True
        self.thread.join()
        self.socket.close()


def write(limen, kind, name, spec, **metadata):
    limen.write(f"{kind}-{name}.json", json.dumps({"apiVersion": GROUP, "kind": kind,
                                                   "metadata": {"name": name, **metadata}, "spec": spec}))


def remove(limen, kind, name):
    (limen.conf / f"{kind}-{name}.json").unlink()


def add_backend(limen, backend):
    limen.write(f"backend-{backend.name}.json", json.dumps({
        "apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "Backend", "metadata": {"name": backend.name},
        "spec": {"endpoints": [{"ip": {"address": "127.0.0.1", "port": backend.port}}]}}))


def to(name, weight=1):
    return {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": name, "weight": weight}


def route(limen, kind, name, refs, section=None, hostnames=None, **metadata):
    parent = {"name": "web", **({"sectionName": section} if section else {})}
    write(limen, kind, name, {"parentRefs": [parent], "rules": [{"backendRefs": refs}],
                              **({"hostnames": hostnames} if hostnames else {})}, **metadata)


class Connection:
    """To a TcpBackend through `port`: plain, or with TLS if there is a server name ("": without one)."""

    def __init__(self, port, server_name=None, verify=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        try:
            if server_name is not None:
                context = ssl.create_default_context(cadata=verify) if verify else ssl.create_default_context()
                if not verify:
                    context.check_hostname = False
                    context.verify_mode = ssl.CERT_NONE
                self.socket = context.wrap_socket(self.socket, server_hostname=server_name or None)
            self.greeting = self.line()
        except Exception:
            self.socket.close()
            raise

    def line(self):
        data = b""
        while not data.endswith(b"\n"):
            more = self.socket.recv(1000)
            if not more:
                raise ConnectionError("closed")
            data += more
        return data.decode().strip()

    def ask(self, text):
        self.socket.sendall(text.encode() + b"\n")
        return self.line()

    def certificate(self):
        return self.socket.getpeercert(binary_form=True)

    def close(self):
        self.socket.close()


def reached(port, *args, **kwargs):
    """The name of the backend that a new connection reaches; None: it is refused or closed."""
    try:
        connection = Connection(port, *args, **kwargs)
    except OSError:
        return None
    connection.close()
    return connection.greeting


def asked(port, text="x", timeout=0.5):
    """The answer to a datagram from a new socket; None: there is none in time."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(timeout)
        client.sendto(text.encode(), ("127.0.0.1", port))
        try:
            return client.recv(2000).decode()
        except OSError:
            return None


def shares(port, count):
    """How many of `count` datagrams, each from a socket of its own, each backend answers; None: nobody."""
    clients = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    found = {}
    for client in clients:
        client.settimeout(1)
        client.sendto(b"x", ("127.0.0.1", port))
    select.select([], [], [], 0.5)
    for client in clients:
        client.setblocking(False)
        try:
            name = client.recv(2000).decode().split()[0]
        except OSError:
            name = None
        found[name] = found.get(name, 0) + 1
        client.close()
    return found

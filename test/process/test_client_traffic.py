"""ClientTrafficPolicy by behaviour: sockets, HTTP/2 and time, as clients of a real Envoy notice them."""

import http.client
import json
import pathlib
import re
import socket
import ssl
import time

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest

from http2 import H2Client
from limen import free_port, wait_for
from pki import Authority, config_map, tls_secret
from streams import Connection, TcpBackend, add_backend, reached, route, to
from test_client_tls import TLS12, policy, web  # noqa: F401  (web: a fixture)

TICKS = 100  # of /proc, per second


def keepalive(port, client):
    """For how many seconds more Envoy's socket of this connection waits until it asks whether the client is there; None: it
    never asks.  Source: proc(5), net/tcp: timer 02."""
    ends = {port: client.getsockname()[1]}
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        local, remote = (int(fields[i].split(":")[1], 16) for i in (1, 2))
        if ends.get(local) == remote:
            timer, when = (int(part, 16) for part in fields[5].split(":"))
            return when / TICKS if timer == 2 else None
    return None


def logged(web, **clients):  # noqa: F811
    """What the access log has of the fingerprints of clients, each by its host and what changes its SSLContext."""
    for agent, (host, tune) in clients.items():
        assert web.client(host=host, tune=tune).ask(host, headers={"user-agent": agent}) == 200
    log = next(web.limen.state.glob("proxies/*/envoy.log"))

    def entries():
        lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{") and line.endswith("}")]
        return {line["user-agent"]: {name: value for name, value in line.items() if "fingerprint" in name}
                for line in lines if line["user-agent"] in clients}
    return wait_for(lambda: (found := entries()).keys() == clients.keys() and found)


def test_fingerprints_are_in_the_access_log(web):  # noqa: F811
    web.set({"tls": {"fingerprints": ["JA3", "JA4"]}})
    wait_for(lambda: "tls_ja4_fingerprint" in web.limen.admin("/config_dump?resource=dynamic_listeners"))
    web.wait(200)
    seen = logged(web, one=("one.test", None), again=("one.test", None), old=("one.test", TLS12), other=("two.test", None))
    assert seen["one"] == seen["again"] and set(seen["one"]) == {"tls_ja3_fingerprint", "tls_ja4_fingerprint"}
    ja3, ja4 = seen["one"].values()
    assert re.fullmatch("[0-9a-f]{32}", ja3) and seen["old"]["tls_ja3_fingerprint"] != ja3
    assert re.fullmatch("t13d[0-9]{4}00_[0-9a-f]{12}_[0-9a-f]{12}", ja4) and seen["old"]["tls_ja4_fingerprint"].startswith("t12d")
    assert seen["other"] == {}  # another listener's policy


def connected(web):  # noqa: F811
    """A connection that is served."""
    client = http.client.HTTPConnection("127.0.0.1", web.limen.port, timeout=5)
    client.request("GET", "/", headers={"host": "localhost"})
    assert client.getresponse().read()
    return client


def test_tcp_keepalive(web):  # noqa: F811
    def seconds():
        """0: never, or this connection is one of before the policy, which the server has ended."""
        sock = connected(web).sock
        return sock and keepalive(web.limen.port, sock) or 0

    assert seconds() == 0
    web.set({"tcpKeepalive": {"probes": 3, "idleTime": "40s", "interval": "5s"}}, "plain")
    wait_for(lambda: 30 < seconds() <= 40)
    web.set({"tcpKeepalive": {}}, "plain")  # the kernel's own times
    usual = int(pathlib.Path("/proc/sys/net/ipv4/tcp_keepalive_time").read_text())
    wait_for(lambda: usual - 10 < seconds() <= usual)


class H2Events(H2Client):
    """Keeps what the server says; sends whatever it is told to."""

    def __init__(self, web, host="one.test"):  # noqa: F811
        super().__init__(web.port, web.server_ca.pem, host)
        self.state = h2.connection.H2Connection(h2.config.H2Configuration(
            header_encoding="utf-8", validate_outbound_headers=False, normalize_outbound_headers=False))
        self.state.initiate_connection()
        self.events = []

    def read(self, until, timeout=5.0):
        """The first event of that type; None: there is none in time, or the connection ends."""
        deadline = time.monotonic() + timeout
        while True:
            self.socket.sendall(self.state.data_to_send())
            found = next((event for event in self.events if isinstance(event, until)), None)
            if found or time.monotonic() > deadline:
                return found
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                continue
            if not data:
                return None
            self.events += self.state.receive_data(data)

    def send(self, *headers):
        stream = self.state.get_next_available_stream_id()
        self.state.send_headers(stream, [(":method", "GET"), (":scheme", "https"), (":authority", "one.test"), (":path", "/"), *headers],
                                end_stream=True)

    def told(self):
        """Streams at a time, and bytes of a stream's and of the connection's window."""
        assert self.read(h2.events.RemoteSettingsChanged)
        codes, settings = h2.settings.SettingCodes, self.state.remote_settings
        self.read(h2.events.WindowUpdated, 0.5)
        return settings.get(codes.MAX_CONCURRENT_STREAMS), settings.initial_window_size, self.state.outbound_flow_control_window


def test_http2_settings(web):  # noqa: F811
    assert H2Events(web).told() == (100, 65536, 1 << 20)
    web.set({"http2": {"maxConcurrentStreams": 7, "initialStreamWindowSize": "128Ki", "initialConnectionWindowSize": "3Mi"}})
    wait_for(lambda: H2Events(web).told() == (7, 128 << 10, 3 << 20))
    assert H2Events(web, "two.test").told() == (100, 65536, 1 << 20)  # another listener of the port


def test_http2_asks_whether_clients_are_there(web):  # noqa: F811
    assert H2Events(web).read(h2.events.PingReceived, 2) is None
    web.set({"http2": {"connectionKeepalive": {"interval": "500ms", "timeout": "400ms"}}})
    wait_for(lambda: H2Events(web).read(h2.events.PingReceived, 2))
    silent = H2Events(web)  # does not answer
    silent.socket.sendall(silent.state.data_to_send())
    silent.socket.settimeout(5)
    begin = time.monotonic()
    while silent.socket.recv(65536):
        pass
    assert time.monotonic() - begin < 4


def test_an_http2_message_that_is_none(web):  # noqa: F811
    def only_the_stream_ends():
        client = H2Events(web)
        client.told()
        client.send(("Upper-Case", "x"))
        found = client.read((h2.events.StreamReset, h2.events.ConnectionTerminated))
        return isinstance(found, h2.events.StreamReset)

    assert not only_the_stream_ends()
    web.set({"http2": {"onInvalidMessage": "TerminateStream"}})
    wait_for(only_the_stream_ends)


def waits(client, text, until=None, timeout=5.0):
    """For how many seconds after that was sent the server says what begins so, or (None) keeps the connection; None: longer."""
    client.settimeout(timeout)
    begin, seen = time.monotonic(), b""
    client.sendall(text)
    try:
        while not (until and seen.startswith(until)):
            data = client.recv(65536)
            seen += data
            if not data:
                return None if until else time.monotonic() - begin
    except TimeoutError:
        return None
    except ConnectionResetError:
        pass
    return time.monotonic() - begin


def plain(web):  # noqa: F811
    return socket.create_connection(("127.0.0.1", web.limen.port), timeout=5)


HEAD, POST = b"GET / HTTP/1.1\r\nhost: localhost\r\n", b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nabc"


@pytest.mark.parametrize("timeout, text, answer", [
    ("requestReceivedTimeout", POST, b"HTTP/1.1 408"),
    ("requestHeadersReceivedTimeout", HEAD, b"HTTP/1.1 408"),
    ("streamIdleTimeout", POST, b"HTTP/1.1 408"),
    ("streamIdleTimeout", HEAD + b"x-delay: 4\r\n\r\n", b"HTTP/1.1 504"),
    ("idleTimeout", HEAD + b"\r\n", None)])
def test_time_for_requests(web, timeout, text, answer):  # noqa: F811
    assert waits(plain(web), text, answer, 2.0 if answer else 8) is None
    web.set({"timeout": {"http": {timeout: "700ms"}}}, "plain")
    patience = 2.5 if answer else 8  # idle ones are drained, which takes Envoy another 5 s
    wait_for(lambda: 0.6 < (waits(plain(web), text, answer, patience) or 0))


def test_time_for_handshakes(web):  # noqa: F811
    def silent(text=b""):
        return waits(socket.create_connection(("127.0.0.1", web.port), timeout=5), text, timeout=2.0)

    hello = ssl.MemoryBIO()
    handshake = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), hello, server_hostname="one.test")
    with pytest.raises(ssl.SSLWantReadError):
        handshake.do_handshake()
    text = hello.read()
    assert silent() is None and silent(text) is None
    web.set({"timeout": {"tcp": {"tlsHandshakeTimeout": "500ms"}}})
    wait_for(lambda: 0.4 < (silent(text) or 0))
    assert silent() is None  # nobody knows yet which listener it is for
    web.set({"timeout": {"tcp": {"connectionInspectionTimeout": "500ms"}}}, None)
    wait_for(lambda: 0.4 < (silent() or 0))
    assert web.ask() == 200


def test_connections_last_so_long_and_for_so_many_requests(web):  # noqa: F811
    def answers(client, pause=0.0):
        """Requests that are answered before the server wants another connection."""
        for count in range(1, 20):
            client.request("GET", "/", headers={"host": "localhost"})
            answer = client.getresponse()
            answer.read()
            if client.sock is None:
                return count
            time.sleep(pause)
        return None

    def fresh():
        return http.client.HTTPConnection("127.0.0.1", web.limen.port, timeout=5)

    assert answers(fresh()) is None
    web.set({"connection": {"connectionLimit": {"maxRequestsPerConnection": 3}}}, "plain")
    wait_for(lambda: answers(fresh()) == 3)
    web.set({"connection": {"connectionLimit": {"maxConnectionDuration": "500ms"}}}, "plain")
    wait_for(lambda: (answers(fresh(), 0.1) or 0) in range(4, 12))
    web.set({"connection": {"connectionLimit": {"maxStreamDuration": "500ms"}}}, "plain")
    wait_for(lambda: web.limen.get(headers={"x-delay": "2"}).status == 504)


def test_one_connection_too_many_is_kept_for_a_while(web):  # noqa: F811
    def second():
        """How long it is kept beside a first one, which goes on; None: it stays, or there is no first one yet."""
        try:
            first = connected(web)
        except (OSError, http.client.HTTPException):
            return None
        kept = waits(plain(web), b"", timeout=3.0)
        first.request("GET", "/", headers={"host": "localhost"})
        assert first.getresponse().status == 200
        first.close()
        return kept

    assert second() is None
    web.set({"connection": {"connectionLimit": {"value": 1, "closeDelay": "1s"}}}, "plain")
    wait_for(lambda: 0.8 < (second() or 0) < 2.5)


def test_http1(web):  # noqa: F811
    old = b"GET / HTTP/1.0\r\nhost: localhost\r\n\r\n"
    upgrade = {"connection": "upgrade", "upgrade": "TLS/1.0"}
    assert waits(plain(web), old, b"HTTP/1.1 426", 2)
    assert web.limen.get(headers=upgrade).status == 403
    web.set({"http1": {"http10": {}, "ignoredUpgradeTypes": [{"type": "Prefix", "value": "TLS/"}]}}, "plain")
    wait_for(lambda: waits(plain(web), old, b"HTTP/1.0 200", 2))
    assert web.limen.get(headers=upgrade).status == 200


def test_headers_of_envoy_and_their_size(web):  # noqa: F811
    long = {"x-long": "x" * 3000}
    answer = web.limen.get(headers=long)
    assert answer.status == 200 and "x-envoy-upstream-service-time" not in answer.headers
    web.set({"headers": {"enableEnvoyHeaders": True, "maxRequestHeaderLimit": "2Ki"}}, "plain")
    wait_for(lambda: web.limen.get(headers=long).status == 431)
    assert "x-envoy-upstream-service-time" in web.limen.get().headers


def test_listeners_of_connections(limen, tmp_path):
    """TLS that the Gateway ends for TLSRoutes."""
    servers, clients = Authority(tmp_path, "servers"), Authority(tmp_path, "clients")
    port, other = free_port(), free_port()
    backend = TcpBackend("a")
    limen.write("web.json", tls_secret("web", servers.issue("one.test")))
    limen.write("ca.json", config_map("ca", clients.pem))
    limen.gateway([{"name": name, "port": at, "protocol": "TLS", "tls": {"certificateRefs": [{"name": "web"}]}}
                   for name, at in (("one", port), ("other", other))])
    add_backend(limen, backend)
    route(limen, "TLSRoute", "r", [to("a")], hostnames=["one.test"])
    limen.start()
    pem = servers.pem.decode()
    wait_for(lambda: reached(port, "one.test", pem) == "a" and reached(other, "one.test", pem) == "a")
    kept = Connection(other, "one.test", pem)

    def let_in(pair=None, tune=None):
        context = ssl.create_default_context(cadata=pem)
        if pair:
            context.load_cert_chain(*pair)
        if tune:
            tune(context)
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as raw, context.wrap_socket(raw, server_hostname="one.test") as tls:
                return tls.recv(100) == b"a\n"
        except OSError:
            return False

    own = clients.issue("me")
    assert let_in() and let_in(tune=TLS12)
    limen.write("p.json", policy("p", {"tls": {"minVersion": "1.3", "clientValidation": {
        "caCertificateRefs": [{"kind": "ConfigMap", "name": "ca"}]}}}, "one"))
    wait_for(lambda: not let_in())
    assert let_in(own) and not let_in(own, TLS12) and not let_in(servers.issue("stranger"))
    limen.write("p.json", policy("p", {"connection": {"connectionLimit": {"value": 1}}}, "one"))
    wait_for(let_in)

    def open_one():
        """None: the one before is not gone yet."""
        try:
            return Connection(port, "one.test", pem)
        except OSError:
            return None
    one = wait_for(open_one)
    wait_for(lambda: reached(port, "one.test", pem) is None)
    assert one.ask("still there") == "still there"
    one.close()
    wait_for(lambda: reached(port, "one.test", pem) == "a")
    limen.write("p.json", policy("p", {"tls": {"ecdhCurves": ["nonsense"]}}, "one"))
    wait_for(lambda: not let_in())
    wait_for(lambda: "Accepted=False(Invalid" in limen.status("clienttrafficpolicy"))
    assert kept.ask("still there") == "still there"
    backend.close()

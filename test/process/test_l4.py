"""TCPRoute, TLSRoute and UDPRoute, through a real Envoy."""

import json
import socket
import ssl

import pytest

from limen import free_port, shows, wait_for
from streams import Connection, TcpBackend, UdpBackend, add_backend, asked, reached, remove, route, shares, to, write
from test_tls import der, make_pair, secret

PASSTHROUGH = {"mode": "Passthrough"}
ONE = {"certificateRefs": [{"name": "one-test"}]}


@pytest.fixture
def serve(limen):
    """Makes backends, known to Limen by their names."""
    made = []

    def make(kind, name, *args):
        backend = kind(name, *args)
        made.append(backend)
        add_backend(limen, backend)
        return backend

    yield make
    for backend in made:
        backend.close()


def pair_of(folder, name):
    """The PEM certificate of a new pair, and the files that hold it."""
    certificate, _ = make_pair(folder, name)
    return certificate, (folder / f"{name}.crt", folder / f"{name}.key")


def stat(limen, name):
    for line in limen.admin(f"/stats?filter=^{name}$").splitlines():
        if line.startswith(name + ": "):
            return int(line.split(": ")[1])
    return None


@shows("TCPRoute")
def test_tcp_connections_reach_the_backend_and_are_shared_by_weight(limen, serve):
    port = free_port()
    for name in ("a", "b", "c"):
        serve(TcpBackend, name)
    limen.gateway([{"name": "tcp", "port": port, "protocol": "TCP"}])
    route(limen, "TCPRoute", "r", [to("a")])
    limen.start()
    wait_for(lambda: reached(port) == "a")
    connection = Connection(port)
    assert connection.ask("hello") == "hello"
    route(limen, "TCPRoute", "r", [to("a", 3), to("b", 1), to("c", 0)])
    wait_for(lambda: reached(port) == "b")
    count = [reached(port) for _ in range(200)]
    assert set(count) == {"a", "b"} and 25 <= count.count("b") <= 80
    assert connection.ask("still there") == "still there"
    # A backend that is not there: its share is closed.
    route(limen, "TCPRoute", "r", [to("a", 1), to("nosuch", 1)])
    wait_for(lambda: reached(port) is None)
    count = [reached(port) for _ in range(200)]
    assert set(count) == {"a", None} and 60 <= count.count("a") <= 140
    wait_for(lambda: "BackendNotFound" in limen.status("tcproute"))
    route(limen, "TCPRoute", "r", [to("a", 0)])
    wait_for(lambda: {reached(port) for _ in range(20)} == {None})


@shows("TCPRoute")
def test_the_oldest_tcp_route_gets_the_connections(limen, serve):
    port = free_port()
    for name in ("a", "b"):
        serve(TcpBackend, name)
    limen.gateway([{"name": "tcp", "port": port, "protocol": "TCP"}])
    route(limen, "TCPRoute", "young", [to("a")], creationTimestamp="2024-01-02T00:00:00Z")
    route(limen, "TCPRoute", "old", [to("b")], creationTimestamp="2024-01-01T00:00:00Z")
    limen.start()
    wait_for(lambda: reached(port) == "b")
    assert {reached(port) for _ in range(20)} == {"b"}
    status = limen.status("tcproute", "young")
    assert "Accepted=True" in status and "TCPRoute/default/old comes before it" in status
    assert "comes before" not in limen.status("tcproute/old")
    assert "attachedRoutes=2" in limen.status("gateway")
    remove(limen, "TCPRoute", "old")
    wait_for(lambda: reached(port) == "a")
    assert limen.status("tcproute", "young").count("Accepted=True") == 1
    assert "comes before" not in limen.status("tcproute")


def tls_world(limen, serve, tmp_path):
    """Three backends with TLS, known by a.test, b.test and c.test, behind a listener that passes TLS through."""
    limen.tls_port = free_port()
    limen.pems = {}
    for name in ("a", "b", "c"):
        limen.pems[name], files = pair_of(tmp_path, f"{name}.test")
        setattr(limen, name, serve(TcpBackend, name, files))
    limen.gateway([{"name": "tls", "port": limen.tls_port, "protocol": "TLS", "tls": PASSTHROUGH}])


@shows("TLSRoute")
def test_tls_is_passed_through_by_server_name(limen, serve, tmp_path):
    tls_world(limen, serve, tmp_path)
    route(limen, "TLSRoute", "exact", [to("a")], hostnames=["a.test"])
    route(limen, "TLSRoute", "wild", [to("b")], hostnames=["*.test"], creationTimestamp="2020-01-01T00:00:00Z")
    limen.start()
    port = limen.tls_port
    wait_for(lambda: reached(port, "a.test", verify=limen.pems["a"].decode()) == "a")
    wait_for(lambda: reached(port, "b.test", verify=limen.pems["b"].decode()) == "b")
    assert limen.a.server_names[-1] == "a.test"
    assert reached(port, "x.b.test") == "b"  # any number of labels
    assert reached(port, "a.org") is None  # no route's
    assert reached(port, "") is None  # no server name
    assert reached(port, "test") is None
    assert reached(port) is None  # no TLS
    # The certificate is the backend's: what is wrong with it the client sees.
    assert reached(port, "x.a.test", verify=limen.pems["a"].decode()) is None
    route(limen, "TLSRoute", "wild", [to("nosuch")], hostnames=["*.test"])
    wait_for(lambda: reached(port, "b.test") is None)
    assert reached(port, "a.test") == "a"


def test_an_open_connection_survives_edits_of_other_routes(limen, serve, tmp_path):
    tls_world(limen, serve, tmp_path)
    route(limen, "TLSRoute", "a", [to("a")], hostnames=["a.test"])
    route(limen, "TLSRoute", "b", [to("b")], hostnames=["b.test"])
    limen.start()
    port = limen.tls_port
    wait_for(lambda: reached(port, "a.test") == "a" and reached(port, "b.test") == "b")
    kept = Connection(port, "a.test")
    edited = Connection(port, "b.test")
    before = stat(limen, "listener_manager.listener_in_place_updated") or 0
    route(limen, "TLSRoute", "b", [to("c")], hostnames=["b.test"])
    wait_for(lambda: reached(port, "b.test") == "c")
    assert kept.ask("hello") == "hello"
    assert edited.ask("hello") == "hello"  # until Envoy's drain time is over
    # Only the chain of the edited route drains; the listener is the same.
    assert stat(limen, "listener_manager.listener_in_place_updated") == before + 1
    assert stat(limen, "listener_manager.total_filter_chains_draining") == 1
    assert stat(limen, "listener_manager.total_listeners_draining") == 0
    route(limen, "TLSRoute", "c", [to("c")], hostnames=["c.test"])
    wait_for(lambda: reached(port, "c.test") == "c")
    remove(limen, "TLSRoute", "b")
    wait_for(lambda: reached(port, "b.test") is None)
    assert kept.ask("hello") == "hello"
    assert stat(limen, "listener_manager.total_filter_chains_draining") == 2
    assert stat(limen, "listener_manager.total_listeners_draining") == 0


@shows("TLSRouteModeTerminate", "TLSRouteModeMixed")
def test_tls_is_ended_or_passed_through_on_one_port_beside_https(limen, serve, backend, tmp_path):
    port = free_port()
    through, files = pair_of(tmp_path, "two.test")
    serve(TcpBackend, "plain")
    secure = serve(TcpBackend, "secure", files)
    web = backend("http")
    limen.write("http.yaml", web.yaml())
    one, key = make_pair(tmp_path, "one.test")
    limen.write("one.json", secret("one-test", one, key))
    limen.gateway([
        {"name": "ended", "port": port, "protocol": "TLS", "hostname": "one.test", "tls": ONE},
        {"name": "through", "port": port, "protocol": "TLS", "hostname": "two.test", "tls": PASSTHROUGH},
        {"name": "https", "port": port, "protocol": "HTTPS", "hostname": "*.test", "tls": ONE}])
    route(limen, "TLSRoute", "ended", [to("plain")], section="ended", hostnames=["*.test"])
    route(limen, "TLSRoute", "through", [to("secure")], section="through", hostnames=["two.test"])
    route(limen, "HTTPRoute", "web", [to("http")])
    limen.start()
    wait_for(lambda: reached(port, "one.test", verify=one.decode()) == "plain")
    wait_for(lambda: reached(port, "two.test", verify=through.decode()) == "secure")
    assert secure.server_names[-1] == "two.test"
    assert reached(port, "two.test", verify=one.decode()) is None  # the wrong certificate
    connection = Connection(port, "one.test")
    assert connection.ask("hello") == "hello"
    assert connection.certificate() == der(one)
    for listener in ("ended", "through", "https"):
        assert "attachedRoutes=1" in [x for x in limen.status("gateway").splitlines() if f" {listener} " in x][0]
    assert "200" in wait_for(lambda: http_over_tls(port, "three.test"))
    # Without a route the listener of that name closes, and leaves nothing to the less specific one.
    remove(limen, "TLSRoute", "ended")
    wait_for(lambda: reached(port, "one.test") is None)
    assert http_over_tls(port, "one.test") is None
    assert reached(port, "two.test") == "secure"


def http_over_tls(port, name):
    """The first line of an answer; None: there is none."""
    try:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
            with context.wrap_socket(plain, server_hostname=name) as connection:
                connection.sendall(f"GET / HTTP/1.1\r\nhost: {name}\r\nconnection: close\r\n\r\n".encode())
                return connection.recv(1000).decode().splitlines()[0]
    except (OSError, IndexError):
        return None


def test_a_certificate_of_a_tls_listener_comes_late_and_is_rotated(limen, serve, tmp_path):
    port = free_port()
    serve(TcpBackend, "plain")
    limen.gateway([{"name": "ended", "port": port, "protocol": "TLS", "tls": ONE}])
    route(limen, "TCPRoute", "r", [to("plain")])
    limen.start()
    wait_for(lambda: "InvalidCertificateRef" in limen.status("gateway"))
    assert reached(port, "one.test") is None
    for name in ("one.test", "new.test"):
        certificate, key = make_pair(tmp_path, name)
        limen.write("one.json", secret("one-test", certificate, key))
        wait_for(lambda: reached(port, name, verify=certificate.decode()) == "plain")
    assert reached(port, "") == "plain"  # no server name: the listener has no hostname


@shows("UDPRoute")
def test_udp_datagrams_are_answered_and_shared_by_weight(limen, serve):
    port = free_port()
    for name in ("a", "b", "c"):
        serve(UdpBackend, name)
    tcp = serve(TcpBackend, "t")
    limen.gateway([{"name": "udp", "port": port, "protocol": "UDP"}, {"name": "tcp", "port": port, "protocol": "TCP"}])
    route(limen, "UDPRoute", "r", [to("a")])
    route(limen, "TCPRoute", "r", [to(tcp.name)])
    limen.start()
    wait_for(lambda: asked(port) == "a x")
    wait_for(lambda: reached(port) == "t")  # the same number, another port
    connection = Connection(port)
    route(limen, "UDPRoute", "r", [to("a", 2), to("b", 1), to("nosuch", 1), to("c", 0)])
    wait_for(lambda: (asked(port) or "").startswith("b"))
    found = shares(port, 400)
    assert set(found) == {"a", "b", None}
    assert 150 <= found["a"] <= 250 and 60 <= found["b"] <= 140 and 60 <= found[None] <= 140
    assert "BackendNotFound" in limen.status("udproute/r")
    route(limen, "UDPRoute", "older", [to("c")], creationTimestamp="2020-01-01T00:00:00Z")
    wait_for(lambda: shares(port, 20) == {"c": 20})
    remove(limen, "UDPRoute", "older")
    remove(limen, "UDPRoute", "r")
    wait_for(lambda: shares(port, 5) == {None: 5})
    assert connection.ask("hello") == "hello"


def test_a_service_has_ports_of_both_transports(limen, serve):
    port = free_port()
    tcp, udp = serve(TcpBackend, "t"), serve(UdpBackend, "u")
    ports = [{"name": "t", "port": 53, "protocol": "TCP"}, {"name": "u", "port": 53, "protocol": "UDP"}]
    limen.write("service.json", json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "dns"}, "spec": {"ports": ports}}))
    limen.write("slice.json", json.dumps({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": "dns-1", "labels": {"kubernetes.io/service-name": "dns"}},
        "endpoints": [{"addresses": ["127.0.0.1"]}],
        "ports": [{"name": "t", "port": tcp.port, "protocol": "TCP"}, {"name": "u", "port": udp.port, "protocol": "UDP"}]}))
    limen.gateway([{"name": "udp", "port": port, "protocol": "UDP"}, {"name": "tcp", "port": port, "protocol": "TCP"}])
    for kind in ("TCPRoute", "UDPRoute"):
        route(limen, kind, "r", [{"name": "dns", "port": 53}])
    limen.start()
    wait_for(lambda: reached(port) == "t")
    wait_for(lambda: asked(port) == "u x")


def test_a_mistake_is_named_and_what_was_stays_in_force(limen, serve, tmp_path):
    tls_world(limen, serve, tmp_path)
    route(limen, "TLSRoute", "r", [to("a")], hostnames=["a.test"])
    limen.start()
    port = limen.tls_port
    wait_for(lambda: reached(port, "a.test") == "a")
    for hostname, reason in (("b.*.test", "spec.hostnames[0]"), ("1.2.3.4", "spec"), ("B.test", "spec.hostnames[0]")):
        route(limen, "TLSRoute", "r", [to("b")], hostnames=[hostname])
        wait_for(lambda: "TLSRoute-r.json" in limen.status() and f": {reason}: " in limen.status())
        assert reached(port, "a.test") == "a"
    route(limen, "TLSRoute", "r", [to("b")], hostnames=["b.test"])
    wait_for(lambda: reached(port, "b.test") == "b")
    assert reached(port, "a.test") is None
    assert "problem" not in limen.status()


def test_status_speaks_of_all_kinds_of_routes(limen, serve):
    serve(TcpBackend, "a")
    limen.gateway([{"name": "tls", "port": free_port(), "protocol": "TLS", "tls": PASSTHROUGH},
                    {"name": "tcp", "port": free_port(), "protocol": "TCP"},
                    {"name": "udp", "port": free_port(), "protocol": "UDP"}])
    route(limen, "TLSRoute", "r", [to("a")], hostnames=["a.test"])
    route(limen, "TCPRoute", "r", [to("a")])
    route(limen, "UDPRoute", "r", [to("a")])
    limen.start()
    wait_for(lambda: limen.status().count("parent=web Accepted=True ResolvedRefs=True") == 3)
    for kind in ("TLSRoute", "TCPRoute", "UDPRoute"):
        for words in ([kind.lower()], [kind.lower() + "s"], [kind, "r"], [kind.lower() + "/r"]):
            assert limen.status(*words).splitlines()[0].split()[:2] == [kind, "default/r"], words
        found = json.loads(limen.status(kind, "r", "-o", "json"))
        assert found["status"]["parents"][0]["conditions"][0]["type"] == "Accepted"


def test_a_listener_changes_its_protocol(limen, serve):
    port = free_port()
    serve(TcpBackend, "t")
    serve(UdpBackend, "u")
    route(limen, "TCPRoute", "r", [to("t")])
    route(limen, "UDPRoute", "r", [to("u")])
    limen.gateway([{"name": "x", "port": port, "protocol": "TCP"}])
    limen.start()
    wait_for(lambda: reached(port) == "t")
    limen.gateway([{"name": "x", "port": port, "protocol": "UDP"}])
    wait_for(lambda: asked(port) == "u x")
    wait_for(lambda: reached(port) is None)
    assert "Envoy refuses" not in limen.status()
    limen.gateway([{"name": "x", "port": port, "protocol": "TCP"}])
    wait_for(lambda: reached(port) == "t")
    wait_for(lambda: asked(port) is None)
    limen.gateway([{"name": "x", "port": port, "protocol": "HTTP"}])
    wait_for(lambda: reached(port) is None)
    limen.wait_status(404, port=port)
    assert "Envoy refuses" not in limen.status()


def test_a_udp_port_that_is_taken_heals_when_it_is_free(limen, serve):
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    port = free_port()  # of TCP too
    taken.bind(("0.0.0.0", port))
    serve(UdpBackend, "u")
    serve(TcpBackend, "t")
    limen.gateway([{"name": "udp", "port": port, "protocol": "UDP"}, {"name": "tcp", "port": port, "protocol": "TCP"}])
    route(limen, "UDPRoute", "r", [to("u")])
    route(limen, "TCPRoute", "r", [to("t")])
    limen.start()
    wait_for(lambda: "Envoy refuses default/web/udp" in limen.status())
    wait_for(lambda: reached(port) == "t")
    taken.close()
    wait_for(lambda: asked(port) == "u x", timeout=40)
    wait_for(lambda: "Envoy refuses" not in limen.status())


def test_an_emptied_folder_withdraws_no_tcp_route(limen, serve):
    port = free_port()
    serve(TcpBackend, "a")
    limen.gateway([{"name": "tcp", "port": port, "protocol": "TCP"}])
    route(limen, "TCPRoute", "r", [to("a")])
    limen.start()
    wait_for(lambda: reached(port) == "a")
    for file in limen.conf.glob("[!.]*"):
        file.unlink()
    wait_for(lambda: "1 of them routes" in limen.status())
    assert reached(port) == "a"


def test_tls_is_passed_through_to_a_name(limen, tmp_path):
    port = free_port()
    certificate, files = pair_of(tmp_path, "a.test")
    backend = TcpBackend("a", files)
    limen.write("backend.json", json.dumps({
        "apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "Backend", "metadata": {"name": "a"},
        "spec": {"endpoints": [{"fqdn": {"hostname": "nosuch.invalid", "port": backend.port}}]}}))
    limen.gateway([{"name": "tls", "port": port, "protocol": "TLS", "hostname": "*.test", "tls": PASSTHROUGH}])
    route(limen, "TLSRoute", "r", [to("a")], hostnames=["a.test"])
    limen.start()
    wait_for(lambda: "attachedRoutes=1" in limen.status("gateway"))
    assert reached(port, "a.test") is None  # the name does not resolve
    text = (limen.conf / "backend.json").read_text()
    limen.write("backend.json", text.replace("nosuch.invalid", "localhost"))
    wait_for(lambda: reached(port, "a.test", verify=certificate.decode()) == "a")
    backend.close()

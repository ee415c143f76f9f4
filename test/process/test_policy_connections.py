"""SecurityPolicies of TCPRoutes: whose connections a real Envoy lets in."""

import socket
import ssl

import pytest

from limen import free_port, wait_for
from streams import Connection, TcpBackend, add_backend, reached, route, to
from test_security_policy import policy
from test_tls import make_pair, secret

LOCAL, OTHER = "127.0.0.1", "127.0.0.2"


@pytest.fixture
def tcp(limen):
    """A Gateway with two TCP listeners, each with a route to a backend that speaks first."""
    ports = [free_port(), free_port()]
    backends = [TcpBackend("a"), TcpBackend("b")]
    limen.gateway([{"name": name, "port": port, "protocol": "TCP"} for name, port in zip(("one", "two"), ports, strict=True)])
    for backend, name in zip(backends, ("one", "two"), strict=True):
        add_backend(limen, backend)
        route(limen, "TCPRoute", name, [to(backend.name)], name)
    limen.start()
    wait_for(lambda: reached(ports[0]) == "a" and reached(ports[1]) == "b")
    yield limen, *ports
    for backend in backends:
        backend.close()


def greeted(port, address=LOCAL):
    """What a client with that address hears first; None: its connection is closed before it hears anything."""
    try:
        with socket.create_connection((LOCAL, port), timeout=5, source_address=(address, 0)) as connection:
            return connection.recv(100).decode().strip() or None
    except OSError:
        return None


def rules(*rules, **more):
    return {"authorization": {"rules": list(rules), **more}}


def ranges(action, *cidrs):
    return {"action": action, "principal": {"clientCIDRs": list(cidrs)}}


def stat(limen, name):
    return int(limen.admin(f"/stats?filter=^{name}$").split(": ")[1])


def test_only_those_with_an_address_that_is_allowed_hear_the_backend(tcp):
    limen, one, two = tcp
    kept = Connection(two)
    limen.write("p.yaml", policy("p", rules(ranges("Allow", "127.0.0.2/32", "2001:db8::/32")), ("TCPRoute", "one")))
    wait_for(lambda: greeted(one) is None)
    # The backend speaks first: who is refused must not hear it, and is not connected with it.
    before = stat(limen, "cluster.backend/default/a.upstream_cx_total")
    assert [greeted(one) for _ in range(5)] == [None] * 5
    assert stat(limen, "cluster.backend/default/a.upstream_cx_total") == before
    assert greeted(one, OTHER) == "a" and greeted(two) == "b"
    assert "Accepted=True" in limen.status("securitypolicy", "p")
    # The first rule that has the address decides.
    limen.write("p.yaml", policy("p", rules(ranges("Deny", "127.0.0.2/32"), ranges("Allow", "127.0.0.0/8")), ("TCPRoute", "one")))
    wait_for(lambda: greeted(one) == "a")
    assert greeted(one, OTHER) is None
    limen.write("p.yaml", policy("p", rules(ranges("Deny", "127.0.0.1/32"), defaultAction="Allow"), ("TCPRoute", "one")))
    wait_for(lambda: greeted(one) is None)
    assert greeted(one, OTHER) == "a"
    assert kept.ask("still there") == "still there"  # of another listener
    kept.close()
    (limen.conf / "p.yaml").unlink()
    wait_for(lambda: greeted(one) == "a")


def test_what_is_not_about_addresses_closes_the_route_and_no_other(tcp):
    limen, one, two = tcp
    for spec, path in (({"cors": {"allowOrigins": ["*"]}}, "spec.cors"),
                       (rules({"action": "Allow", "principal": {"headers": [{"name": "x", "values": ["a"]}]}}),
                        "spec.authorization.rules[0].principal.headers"),
                       (rules(ranges("Allow", "127.0.0.0/33")), "spec.authorization.rules[0].principal.clientCIDRs[0]")):
        limen.write("p.yaml", policy("p", spec, ("TCPRoute", "one")))
        wait_for(lambda path=path: path + ":" in limen.status("securitypolicy", "p"))
        wait_for(lambda: greeted(one) is None)
        assert "Accepted=False(Invalid" in limen.status("securitypolicy", "p")
        assert greeted(two) == "b"
        limen.write("p.yaml", policy("p", rules(ranges("Allow", "127.0.0.0/8")), ("TCPRoute", "one")))
        wait_for(lambda: greeted(one) == "a")


def test_a_name_that_is_closed_to_a_client_is_not_served_by_a_wildcard(limen, tmp_path):
    port = free_port()
    backends = [TcpBackend("a"), TcpBackend("b")]
    certificates = {"certificateRefs": [{"name": "one-test"}]}
    limen.write("pair.yaml", secret("one-test", *make_pair(tmp_path, "one.test")))
    limen.gateway([{"name": "one", "port": port, "protocol": "TLS", "hostname": "one.test", "tls": certificates,
                    "allowedRoutes": {"kinds": [{"kind": "TCPRoute"}]}},
                   {"name": "rest", "port": port, "protocol": "TLS", "tls": certificates,
                    "allowedRoutes": {"kinds": [{"kind": "TCPRoute"}]}}])
    for backend, name in zip(backends, ("one", "rest"), strict=True):
        add_backend(limen, backend)
        route(limen, "TCPRoute", name, [to(backend.name)], name)
    limen.start()
    wait_for(lambda: reached(port, "one.test") == "a" and reached(port, "two.test") == "b")
    limen.write("p.yaml", policy("p", rules(ranges("Allow", "127.0.0.2/32")), ("TCPRoute", "one")))
    wait_for(lambda: reached(port, "one.test") is None)
    assert reached(port, "two.test") == "b"
    context = ssl._create_unverified_context()
    with socket.create_connection((LOCAL, port), timeout=5, source_address=(OTHER, 0)) as raw, \
            context.wrap_socket(raw, server_hostname="one.test") as connection:
        assert connection.recv(100) == b"a\n"
    for backend in backends:
        backend.close()

"""BackendTLSPolicy under routes of connections: TLS is begun anew behind a listener that ends it, and not where it passes."""

import pytest

from limen import free_port, wait_for
from pki import Authority, config_map, tls_secret
from streams import TcpBackend, add_backend, reached, route, to
from test_backend_tls import policy

NOWHERE = [{"group": "", "kind": "ConfigMap", "name": "nosuch"}]


@pytest.fixture
def secured(limen, tmp_path):
    """A TCP backend that speaks TLS only, as inner.test, with a policy that says so."""
    limen.ca = Authority(tmp_path)
    limen.tcp = TcpBackend("a", limen.ca.issue("inner.test"))
    add_backend(limen, limen.tcp)
    limen.write("web.json", tls_secret("web", limen.ca.issue("outer.test")))
    limen.write("ca.json", config_map("ca", limen.ca.pem))
    limen.write("policy.json", policy("inner.test"))
    yield limen
    limen.tcp.close()


def test_tls_that_the_gateway_ends_begins_anew(secured):
    tls, tcp = free_port(), free_port()
    secured.gateway([{"name": "tls", "port": tls, "protocol": "TLS", "hostname": "outer.test",
                       "tls": {"certificateRefs": [{"name": "web"}]}},
                      {"name": "tcp", "port": tcp, "protocol": "TCP"}])
    route(secured, "TLSRoute", "ended", [to("a")], section="tls", hostnames=["outer.test"])
    route(secured, "TCPRoute", "plain", [to("a")], section="tcp")
    secured.start()
    outer = {"server_name": "outer.test", "verify": secured.ca.pem.decode()}
    wait_for(lambda: reached(tls, **outer) == "a")
    assert reached(tcp) == "a"
    assert set(secured.tcp.server_names) == {"inner.test"}
    wait_for(lambda: "ancestor=web Accepted=True ResolvedRefs=True" in secured.status("backendtlspolicy"))
    secured.write("policy.json", policy("other.test"))  # not in the backend's certificate
    wait_for(lambda: reached(tls, **outer) is None and reached(tcp) is None)
    secured.write("policy.json", policy("inner.test", caCertificateRefs=NOWHERE))
    wait_for(lambda: "NoValidCACertificate" in secured.status("backendtlspolicy"))
    seen = len(secured.tcp.server_names)
    wait_for(lambda: {reached(tls, **outer) for _ in range(5)} | {reached(tcp) for _ in range(5)} == {None})
    assert len(secured.tcp.server_names) == seen


def test_tls_that_passes_through_is_left_alone(secured):
    port = free_port()
    secured.gateway([{"name": "through", "port": port, "protocol": "TLS", "tls": {"mode": "Passthrough"}}])
    route(secured, "TLSRoute", "through", [to("a")], hostnames=["inner.test"])
    secured.start()
    wait_for(lambda: reached(port, "inner.test", verify=secured.ca.pem.decode()) == "a")
    batches = secured.log.read_text().count("objects changed")
    secured.write("policy.json", policy("inner.test", caCertificateRefs=NOWHERE))
    wait_for(lambda: secured.log.read_text().count("objects changed") > batches)
    assert "ancestor=" not in secured.status("backendtlspolicy")  # it is in force nowhere
    assert [reached(port, "inner.test", verify=secured.ca.pem.decode()) for _ in range(5)] == ["a"] * 5
    assert set(secured.tcp.server_names) == {"inner.test"}

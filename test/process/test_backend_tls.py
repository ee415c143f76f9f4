"""TLS towards backends: BackendTLSPolicy with a real Envoy and a backend that speaks TLS."""

import json

import pytest

from limen import Hammer, shows, wait_for
from pki import Authority, SecureServer, config_map
from test_grpc import EchoServer, call, grpc_route

BACKEND = {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "a"}


def policy(hostname="a.test", names=None, target=BACKEND, **validation):
    validation = {"hostname": hostname, **validation}
    if "wellKnownCACertificates" not in validation:
        validation.setdefault("caCertificateRefs", [{"group": "", "kind": "ConfigMap", "name": "ca"}])
    if names:
        validation["subjectAltNames"] = [{"type": kind, kind.lower(): name} for kind, name in names]
    return json.dumps({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "BackendTLSPolicy",
                       "metadata": {"name": "p"}, "spec": {"targetRefs": [target], "validation": validation}})


@pytest.fixture
def secured(limen, backend, tmp_path):
    """A backend that speaks TLS, and plain HTTP too, as a.test of Authority `ca`."""
    limen.ca = Authority(tmp_path)
    limen.other_ca = Authority(tmp_path, "other")
    a = backend("a")
    limen.server = SecureServer(a, limen.ca.issue("a.test"), plain=True)
    limen.gateway()
    limen.route("r", [{"backendRefs": [BACKEND]}])
    limen.write("a.yaml", a.yaml())
    limen.write("ca.json", config_map("ca", limen.ca.pem))
    limen.write("policy.json", policy())
    limen.start()
    limen.wait_status(200)
    return limen


def settled(limen, status):
    """The status comes to be that of a few connections in a row (Envoy's threads do not change at once)."""
    wait_for(lambda: {answer and answer.status for answer in (limen.try_get() for _ in range(5))} == {status})


@shows("BackendTLSPolicy")
def test_the_backend_is_asked_over_tls_under_the_name_of_the_policy(secured):
    assert set(secured.server.names) == {"a.test"} and secured.server.plain_connections == 0
    wait_for(lambda: "ancestor=web Accepted=True ResolvedRefs=True" in secured.status("backendtlspolicy"))


def test_a_certificate_that_is_not_as_wanted_ends_in_an_error(secured):
    for pair in (secured.other_ca.issue("a.test"), secured.ca.issue("a.test", expired=True),
                 secured.ca.issue("b.test"), secured.ca.issue("b.test", ["URI:spiffe://a.test/x"])):
        secured.server.show(pair)
        secured.write("policy.json", policy("x.test"))  # no connection is kept from one to the next
        wait_for(lambda: secured.get().status == 503 and secured.server.names[-1] == "x.test")
        secured.write("policy.json", policy())
        wait_for(lambda: secured.get().status == 503 and secured.server.names[-1] == "a.test")
        settled(secured, 503)
    secured.server.show(secured.ca.issue("*.test", ["DNS:*.test"]))
    settled(secured, 200)
    secured.write("policy.json", policy(wellKnownCACertificates="System"))
    settled(secured, 503)
    secured.write("ca.json", config_map("ca", secured.other_ca.pem))
    secured.write("policy.json", policy())
    settled(secured, 503)
    assert secured.server.plain_connections == 0


@shows("BackendTLSPolicySANValidation")
def test_one_of_the_subject_alt_names_is_enough_and_the_hostname_is_none(secured):
    secured.server.show(secured.ca.issue("b.test", ["DNS:b.test", "URI:spiffe://b.test/x"]))
    for names, status in (([("Hostname", "c.test"), ("Hostname", "b.test")], 200),
                          ([("Hostname", "c.test")], 503),
                          ([("URI", "spiffe://b.test/x")], 200),
                          ([("URI", "spiffe://b.test/y"), ("Hostname", "a.test")], 503)):
        secured.write("policy.json", policy("a.test", names))
        settled(secured, status)
    assert set(secured.server.names) == {"a.test"}


def test_without_a_ca_nothing_is_sent(secured):
    for refs, why in (([{"group": "", "kind": "ConfigMap", "name": "nosuch"}], "ConfigMap default/nosuch does not exist"),
                      ([{"group": "x.test", "kind": "Box", "name": "ca"}], "not a Box of group 'x.test'")):
        secured.write("policy.json", policy(caCertificateRefs=refs))
        settled(secured, 503)
        wait_for(lambda: why in secured.status("backendtlspolicy"))
        assert "NoValidCACertificate: spec.validation.caCertificateRefs[0]: " in secured.status("backendtlspolicy")
        secured.write("policy.json", policy())
        settled(secured, 200)
    secured.write("ca.json", config_map("ca", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
    settled(secured, 503)
    wait_for(lambda: "ConfigMap default/ca: ca.crt is no PEM text" in secured.status("backendtlspolicy"))
    assert secured.server.plain_connections == 0


def more(client, count=50):
    seen = client.count()
    wait_for(lambda: client.count() > seen + count)


def test_a_policy_that_comes_and_goes_loses_no_request(secured):
    client = Hammer(secured)
    for _ in range(3):
        plain = secured.server.plain_connections
        (secured.conf / "policy.json").unlink()
        wait_for(lambda: secured.server.plain_connections > plain)
        more(client)
        names = len(secured.server.names)
        secured.write("policy.json", policy())
        wait_for(lambda: len(secured.server.names) > names)
        more(client)
    assert set(client.stop()) == {200}


def test_rotating_the_ca_and_then_the_certificate_loses_no_request(secured):

    def trust(pem, server_name):
        """With a new server name, which shows when Envoy knows."""
        secured.write("policy.json", f"{config_map('ca', pem)}\n---\n{policy(server_name, [('Hostname', 'a.test')])}")
        wait_for(lambda: secured.get().status == 200 and secured.server.names[-1] == server_name)

    trust(secured.ca.pem, "one.test")
    (secured.conf / "ca.json").unlink()
    client = Hammer(secured)
    for ca in (secured.other_ca, secured.ca):
        trust(secured.ca.pem + secured.other_ca.pem, "both.test")
        secured.server.show(ca.issue("a.test"))
        more(client)
        trust(ca.pem, "one.test")
        more(client)
    assert set(client.stop()) == {200}


def service(name, ports):
    """A Service on this machine, with a port by name for each."""
    slices = [{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
               "metadata": {"name": port, "labels": {"kubernetes.io/service-name": name}},
               "endpoints": [{"addresses": ["127.0.0.1"]}], "ports": [{"name": port, "port": number}]}
              for port, number in ports.items()]
    ports = [{"name": port, "port": number} for port, number in ports.items()]
    return "\n---\n".join(json.dumps(it) for it in [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": ports}}, *slices])


def test_a_policy_for_a_port_leaves_the_others_plain(secured, backend):
    plain = backend("plain")
    secured.write("service.yaml", service("s", {"https": secured.server.echo.port, "http": plain.port}))
    secured.route("s", [{"matches": [{"path": {"value": path}}], "backendRefs": [{"name": "s", "port": port}]}
                        for path, port in (("/secure", secured.server.echo.port), ("/plain", plain.port))], ["s.test"])
    secured.wait_status(200, "/plain", "s.test")
    secured.wait_status(200, "/secure", "s.test")  # in plain text, which the server speaks too
    assert secured.server.plain_connections > 0
    target = {"group": "", "kind": "Service", "name": "s", "sectionName": "https"}
    secured.write("policy.json", policy("port.test", [("Hostname", "a.test")], target=target))
    wait_for(lambda: secured.get("/secure", "s.test").status == 200 and secured.server.names[-1] == "port.test")
    assert secured.get("/plain", "s.test").json["backend"] == "plain"


def test_grpc_calls_go_over_tls_too(secured):
    server = EchoServer("g", secured.ca.issue("a.test"))
    try:
        secured.write("a.yaml", server.yaml().replace("name: g", "name: a"))
        (secured.conf / "route-r.yaml").unlink()
        grpc_route(secured, [{"backendRefs": [BACKEND]}])
        answer = wait_for(lambda: (seen := call(secured, "/x.Echo/Say")) and isinstance(seen, dict) and seen)
        assert answer["backend"] == "g"
        secured.write("policy.json", policy("b.test"))
        wait_for(lambda: call(secured, "/x.Echo/Say") == "UNAVAILABLE")
    finally:
        server.server.stop(None)

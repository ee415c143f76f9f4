"""TLS towards backends as Backends (spec.tls) and EnvoyProxies (spec.backendTLS) say, with a real Envoy and servers that speak TLS."""

import base64
import json
import socket
import ssl

import pytest

from limen import Hammer, KeptAlive, backend_yaml, free_port, wait_for
from pki import Authority, SecureServer, config_map, tls_secret
from test_backend_certificate import reference, shown
from test_backend_tls import BACKEND, more, policy, settled
from test_external_auth import HttpAuth
from test_grpc import EchoServer, call, grpc_route
from test_policy_services import to_backend
from test_security_policy import policy as security_policy

CAS = {"caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}]}


def own(endpoints, tls=None, name="a", **spec):
    """A Backend; endpoints are ports of this machine, or whole endpoints."""
    endpoints = [{"ip": {"address": "127.0.0.1", "port": it}} if isinstance(it, int) else it for it in endpoints]
    if tls is not None:
        spec["tls"] = tls
    return json.dumps({"apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "Backend", "metadata": {"name": name},
                       "spec": {"endpoints": endpoints, **spec}})


def settings(**backend_tls):
    return json.dumps({"apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "EnvoyProxy", "metadata": {"name": "settings"},
                       "spec": {"backendTLS": backend_tls}})


WITH_SETTINGS = {"infrastructure": {"parametersRef": {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "settings"}}}


@pytest.fixture
def secured(limen, backend, tmp_path):
    """A backend that speaks TLS as a.test of Authority `ca`, and plain HTTP too; `say` changes its Backend's spec.tls."""
    limen.ca, limen.other_ca, limen.client_ca = (Authority(tmp_path, name) for name in ("ca", "other", "clients"))
    a = backend("a")
    limen.server = SecureServer(a, limen.ca.issue("a.test"), plain=True)
    limen.say = lambda tls, **spec: limen.write("a.yaml", own([a.port], tls, **spec))
    limen.gateway()
    limen.route("r", [{"backendRefs": [BACKEND]}])
    limen.write("ca.json", config_map("ca", limen.ca.pem))
    limen.say({**CAS, "sni": "a.test"})
    limen.start()
    limen.wait_status(200)
    yield limen
    assert limen.server.plain_connections == 0


def ask_for_certificates(server, ca):
    """Before a change of the cluster: Envoy resumes sessions that had none."""
    server.context.verify_mode = ssl.CERT_REQUIRED
    server.context.load_verify_locations(cadata=ca.pem.decode())


def test_the_backend_says_whose_certificate_is_good(secured):
    assert set(secured.server.names) == {"a.test"} and "Accepted=True" in secured.status("backend")
    secured.write("ca.json", config_map("ca", secured.other_ca.pem))
    settled(secured, 503)
    assert "Accepted=True" in secured.status("backend")  # Limen does not see the server
    for tls, why in (({"caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "nosuch"}], "sni": "a.test"},
                      "Accepted=False(Invalid: spec.tls.caCertificateRefs[0]: ConfigMap default/nosuch does not exist; nothing is sent"),
                     ({"sni": "a.test"}, "spec.tls: nothing says how its certificate is checked"),
                     ({**CAS, "sni": "a.test", "ecdhCurves": ["nosuch"]}, "spec.tls.ecdhCurves[0]: 'nosuch' is not known")):
        connections = len(secured.server.names)
        secured.say(tls)
        wait_for(lambda: why in secured.status("backend"))
        settled(secured, 503)
        wait_for(lambda: secured.get().status == 503)
        assert len(secured.server.names) - connections <= 20  # what was under way
    secured.say({"insecureSkipVerify": True, "sni": "anybody.test"})
    settled(secured, 200)
    assert secured.server.names[-1] == "anybody.test"
    secured.say({"wellKnownCACertificates": "System", "sni": "a.test"})
    settled(secured, 503)
    secured.write("ca.json", config_map("ca", secured.ca.pem))
    secured.say({**CAS, "sni": "b.test"})  # whose certificate it is not
    settled(secured, 503)
    secured.say({**CAS, "sni": "a.test"})
    settled(secured, 200)


def test_without_a_name_the_host_of_each_request_is_checked(secured):
    secured.say(CAS)
    wait_for(lambda: secured.get(host="b.test").status == 503)
    assert {secured.get(host=host).status for host in ("b.test", "localhost", "127.0.0.1", "x.a.test") for _ in range(4)} == {503}
    wait_for(lambda: {secured.get(host=host).status for host in ("a.test", "a.test:8080") for _ in range(4)} == {200})
    assert {"a.test", "b.test"} <= set(secured.server.names)
    assert secured.server.names[-1] == "a.test" and secured.get(host="b.test").status == 503
    secured.say({"insecureSkipVerify": True})
    wait_for(lambda: {secured.get(host="b.test").status for _ in range(5)} == {200})
    wait_for(lambda: secured.server.names[-1] == "b.test")


def test_each_endpoint_has_a_name_of_its_own(secured, backend):
    servers = {}
    for name in ("one", "two"):
        servers[name] = SecureServer(backend(name), secured.ca.issue(f"{name}.test"))
    endpoints = [{"ip": {"address": "127.0.0.1", "port": server.echo.port}, "hostname": f"{name}.test"}
                 for name, server in servers.items()]
    secured.write("a.yaml", own(endpoints, {**CAS, "autoSNIFromEndpointHostname": True}))

    def answers():
        seen = [secured.get(headers={"x-close": "yes"}) for _ in range(20)]
        return {answer.json["backend"] if answer.status == 200 else answer.status for answer in seen}
    wait_for(lambda: answers() == {"one", "two"})
    assert {name: set(server.names) for name, server in servers.items()} == {"one": {"one.test"}, "two": {"two.test"}}
    servers["two"].show(secured.ca.issue("one.test"))
    wait_for(lambda: 503 in answers() and "two" not in answers())
    servers["two"].show(secured.ca.issue("two.test"))
    wait_for(lambda: answers() == {"one", "two"})
    # By DNS, where the name comes with the endpoint.
    secured.server.show(secured.ca.issue("localhost"))
    secured.write("a.yaml", own([{"fqdn": {"hostname": "localhost", "port": secured.server.echo.port}}],
                                {**CAS, "autoSNIFromEndpointHostname": True}))
    wait_for(lambda: answers() == {"a"})
    assert secured.server.names[-1] == "localhost"


def test_the_certificate_of_the_backend_is_shown_before_that_of_the_proxy(secured):
    ask_for_certificates(secured.server, secured.client_ca)
    for name in ("own", "shared", "gateway"):
        secured.write(f"{name}.json", tls_secret(name, secured.client_ca.issue(f"{name}.test")))
    secured.write("settings.json", settings(clientCertificateRef={"name": "shared"}))
    secured.gateway(**WITH_SETTINGS)
    wait_for(lambda: shown(secured) == "shared.test")
    secured.gateway(**WITH_SETTINGS, tls=reference("gateway"))
    wait_for(lambda: shown(secured) == "gateway.test")
    secured.say({**CAS, "sni": "a.test", "clientCertificateRef": {"name": "own"}})
    wait_for(lambda: shown(secured) == "own.test")
    # A proxy's that cannot be shown closes what would show it, and nothing else.
    secured.gateway(**WITH_SETTINGS)
    secured.write("settings.json", settings(clientCertificateRef={"name": "nosuch"}))
    wait_for(lambda: "EnvoyProxy default/settings: spec.backendTLS.clientCertificateRef: Secret default/nosuch" in secured.status("gateway"))
    settled(secured, 200)
    secured.say({**CAS, "sni": "a.test"})
    settled(secured, 503)
    secured.write("settings.json", settings(clientCertificateRef={"name": "shared"}))
    wait_for(lambda: shown(secured) == "shared.test")
    secured.say({**CAS, "sni": "a.test", "clientCertificateRef": {"name": "missing"}})
    settled(secured, 503)
    wait_for(lambda: "spec.tls.clientCertificateRef: Secret default/missing does not exist" in secured.status("backend"))
    secured.write("own.json", tls_secret("missing", secured.client_ca.issue("came.test")))
    wait_for(lambda: shown(secured) == "came.test")


def test_new_certificates_and_cas_under_load_lose_no_request(secured):
    ask_for_certificates(secured.server, secured.client_ca)
    secured.write("own.json", tls_secret("own", secured.client_ca.issue("own0.test")))
    secured.say({**CAS, "sni": "a.test", "clientCertificateRef": {"name": "own"}})
    wait_for(lambda: shown(secured) == "own0.test")
    client, kept = Hammer(secured), KeptAlive(secured)

    def trust(pem):
        secured.write("ca.json", config_map("ca", pem))
        wait_for(lambda: trusted(secured) == base64_lines(pem.decode()))
        more(client)

    for i, ca in enumerate((secured.other_ca, secured.ca), 1):
        secured.write("own.json", tls_secret("own", secured.client_ca.issue(f"own{i}.test")))
        wait_for(lambda: shown(secured) == f"own{i}.test")
        trust(secured.ca.pem + secured.other_ca.pem)
        secured.server.show(ca.issue("a.test"))
        more(client)
        trust(ca.pem)
    for seen in (client.stop(), kept.stop()):
        assert set(seen) == {200} and seen[200] > 200, seen


def base64_lines(pem):
    return {line for line in pem.splitlines() if line and not line.startswith("-")}


def trusted(limen):
    """Of the CAs that Envoy verifies the backend by."""
    clusters = json.loads(limen.admin("/config_dump?resource=dynamic_active_clusters"))["configs"]
    cluster = next(it["cluster"] for it in clusters if it["cluster"]["name"] == "backend/default/a")
    text = cluster["transport_socket"]["typed_config"]["common_tls_context"]["validation_context"]["trusted_ca"]["inline_bytes"]
    return base64_lines(base64.b64decode(text).decode())


def test_versions_of_the_backend_prevail_over_those_of_the_proxy(secured):
    assert len(set(secured.server.names)) == 1
    secured.server.context.maximum_version = ssl.TLSVersion.TLSv1_2
    secured.say({**CAS, "sni": "a.test", "minVersion": "1.3"})
    settled(secured, 503)
    secured.say({**CAS, "sni": "a.test"})
    settled(secured, 200)
    secured.write("settings.json", settings(minVersion="1.3"))
    secured.gateway(**WITH_SETTINGS)
    settled(secured, 503)
    secured.say({**CAS, "sni": "a.test", "minVersion": "1.2"})
    settled(secured, 200)
    secured.say({**CAS, "sni": "a.test", "maxVersion": "1.2", "minVersion": "1.2", "ciphers": ["ECDHE-ECDSA-AES128-GCM-SHA256"]})
    settled(secured, 200)
    assert "ECDHE-ECDSA-AES128-GCM-SHA256" in secured.admin("/stats?filter=ssl.ciphers")
    secured.server.context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    secured.say({**CAS, "sni": "a.test", "maxVersion": "1.2", "minVersion": "1.2", "ciphers": ["ECDHE-ECDSA-AES256-GCM-SHA384"]})
    settled(secured, 503)


def test_a_policy_says_who_is_good_and_the_backend_the_rest(secured):
    ask_for_certificates(secured.server, secured.client_ca)
    secured.write("own.json", tls_secret("own", secured.client_ca.issue("own.test")))
    secured.server.show(secured.other_ca.issue("a.test"))
    secured.say({"insecureSkipVerify": True, "sni": "x.test", "clientCertificateRef": {"name": "own"}})
    settled(secured, 200)
    wait_for(lambda: shown(secured) == "own.test")
    assert secured.server.names[-1] == "x.test"
    secured.write("policy.json", policy("a.test"))
    settled(secured, 503)  # it is checked now
    secured.server.show(secured.ca.issue("a.test"))
    settled(secured, 200)
    wait_for(lambda: shown(secured) == "own.test")
    assert secured.server.names[-1] == "a.test"
    secured.write("policy.json", policy("a.test", caCertificateRefs=[{"group": "", "kind": "ConfigMap", "name": "nosuch"}]))
    wait_for(lambda: "NoValidCACertificate" in secured.status("backendtlspolicy"))
    settled(secured, 503)
    (secured.conf / "policy.json").unlink()
    settled(secured, 200)


def test_other_protocols_over_tls(secured):
    """gRPC (HTTP/2), WebSockets' HTTP/1.1, what the server chooses, and connections of a TCPRoute."""
    secured.say({**CAS, "sni": "a.test", "alpnProtocols": ["h2", "http/1.1"]}, appProtocols=["gateway.envoyproxy.io/wss"])
    settled(secured, 200)
    secured.server.context.set_alpn_protocols(["http/1.1"])
    secured.say({**CAS, "sni": "a.test", "alpnProtocols": ["h2", "http/1.1"]})
    settled(secured, 200)
    port = free_port()
    secured.gateway([{"name": "http", "port": secured.port, "protocol": "HTTP"}, {"name": "tcp", "port": port, "protocol": "TCP"}])
    secured.write("tcp.json", json.dumps({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "TCPRoute", "metadata": {"name": "t"},
        "spec": {"parentRefs": [{"name": "web", "sectionName": "tcp"}], "rules": [{"backendRefs": [BACKEND]}]}}))

    def tcp():
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                return client.recv(100).startswith(b"HTTP/1.1 200")
        except OSError:
            return False
    wait_for(tcp)
    secured.say(CAS)  # nothing names the server
    wait_for(lambda: "InvalidBackendTLS" in secured.status("tcproute"))
    wait_for(lambda: not tcp())
    server = EchoServer("g", secured.ca.issue("a.test"))
    try:
        secured.write("a.yaml", own([server.port], {**CAS, "sni": "a.test"}, appProtocols=["gateway.envoyproxy.io/h2c"]))
        (secured.conf / "route-r.yaml").unlink()
        grpc_route(secured, [{"backendRefs": [BACKEND]}])
        answer = wait_for(lambda: (seen := call(secured, "/x.Echo/Say")) and isinstance(seen, dict) and seen)
        assert answer["backend"] == "g"
        secured.write("ca.json", config_map("ca", secured.other_ca.pem))
        wait_for(lambda: call(secured, "/x.Echo/Say") == "UNAVAILABLE")
    finally:
        server.server.stop(None)


def test_services_of_policies(secured):
    """One backend, and two of which one speaks TLS."""
    secure, plain = HttpAuth("secure"), HttpAuth("plain")
    try:
        server = SecureServer(secure, secured.ca.issue("auth.test"))
        secured.write("secure.yaml", own([secure.port], {**CAS, "sni": "auth.test"}, "secure"))
        secured.write("plain.yaml", backend_yaml("plain", plain.port))

        def ask(*names):
            secured.write("p.yaml", security_policy("p", {"extAuth": {"http": {"backendRefs": [to_backend(name) for name in names]}}}))
        ask("secure")
        wait_for(lambda: secured.get().status == 200 and secure.asked)
        assert secured.get(headers={"authorization": "nobody"}).status == 401 and set(server.names) == {"auth.test"}
        server.show(secured.other_ca.issue("auth.test"))
        secured.write("secure.yaml", own([secure.port], {**CAS, "sni": "other.test"}, "secure"))
        settled(secured, 403)
        server.show(secured.ca.issue("auth.test"))
        secured.write("secure.yaml", own([secure.port], {**CAS, "sni": "auth.test"}, "secure"))
        settled(secured, 200)
        ask("secure", "plain")
        wait_for(lambda: secured.get().status == 200 and plain.asked)
        asked = len(secure.asked)
        wait_for(lambda: secured.get().status == 200 and len(secure.asked) > asked)
        # Whose name nobody knows is not asked; the policy says so.
        secured.write("secure.yaml", own([secure.port], CAS, "secure"))
        settled(secured, 500)
        assert "Backend default/secure: spec.tls says of no name" in secured.status("securitypolicy")
    finally:
        secure.close()
        plain.close()

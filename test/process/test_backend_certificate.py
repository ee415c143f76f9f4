"""The certificate that a Gateway shows to backends (spec.tls.backend), with a backend that demands one."""

import http.client
import json

import pytest

from limen import Hammer, shows, wait_for
from pki import Authority, SecureServer, config_map, tls_secret
from test_backend_tls import BACKEND, policy, settled


def reference(name="client", **more):
    return {"backend": {"clientCertificateRef": {"name": name, **more}}}


def common_name(certificate):
    return certificate and dict(part[0] for part in certificate["subject"])["commonName"]


def shown(limen):
    """Who the backend sees on a new connection; None: there is none."""
    seen = len(limen.server.clients)
    first, second = (limen.get(headers={"x-close": "yes"}).status for _ in range(2))
    return common_name(limen.server.clients[-1]) if second == 200 and len(limen.server.clients) > seen else None


@pytest.fixture
def demanding(limen, backend, tmp_path):
    limen.ca, limen.client_ca = Authority(tmp_path), Authority(tmp_path, "clients")
    a = backend("a")
    limen.server = SecureServer(a, limen.ca.issue("a.test"), client_ca=limen.client_ca.pem)
    limen.gateway(tls=reference())
    limen.route("r", [{"backendRefs": [BACKEND]}])
    limen.write("a.yaml", a.yaml())
    limen.write("ca.json", config_map("ca", limen.ca.pem))
    limen.write("policy.json", policy())
    limen.write("secret.json", tls_secret("client", limen.client_ca.issue("one.test")))
    limen.start()
    limen.wait_status(200)
    return limen


@shows("GatewayBackendClientCertificate")
def test_the_backend_sees_the_certificate_and_its_successor(demanding):
    assert shown(demanding) == "one.test"
    kept = http.client.HTTPConnection("127.0.0.1", demanding.port, timeout=5)
    for name in ("two.test", "three.test"):
        demanding.write("secret.json", tls_secret("client", demanding.client_ca.issue(name)))
        wait_for(lambda: shown(demanding) == name)
        kept.request("GET", "/", headers={"host": "localhost"})
        answer = kept.getresponse()
        answer.read()
        assert answer.status == 200 and answer.getheader("connection") is None  # nothing is drained
        assert name == "two.test" or kept.sock is before
        before = kept.sock
    assert "ResolvedRefs=True" in demanding.status("gateway")


def test_a_certificate_of_another_authority_is_refused_by_the_backend(demanding):
    demanding.write("secret.json", tls_secret("client", demanding.ca.issue("one.test")))
    wait_for(lambda: shown(demanding) is None)
    settled(demanding, 503)
    demanding.gateway()  # none at all
    settled(demanding, 503)
    demanding.gateway(tls=reference())
    demanding.write("secret.json", tls_secret("client", demanding.client_ca.issue("one.test")))
    settled(demanding, 200)


def test_a_reference_that_does_not_hold_sends_nothing_and_is_named(demanding):
    for tls, why in ((reference("nosuch"), "InvalidClientCertificateRef: spec.tls.backend.clientCertificateRef: Secret "
                      "default/nosuch does not exist"),
                     (reference(kind="ConfigMap"), "must name a Secret, not a ConfigMap"),
                     (reference(namespace="other"), "RefNotPermitted: spec.tls.backend.clientCertificateRef: Secret "
                      "other/client: no ReferenceGrant")):
        demanding.gateway(tls=tls)
        settled(demanding, 503)
        connections = len(demanding.server.clients)
        settled(demanding, 503)
        wait_for(lambda: why in demanding.status("gateway"))
        assert len(demanding.server.clients) == connections and "Accepted=True" in demanding.status("gateway")
        demanding.gateway(tls=reference())
        settled(demanding, 200)
    demanding.gateway(tls=reference(namespace="other"))
    settled(demanding, 503)
    secret = json.loads(tls_secret("client", demanding.client_ca.issue("other.test")))
    secret["metadata"]["namespace"] = "other"
    demanding.write("other.json", json.dumps(secret))
    demanding.write("grant.json", json.dumps({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "ReferenceGrant",
        "metadata": {"name": "g", "namespace": "other"}, "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "default"}],
            "to": [{"group": "", "kind": "Secret"}]}}))
    settled(demanding, 200)
    wait_for(lambda: shown(demanding) == "other.test")
    (demanding.conf / "grant.json").unlink()
    settled(demanding, 503)


def test_a_route_that_moves_to_another_such_backend_loses_no_request(demanding, backend):
    servers = [SecureServer(backend(name), demanding.ca.issue("a.test"), client_ca=demanding.client_ca.pem) for name in "bcd"]
    client = Hammer(demanding)
    for server in servers:
        name = server.echo.name
        moved = json.loads(policy(target={**BACKEND, "name": name}))
        moved["metadata"]["name"] = name
        demanding.write(f"{name}.yaml", server.echo.yaml() + "---\n" + json.dumps(moved))
        demanding.route("r", [{"backendRefs": [{**BACKEND, "name": name}]}])
        wait_for(lambda: demanding.get().json["backend"] == name)
    assert set(client.stop()) == {200}

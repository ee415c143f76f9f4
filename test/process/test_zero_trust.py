"""examples/zero_trust as it is, but for its ports: one policy before backends of four kinds, each with its own identity."""

import json
import pathlib
import socketserver
import ssl
import threading

import pytest

from limen import wait_for
from pki import Authority, SecureServer, TlsClient, config_map, tls_secret
from tokens import Issuer, bearer

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples/zero_trust"
GATEWAY = "spiffe://example.com/gateway"
IDS = {"orders": "spiffe://example.com/ns/default/sa/orders", "billing": "spiffe://example.com/vm/billing"}
PORTS = {"orders": 9001, "billing": 9002, "partner": 9443}  # in the example
PATHS = ["/orders", "/billing", "/audit", "/partner"]


class SocketServer:
    """Serves with a backend's request handler on a Unix socket."""

    def __init__(self, backend, path):
        class Handler(backend.server.RequestHandlerClass):
            def address_string(self):
                return "unix"
        self.server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def world(limen, backend, tmp_path, monkeypatch):
    """The example with its backends, each a real server."""
    limen.domain, limen.public, limen.ours = (Authority(tmp_path, name) for name in ("domain", "public", "web"))
    limen.issuer = Issuer(tmp_path, "https://login.example.com")
    monkeypatch.setenv("SSL_CERT_FILE", str(limen.public.folder / "ca.crt"))
    backends = {name: backend(name) for name in (*PORTS, "audit")}
    limen.servers = {name: SecureServer(backends[name], limen.domain.issue(name, [f"URI:{uri}"]), client_ca=limen.domain.pem)
                     for name, uri in IDS.items()}
    limen.servers["partner"] = SecureServer(backends["partner"], limen.public.issue("api.partner.example"))
    for server in limen.servers.values():
        server.context.options |= ssl.OP_NO_TICKET  # each connection shows the certificate
    audit = SocketServer(backends["audit"], tmp_path / "audit.sock")
    for path in EXAMPLE.glob("*.yaml"):
        text = path.read_text().replace("port: 8443", f"port: {limen.port}").replace("/run/audit", str(tmp_path))
        for name, port in PORTS.items():
            text = text.replace(f"port: {port}", f"port: {backends[name].port}")
        limen.write(path.name, text.replace("fqdn: {hostname: api.partner.example", "fqdn: {hostname: localhost"))
    limen.write("web.json", tls_secret("web", limen.ours.issue("api.example.com")))
    limen.write("own.json", tls_secret("gateway", limen.domain.issue("gateway", [f"URI:{GATEWAY}"])))
    limen.write("domain.json", config_map("trust-domain", limen.domain.pem))
    limen.write("keys.json", json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "login-keys"},
                                         "data": {"jwks": limen.issuer.jwks()}}))
    limen.start()
    for path in PATHS:
        wait_for(lambda path=path: ask(limen, path, good(limen))[0] == 200, 30)
    yield limen
    audit.close()


def good(world, **claims):
    return world.issuer.token(**{"aud": "api", "scope": "mail api", **claims})


def ask(world, path, token=None, **headers):
    """Status and what the backend saw; (None, None): there is no connection."""
    try:
        client = TlsClient(world.port, world.ours, "api.example.com")
    except OSError:
        return None, None
    try:
        client.connection.request("GET", path, headers={"host": "api.example.com", **headers, **(bearer(token) if token else {})})
        answer = client.connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if answer.status == 200 else None
    finally:
        client.connection.close()


def test_one_policy_for_all(world, tmp_path):
    strangers = Issuer(tmp_path, world.issuer.name)
    for path in PATHS:
        status, seen = ask(world, path, good(world), **{"x-user": "root"})
        assert (status, seen["backend"], seen["headers"]["x-user"]) == (200, path[1:], "ann")
        assert ask(world, path)[0] == 401
        for token in (good(world, exp=1), strangers.token(aud="api", scope="api")):
            assert ask(world, path, token)[0] == 401
        for token in (good(world, aud="other"), good(world, scope="mail")):
            assert ask(world, path, token)[0] == 403


def test_each_has_its_identity(world):
    for name, sni in (("orders", "orders.default.svc"), ("billing", "billing.vm.example.com")):
        assert set(world.servers[name].names) == {sni}
        assert world.servers[name].clients[-1]["subjectAltName"] == (("URI", GATEWAY),)
    assert set(world.servers["partner"].names) == {"api.partner.example"}
    assert ask(world, "/partner", good(world))[1]["headers"]["host"] == "api.partner.example"


def test_others_of_the_trust_domain_are_not_taken_for_it(world):
    world.servers["billing"].show(world.domain.issue("other", [f"URI:{IDS['orders']}"]))
    world.servers["partner"].show(world.domain.issue("api.partner.example"))  # whom the machine does not trust
    for path in ("/billing", "/partner"):
        wait_for(lambda path=path: ask(world, path, good(world), **{"x-close": "yes"})[0] == 503, 30)
    assert ask(world, "/orders", good(world))[0] == 200

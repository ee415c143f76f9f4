"""Certificates and CAs of SPIRE's agent: a Gateway, its clients and its backends are of one trust domain."""

import base64
import http.client
import json
import socket
import ssl
import threading
import time

import pytest

from limen import free_port, wait_for
from pki import Authority, SecureServer
from spire import Spire, needs_spire
from test_backend_tls import BACKEND
from test_tls import presented

pytestmark = needs_spire
SVID, BUNDLE = {"name": "svid"}, {"group": "", "kind": "Secret", "name": "bundle"}


def agent_secret(name, spire, secret_name):
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "type": "gateway.envoyproxy.io/sds", "metadata": {"name": name},
                       "stringData": {"url": f"unix://{spire.socket}", "secretName": secret_name}})


class World:
    """A Gateway whose HTTPS listener wants clients of the trust domain, and a backend that wants the Gateway.  `svid` and
    `bundle`: what the agent is asked for, if not by SPIFFE ids."""

    def __init__(self, limen, echo, spire, svid=None, bundle=None):
        self.limen, self.echo, self.spire, self.port = limen, echo, spire, free_port()
        self.ids = {name: f"{spire.id}/{name}" for name in ("gateway", "client", "orders", "billing")}
        limen.gateway([{"name": "https", "port": self.port, "protocol": "HTTPS", "tls": {"certificateRefs": [SVID]}}],
                      tls={"backend": {"clientCertificateRef": SVID},
                           "frontend": {"default": {"validation": {"caCertificateRefs": [BUNDLE]}}}})
        limen.write("svid.json", agent_secret("svid", spire, svid or self.ids["gateway"]))
        limen.write("bundle.json", agent_secret("bundle", spire, bundle or spire.id))
        limen.write("a.yaml", echo.yaml())
        limen.route("r", [{"backendRefs": [BACKEND]}])
        limen.write("policy.json", json.dumps({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "BackendTLSPolicy", "metadata": {"name": "p"},
            "spec": {"targetRefs": [BACKEND], "validation": {
                "hostname": "orders.test", "subjectAltNames": [{"type": "URI", "uri": self.ids["orders"]}],
                "caCertificateRefs": [BUNDLE]}}}))

    def register(self):
        for name in self.ids:
            self.spire.register(name)

    def serve(self):
        """The backend has its SVID, from now on."""
        self.server = SecureServer(self.echo, self.svid("orders"), client_ca=self.spire.pem)
        self.server.context.options |= ssl.OP_NO_TICKET  # each connection shows the certificates

    def svid(self, name):
        return self.spire.svid(self.ids[name])

    def open(self, pair):
        return Connection(self, pair)

    def ask(self, pair, **headers):
        """The status; None: there is no connection."""
        try:
            connection = self.open(pair)
        except OSError:
            return None
        try:
            return connection.ask(**headers)
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.http.close()


class Connection:
    """A client that knows the trust domain."""

    def __init__(self, world, pair):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False  # SVIDs have no host names
        context.load_verify_locations(cadata=world.spire.pem.decode())
        if pair is not None:
            context.load_cert_chain(*pair)
        tls = context.wrap_socket(socket.create_connection(("127.0.0.1", world.port), timeout=5))
        self.certificate = tls.getpeercert()
        self.http = http.client.HTTPConnection("orders.test")
        self.http.auto_open = 0
        self.http.sock = tls

    def ask(self, **headers):
        self.http.request("GET", "/", headers=headers)
        answer = self.http.getresponse()
        answer.read()
        return answer.status


@pytest.fixture
def spires():
    """Makes them."""
    made = []

    def make(**how):
        made.append(Spire(**how))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def world(limen, backend, spires):
    """It serves."""
    made = World(limen, backend("a"), spires().start())
    made.register()
    made.serve()
    limen.start()
    client = made.svid("client")
    wait_for(lambda: made.ask(client) == 200)
    return made


def uris(certificate):
    return [value for kind, value in certificate["subjectAltName"] if kind == "URI"]


def test_one_trust_domain(world, tmp_path):
    strangers = Authority(tmp_path)
    client = world.svid("client")
    connection = world.open(client)
    assert connection.ask() == 200
    assert uris(connection.certificate) == [world.ids["gateway"]]
    assert uris(world.server.clients[-1]) == [world.ids["gateway"]]
    before = len(world.echo.requests)
    assert world.ask(None) is None
    assert world.ask(strangers.issue("client", [f"URI:{world.ids['client']}"])) is None  # he has only the name
    assert len(world.echo.requests) == before
    # Another of the domain is not taken for the backend, nor is a stranger of its name.
    for pair in (world.svid("billing"), strangers.issue("orders", [f"URI:{world.ids['orders']}"])):
        world.server.show(pair)
        wait_for(lambda: world.ask(client, **{"x-close": "yes"}) == 503)
    world.server.show(world.svid("orders"))
    wait_for(lambda: world.ask(client) == 200)
    assert connection.ask() == 200
    assert "Programmed=True" in world.limen.status("gateway", "web")


@pytest.mark.parametrize("bundle", [None, "ROOTCA", "ALL"])  # of the domain, of the agent, and of all domains (SPIFFE)
def test_a_client_traffic_policy(world, tmp_path, bundle):
    world.limen.gateway([{"name": "https", "port": world.port, "protocol": "HTTPS", "tls": {"certificateRefs": [SVID]}}],
                        tls={"backend": {"clientCertificateRef": SVID}})
    world.limen.write("trust.json", agent_secret("trust", world.spire, bundle or world.spire.id))
    checks = {"caCertificateRefs": [{"name": "trust"}],
              "subjectAltNames": {"uris": [{"type": "Exact", "value": world.ids["client"]}]}}

    def check(**more):
        world.limen.write("clients.json", json.dumps({
            "apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "ClientTrafficPolicy", "metadata": {"name": "c"},
            "spec": {"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "web"}],
                     "tls": {"clientValidation": {**checks, **more}}}}))

    check()
    strangers = Authority(tmp_path)
    client, other = world.svid("client"), world.svid("billing")
    wait_for(lambda: world.ask(other) is None and world.ask(client) == 200)
    assert world.ask(None) is None
    assert world.ask(strangers.issue("client", [f"URI:{world.ids['client']}"])) is None
    checks["subjectAltNames"] = {"uris": [{"type": "Prefix", "value": world.spire.id + "/"}]}
    check()
    wait_for(lambda: world.ask(other) == 200)
    assert world.ask(client) == 200
    check(mode="Request")
    wait_for(lambda: world.ask(None) == 200)
    assert world.ask(strangers.issue("stranger", ["URI:spiffe://elsewhere/x"])) == 200
    check(spkiHashes=["m" * 43 + "="])
    wait_for(lambda: "spkiHashes: cannot go with caCertificateRefs that another SDS server has" in
             world.limen.status("clienttrafficpolicy", "c"))
    assert world.ask(client) is None
    # Envoy would let all of the domain in by any other name.
    check(subjectAltNames={"dnsNames": [{"type": "Exact", "value": "client.test"}]})
    wait_for(lambda: "subjectAltNames.dnsNames: cannot go with" in world.limen.status("clienttrafficpolicy", "c"))
    assert world.ask(client) is None
    check()
    wait_for(lambda: world.ask(client) == 200)


def test_a_backend_of_which_no_uri_is_said(world):
    """Envoy would take any of the domain for it."""
    client = world.svid("client")
    text = (world.limen.conf / "policy.json").read_text()
    policy = json.loads(text)
    del policy["spec"]["validation"]["subjectAltNames"]
    world.limen.write("policy.json", json.dumps(policy))
    wait_for(lambda: "must have one of type URI" in world.limen.status("backendtlspolicy", "p"))
    assert world.ask(client) == 503
    world.limen.write("policy.json", text)
    wait_for(lambda: world.ask(client) == 200)


def test_an_agent_that_comes_late(limen, backend, spires):
    world = World(limen, backend("a"), spires(), "default", "ROOTCA")
    limen.start()
    wait_for(lambda: "Programmed=True" in limen.status("gateway", "web"))
    pids = limen.envoy_pids()
    assert presented(world.port, "orders.test") is None
    world.spire.start()
    world.register()
    world.serve()
    client = world.svid("client")
    wait_for(lambda: world.ask(client) == 200, 60)
    assert limen.envoy_pids() == pids


def test_short_svids_are_renewed_and_no_request_fails(limen, backend, spires):
    world = World(limen, backend("a"), spires(ttl=20).start())
    world.register()
    world.serve()
    limen.start()
    client = world.svid("client")
    wait_for(lambda: world.ask(client) == 200)
    kept, serials, answers = world.open(client), set(), []
    ended, begin = threading.Event(), time.monotonic()

    def renew():  # as workloads do
        while not ended.wait(2):
            world.server.show(world.svid("orders"))

    thread = threading.Thread(target=renew)
    thread.start()
    try:
        while len(serials) < 4:
            connection = world.open(world.svid("client"))
            serials.add(connection.certificate["serialNumber"])
            answers += [connection.ask(**{"x-close": "yes"}), kept.ask()]
            connection.http.close()
            assert time.monotonic() - begin < 90
    finally:
        ended.set()
        thread.join()
    print(f"{len(serials)} SVIDs of 20 s in {time.monotonic() - begin:.0f} s; {len(answers)} requests")
    assert set(answers) == {200}


def bundle_size(world):
    """How many CAs Envoy has of the trust domain."""
    secrets = json.loads(world.limen.admin("/config_dump?resource=dynamic_active_secrets"))["configs"]
    [bundle] = [each["secret"]["validation_context"] for each in secrets if "validation_context" in each["secret"]]
    [domain] = bundle["custom_validator_config"]["typed_config"]["trust_domains"]
    return base64.b64decode(domain["trust_bundle"]["inline_bytes"]).count(b"BEGIN CERTIFICATE")


def test_the_domain_gets_another_authority(world):
    old, authority = world.svid("client"), world.spire.authority
    kept = world.open(old)
    serial = kept.certificate["serialNumber"]
    authority("prepare")
    wait_for(lambda: bundle_size(world) == 2)
    world.server.context.load_verify_locations(cadata=world.spire.pem.decode())
    authority("activate", "prepared")
    authority("taint", "old")  # all SVIDs are replaced at once

    def replaced():
        world.server.show(world.svid("orders"))
        connection = world.open(world.svid("client"))
        assert connection.ask(**{"x-close": "yes"}) == 200
        return connection.certificate["serialNumber"] != serial

    wait_for(replaced)
    assert world.ask(old) == 200
    authority("revoke", "old")
    wait_for(lambda: world.ask(old) is None)
    assert world.ask(world.svid("client")) == 200
    assert kept.ask() == 200  # a connection is verified once


def test_the_agent_goes_and_limen_starts_anew(world):
    client = world.svid("client")
    kept = world.open(client)
    world.spire.stop_agent()
    assert kept.ask() == 200 and world.ask(client) == 200  # Envoy keeps what it has
    world.limen.kill()
    world.limen.start()
    wait_for(lambda: "Programmed=True" in world.limen.status("gateway", "web"))
    assert kept.ask() == 200 and world.ask(client) == 200


@pytest.mark.parametrize("plain", [False, True])
def test_insecure_fallback(limen, backend, spires, tmp_path, plain):
    """mode AllowInsecureFallback lets everybody in only where the agent gives the bundle as plain CAs: Envoy's SPIFFE validator
    does not know it, and stays closed."""
    world = World(limen, backend("a"), spires(plain=plain).start())
    world.register()
    world.serve()
    limen.start()
    client, stranger = world.svid("client"), Authority(tmp_path).issue("client", [f"URI:{world.ids['client']}"])
    wait_for(lambda: world.ask(client) == 200)
    assert world.ask(None) is None and world.ask(stranger) is None
    gateway = (limen.conf / "gateway.yaml").read_text()
    limen.write("gateway.yaml", gateway.replace('{"caCertificateRefs"', '{"mode": "AllowInsecureFallback", "caCertificateRefs"'))
    wait_for(lambda: "InsecureFrontendValidationMode=True" in limen.status("gateway", "web"))
    assert "unless sds.disable_spiffe_cert_validation is set" in limen.status("gateway", "web")
    expected = 200 if plain else None
    wait_for(lambda: "ACCEPT_UNTRUSTED" in limen.admin("/config_dump?resource=dynamic_listeners") and world.ask(client) == 200)
    wait_for(lambda: [world.ask(pair) for pair in (client, None, stranger)] == [200, expected, expected])
    limen.write("gateway.yaml", gateway)
    wait_for(lambda: "InsecureFrontendValidationMode" not in limen.status("gateway", "web") and world.ask(None) is None)
    assert world.ask(stranger) is None and world.ask(client) == 200

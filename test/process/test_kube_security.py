"""Security on a real API server: policies find what they name there, follow its changes, and write their statuses."""

import base64

import pytest

from kube_api import needs_kube, running_api
from kube_limen import CONTROLLER, running_limen
from limen import Echo, free_port, wait_for
from pki import Authority, ask_once
from test_security_policy import basic, htpasswd
from tokens import Issuer, bearer

pytestmark = needs_kube
TO_A = {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "a"}
FILTER = {"type": "ExtensionRef", "extensionRef": {"group": "gateway.envoyproxy.io", "kind": "HTTPRouteFilter", "name": "f"}}
PATHS = {"keys": {}, "users": {}, "tokens": {}, "injected": {"filters": [FILTER]}}


class World:
    """A Gateway with a plain and an HTTPS listener, and a rule for each of PATHS with a policy of its own."""

    def __init__(self, api, limen, echo, folder):
        self.api, self.limen, self.https = api, limen, free_port()
        self.issuer, self.servers, self.clients = Issuer(folder), Authority(folder, "servers"), Authority(folder, "clients")
        api.apply("GatewayClass", "limen", spec={"controllerName": CONTROLLER})
        self.tls("web", self.servers.issue("one.test"))
        api.apply("Gateway", "web", spec={"gatewayClassName": "limen", "listeners": [
            {"name": "http", "port": limen.port, "protocol": "HTTP"},
            {"name": "https", "port": self.https, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "web"}]}}]})
        api.apply("Backend", "a", spec={"endpoints": [{"ip": {"address": "127.0.0.1", "port": echo.port}}]})
        api.apply("HTTPRoute", "r", spec={"parentRefs": [{"name": "web"}], "rules": [
            {"name": name, "matches": [{"path": {"type": "PathPrefix", "value": f"/{name}"}}], "backendRefs": [TO_A], **more} for name, more in PATHS.items()]})

    def secret(self, name, **values):
        self.api.apply("Secret", name, type="Opaque", data={key: base64.b64encode(value.encode()).decode() for key, value in values.items()})

    def tls(self, name, pair):
        self.api.apply("Secret", name, type="kubernetes.io/tls", data={
            key: base64.b64encode(path.read_bytes()).decode() for key, path in zip(("tls.crt", "tls.key"), pair, strict=True)})

    def config_map(self, name, **values):
        self.api.apply("ConfigMap", name, data=values)

    def policy(self, rule, **spec):
        self.api.apply("SecurityPolicy", rule, spec={
            "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "r", "sectionName": rule}], **spec})

    def status(self, path, **headers):
        answer = self.limen.try_get(f"/{path}", headers=headers)
        return answer.status if answer else None

    def accepted(self, kind, name):
        """What the API server's status says."""
        ancestors = self.api.get(kind, name).get("status", {}).get("ancestors", [])
        return [(each["status"], each["message"]) for ancestor in ancestors for each in ancestor["conditions"] if each["type"] == "Accepted"]


@pytest.fixture
def world(tmp_path):
    echo = Echo("a")
    with running_api() as api, running_limen(api) as limen:
        made = World(api, limen, echo, tmp_path)
        limen.start()
        limen.start_envoy()
        wait_for(lambda: made.status("keys") == 200, 40)
        yield made
    echo.close()


def invalid(world, kind, name, text):
    wait_for(lambda: any(status == "False" and text in message for status, message in world.accepted(kind, name)), 30)


def valid(world, kind, name):
    wait_for(lambda: [status for status, _ in world.accepted(kind, name)] == ["True"], 30)


def test_policies_of_routes(world):
    named = {"type": "ValueRef", "valueRef": {"group": "", "kind": "ConfigMap", "name": "jwks"}}
    world.policy("keys", apiKeyAuth={"credentialRefs": [{"name": "keys"}], "extractFrom": [{"headers": ["x-key"]}]})
    world.policy("users", basicAuth={"users": {"name": "users"}})
    world.policy("tokens", jwt={"providers": [{"name": "idp", "issuer": world.issuer.name, "localJWKS": named}]})
    for name, text in (("keys", "Secret default/keys does not exist"), ("users", "Secret default/users does not exist"),
                       ("tokens", "ConfigMap default/jwks does not exist")):
        invalid(world, "SecurityPolicy", name, text)
        assert world.status(name) == 500
    # What they name comes, changes and goes.
    world.secret("keys", one="key-of-one")
    world.secret("users", **{".htpasswd": htpasswd(ann="secret")})
    world.config_map("jwks", jwks=world.issuer.jwks())
    old = world.issuer.token()
    wait_for(lambda: world.status("keys", **{"x-key": "key-of-one"}) == 200)
    wait_for(lambda: world.status("users", **basic("ann", "secret")) == 200)
    wait_for(lambda: world.status("tokens", **bearer(old)) == 200)
    assert [world.status(name) for name in ("keys", "users", "tokens")] == [401] * 3
    for name in ("keys", "users", "tokens"):
        valid(world, "SecurityPolicy", name)
    world.issuer.rotate()
    world.secret("keys", two="key-of-two")
    world.secret("users", **{".htpasswd": htpasswd(bob="hidden")})
    world.config_map("jwks", jwks=world.issuer.jwks())
    wait_for(lambda: world.status("keys", **{"x-key": "key-of-two"}) == 200)
    wait_for(lambda: world.status("users", **basic("bob", "hidden")) == 200)
    wait_for(lambda: world.status("tokens", **bearer(world.issuer.token())) == 200)
    assert (world.status("keys", **{"x-key": "key-of-one"}), world.status("users", **basic("ann", "secret")), world.status("tokens", **bearer(old))) == (401,) * 3
    for kind, name in (("Secret", "keys"), ("Secret", "users"), ("ConfigMap", "jwks")):
        world.api.delete(kind, name)
    for name in ("keys", "users", "tokens"):
        invalid(world, "SecurityPolicy", name, "does not exist")
        assert world.status(name, **{"x-key": "key-of-two"}, **basic("bob", "hidden")) == 500
    assert "key-of" not in world.limen.log.read_text()


def test_a_credential(world):
    def shown():
        answer = world.limen.try_get("/injected")
        return answer.json["headers"].get("authorization") if answer and answer.status == 200 else answer and answer.status

    wait_for(lambda: shown() == 500)
    world.api.apply("HTTPRouteFilter", "f", spec={"credentialInjection": {"credential": {"valueRef": {"name": "key"}}}})
    world.secret("key", credential="Basic one")
    wait_for(lambda: shown() == "Basic one", 30)
    world.secret("key", credential="Basic two")
    wait_for(lambda: shown() == "Basic two", 30)
    world.api.delete("Secret", "key")
    wait_for(lambda: shown() == 500, 30)


def test_a_policy_of_clients(world):
    good = world.clients.issue("good")
    pairs = {"none": None, "good": good, "stranger": world.servers.issue("stranger")}

    def let_in():
        """Whoever gets an answer: that there is no route for /."""
        return " ".join(name for name, pair in pairs.items() if ask_once(world.https, world.servers, "one.test", pair) == 404)

    assert let_in() == "none good stranger"
    world.api.apply("ClientTrafficPolicy", "c", spec={
        "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "web", "sectionName": "https"}],
        "tls": {"clientValidation": {"caCertificateRefs": [{"kind": "ConfigMap", "name": "ca"}], "crl": {"refs": [{"kind": "ConfigMap", "name": "crl"}]}}}})
    invalid(world, "ClientTrafficPolicy", "c", "ConfigMap default/ca does not exist")
    wait_for(lambda: let_in() == "")
    world.config_map("ca", **{"ca.crt": world.clients.pem.decode()})
    invalid(world, "ClientTrafficPolicy", "c", "ConfigMap default/crl does not exist")
    assert let_in() == ""
    world.config_map("crl", **{"ca.crl": world.clients.crl().decode()})
    wait_for(lambda: let_in() == "good", 30)
    valid(world, "ClientTrafficPolicy", "c")
    world.clients.revoke(good)
    world.config_map("crl", **{"ca.crl": world.clients.crl().decode()})
    wait_for(lambda: let_in() == "", 30)

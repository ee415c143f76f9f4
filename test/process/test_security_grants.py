"""What policies take from other namespaces: closed until a ReferenceGrant allows it, and again without it."""

import pytest

from limen import backend_yaml, wait_for
from test_external_auth import GrpcAuth
from test_gateway import write
from test_routes import to
from test_security_policy import Auth, policy, rule, secret
from tokens import Issuer, KeyServer, bearer

OTHER = "security"


class Case:
    """A policy whose `field` refers to `kind` "theirs" in the other namespace; who shows `good` passes, others get `refused`."""

    def __init__(self, field, spec, kind, text, good, refused=401, server=None):
        self.field, self.spec, self.kind, self.text = field, spec, kind, text
        self.good, self.refused, self.server = good, refused, server

    def close(self):
        if self.server:
            self.server.close()


def there(kind="Backend"):
    return to("theirs", namespace=OTHER) if kind == "Backend" else {"name": "theirs", "namespace": OTHER}


def http_service(_):
    server = Auth()
    return Case("extAuth.http.backendRefs[0]", {"extAuth": {"http": {"backendRefs": [there()]}, "headersToExtAuth": ["x-pass"]}},
                "Backend", backend_yaml("theirs", server.port), {"x-pass": "yes"}, server=server)


def grpc_service(_):
    server = GrpcAuth("theirs")
    return Case("extAuth.grpc.backendRefs[0]", {"extAuth": {"grpc": {"backendRefs": [there()]}}},
                "Backend", backend_yaml("theirs", server.port), {"authorization": "me"}, 429, server)


def key_server(folder):
    issuer = Issuer(folder)
    server = KeyServer(issuer)
    source = {"uri": "http://keys.test/keys", "backendRefs": [there()], "failedRefetchDuration": "200ms"}
    return Case("jwt.providers[0].remoteJWKS.backendRefs[0]",
                {"jwt": {"providers": [{"name": "idp", "issuer": issuer.name, "remoteJWKS": source}]}},
                "Backend", backend_yaml("theirs", server.port), bearer(issuer.token()), server=server)


def api_keys(_):
    spec = {"apiKeyAuth": {"credentialRefs": [there("Secret")], "extractFrom": [{"headers": ["x-key"]}]}}
    return Case("apiKeyAuth.credentialRefs[0]", spec, "Secret", secret("theirs", one="key-of-one"), {"x-key": "key-of-one"})


def grant(limen, kind, name="theirs", namespace="default", policy_kind="SecurityPolicy"):
    write(limen, "ReferenceGrant", "g", {
        "from": [{"group": "gateway.envoyproxy.io", "kind": policy_kind, "namespace": namespace}],
        "to": [{"group": "gateway.envoyproxy.io" if kind == "Backend" else "", "kind": kind, "name": name}]},
        "gateway.networking.k8s.io/v1beta1", namespace=OTHER)


@pytest.fixture(params=[http_service, grpc_service, key_server, api_keys], ids=lambda made: made.__name__)
def case(request, tmp_path):
    made = request.param(tmp_path)
    yield made
    made.close()


@pytest.fixture
def web(limen, backend, case):
    limen.echo = backend("a")
    limen.gateway()
    limen.write("a.yaml", limen.echo.yaml())
    limen.write("theirs.yaml", case.text.replace("name: theirs}", f"name: theirs, namespace: {OTHER}}}"))
    limen.route("r", [rule("x")])
    limen.route("other", [rule("free")])
    limen.write("p.yaml", policy("p", case.spec))
    limen.start()
    limen.wait_status(200, "/free")
    return limen


def closed(web, case):
    web.wait_status(500, "/x", headers=case.good)
    web.echo.requests.clear()
    assert web.get("/x", headers=case.good).status == 500 and not web.echo.requests
    assert web.get("/free").status == 200
    says = web.status("securitypolicy", "p")
    assert f"spec.{case.field}: " in says and f"no ReferenceGrant in namespace {OTHER}" in says, says


def opened(web, case):
    web.wait_status(200, "/x", headers=case.good)
    assert web.get("/x", headers={"authorization": "nobody"}).status == case.refused
    wait_for(lambda: "Accepted=True" in web.status("securitypolicy", "p"))


def test_closed_until_granted(web, case):
    closed(web, case)
    pids = web.envoy_pids()
    for i, wrong in enumerate(({"name": "another"}, {"namespace": "elsewhere"}, {"policy_kind": "BackendTLSPolicy"})):
        grant(web, case.kind, **wrong)
        web.route("other", [rule("free"), rule(f"after-{i}")])
        web.wait_status(200, f"/after-{i}")
        closed(web, case)
    grant(web, case.kind)
    opened(web, case)
    (web.conf / "ReferenceGrant-g.json").unlink()
    closed(web, case)
    grant(web, case.kind)
    opened(web, case)
    assert web.envoy_pids() == pids

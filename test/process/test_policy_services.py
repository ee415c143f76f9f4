"""Services that SecurityPolicies call: what they are told beside the request, and several backends of one."""

import json

import pytest

from limen import backend_yaml, free_port, wait_for
from pki import Authority, SecureServer, config_map
from test_backend_tls import policy as tls_policy
from test_external_auth import GrpcAuth, HttpAuth
from test_external_auth import ask as external_auth
from test_security_policy import policy, rule, secret


def to_backend(name, **more):
    return {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": name, **more}


@pytest.fixture
def services(limen, backend):
    """A running gateway with a route "r" (rules x and y) and a route "other"; makes services that are known as Backends."""
    made = []
    limen.gateway()
    limen.write("a.yaml", backend("a").yaml())
    limen.route("r", [rule("x"), rule("y")])
    limen.route("other", [rule("free")])

    def make(kind, name, *args):
        service = kind(name, *args)
        made.append(service)
        limen.write(f"{name}.yaml", backend_yaml(name, service.port))
        return service

    limen.service = make
    yield limen
    for service in made:
        service.close()


def ask(name, protocol="grpc", **more):
    return {"extAuth": {protocol: {"backendRefs": [to_backend(name)]}, **more}}


def extensions(**values):
    return [{"name": name, **({"value": value} if isinstance(value, str) else {"type": "ValueRef", "valueRef": value})}
            for name, value in values.items()]


def test_a_service_is_told_what_the_policy_says(services):
    auth, map_ref = services.service(GrpcAuth, "auth"), {"group": "", "kind": "ConfigMap", "name": "m", "key": "zone"}
    services.write("secret.yaml", secret("s", token="hidden"))
    services.write("m.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {zone: eu}\n")
    told = extensions(tenant="red", token={"group": "", "kind": "Secret", "name": "s", "key": "token"}, zone=map_ref)
    services.write("p.yaml", policy("p", ask("auth", contextExtensions=told, includeRouteMetadata=True)))
    services.write("g.yaml", policy("g", ask("auth", contextExtensions=extensions(gateway="web")), ("Gateway", "web")))
    services.start()
    services.wait_status(200, "/x")
    wait_for(lambda: services.get("/x").status == 200 and auth.asked[-1]["context"].get("zone"))
    assert auth.asked[-1]["context"] == {"tenant": "red", "token": "hidden", "zone": "eu"}  # and nothing of the Gateway's
    assert "envoy-gateway" in auth.asked[-1]["metadata"]
    asked = len(auth.asked)
    assert services.get("/x").status == 200 and len(auth.asked) == asked + 1
    assert services.get("/x", headers={"authorization": "nobody"}).status == 429
    assert services.get("/x").json["headers"]["x-user"] == "known to auth"
    services.wait_status(200, "/free")
    assert auth.asked[-1]["context"] == {"gateway": "web"} and not auth.asked[-1]["metadata"]
    assert services.get("/free", headers={"authorization": "nobody"}).status == 429
    services.write("m.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {zone: us}\n")
    wait_for(lambda: services.get("/y").status == 200 and auth.asked[-1]["context"]["zone"] == "us")
    services.write("m.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {}\n")
    services.wait_status(500, "/x")
    assert "spec.extAuth.contextExtensions[2].valueRef: ConfigMap default/m has no readable zone" in services.status("securitypolicy", "p")
    assert "hidden" not in services.log.read_text()
    # Without them it is asked as ever, and told nothing.
    services.write("p.yaml", policy("p", {"csrf": {}}))
    services.wait_status(200, "/x", headers={"authorization": "nobody"})
    services.write("p.yaml", policy("p", ask("auth", bodyToExtAuth={"maxRequestBytes": 10})))
    wait_for(lambda: services.get("/x").status == 200 and auth.asked[-1]["context"] == {})
    # Bodies go on to the backend, however long they are; Envoy cannot show them to such a service.
    services.write("p.yaml", policy("p", ask("auth", contextExtensions=extensions(a="b"))))
    wait_for(lambda: services.get("/x").status == 200 and auth.asked[-1]["context"] == {"a": "b"})
    for body in ("short", "long" * 100_000):
        assert services.get("/x", method="POST", body=body).json["body"] == body
    services.write("p.yaml", policy("p", ask("auth", bodyToExtAuth={"maxRequestBytes": 10}, contextExtensions=extensions(a="b"))))
    services.wait_status(500, "/x")
    assert "spec.extAuth.bodyToExtAuth: " in services.status("securitypolicy", "p")
    services.write("p.yaml", policy("p", ask("auth", contextExtensions=extensions(a="b"))))
    services.wait_status(200, "/x")
    auth.close()
    services.wait_status(403, "/x")
    services.write("p.yaml", policy("p", ask("auth", failOpen=True, contextExtensions=extensions(a="b"))))
    services.wait_status(200, "/x")


def test_http_services_cannot_be_told(services):
    services.service(HttpAuth, "auth")
    services.write("p.yaml", policy("p", ask("auth", "http", contextExtensions=extensions(a="b"))))
    services.start()
    services.wait_status(500, "/x")
    assert "spec.extAuth.contextExtensions: " in services.status("securitypolicy", "p")


def test_who_ends_up_with_another_route_is_not_let_in_unasked(services):
    """A request that a listener's ExternalAuth sends to another route, whose own service was not asked, is refused there."""
    auth, first = services.service(GrpcAuth, "auth"), services.service(HttpAuth, "first", "red")
    services.gateway([{"name": "http", "port": services.port, "protocol": "HTTP", "filters": {"requests": [external_auth("first")]}}])
    services.route("r", [rule("x"), {**rule("tenant", "/x", headers=[{"name": "x-tenant", "value": "red"}])}])
    services.start()
    services.wait_status(200, "/x")
    services.write("q.yaml", policy("q", ask("auth", contextExtensions=extensions(a="b")), section="tenant"))
    services.wait_status(500, "/x")
    assert first.asked and not auth.asked
    answer = services.get("/x", headers={"x-tenant": "red"})  # comes for that route at once
    assert answer.status == 200 and auth.asked[-1]["context"] == {"a": "b"}


class Judge(GrpcAuth):
    """Refuses whomever it is told to."""

    refuses = False

    def Check(self, request, context):
        if self.refuses:
            request.attributes.request.http.headers["authorization"] = "nobody"
        return super().Check(request, context)


@pytest.mark.parametrize("before, after", [("told", "plain"), ("plain", "told"), ("told", "told"), ("told", None), (None, "told")])
def test_the_service_of_the_route_that_was_chosen_decides(services, before, after):
    """A listener's ExternalAuth takes requests from a route to another, the one's service being told something (contextExtensions)
    or not: nobody gets in whom the other one's service would refuse, or was not asked about."""
    judges = {name: services.service(Judge, name) for name in ("before", "after")}
    services.service(HttpAuth, "first", "red")
    services.gateway([{"name": "http", "port": services.port, "protocol": "HTTP", "filters": {"requests": [external_auth("first")]}}])
    services.route("r", [rule("x"), rule("ready"), {**rule("tenant", "/x", headers=[{"name": "x-tenant", "value": "red"}])}])
    for name, kind, section in (("before", before, "x"), ("after", after, "tenant")):
        told = {"contextExtensions": extensions(who=name)} if kind == "told" else {}
        if kind:
            services.write(f"{name}.p.yaml", policy(f"{name}-p", ask(name, **told), section=section))
    services.write("z.yaml", policy("z", {"authorization": {"defaultAction": "Deny"}}, section="ready"))
    services.start()
    services.wait_status(403, "/ready")
    for before_refuses, after_refuses in ((False, False), (False, True), (True, False), (True, True)):
        judges["before"].refuses, judges["after"].refuses = before_refuses, after_refuses
        for judge in judges.values():
            judge.asked.clear()
        status = services.get("/x").status
        asked = {name: [each["context"] for each in judge.asked] for name, judge in judges.items()}
        # The first one is asked because Envoy chooses filters by its route; what the policies say is for their own services.
        expected = 429 if before == "told" and before_refuses else 500 if after == "told" else 429 if after and after_refuses else 200
        assert status == expected, (before_refuses, after_refuses)
        assert asked["after"] == ([{}] if after == "plain" and not (before == "told" and before_refuses) else [])
        assert asked["before"] == ([{}] if before == "told" else [])


def test_backends_of_a_service_share_the_requests(services):
    auths = [services.service(HttpAuth, name) for name in ("one", "two", "three")]
    refs = [to_backend("one", weight=3), to_backend("two", weight=1), to_backend("three", weight=0)]
    services.write("p.yaml", policy("p", {"extAuth": {"http": {"backendRefs": refs, "headersToBackend": ["x-user"]}}}))
    services.start()
    services.wait_status(200, "/x")
    wait_for(lambda: {services.get("/x").json["headers"]["x-user"] for _ in range(40)} == {"known to one", "known to two"})
    users = [services.get("/x").json["headers"]["x-user"] for _ in range(200)]
    assert 25 <= users.count("known to two") <= 80 and not auths[2].asked
    # One that is not known closes; which one is said.
    services.write("two.yaml", "")
    services.wait_status(500, "/x")
    assert "spec.extAuth.http.backendRefs[1]: Backend default/two does not exist" in services.status("securitypolicy", "p")
    services.write("two.yaml", backend_yaml("two", auths[1].port))
    services.wait_status(200, "/x")


def test_a_fallback_is_asked_while_the_others_cannot_be(services):
    one, spare = services.service(HttpAuth, "one"), services.service(HttpAuth, "spare")
    refs = [to_backend("one"), to_backend("spare", fallback=True)]
    services.write("p.yaml", policy("p", {"extAuth": {"http": {"backendRefs": refs, "headersToBackend": ["x-user"]}}}))
    services.start()
    services.wait_status(200, "/x")
    assert {services.get("/x").json["headers"]["x-user"] for _ in range(20)} == {"known to one"} and not spare.asked
    services.write("one.yaml", backend_yaml("one", free_port()))  # nobody listens there
    wait_for(lambda: services.get("/x").status == 200 and spare.asked)
    services.write("one.yaml", backend_yaml("one", one.port))
    wait_for(lambda: services.get("/x").json["headers"]["x-user"] == "known to one", timeout=40)


def test_each_backend_has_the_tls_that_its_policy_says(services, tmp_path):
    """Of two backends one speaks TLS."""
    plain, secure, ca = services.service(HttpAuth, "plain"), services.service(HttpAuth, "secure"), Authority(tmp_path)
    server = SecureServer(secure, ca.issue("auth.test"))
    services.write("ca.json", config_map("ca", ca.pem))
    services.write("tls.json", tls_policy("auth.test", target=to_backend("secure")))
    services.write("p.yaml", policy("p", {"extAuth": {"http": {"backendRefs": [to_backend("plain"), to_backend("secure")]}}}))  # no headersToBackend
    services.start()
    services.wait_status(200, "/x")
    wait_for(lambda: services.get("/x").status == 200 and plain.asked and secure.asked)
    assert {services.get("/x").status for _ in range(20)} == {200} and set(server.names) == {"auth.test"}
    wait_for(lambda: "Accepted=True" in services.status("backendtlspolicy"))
    # Whose certificate cannot be checked is not asked; the other one is.
    services.write("ca.json", "")
    wait_for(lambda: "NoValidCACertificate" in services.status("backendtlspolicy"))
    asked = len(secure.asked)
    wait_for(lambda: {services.get("/x").status for _ in range(10)} == {200})
    assert len(secure.asked) <= asked + 20

"""SecurityPolicy and gRPC: services that decide in gRPC, and policies of GRPCRoutes."""

import grpc
import pytest

from limen import backend_yaml, free_port, wait_for
from test_external_auth import GrpcAuth
from test_grpc import EchoServer, call, grpc_route, plain_channel, to
from test_jwt import issuer, keys, provider, tokens  # noqa: F401  (fixtures)
from test_security_policy import listeners_of, policy, rule
from tokens import bearer

CALLS = ("GRPCRoute", "calls")
BROKEN, NOBODY = {"authorization": "broken"}, {"authorization": "nobody"}


@pytest.fixture
def web(limen, backend):
    """A running gateway with an HTTPRoute "r" (/x) and a GRPCRoute "calls", whose rule "say" is a method's."""
    servers = [EchoServer("calls")]
    limen.gateway()
    limen.echo = backend("a")
    limen.write("backends.yaml", f"{limen.echo.yaml()}---\n{servers[0].yaml()}")
    limen.route("r", [rule("x")], hostnames=["localhost"])
    grpc_route(limen, [{"name": "say", "matches": [{"method": {"service": "x.Echo", "method": "Say"}}], "backendRefs": [to("calls")]},
                       {"name": "rest", "backendRefs": [to("calls")]}])
    limen.start()
    limen.wait_status(200, "/x")
    wait_for(lambda: isinstance(call(limen, "/x.Echo/Say"), dict))
    limen.called = servers[0].called
    yield limen
    servers[0].server.stop(None)


@pytest.fixture
def auth(web):
    """Starts the service, Backend "auth", on a port that stays the same."""
    port, running = free_port(), []
    web.write("auth.yaml", backend_yaml("auth", port))

    def start():
        running.append(GrpcAuth("auth", port))
        return running[-1]

    yield start
    for each in running:
        each.close()


def ask(web, target=("HTTPRoute", "r"), **more):
    web.write("p.yaml", policy("p", {"extAuth": {"grpc": {"backendRefs": [to("auth")]}, **more}}, target))


def test_a_grpc_service_decides(web, auth):
    service, before = auth(), listeners_of(web)
    ask(web)
    web.wait_status(429, "/x", headers=NOBODY)
    web.echo.requests.clear()
    answer = web.get("/x", headers=NOBODY)
    assert (answer.text, answer.headers["retry-after"]) == ("slowly", "7")
    assert not web.echo.requests
    seen = web.get("/x?y=1", headers={"authorization": "me", "x-user": "forged"}).json["headers"]
    assert seen["x-user"] == "known to auth"
    asked = service.asked[-1]
    assert (asked["path"], asked["headers"]["authorization"]) == ("/x?y=1", "me")
    ask(web, headersToExtAuth=["x-pass"], bodyToExtAuth={"maxRequestBytes": 10})
    wait_for(lambda: web.get("/x", headers=NOBODY).status == 200)  # it does not see who it is
    assert web.get("/x", method="POST", headers={"x-pass": "1"}, body="short").json["body"] == "short"
    asked = service.asked[-1]
    assert (asked["body"], asked["headers"].get("x-pass"), asked["headers"].get("host")) == ("short", "1", None)
    assert web.get("/x", method="POST", body="longer than that").status == 413
    (web.conf / "p.yaml").unlink()
    wait_for(lambda: "x-user" not in web.get("/x").json["headers"])
    assert listeners_of(web) == before


def test_a_grpc_service_that_is_down_or_fails(web, auth):
    ask(web)
    web.wait_status(403, "/x")
    ask(web, statusOnError=503)
    web.wait_status(503, "/x")
    ask(web, failOpen=True)
    web.wait_status(200, "/x")
    service = auth()  # at once, and for those it knows not to be welcome
    web.wait_status(429, "/x", headers=NOBODY)
    assert web.get("/x", headers=BROKEN).status == 200
    ask(web, statusOnError=503)
    web.wait_status(503, "/x", headers=BROKEN)
    assert web.get("/x").json["headers"]["x-user"] == "known to auth"
    assert web.get("/x", headers=NOBODY).status == 429  # an answer is no error
    service.close()
    web.wait_status(503, "/x")
    web.echo.requests.clear()
    assert web.get("/x").status == 503 and not web.echo.requests
    auth()
    web.wait_status(200, "/x")


def test_a_grpc_service_that_is_unknown(web):
    ask(web, failOpen=False)
    web.wait_status(500, "/x")
    assert "spec.extAuth.grpc.backendRefs[0]: Backend default/auth does not exist" in web.status("securitypolicy", "p")
    ask(web, failOpen=True)
    web.wait_status(200, "/x")
    service = GrpcAuth("auth")
    web.write("auth.yaml", backend_yaml("auth", service.port))
    web.wait_status(429, "/x", headers=NOBODY)
    service.close()


def test_calls_are_decided_about(web, auth):
    auth()
    ask(web, CALLS)
    wait_for(lambda: call(web, "/x.Echo/Say", [("authorization", "nobody")]) == "UNAVAILABLE")  # that is 429 in gRPC
    assert call(web, "/x.Echo/Say")["metadata"]["x-user"] == "known to auth"
    web.called.clear()
    assert call(web, "/x.Echo/Say", [("authorization", "broken")]) == "PERMISSION_DENIED" and not web.called
    assert "x-user" not in web.get("/x", headers=NOBODY).json["headers"]


def metadata(token):
    return list(bearer(token).items())


def test_calls_with_tokens(web, issuer, keys):
    before, token = listeners_of(web), issuer.token()
    with plain_channel(web, "grpc.test") as channel:
        kept = channel.unary_unary("/x.Echo/Say")
        kept(b"", timeout=5)
        web.write("p.yaml", tokens(provider(keys, claimToHeaders=[{"header": "x-sub", "claim": "sub"}]), target=CALLS))
        wait_for(lambda: call(web, "/x.Echo/Say") == "UNAUTHENTICATED")
        with pytest.raises(grpc.RpcError) as refused:
            kept(b"", timeout=5)
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
        kept(b"", metadata=metadata(token), timeout=5)
    forged = [*metadata(token), ("x-sub", "forged")]
    assert call(web, "/x.Echo/Say", forged)["metadata"]["x-sub"] == "ann"
    web.called.clear()
    for bad in (issuer.token(exp=1700000000), issuer.token(iss="https://another.test"), "no.token.atall"):
        assert call(web, "/x.Echo/Say", metadata(bad)) == "UNAUTHENTICATED"
    assert call(web, "/x.Echo/Say", metadata(issuer.token(aud="cart"))) == "PERMISSION_DENIED"
    assert not web.called
    assert web.get("/x").status == 200
    assert listeners_of(web) == before
    assert "Accepted=True" in web.status("securitypolicy", "p")


def test_a_method_has_a_policy_of_its_own(web, issuer, keys):
    admins = {"defaultAction": "Deny", "rules": [{"action": "Allow", "principal": {"jwt": {
        "provider": "idp", "claims": [{"name": "role", "values": ["admin"]}]}}}]}
    web.write("p.yaml", tokens(provider(keys), target=CALLS))
    web.write("q.yaml", tokens(provider(keys), name="q", target=CALLS, section="say", authorization=admins))
    admin, other = metadata(issuer.token(role="admin")), metadata(issuer.token())
    wait_for(lambda: call(web, "/x.Echo/Say", other) == "PERMISSION_DENIED")
    assert call(web, "/x.Echo/Say", admin)["backend"] == "calls"
    assert call(web, "/x.Echo/List", other)["backend"] == "calls"
    assert call(web, "/x.Echo/List") == "UNAUTHENTICATED"


def test_a_policy_that_cannot_be_kept_closes_calls(web, issuer, keys):
    web.write("p.yaml", tokens(provider(keys, remoteJWKS={"uri": "ftp://a/b"}), target=CALLS))
    wait_for(lambda: call(web, "/x.Echo/Say") == "UNKNOWN")  # that is 500 in gRPC
    assert "spec.jwt.providers[0].remoteJWKS.uri" in web.status("securitypolicy", "p")
    web.write("p.yaml", tokens(provider(keys), target=CALLS))
    wait_for(lambda: isinstance(call(web, "/x.Echo/Say", metadata(issuer.token())), dict))

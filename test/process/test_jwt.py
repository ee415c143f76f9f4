"""Tokens of SecurityPolicy by behaviour: what a real Envoy lets through, with keys from a real server."""

import http.client
import json
import os
import signal

import pytest

from limen import Hammer, backend_yaml, free_port, wait_for
from pki import Authority, SecureServer, config_map
from test_routes import to
from test_security_policy import listeners_of, policy, rule
from tokens import Issuer, KeyServer, bearer


@pytest.fixture
def issuer(tmp_path):
    return Issuer(tmp_path)


@pytest.fixture
def keys(issuer):
    server = KeyServer(issuer)
    yield server
    server.close()


@pytest.fixture
def web(limen, backend):
    """A running gateway with a route "r" that has rules x (/x) and y (/y), and a route "other" (/free)."""
    limen.gateway()
    limen.write("a.yaml", backend("a").yaml())
    limen.route("r", [rule("x"), rule("y")])
    limen.route("other", [rule("free")])
    limen.start()
    limen.wait_status(200, "/x")
    limen.wait_status(200, "/free")
    return limen


def provider(keys, name="idp", **more):
    """Tokens of `keys`' issuer for audience "shop"; fields that are None are left out."""
    whole = {"name": name, "issuer": keys.issuer.name, "audiences": ["shop"],
             "remoteJWKS": {"uri": keys.uri(), "cacheDuration": "1s", "failedRefetchDuration": "200ms"}, **more}
    return {field: value for field, value in whole.items() if value is not None}


def tokens(*providers, name="p", target=("HTTPRoute", "r"), section=None, authorization=None, **more):
    spec = {"jwt": {"providers": list(providers), **more}}
    if authorization:
        spec["authorization"] = authorization
    return policy(name, spec, target, section)


def status(web, token, path="/x", **headers):
    return web.get(path, headers={**(bearer(token) if token else {}), **headers}).status


def closed(web, why, path="/x"):
    """The policy says why, and nobody gets through."""
    web.wait_status(500, path)
    wait_for(lambda: why in web.status("securitypolicy", "p"))


def test_a_token_is_asked_for_and_no_connection_is_drained(web, issuer, keys, tmp_path):
    before = listeners_of(web)
    kept = http.client.HTTPConnection("127.0.0.1", web.port, timeout=5)
    kept.request("GET", "/x", headers={"host": "localhost"})
    kept.getresponse().read()
    local = kept.sock.getsockname()
    web.write("p.yaml", tokens(provider(keys)))
    web.wait_status(401, "/x")
    assert status(web, issuer.token()) == 200
    assert status(web, issuer.token(aud=["cart", "shop"])) == 200
    foreign = Issuer(tmp_path)
    for token in (issuer.token(iss="https://another.test"), issuer.token(exp=1700000000),
                  issuer.token(header={"alg": "none"}), foreign.token(), foreign.token(header={"kid": issuer.keys[0].kid}),
                  issuer.token()[:-10], "no.token.atall"):
        assert status(web, token) == 401, token
    assert status(web, issuer.token(aud="cart")) == 403  # Envoy's answer: it knows who it is
    seen = web.get("/x", headers=bearer(issuer.token())).json["headers"]
    assert seen["authorization"].startswith("Bearer ")  # the backend has it, too
    assert web.get("/free").status == 200
    kept.request("GET", "/x", headers={"host": "localhost", **bearer(issuer.token())})
    assert kept.getresponse().read() and kept.sock.getsockname() == local
    (web.conf / "p.yaml").unlink()
    web.wait_status(200, "/x")
    kept.request("GET", "/x", headers={"host": "localhost"})
    assert kept.getresponse().status == 200 and kept.sock.getsockname() == local
    assert listeners_of(web) == before


def many_routes(count):
    """So that Envoy takes a while over their route configuration."""
    def route(i):
        rules = [rule(f"z-{i}-{j}") for j in range(16)]
        return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": f"z-{i}"},
                "spec": {"parentRefs": [{"name": "web"}], "rules": rules}}

    return "\n---\n".join(json.dumps(route(i)) for i in range(count))


def test_a_policy_that_comes_and_goes_loses_no_request(web, issuer, keys):
    web.write("many.yaml", many_routes(200))
    web.wait_status(200, "/z-199-15")
    client = Hammer(web, path="/x", headers=bearer(issuer.token()))
    for _ in range(5):
        web.write("p.yaml", tokens(provider(keys)))
        web.wait_status(401, "/x")
        (web.conf / "p.yaml").unlink()
        web.write("q.yaml", tokens(provider(keys, "another"), name="q"))
        seen = client.count()
        wait_for(lambda: client.count() > seen + 50)
        (web.conf / "q.yaml").unlink()
        web.wait_status(200, "/x")
    answers = client.stop()
    assert set(answers) == {200}, answers


def test_optional_and_fail_open(web, issuer, keys):
    web.write("p.yaml", tokens(provider(keys, claimToHeaders=[{"header": "x-sub", "claim": "sub"}]), optional=True))
    web.wait_status(401, "/x", headers=bearer("no.token.atall"))
    assert web.get("/x").status == 200
    assert web.get("/x", headers=bearer(issuer.token())).json["headers"]["x-sub"] == "ann"
    assert "x-sub" not in web.get("/x", headers={"x-sub": "forged"}).json["headers"]
    assert status(web, issuer.token(exp=1700000000)) == 401
    web.write("p.yaml", tokens(provider(keys, claimToHeaders=[{"header": "x-sub", "claim": "sub"}]), failOpen=True))
    web.wait_status(200, "/x", headers=bearer("no.token.atall"))
    for token in (issuer.token(exp=1700000000), issuer.token(aud="cart"), issuer.token(header={"alg": "none"})):
        answer = web.get("/x", headers={**bearer(token), "x-sub": "forged"})
        assert answer.status == 200 and "x-sub" not in answer.json["headers"]
    assert web.get("/x", headers=bearer(issuer.token())).json["headers"]["x-sub"] == "ann"
    assert web.get("/x").status == 200


def test_claims_become_headers_that_nobody_can_forge(web, issuer, keys, tmp_path):
    second = KeyServer(Issuer(tmp_path, "https://second.test"))
    claims = [{"header": "x-sub", "claim": "sub"}, {"header": "x-city", "claim": "address.city"},
              {"header": "x-level", "claim": "level"}]
    web.write("p.yaml", tokens(provider(keys, claimToHeaders=claims),
                               provider(second, "second", claimToHeaders=[{"header": "x-admin", "claim": "admin"}])))
    web.wait_status(401, "/x")
    forged = {"x-sub": "f", "x-city": "f", "x-level": "f", "x-admin": "f"}
    token = issuer.token(address={"city": "Rome"}, level=3, admin="no")
    seen = web.get("/x", headers={**bearer(token), **forged}).json["headers"]
    assert (seen["x-sub"], seen["x-city"], seen["x-level"]) == ("ann", "Rome", "3") and "x-admin" not in seen
    seen = web.get("/x", headers={**bearer(second.issuer.token(admin="yes")), **forged}).json["headers"]
    assert seen["x-admin"] == "yes" and not {"x-sub", "x-city", "x-level"} & set(seen)
    second.close()


def test_where_a_token_is_looked_for(web, issuer, keys):
    places = {"headers": [{"name": "x-token", "valuePrefix": "Token "}, {"name": "x-plain"}], "cookies": ["session"],
              "params": ["t"]}
    web.write("p.yaml", tokens(provider(keys, extractFrom=places)))
    web.wait_status(401, "/x")
    token = issuer.token()
    for headers in ({"x-token": f"Token {token}"}, {"x-plain": token}, {"cookie": f"a=b; session={token}"}):
        assert web.get("/x", headers=headers).status == 200
    assert web.get(f"/x?t={token}").status == 200
    assert web.get("/x", headers=bearer(token)).status == 401  # only there


def test_authorization_by_claims_and_scopes(web, issuer, keys):
    def allow(**token):
        rules = [{"name": "some", "action": "Allow", "principal": {"jwt": {"provider": "idp", **token}}}]
        web.write("p.yaml", tokens(provider(keys), authorization={"rules": rules}))

    allow(claims=[{"name": "user.team", "values": ["red", "blue"]}, {"name": "roles", "valueType": "StringArray", "values": ["admin"]}])
    web.wait_status(403, "/x", headers=bearer(issuer.token()))
    assert web.get("/x").status == 401
    good = {"user": {"team": "blue"}, "roles": ["dev", "admin"]}
    assert status(web, issuer.token(**good)) == 200
    for wrong in ({"user": {"team": "green"}}, {"user": "blue"}, {"roles": ["dev"]}, {"roles": "admin"}, {"roles": None}):
        assert status(web, issuer.token(**{**good, **wrong})) == 403, wrong
    allow(scopes=["read", "write"])
    web.wait_status(200, "/x", headers=bearer(issuer.token(scope="write read")))
    assert status(web, issuer.token(scp="read write admin")) == 200
    assert status(web, issuer.token(scp=["read", "write"])) == 200
    for wrong in ({"scope": "read"}, {"scope": "readwrite"}, {}):
        assert status(web, issuer.token(**wrong)) == 403, wrong
    web.write("p.yaml", tokens(provider(keys), authorization={"rules": [
        {"action": "Allow", "principal": {"jwt": {"provider": "nosuch", "scopes": ["read"]}}}]}))
    closed(web, "spec.authorization.rules[0].principal.jwt.provider: 'nosuch' is none of the providers in spec.jwt")


def test_another_policys_provider_proves_nothing(web, issuer, keys):
    """Policies of a listener share a filter: that knows providers of the same issuer for other audiences."""
    allow = {"rules": [{"action": "Allow", "principal": {"jwt": {"provider": "idp", "scopes": ["read"]}}}]}
    others = range(6)
    web.route("other", [rule(f"free-{i}") for i in others])
    for i in others:
        web.write(f"q{i}.yaml", tokens(provider(keys, audiences=[f"cart-{i}"]), name=f"q{i}", target=("HTTPRoute", "other"),
                                       section=f"free-{i}"))
    web.write("p.yaml", tokens(provider(keys), optional=True, authorization=allow))
    for i in others:
        web.wait_status(200, f"/free-{i}", headers=bearer(issuer.token(aud=f"cart-{i}")))
    web.wait_status(403, "/x")
    assert status(web, issuer.token(scope="read")) == 200
    assert {status(web, issuer.token(scope="read", aud=f"cart-{i}")) for i in others} <= {401, 403}


def test_new_keys_are_picked_up(web, issuer, keys):
    web.write("p.yaml", tokens(provider(keys)))
    web.wait_status(401, "/x")
    old = issuer.token()
    assert status(web, old) == 200
    issuer.rotate()
    new = issuer.token()
    web.wait_status(200, "/x", headers=bearer(new))
    assert status(web, old) == 401
    keys.status = 500  # what is known goes on
    asked = keys.asked
    wait_for(lambda: keys.asked > asked + 2)
    assert status(web, new) == 200


def test_keys_that_cannot_be_fetched_close_until_they_can(web, issuer, keys):
    keys.close()
    web.write("p.yaml", tokens(provider(keys)))
    web.wait_status(401, "/x")
    token = issuer.token()
    assert status(web, token) == 401
    back = KeyServer(issuer, keys.port)
    back.status = 503
    wait_for(lambda: back.asked > 2)
    assert status(web, token) == 401
    back.status = 200
    web.wait_status(200, "/x", headers=bearer(token))
    back.close()


def test_a_service_that_has_the_keys(web, issuer, keys, tmp_path):
    ca = Authority(tmp_path)
    SecureServer(keys, ca.issue("keys.test"))
    service = {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "keys"}

    def remote(uri):
        return provider(keys, remoteJWKS={"uri": uri, "backendRefs": [service], "failedRefetchDuration": "200ms"})

    web.write("p.yaml", tokens(remote("https://keys.test/keys")))
    closed(web, "spec.jwt.providers[0].remoteJWKS.backendRefs[0]: Backend default/keys does not exist")
    web.write("keys.yaml", backend_yaml("keys", keys.port))
    web.wait_status(401, "/x")
    token = issuer.token()
    assert status(web, token) == 401  # it speaks TLS
    web.write("ca.json", config_map("ca", ca.pem))
    web.write("tls.json", json.dumps({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "BackendTLSPolicy", "metadata": {"name": "keys"},
        "spec": {"targetRefs": [service], "validation": {"hostname": "keys.test", "caCertificateRefs": [
            {"group": "", "kind": "ConfigMap", "name": "ca"}]}}}))
    web.wait_status(200, "/x", headers=bearer(token))
    # By URL alone the certificate must be one that the machine trusts.
    web.write("p.yaml", tokens(provider(keys, remoteJWKS={"uri": keys.uri("https"), "failedRefetchDuration": "200ms"})))
    web.wait_status(401, "/x", headers=bearer(token))
    # An address that a proxy can resolve by name.
    plain = KeyServer(issuer)
    web.write("p.yaml", tokens(provider(keys, remoteJWKS={"uri": plain.uri(host="localhost"), "cacheDuration": "300s"})))
    web.wait_status(200, "/x", headers=bearer(token))
    plain.close()


def test_keys_that_are_given(web, issuer):
    def local(**source):
        return tokens({"name": "idp", "issuer": issuer.name, "localJWKS": source})

    def key_sets(**data):
        web.write("keys.yaml", json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "keys"}, "data": data}))

    named = {"type": "ValueRef", "valueRef": {"group": "", "kind": "ConfigMap", "name": "keys"}}
    where = "spec.jwt.providers[0].localJWKS"
    web.write("p.yaml", local(inline=issuer.jwks()))
    web.wait_status(401, "/x")
    assert status(web, issuer.token()) == 200
    web.write("p.yaml", local(**named))
    closed(web, f"{where}.valueRef: ConfigMap default/keys does not exist")
    for broken, why in (("{", "is no JSON"), ("{}", "it has no list of keys"), ('{"keys": []}', "has no key that can be used"),
                        ('{"keys": [{"kty": "RSA", "n": "AQAB"}]}', "has no key that can be used")):
        key_sets(jwks=broken)
        closed(web, f"{where}.valueRef: {why}" if broken != "{}" else why)
    key_sets(jwks=issuer.jwks(), a="{}")
    web.wait_status(200, "/x", headers=bearer(issuer.token()))
    issuer.rotate()
    key_sets(first=issuer.jwks())
    web.wait_status(200, "/x", headers=bearer(issuer.token()))
    web.write("p.yaml", local(inline="none"))
    closed(web, f"{where}.inline: is no JSON")


def test_what_is_wrong_is_told_and_closes(web, keys):
    for change, why in (({"remoteJWKS": {"uri": "ftp://a/b"}}, "remoteJWKS.uri: 'ftp://a/b' is no http or https URL"),
                        ({"remoteJWKS": {"uri": keys.uri(), "cacheDuration": "1ms"}}, "remoteJWKS.cacheDuration: must be at least 1s"),
                        ({"extractFrom": {"headers": [{"name": "a b"}]}}, "extractFrom.headers[0].name: 'a b' is no header name")):
        web.write("p.yaml", tokens(provider(keys, **change)))
        closed(web, f"spec.jwt.providers[0].{why}")
        (web.conf / "p.yaml").unlink()
        web.wait_status(200, "/x")


def test_a_routes_policy_replaces_the_listeners(web, issuer, keys):
    web.write("p.yaml", tokens(provider(keys), target=("Gateway", "web")))
    for path in ("/x", "/free"):
        web.wait_status(401, path)
        assert status(web, issuer.token(), path) == 200
    web.write("q.yaml", policy("q", {"authorization": {"defaultAction": "Allow"}}))
    web.wait_status(200, "/x")
    assert web.get("/free").status == 401
    web.write("q.yaml", tokens(provider(keys, audiences=["cart"]), name="q", section="y"))
    web.wait_status(401, "/x")
    web.wait_status(200, "/y", headers=bearer(issuer.token(aud="cart")))
    assert status(web, issuer.token(aud="cart"), "/free") == 403
    assert status(web, issuer.token(), "/free") == 200
    # Equal providers of two policies are one.
    asked = json.loads(web.admin("/config_dump?resource=ecds_filters"))["configs"]
    assert [len(config["ecds_filter"]["typed_config"]["providers"]) for config in asked] == [2]


def test_claims_choose_a_route(web, issuer, keys, backend):
    web.write("b.yaml", backend("b").yaml())
    web.route("r", [rule("x"), {**rule("red", "/x", headers=[{"name": "x-team", "value": "red"}]), "backendRefs": [to("b")]}])
    claims = [{"header": "x-team", "claim": "team"}]
    web.write("p.yaml", tokens(provider(keys, claimToHeaders=claims, recomputeRoute=True)))
    web.wait_status(401, "/x")
    assert web.get("/x", headers=bearer(issuer.token(team="blue"))).json["backend"] == "a"
    assert web.get("/x", headers=bearer(issuer.token(team="red"))).json["backend"] == "b"


def test_a_proxy_that_starts_anew_lets_nobody_through_by_mistake(web, issuer, keys):
    web.write("p.yaml", tokens(provider(keys)))
    web.wait_status(401, "/x")
    token = issuer.token()
    client = Hammer(web, path="/x", headers=bearer(token))
    for _ in range(2):
        [pid] = web.envoy_pids()
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: web.envoy_pids() not in ([], [pid]))
        seen = client.answers.get(200, 0)
        wait_for(lambda: client.answers.get(200, 0) > seen + 20)
        assert web.get("/x").status == 401
    answers = client.stop()
    assert not {401, 403, 500} & set(answers), answers

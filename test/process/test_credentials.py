"""HTTPRouteFilter: credentials that backends are shown and clients never have."""

import json

import pytest

from limen import backend_yaml, wait_for
from oidc_provider import SECRET, OidcProvider
from test_routes import to
from test_security_policy import NOBODY, policy, secret


def route_filter(name, **spec):
    return (f"apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: HTTPRouteFilter\nmetadata: {{name: {name}}}\n"
            f"spec: {json.dumps(spec)}\n")


def injection(**more):
    return {"credentialInjection": {"credential": {"valueRef": {"name": "key"}}, **more}}


def named(name):
    ref = {"group": "gateway.envoyproxy.io", "kind": "HTTPRouteFilter", "name": name}
    return {"type": "ExtensionRef", "extensionRef": ref}


@pytest.fixture
def web(limen, backend):
    """A gateway with a route /in whose requests pass filter "f", and a route /free."""
    a = backend("a")
    limen.gateway()
    limen.write("a.yaml", a.yaml())
    limen.write("key.yaml", secret("key", credential="Basic one"))
    limen.route("r", [{"matches": [{"path": {"value": "/in"}}], "backendRefs": [to("a")], "filters": [named("f")]},
                      {"matches": [{"path": {"value": "/free"}}], "backendRefs": [to("a")]}])
    limen.start()
    limen.wait_status(200, "/free")
    return limen


def shown(web, path="/in", headers=None, header="authorization"):
    """What the backend saw in that header; None: nothing."""
    answer = web.get(path, headers=headers)
    return answer.json["headers"].get(header) if answer.status == 200 else answer.status


def test_backends_are_shown_what_clients_never_have(web):
    assert shown(web) == 500  # the filter does not exist yet
    assert "HTTPRouteFilter default/f does not exist" in web.status("httproute", "r")
    web.write("f.yaml", route_filter("f", **injection()))
    wait_for(lambda: shown(web) == "Basic one")
    assert shown(web, "/free") is None
    assert shown(web, headers={"authorization": "Basic mine"}) == "Basic mine"
    web.write("f.yaml", route_filter("f", **injection(overwrite=True)))
    wait_for(lambda: shown(web, headers={"authorization": "Basic mine"}) == "Basic one")
    web.write("f.yaml", route_filter("f", **injection(header="x-key")))
    wait_for(lambda: shown(web, header="x-key") == "Basic one")
    assert shown(web) is None


def test_a_new_credential_changes_no_other_resource(web):
    web.write("f.yaml", route_filter("f", **injection()))
    wait_for(lambda: shown(web) == "Basic one")

    def updates():
        return web.admin("/stats?filter=^(listener_manager.lds|cluster_manager.cds|http.*rds.*).update_success$")

    before = updates()
    web.write("key.yaml", secret("key", credential="Basic two"))
    wait_for(lambda: shown(web) == "Basic two")
    assert updates() == before and "lds" in before and "rds" in before and "cds" in before
    assert "Basic two" not in web.admin("/config_dump?include_eds")


def test_what_is_wrong_closes_the_rule_and_nothing_else(web):
    for spec, reason in [
            (injection(), None),
            ({"credentialInjection": {"credential": {"valueRef": {"name": "nobody"}}}},
             "spec.credentialInjection.credential.valueRef: Secret default/nobody does not exist"),
            ({"directResponse": {"statusCode": 200}}, "spec.directResponse: this version of Limen does nothing with it"),
            ({}, "spec: it says nothing")]:
        web.write("f.yaml", route_filter("f", **spec))
        if reason is None:
            wait_for(lambda: shown(web) == "Basic one")
        else:
            wait_for(lambda: shown(web) == 500)
            assert reason in web.status("httproute", "r")
        assert shown(web, "/free") is None
    for value, reason in [("", "the Secret has no readable credential"), ("a\nb", "the Secret's credential has a line break")]:
        web.write("f.yaml", route_filter("f", **injection()))
        web.write("key.yaml", secret("key", credential=value))
        wait_for(lambda: shown(web) == 500)
        wait_for(lambda: reason in web.status("httproute", "r"))
        web.write("key.yaml", secret("key", credential="Basic one"))
        wait_for(lambda: shown(web) == "Basic one")


def test_a_policy_and_a_credential_go_together(web):
    web.write("f.yaml", route_filter("f", **injection()))
    wait_for(lambda: shown(web) == "Basic one")
    web.write("p.yaml", policy("p", NOBODY, ("Gateway", "web")))
    wait_for(lambda: shown(web) == 403)
    web.write("p.yaml", policy("p", {"authorization": {"defaultAction": "Allow"}}, ("Gateway", "web")))
    wait_for(lambda: shown(web) == "Basic one")


def test_a_backend_has_a_credential_of_its_own(web):
    web.write("f.yaml", route_filter("f", **injection()))
    web.write("g.yaml", route_filter("g", credentialInjection={"credential": {"valueRef": {"name": "other"}}}))
    web.write("other.yaml", secret("other", credential="Basic other"))
    web.route("r", [{"matches": [{"path": {"value": "/in"}}],
                     "backendRefs": [{**to("a"), "filters": [named("f")]}, {**to("a"), "filters": [named("g")]}]},
                    {"matches": [{"path": {"value": "/free"}}], "backendRefs": [to("a")]}])
    wait_for(lambda: {shown(web) for _ in range(20)} == {"Basic one", "Basic other"})


@pytest.fixture
def provider():
    it = OidcProvider("http://app.localhost")
    yield it
    it.stop()


def grant(provider, **more):
    return {"credentialInjection": {"credential": {"clientCredentials": {
        "tokenEndpoint": f"{provider.issuer}/token", "clientID": "shop", "clientSecret": {"name": "client"}, **more}}}}


def test_tokens_are_bought_and_renewed(web, provider):
    web.write("client.yaml", secret("client", **{"client-secret": SECRET}))
    web.write("f.yaml", route_filter("f", **grant(provider)))
    wait_for(lambda: shown(web) == 401)  # there is no token: nothing reaches the backend
    provider.start(access_token_seconds=3)
    wait_for(lambda: str(shown(web)).startswith("Bearer "), 20)
    first = shown(web)
    wait_for(lambda: str(shown(web)).startswith("Bearer ") and shown(web) != first, 20)


def test_tokens_come_from_a_backend_where_one_is_named(web, provider):
    web.write("client.yaml", secret("client", **{"client-secret": SECRET}))
    provider.start()
    web.write("idp.yaml", backend_yaml("idp", provider.port))
    reference = {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "idp"}
    web.write("f.yaml", route_filter("f", **grant(provider, backendRefs=[reference])))
    wait_for(lambda: str(shown(web)).startswith("Bearer "), 20)
    web.write("f.yaml", route_filter("f", **grant(provider, backendRefs=[{**reference, "name": "nobody"}])))
    wait_for(lambda: shown(web) == 500)
    assert "clientCredentials.backendRefs[0]: Backend default/nobody does not exist" in web.status("httproute", "r")


def test_all_backends_of_a_rule_are_shown_a_token(web, provider, backend):
    """Each is a cluster of its own, which buys its own; one that comes later, too."""
    web.write("client.yaml", secret("client", **{"client-secret": SECRET}))
    provider.start()
    echoes = {name: backend(name) for name in "bc"}
    for echo in echoes.values():
        web.write(f"{echo.name}.yaml", echo.yaml())
    web.write("f.yaml", route_filter("f", **grant(provider)))

    def serve(*backends):
        web.route("r", [{"matches": [{"path": {"value": "/in"}}], "backendRefs": backends, "filters": [named("f")]},
                        {"matches": [{"path": {"value": "/free"}}], "backendRefs": [to("a"), to("b")]}])

    def tokens():
        """By backend, over a while."""
        seen = {}
        for _ in range(30):
            answer = web.get("/in")
            if answer.status != 200:
                return {}
            seen.setdefault(answer.json["backend"], set()).add(answer.json["headers"].get("authorization", "none").split()[0])
        return seen

    serve(to("a"), to("b"))
    wait_for(lambda: tokens() == {"a": {"Bearer"}, "b": {"Bearer"}}, 20)
    serve(to("a"), to("b"), to("c", weight=2))
    wait_for(lambda: tokens() == {name: {"Bearer"} for name in "abc"}, 20)
    assert {shown(web, "/free") for _ in range(10)} == {None}  # of the same backends, without the filter
    provider.stop()  # tokens last
    assert tokens() == {name: {"Bearer"} for name in "abc"}

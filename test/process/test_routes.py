"""HTTPRoute by behaviour: each feature through a real Envoy."""

import json

import pytest

from limen import free_port, shows, wait_for


def to(name, **more):
    return {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": name, **more}


@pytest.fixture
def web(limen, backend):
    """A running gateway with backends a, b and c."""
    echoes = {name: backend(name) for name in "abc"}
    limen.gateway()
    limen.write("backends.yaml", "---\n".join(e.yaml() for e in echoes.values()))
    limen.start()
    limen.echoes = echoes

    def route(rules, **more):
        ready = {"matches": [{"path": {"type": "Exact", "value": "/ready"}}], "backendRefs": [to("a")]}
        limen.route("r", rules + [ready], **more)
        host = (more.get("hostnames") or ["localhost"])[0]
        limen.wait_status(200, "/ready", host=host)

    limen.serve = route
    return limen


def path(kind, value):
    return {"path": {"type": kind, "value": value}}


@shows("HTTPRoute")
def test_precedence(web):
    web.serve([
        {"matches": [path("PathPrefix", "/")], "backendRefs": [to("a")]},
        {"matches": [path("PathPrefix", "/x")], "backendRefs": [to("b")]},
        {"matches": [path("Exact", "/x/y"), {**path("PathPrefix", "/x"), "headers": [{"name": "Version", "value": "two"}]}],
         "backendRefs": [to("c")]},
    ])
    assert web.get("/").json["backend"] == "a"
    assert web.get("/xy").json["backend"] == "a"
    assert web.get("/x").json["backend"] == "b"
    assert web.get("/x/z").json["backend"] == "b"
    assert web.get("/x/y").json["backend"] == "c"
    assert web.get("/x/z", headers={"version": "two"}).json["backend"] == "c"


@shows("HTTPRouteMethodMatching", "HTTPRouteQueryParamMatching")
def test_method_query_and_regex(web):
    web.serve([
        {"matches": [{**path("PathPrefix", "/m"), "method": "POST"}], "backendRefs": [to("b")]},
        {"matches": [{"queryParams": [{"name": "q", "value": "1"}]}], "backendRefs": [to("c")]},
        {"matches": [path("RegularExpression", "/[0-9]+")], "backendRefs": [to("a")]},
    ])
    assert web.get("/m", method="POST").json["backend"] == "b"
    assert web.get("/m").status == 404
    assert web.get("/any?q=1").json["backend"] == "c"
    assert web.get("/any?q=2").status == 404
    assert web.get("/123").json["backend"] == "a"
    assert web.get("/123a").status == 404


@shows("HTTPRouteResponseHeaderModification")
def test_header_modifiers(web):
    web.serve([{
        "filters": [
            {"type": "RequestHeaderModifier", "requestHeaderModifier": {
                "set": [{"name": "x-set", "value": "100% sure"}], "add": [{"name": "x-add", "value": "new"}], "remove": ["x-gone"]}},
            {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": [{"name": "x-reply", "value": "yes"}], "remove": ["x-from-backend"]}},
        ],
        "backendRefs": [to("a")]}])
    answer = web.get("/", headers={"x-set": "old", "x-add": "old", "x-gone": "1"})
    seen = answer.json["headers"]
    assert seen["x-set"] == "100% sure"
    assert "x-gone" not in seen
    assert answer.headers["x-reply"] == "yes"
    assert "x-from-backend" not in answer.headers


@shows("HTTPRoutePathRewrite")
@pytest.mark.parametrize("prefix, replacement, asked, seen", [
    ("/foo", "/xyz", "/foo/bar", "/xyz/bar"), ("/foo", "/xyz", "/foo", "/xyz"), ("/foo", "/", "/foo/bar", "/bar"),
    ("/foo", "/", "/foo", "/"), ("/foo/", "/xyz/", "/foo/bar", "/xyz/bar"), ("/", "/xyz", "/bar", "/xyz/bar"),
    ("/foo", "/xyz", "/foo/?q=1", "/xyz/?q=1"),
])
def test_prefix_rewrite(web, prefix, replacement, asked, seen):
    web.serve([{"matches": [path("PathPrefix", prefix)], "backendRefs": [to("a")], "filters": [
        {"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": replacement}}}]}])
    assert web.get(asked).json["path"] == seen


@shows("HTTPRouteHostRewrite", "HTTPRoutePathRewrite")
def test_full_path_and_host_rewrite(web):
    web.serve([{"matches": [path("PathPrefix", "/old")], "backendRefs": [to("a")], "filters": [
        {"type": "URLRewrite", "urlRewrite": {"hostname": "inner.example.com", "path": {"type": "ReplaceFullPath", "replaceFullPath": "/new"}}}]}])
    seen = web.get("/old/x?q=1").json
    assert seen["path"] == "/new?q=1"
    assert seen["headers"]["host"] == "inner.example.com"


@shows("HTTPRouteSchemeRedirect", "HTTPRoutePortRedirect", "HTTPRoutePathRedirect", "HTTPRoute303RedirectStatusCode",
       "HTTPRoute307RedirectStatusCode", "HTTPRoute308RedirectStatusCode")
@pytest.mark.parametrize("redirect, location, status", [
    ({"scheme": "https"}, "https://h.example.com/foo/bar", 302),
    ({"hostname": "o.example.com", "statusCode": 301}, "http://o.example.com:{port}/foo/bar", 301),
    ({"port": 8443, "scheme": "https", "statusCode": 308}, "https://h.example.com:8443/foo/bar", 308),
    ({"port": 8080, "statusCode": 303}, "http://h.example.com:8080/foo/bar", 303),
    ({"scheme": "https", "statusCode": 307}, "https://h.example.com/foo/bar", 307),
    ({"path": {"type": "ReplaceFullPath", "replaceFullPath": "/n"}}, "http://h.example.com:{port}/n", 302),
    ({"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/n"}}, "http://h.example.com:{port}/n/bar", 302),
    ({"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}, "http://h.example.com:{port}/bar", 302),
])
def test_redirect(web, redirect, location, status):
    web.serve([{"matches": [path("PathPrefix", "/foo")], "filters": [{"type": "RequestRedirect", "requestRedirect": redirect}]}],
              hostnames=["h.example.com"])
    answer = web.get("/foo/bar", host="h.example.com")
    assert (answer.status, answer.headers["location"]) == (status, location.format(port=web.port))


def test_weights_and_an_invalid_share(web):
    web.serve([{"matches": [path("PathPrefix", "/w")], "backendRefs": [to("a", weight=1), to("b", weight=3), to("c", weight=0)]},
               {"matches": [path("PathPrefix", "/i")], "backendRefs": [to("a", weight=1), to("missing", weight=1)]}])
    seen = [web.get("/w").json["backend"] for _ in range(200)]
    assert "c" not in seen
    assert 15 < seen.count("a") < 90  # 50 expected
    statuses = [web.get("/i").status for _ in range(100)]
    assert set(statuses) == {200, 500}
    assert 20 < statuses.count(500) < 80  # 50 expected


@shows("HTTPRouteBackendRequestHeaderModification")
def test_header_modifiers_of_a_backend(web):
    def header(value):
        return [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "x-to", "value": value}]}}]
    web.serve([{"filters": header("rule"), "backendRefs": [
        to("a", filters=header("first")), to("b", filters=header("second")), to("c")]}])
    seen = [web.get("/").json for _ in range(60)]
    assert {(one["backend"], one["headers"]["x-to"]) for one in seen} == {("a", "first"), ("b", "second"), ("c", "rule")}


@shows("HTTPRouteRequestPercentageMirror")
def test_mirror_of_a_part(web):
    web.serve([{"matches": [path("PathPrefix", "/m")], "backendRefs": [to("a")], "filters": [
        {"type": "RequestMirror", "requestMirror": {"backendRef": to("b"), "percent": 30}},
        {"type": "RequestMirror", "requestMirror": {"backendRef": to("c"), "fraction": {"numerator": 1, "denominator": 2}}}]}])
    for _ in range(200):
        web.get("/m")
    wait_for(lambda: 30 < asked(web, "b", "/m") < 95 and 60 < asked(web, "c", "/m") < 140)  # 60 and 100 expected


@shows("HTTPRouteRequestMirror", "HTTPRouteRequestMultipleMirrors")
def test_mirror(web):
    web.serve([{"matches": [path("PathPrefix", "/m")], "backendRefs": [to("a")], "filters": [
        {"type": "RequestMirror", "requestMirror": {"backendRef": to("b")}},
        {"type": "RequestMirror", "requestMirror": {"backendRef": to("c")}},
        {"type": "RequestMirror", "requestMirror": {"backendRef": to("a"), "percent": 0}}]}])
    assert web.get("/m").json["backend"] == "a"
    wait_for(lambda: (asked(web, "b", "/m"), asked(web, "c", "/m")) == (1, 1))
    assert asked(web, "a", "/m") == 1


def asked(web, name, path):
    return sum(request["path"] == path for request in web.echoes[name].requests)


@shows("HTTPRouteRetryCodes")
def test_retry_by_code(web):
    web.serve([
        {"matches": [path("PathPrefix", "/again")], "backendRefs": [to("b")],
         "retry": {"attempts": 3, "codes": [500, 503], "backoff": "10ms"}},
        {"matches": [path("PathPrefix", "/once")], "backendRefs": [to("b")], "retry": {"codes": [500], "attempts": 0}}])

    def tried(where, answers):
        status = web.get(where, headers={"x-answer": answers}).status
        return status, asked(web, "b", where)
    assert tried("/again/1", "500,503,200") == (200, 3)
    assert tried("/again/2", "500") == (500, 4)
    assert tried("/again/3", "502,200") == (502, 1)
    assert tried("/once", "500,200") == (500, 1)


@shows("HTTPRouteRetryConnectionError")
def test_retry_of_connections(web):
    web.write("half.yaml", f"""
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: Backend
metadata: {{name: half}}
spec: {{endpoints: [{{ip: {{address: 127.0.0.1, port: {web.echoes["b"].port}}}}}, {{ip: {{address: 127.0.0.1, port: {free_port()}}}}}]}}
""")
    web.serve([
        {"matches": [path("PathPrefix", "/again")], "backendRefs": [to("half")], "retry": {"attempts": 20}},
        {"matches": [path("PathPrefix", "/never")], "backendRefs": [to("half")], "retry": {"attempts": 0}},
        {"matches": [path("PathPrefix", "/broken")], "backendRefs": [to("b")], "retry": {"attempts": 3}}])
    assert {web.get("/again").status for _ in range(50)} == {200}
    assert {web.get("/never").status for _ in range(50)} == {200, 503}
    # The backend may have done what it was asked: it is not asked twice.
    assert web.get("/broken", headers={"x-answer": "reset,200"}).status == 503
    assert asked(web, "b", "/broken") == 1


@shows("HTTPRouteRequestTimeout", "HTTPRouteBackendTimeout")
def test_timeouts(web):
    web.serve([
        {"matches": [path("PathPrefix", "/whole")], "backendRefs": [to("b")], "timeouts": {"request": "300ms"}},
        {"matches": [path("PathPrefix", "/each")], "backendRefs": [to("b")], "timeouts": {"backendRequest": "300ms"}},
        {"matches": [path("PathPrefix", "/both")], "backendRefs": [to("b")],
         "timeouts": {"request": "5s", "backendRequest": "300ms"}, "retry": {"codes": [504], "attempts": 1}},
        {"matches": [path("PathPrefix", "/none")], "backendRefs": [to("b")], "timeouts": {"request": "0s"}}])
    late = {"x-delay": "1"}
    assert [web.get(where, headers=late).status for where in ("/whole", "/each", "/both", "/none")] == [504, 504, 504, 200]
    assert [asked(web, "b", where) for where in ("/whole", "/each", "/both")] == [1, 1, 2]
    assert web.get("/both/recovers", headers={"x-delay": "1,0"}).status == 200
    assert web.get("/whole/in-time").status == 200


def rewritten(**how):
    return [{"type": "URLRewrite", "urlRewrite": how}]


def prefix_by(value):
    return {"type": "ReplacePrefixMatch", "replacePrefixMatch": value}


@shows("HTTPRouteBackendURLRewrite")
def test_rewrites_of_a_backend(web):
    web.serve([
        {"matches": [path("PathPrefix", "/one")], "filters": rewritten(hostname="rule.example.com"),
         "backendRefs": [to("a", filters=rewritten(hostname="own.example.com", path=prefix_by("/a")))]},
        {"matches": [path("PathPrefix", "/each")], "filters": rewritten(path=prefix_by("/rule")), "backendRefs": [
            to("a", weight=1, filters=rewritten(path={"type": "ReplaceFullPath", "replaceFullPath": "/full"})),
            to("b", weight=2, filters=[{"type": "RequestMirror", "requestMirror": {"backendRef": to("c")}}]),
            to("missing", weight=1)]}])
    seen = web.get("/one/x").json
    assert (seen["path"], seen["headers"]["host"]) == ("/a/x", "own.example.com")
    answers = [web.get("/each/x") for _ in range(200)]
    paths = [answer.json["path"] if answer.status == 200 else answer.status for answer in answers]
    assert {answer.json["backend"]: answer.json["path"] for answer in answers if answer.status == 200} == \
        {"a": "/full", "b": "/rule/x"}
    assert 20 < paths.count("/full") < 85 and 60 < paths.count("/rule/x") < 140 and 20 < paths.count(500) < 85
    wait_for(lambda: asked(web, "c", "/rule/x") == paths.count("/rule/x"))


@shows("HTTPRouteParentRefPort", "HTTPRouteDestinationPortMatching")
def test_parent_port(web):
    web.serve([{"backendRefs": [to("a")]}])
    def attach(port):
        web.write("ported.yaml", f"""
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: ported}}
spec:
  parentRefs: [{{name: web, port: {port}}}]
  rules: [{{matches: [{{path: {{value: /ported}}}}], backendRefs: [{{group: gateway.envoyproxy.io, kind: Backend, name: b}}]}}]
""")
    attach(web.port)
    wait_for(lambda: web.get("/ported").json["backend"] == "b")
    attach(web.port + 1)
    wait_for(lambda: web.get("/ported").json["backend"] == "a")
    assert "NoMatchingParent" in web.status("httproute", "ported", "-o", "yaml")


@pytest.fixture
def pool(web):
    """The backends a, b and c as endpoints of one Backend."""
    endpoints = [{"ip": {"address": "127.0.0.1", "port": echo.port}} for echo in web.echoes.values()]
    web.write("pool.json", json.dumps({"apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "Backend",
                                       "metadata": {"name": "pool"}, "spec": {"endpoints": endpoints}}))


def backends_of(web, count, **headers):
    return [web.get("/s", headers=headers).json["backend"] for _ in range(count)]


def serve_session(web, session, refs=None):
    web.serve([{"matches": [path("PathPrefix", "/s")], "backendRefs": refs or [to("pool")], "sessionPersistence": session}])
    web.wait_status(200, "/s")


def test_session_persistence_by_cookie(web, pool):
    serve_session(web, {"cookie": {"name": "sticky"}})
    for _ in range(3):
        first = web.get("/s")
        cookie, *attributes = first.headers["set-cookie"].split("; ")
        assert cookie.startswith("sticky=")
        assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Strict"]
        assert set(backends_of(web, 50, cookie=f"other=1; {cookie}")) == {first.json["backend"]}
    assert set(backends_of(web, 50)) == {"a", "b", "c"}


def test_session_persistence_by_header(web, pool):
    serve_session(web, {"type": "Header", "header": {"name": "x-session"}})
    first = web.get("/s")
    assert set(backends_of(web, 50, **{"x-session": first.headers["x-session"]})) == {first.json["backend"]}


def test_a_permanent_session_ends_with_its_cookie(web, pool):
    serve_session(web, {"absoluteTimeout": "5m", "cookie": {"lifetimeType": "Permanent", "path": "/s"}})
    first = web.get("/s")
    cookie, *attributes = first.headers["set-cookie"].split("; ")
    assert cookie.startswith("httproute-default-r-rule-0=")
    assert "Max-Age=300" in attributes and "Path=/s" in attributes
    assert set(backends_of(web, 50, cookie=cookie)) == {first.json["backend"]}


def test_a_session_whose_endpoint_is_gone_begins_anew(web, pool):
    serve_session(web, {"cookie": {"name": "sticky"}})
    first = web.get("/s")
    cookie = first.headers["set-cookie"].split(";")[0]
    rest = [echo.port for name, echo in web.echoes.items() if name != first.json["backend"]]
    web.write("pool.json", json.dumps({"apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "Backend", "metadata": {"name": "pool"},
                                       "spec": {"endpoints": [{"ip": {"address": "127.0.0.1", "port": port}} for port in rest]}}))
    wait_for(lambda: first.json["backend"] not in backends_of(web, 20))
    second = web.get("/s", headers={"cookie": cookie})
    assert second.headers["set-cookie"].split(";")[0] != cookie


def test_a_session_does_not_override_weights(web, pool):
    serve_session(web, {"cookie": {"name": "sticky"}}, [to("a", weight=3), to("b", weight=1)])
    cookie = web.get("/s").headers["set-cookie"].split(";")[0]
    seen = backends_of(web, 200, cookie=cookie)
    assert 25 < seen.count("b") < 85  # 50 expected


@shows("HTTPRouteCORS")
def test_cors(web):
    web.serve([{"matches": [{**path("PathPrefix", "/c"), "method": "PUT"}], "backendRefs": [to("a")], "filters": [
        {"type": "CORS", "cors": {"allowOrigins": ["https://*.example.com"], "allowMethods": ["PUT"], "allowHeaders": ["x-a"], "maxAge": 60}}]}])
    asked = {"access-control-request-method": "PUT"}
    good = web.get("/c", method="OPTIONS", headers={"origin": "https://a.example.com", **asked})
    assert good.status == 200
    assert good.headers["access-control-allow-origin"] == "https://a.example.com"
    assert good.headers["access-control-max-age"] == "60"
    bad = web.get("/c", method="OPTIONS", headers={"origin": "https://evil.example.org", **asked})
    assert "access-control-allow-origin" not in bad.headers


def test_cors_of_any_method_and_header_names_what_is_asked_for(web):
    """With credentials a browser would take "*" literally."""
    web.serve([{"matches": [path("PathPrefix", "/c")], "backendRefs": [to("a")], "filters": [
        {"type": "CORS", "cors": {"allowOrigins": ["*"], "allowMethods": ["*"], "allowHeaders": ["*"], "allowCredentials": True}}]}])
    asked = {"access-control-request-method": "PUT", "access-control-request-headers": "x-a, x-b"}
    answer = web.get("/c", method="OPTIONS", headers={"origin": "https://a.example.com", **asked})
    assert answer.headers["access-control-allow-methods"] == "PUT"
    assert answer.headers["access-control-allow-headers"] == "x-a, x-b"
    assert answer.headers["access-control-allow-credentials"] == "true"


def test_hostnames(web):
    web.serve([{"matches": [path("PathPrefix", "/")], "backendRefs": [to("a")]}], hostnames=["a.example.com", "*.wild.example.com"])
    assert web.get("/", host="a.example.com").status == 200
    assert web.get("/", host="x.y.wild.example.com").status == 200
    assert web.get("/", host="wild.example.com").status == 404
    assert web.get("/", host="a.example.com:1234").status == 200

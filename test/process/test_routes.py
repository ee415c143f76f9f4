"""HTTPRoute by behaviour: each feature through a real Envoy."""

import pytest

from limen import wait_for


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


@pytest.mark.parametrize("prefix, replacement, asked, seen", [
    ("/foo", "/xyz", "/foo/bar", "/xyz/bar"), ("/foo", "/xyz", "/foo", "/xyz"), ("/foo", "/", "/foo/bar", "/bar"),
    ("/foo", "/", "/foo", "/"), ("/foo/", "/xyz/", "/foo/bar", "/xyz/bar"), ("/", "/xyz", "/bar", "/xyz/bar"),
    ("/foo", "/xyz", "/foo/?q=1", "/xyz/?q=1"),
])
def test_prefix_rewrite(web, prefix, replacement, asked, seen):
    web.serve([{"matches": [path("PathPrefix", prefix)], "backendRefs": [to("a")], "filters": [
        {"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": replacement}}}]}])
    assert web.get(asked).json["path"] == seen


def test_full_path_and_host_rewrite(web):
    web.serve([{"matches": [path("PathPrefix", "/old")], "backendRefs": [to("a")], "filters": [
        {"type": "URLRewrite", "urlRewrite": {"hostname": "inner.example.com", "path": {"type": "ReplaceFullPath", "replaceFullPath": "/new"}}}]}])
    seen = web.get("/old/x?q=1").json
    assert seen["path"] == "/new?q=1"
    assert seen["headers"]["host"] == "inner.example.com"


@pytest.mark.parametrize("redirect, location, status", [
    ({"scheme": "https"}, "https://h.example.com/foo/bar", 302),
    ({"hostname": "o.example.com", "statusCode": 301}, "http://o.example.com:{port}/foo/bar", 301),
    ({"port": 8443, "scheme": "https", "statusCode": 308}, "https://h.example.com:8443/foo/bar", 308),
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


def test_mirror(web):
    web.serve([{"matches": [path("PathPrefix", "/m")], "backendRefs": [to("a")], "filters": [
        {"type": "RequestMirror", "requestMirror": {"backendRef": to("b")}},
        {"type": "RequestMirror", "requestMirror": {"backendRef": to("c"), "percent": 0}}]}])
    assert web.get("/m").json["backend"] == "a"
    wait_for(lambda: any(r["path"] == "/m" for r in web.echoes["b"].requests))
    assert not any(r["path"] == "/m" for r in web.echoes["c"].requests)


def test_retry_asks_again(web):
    web.serve([{"matches": [path("PathPrefix", "/again")], "backendRefs": [to("b")],
                "retry": {"attempts": 3, "codes": [500], "backoff": "10ms"}}])
    assert web.get("/again", headers={"x-answer": "500"}).status == 500
    assert sum(r["path"] == "/again" for r in web.echoes["b"].requests) == 4


def test_session_persistence_by_cookie(web):
    rule = {"matches": [path("PathPrefix", "/s")], "backendRefs": [to("a"), to("b")],
            "sessionPersistence": {"type": "Cookie", "cookie": {"name": "sticky"}}}
    web.serve([rule])
    answer = web.get("/s")
    assert answer.headers["set-cookie"].startswith("sticky=")


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


def test_hostnames(web):
    web.serve([{"matches": [path("PathPrefix", "/")], "backendRefs": [to("a")]}], hostnames=["a.example.com", "*.wild.example.com"])
    assert web.get("/", host="a.example.com").status == 200
    assert web.get("/", host="x.y.wild.example.com").status == 200
    assert web.get("/", host="wild.example.com").status == 404
    assert web.get("/", host="a.example.com:1234").status == 200

"""`limen explain` against the real Envoy: random routes, random requests, the same choice."""

import json
import random
import subprocess

from limen import LIMEN, Echo, free_port, wait_for
from streams import route, to as to_backend
from test_tls import make_pair, secret

HOSTS = ["a.test", "b.a.test", "c.b.a.test", "other.test"]
HOSTNAMES = [None, ["a.test"], ["*.a.test"], ["b.a.test"], ["*.test"], ["*.b.a.test", "other.test"]]
SEGMENTS = ["x", "y", "xy", "z1"]


def some_path(r):
    return "/" + "/".join(r.choice(SEGMENTS) for _ in range(r.randrange(3)))


def some_match(r):
    match = {"path": r.choice([{"type": "Exact", "value": some_path(r)}, {"type": "PathPrefix", "value": some_path(r)},
                               {"type": "RegularExpression", "value": r.choice(["/x.*", "/[xy]+", "/.*/y", "/z[0-9]"])}])}
    if r.random() < 0.3:
        match["method"] = r.choice(["GET", "POST"])
    if r.random() < 0.3:
        match["headers"] = [r.choice([{"name": "X-A", "value": "1"},
                                      {"name": "x-a", "value": "[0-9]+", "type": "RegularExpression"}])]
    if r.random() < 0.3:
        match["queryParams"] = [{"name": "q", "value": r.choice(["1", "a%20b"])}]
    return match


def some_request(r):
    path = r.choice([some_path(r), some_path(r) + "/", some_path(r).replace("/", "//"), some_path(r) + "/../x"])
    query = r.choice(["", "", "?q=1", "?q=2&q=1", "?q=a%20b", "?p&q=1", "?q"])
    headers = r.choice([{}, {}, {"x-a": "1"}, {"x-a": "77"}, {"x-a": "no"}, {"x_a": "1"}])
    return {"host": r.choice(HOSTS), "method": r.choice(["GET", "POST"]), "path": path + query, "headers": headers}


def explain(limen, request):
    words = [LIMEN, "explain", f"http://{request['host']}:{limen.port}{request['path']}", "-f", limen.conf,
             "-X", request["method"], "-o", "json"]
    for name, value in request["headers"].items():
        words += ["-H", f"{name}: {value}"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def test_the_same_choice_as_envoy(limen, backend):
    r = random.Random(42)
    limen.gateway()
    limen.write("a.yaml", backend("a").yaml())
    for i in range(60):
        # The route says its name in the answer, so the choice shows.
        name = {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": [{"name": "x-route", "value": f"r{i}"}]}}
        limen.route(f"r{i}", [{"matches": [some_match(r)], "filters": [name], "backendRefs": [
            {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "a"}]}], r.choice(HOSTNAMES))
    limen.start()
    wait_for(lambda: (answer := limen.try_get()) and answer.status)
    wait_for(lambda: "attachedRoutes=60" in limen.status())
    limen.route("ready", [{"matches": [{"path": {"type": "Exact", "value": "/ready"}}], "backendRefs": [
        {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "a"}]}], ["ready.test"])
    limen.wait_status(200, "/ready", host="ready.test")
    taken, differences = 0, []
    for _ in range(250):
        request = some_request(r)
        answer = limen.get(request["path"], host=request["host"], method=request["method"], headers=request["headers"])
        said = explain(limen, request)
        expected = said.get("route", {}).get("object", "").rpartition("/")[2] or None
        taken += expected is not None
        if answer.headers.get("x-route") != expected or (expected is None and str(answer.status) not in said["outcome"]):
            differences.append((request, answer.status, answer.headers.get("x-route"), said["outcome"], expected))
    assert not differences, "\n".join(map(str, differences))
    assert 50 < taken < 250, "the corpus should have both"


def test_near_misses_say_why(limen, backend):
    limen.gateway()
    limen.write("a.yaml", backend("a").yaml())
    limen.route("r", [{"name": "first", "matches": [{"path": {"value": "/x"}, "headers": [{"name": "x-a", "value": "1"}]}],
                       "backendRefs": [{"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "a"}]}])
    request = {"host": "a.test", "method": "GET", "path": "/x", "headers": {}}
    said = explain(limen, request)
    assert "404" in said["outcome"]
    assert said["nearMisses"] == [{"object": "HTTPRoute/default/r", "field": "spec.rules[0].matches[0]",
                                   "reason": 'header x-a is missing; "1" is wanted'}]
    said = explain(limen, {**request, "headers": {"x-a": "1"}})
    assert said["backends"][0]["endpoints"][0].startswith("127.0.0.1:")
    done = subprocess.run([LIMEN, "explain", "ftp://x/", "-f", limen.conf], capture_output=True, text=True)
    assert done.returncode == 2 and "http or https" in done.stderr
    done = subprocess.run([LIMEN, "explain", "http://a.test:1/", "-f", limen.conf], capture_output=True, text=True)
    assert done.returncode == 1 and f"ports are: {limen.port}" in done.stdout


def test_connections_that_are_proxied_as_they_are(limen, tmp_path):
    tcp, tls = free_port(), free_port()
    certificate, key = make_pair(tmp_path, "h.test")
    limen.write("one.json", secret("one-test", certificate, key))
    limen.gateway([{"name": "udp", "port": tcp, "protocol": "UDP"}, {"name": "tcp", "port": tcp, "protocol": "TCP"},
                    {"name": "tls", "port": tls, "protocol": "TLS", "hostname": "*.test", "tls": {"mode": "Passthrough"}},
                    {"name": "https", "port": tls, "protocol": "HTTPS", "hostname": "h.test",
                     "tls": {"certificateRefs": [{"name": "one-test"}]}}])
    limen.write("b.yaml", Echo("b").yaml())
    route(limen, "TCPRoute", "r", [to_backend("b", 3), to_backend("nosuch", 1)])
    route(limen, "TLSRoute", "r", [to_backend("b")], hostnames=["a.test"])

    def outcome(url):
        return json.loads(subprocess.run([LIMEN, "explain", url, "-f", limen.conf, "-o", "json"], capture_output=True, text=True).stdout)

    for url, listener, cluster in ((f"http://x.test:{tcp}/", "default/web/tcp/*", "backend/default/b"),
                                   (f"https://a.test:{tls}/", "default/web/tls/a_test", "backend/default/b/tls")):
        found = outcome(url)
        assert "as it is" in found["outcome"] and found["listener"] == listener, found
        assert found["backends"][0]["cluster"] == cluster
    assert [b["weight"] for b in outcome(f"http://x.test:{tcp}/")["backends"]] == [3, 1]
    assert "closed" in outcome(f"https://b.test:{tls}/")["outcome"]
    assert "TLS handshake" in outcome(f"https://a.org:{tls}/")["outcome"]
    assert "404" in outcome(f"https://h.test:{tls}/")["outcome"]
    assert "speaks HTTPS" in outcome(f"http://a.test:{tls}/")["outcome"]

"""SecurityPolicy by behaviour: what a real Envoy lets through, and for whom."""

import base64
import hashlib
import http.server
import json
import time

import pytest

from limen import HttpServer, backend_yaml, wait_for
from test_routes import to


def policy(name, spec, target=("HTTPRoute", "r"), section=None):
    ref = {"group": "gateway.networking.k8s.io", "kind": target[0], "name": target[1]}
    if section:
        ref["sectionName"] = section
    return (f"apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: SecurityPolicy\nmetadata: {{name: {name}}}\n"
            f"spec: {json.dumps({'targetRefs': [ref], **spec})}\n")


def secret(name, **values):
    return (f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\ntype: Opaque\n"
            f"stringData: {json.dumps(values)}\n")


def htpasswd(**users):
    return "".join(f"{name}:{{SHA}}{base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()}\n"
                   for name, password in users.items())


def basic(user, password):
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def rule(name, path=None, **more):
    return {"name": name, "matches": [{"path": {"value": path or f"/{name}"}, **more}], "backendRefs": [to("a")]}


KEYS = {"apiKeyAuth": {"credentialRefs": [{"name": "keys"}], "extractFrom": [{"headers": ["x-key"]}, {"params": ["key"]}],
                       "forwardClientIDHeader": "x-client", "sanitize": True}}
USERS = {"basicAuth": {"users": {"name": "users"}, "forwardUsernameHeader": "x-user"}}
NOBODY = {"authorization": {"defaultAction": "Deny"}}


@pytest.fixture
def web(limen, backend):
    """A running gateway with a route "r" that has rules x (/x) and y (/y), and two Secrets."""
    a = backend("a")
    limen.gateway()
    limen.write("a.yaml", a.yaml())
    limen.write("keys.yaml", secret("keys", one="key-of-one", two="key-of-two"))
    limen.write("users.yaml", secret("users", **{".htpasswd": htpasswd(ann="secret", bob="hidden")}))
    limen.route("r", [rule("x"), rule("y")])
    limen.route("other", [rule("free")])
    limen.start()
    limen.wait_status(200, "/x")
    limen.wait_status(200, "/free")
    return limen


def listeners_of(web):
    """What changes when a listener is updated or replaced."""
    stats = json.loads(web.admin("/stats?format=json&filter=listener_manager"))["stats"]
    return [(s["name"], s["value"]) for s in stats if "name" in s and
            s["name"] in ("listener_manager.listener_create_success", "listener_manager.listener_modified",
                          "listener_manager.listener_in_place_updated")]


def test_api_keys(web):
    before = listeners_of(web)
    web.write("p.yaml", policy("p", KEYS))
    web.wait_status(401, "/x")
    assert web.get("/x", headers={"x-key": "wrong"}).status == 401
    seen = web.get("/x", headers={"x-key": "key-of-two", "x-client": "forged"}).json["headers"]
    assert seen["x-client"] == "two" and "x-key" not in seen
    answer = web.get("/y?key=key-of-one&z=1")
    assert answer.status == 200 and answer.json["path"] == "/y?z=1"
    assert web.get("/free").status == 200
    assert listeners_of(web) == before  # no connection is drained
    assert "Accepted=True" in web.status("securitypolicy", "p")
    # A key is withdrawn, another one comes.
    web.write("keys.yaml", secret("keys", one="new-key"))
    web.wait_status(200, "/x", headers={"x-key": "new-key"})
    assert web.get("/x", headers={"x-key": "key-of-two"}).status == 401
    assert "key-of" not in web.log.read_text() and "new-key" not in web.log.read_text()


def test_keys_are_found_in_cookies_and_in_the_first_place_that_has_one(web):
    places = [{"headers": ["x-key"]}, {"params": ["key"]}, {"cookies": ["key"]}]
    web.write("p.yaml", policy("p", {"apiKeyAuth": {**KEYS["apiKeyAuth"], "extractFrom": places}}))
    web.wait_status(401, "/x")
    seen = web.get("/x", headers={"cookie": "a=b; key=key-of-one; c=d"}).json["headers"]
    assert seen["x-client"] == "one" and "key-of-one" not in json.dumps(seen)
    assert web.get("/x", headers={"cookie": "key=wrong"}).status == 401
    assert web.get("/x", headers={"x-key": "wrong", "cookie": "key=key-of-one"}).status == 401
    assert web.get("/x?key=key-of-one", headers={"cookie": "key=wrong"}).status == 200


def test_basic_auth_and_a_broken_file(web):
    web.write("p.yaml", policy("p", USERS))
    web.wait_status(401, "/x")
    assert web.get("/x").headers["www-authenticate"].startswith("Basic")
    assert web.get("/x", headers=basic("ann", "hidden")).status == 401
    assert web.get("/x", headers=basic("ann", "secret")).json["headers"]["x-user"] == "ann"
    web.write("users.yaml", secret("users", **{".htpasswd": "ann:$apr1$x$y\n"}))
    web.wait_status(500, "/x", headers=basic("ann", "secret"))
    status = web.status("securitypolicy", "p")
    assert "Accepted=False(Invalid" in status and "spec.basicAuth.users" in status and "line 1" in status
    assert "$apr1" not in status
    (web.conf / "users.yaml").unlink()
    wait_for(lambda: "Secret default/users does not exist" in web.status("securitypolicy", "p"))
    assert web.get("/x", headers=basic("ann", "secret")).status == 500
    assert web.get("/free").status == 200
    web.write("users.yaml", secret("users", **{".htpasswd": htpasswd(eve="new")}))
    web.wait_status(200, "/x", headers=basic("eve", "new"))
    assert "Accepted=True" in web.status("securitypolicy", "p")


def test_authorization(web):
    def rules(*rules, **more):
        web.write("p.yaml", policy("p", {"authorization": {"rules": list(rules), **more}}))

    here, away = {"clientCIDRs": ["127.0.0.0/8"]}, {"clientCIDRs": ["192.0.2.0/24", "2001:db8::/32"]}
    rules({"action": "Allow", "principal": away})
    web.wait_status(403, "/x")
    rules({"action": "Allow", "principal": here})
    web.wait_status(200, "/x")
    # A client cannot say that it is somewhere else.
    rules({"action": "Deny", "principal": here}, defaultAction="Allow")
    web.wait_status(403, "/x")
    assert web.get("/x", headers={"x-forwarded-for": "192.0.2.7"}).status == 403
    # The first that matches decides; all that a rule says must hold.
    rules({"action": "Deny", "operation": {"methods": ["POST", "PUT"]}, "principal": here},
          {"action": "Allow", "operation": {"path": {"type": "Exact", "value": "/x"}},
           "principal": {**here, "headers": [{"name": "X-Team", "values": ["red", "blue"]}]}},
          {"action": "Allow", "operation": {"path": {"type": "PathPrefix", "value": "/y/in"}}, "principal": here})
    web.wait_status(200, "/x", headers={"x-team": "red"})
    assert web.get("/x?a=b", headers={"x-team": "blue"}).status == 200
    assert web.get("/x", headers={"x-team": "green"}).status == 403
    assert web.get("/x").status == 403
    assert web.get("/x", headers={"x-team": "red"}, method="POST").status == 403
    assert web.get("/x/z", headers={"x-team": "red"}).status == 403
    assert web.get("/y/in").status == 200
    assert web.get("/y/in/side?q").status == 200
    assert web.get("/y/inside").status == 403
    web.write("p.yaml", policy("p", NOBODY))
    web.wait_status(403, "/y/in")


def test_bad_ranges_conditions_and_settings_close(web):
    for spec, path in (({"authorization": {"rules": [{"action": "Allow", "principal": {"clientCIDRs": ["999.0.0.0/8"]}}]}},
                        "spec.authorization.rules[0].principal.clientCIDRs[0]"),
                       ({"authorization": {"rules": [{"action": "Allow", "cel": "request.path =="}]}},
                        "spec.authorization.rules[0].cel"),
                       ({"extAuth": {"http": {"backendRefs": [to("a")], "backendSettings": {"timeout": {"tcp": {"connectTimeout": "0s"}}}}, "failOpen": True}},
                        "spec.extAuth.http.backendSettings.timeout.tcp.connectTimeout")):
        web.write("p.yaml", policy("p", spec))
        wait_for(lambda: path + ":" in web.status("securitypolicy", "p"))
        web.wait_status(500, "/x", headers={"x-key": "key-of-one"})
        assert "Accepted=False(Invalid" in web.status("securitypolicy", "p")
        assert web.get("/free").status == 200
        (web.conf / "p.yaml").unlink()
        web.wait_status(200, "/x")


def test_rules_in_cel(web):
    def allow(cel, **more):
        web.write("p.yaml", policy("p", {"authorization": {"rules": [{"action": "Allow", "cel": cel, **more}]}}))

    allow("request.method == 'GET' && request.headers['x-team'] in ['red', 'blue'] || request.url_path.startsWith('/y/')")
    web.wait_status(403, "/x")
    assert web.get("/x", headers={"x-team": "red"}).status == 200
    assert web.get("/x", headers={"x-team": "green"}).status == 403
    assert web.get("/x", headers={"x-team": "red"}, method="POST").status == 403
    assert web.get("/y/z?q", method="POST").status == 200
    # Together with what else the rule says; a header that is missing is an error, which is no match.
    allow("request.headers['x-n'].matches('^[0-9]+$') && int(request.headers['x-n']) % 2 == 0 ? true : false",
          operation={"path": {"type": "Exact", "value": "/x"}})
    web.wait_status(200, "/x", headers={"x-n": "12"})
    assert web.get("/x", headers={"x-n": "13"}).status == 403 and web.get("/x", headers={"x-n": "a"}).status == 403
    assert web.get("/x").status == 403 and web.get("/y", headers={"x-n": "12"}).status == 403
    allow("has(request.headers.authorization) && source.address.startsWith('127.0.0.') && !connection.mtls"
          " && request.time.getFullYear() > 2000 && size(request.headers['x-n']) >= 2 - 1 && xds.route_name != ''")
    web.wait_status(200, "/y", headers={"x-n": "1", "authorization": "a"})
    assert web.get("/y", headers={"x-n": "1"}).status == 403
    # A text that Envoy could not evaluate is named, and closes.
    for cel, mistake in (("request.pat == '/x'", "Envoy has no attribute request.pat"),
                         ("['a'].exists(x, x == request.method)", "there is no exists() here"),
                         ("nobody == 1", "there is no variable nobody"),
                         ("request.path.matches('(')", "bad pattern")):
        allow(cel)
        wait_for(lambda mistake=mistake: mistake in web.status("securitypolicy", "p"))
        web.wait_status(500, "/y", headers={"x-n": "1", "authorization": "a"})
    allow("true")
    web.wait_status(200, "/x")


def preflight(web, path, origin, method="GET"):
    return web.get(path, method="OPTIONS", headers={"origin": origin, "access-control-request-method": method})


def test_cors_of_the_gateway_and_of_a_route(web):
    cors = {"allowOrigins": ["https://*.example.com", "http://one.test"], "allowMethods": ["GET", "POST"],
            "exposeHeaders": ["x-a"], "maxAge": "10m", "allowCredentials": True}
    web.write("p.yaml", policy("p", {"cors": cors, **KEYS}, ("Gateway", "web")))
    web.wait_status(401, "/x")
    answer = preflight(web, "/x", "https://a.example.com")  # nobody shows a key before it knows that it may
    assert answer.status == 200 and answer.headers["access-control-allow-origin"] == "https://a.example.com"
    assert answer.headers["access-control-max-age"] == "600"
    assert answer.headers["access-control-allow-methods"] == "GET,POST"
    assert "access-control-allow-origin" not in preflight(web, "/x", "https://a.example.net").headers
    answer = web.get("/x", headers={"origin": "http://one.test", "x-key": "key-of-one"})
    assert answer.headers["access-control-expose-headers"] == "x-a"
    # A route that takes POST only: the question about it is answered all the same.
    web.route("posts", [rule("posts", method="POST")])
    web.wait_status(401, "/posts", method="POST")
    assert preflight(web, "/posts", "http://one.test", "POST").headers["access-control-allow-origin"] == "http://one.test"
    # A route's own policy says nothing of keys, and other origins: nothing is left of the Gateway's.
    web.write("own.yaml", policy("own", {"cors": {"allowOrigins": ["https://own.test"]}}))
    web.wait_status(200, "/x")
    answer = preflight(web, "/x", "https://own.test")
    assert answer.headers["access-control-allow-origin"] == "https://own.test"
    assert not {"access-control-max-age", "access-control-expose-headers"} & answer.headers.keys()
    assert "access-control-allow-origin" not in preflight(web, "/x", "http://one.test").headers
    web.write("own.yaml", policy("own", {"csrf": {}}))
    wait_for(lambda: "access-control-allow-origin" not in preflight(web, "/x", "https://own.test").headers)
    assert "access-control-allow-origin" not in preflight(web, "/x", "http://one.test").headers
    assert web.get("/free").status == 401
    assert "Overridden=True" in web.status("securitypolicy", "p")


def test_csrf(web):
    web.write("p.yaml", policy("p", {"csrf": {"additionalOrigins": ["https://friend.test:8443"]}}))
    web.wait_status(403, "/x", method="POST")
    assert web.get("/x").status == 200
    assert web.get("/x", method="POST", headers={"origin": "https://localhost"}).status == 200
    assert web.get("/x", method="POST", headers={"origin": "https://friend.test:8443"}).status == 200
    assert web.get("/x", method="POST", headers={"origin": "https://foe.test"}).status == 403
    web.write("p.yaml", policy("p", {"csrf": {"shadowFraction": {"numerator": 100}}}))
    web.wait_status(200, "/x", method="POST")


def test_the_most_specific_policy_replaces_all_others(web):
    key, user = {"x-key": "key-of-one"}, basic("ann", "secret")
    web.write("gateway-policy.yaml", policy("g", NOBODY, ("Gateway", "web")))
    web.wait_status(403, "/x")
    web.write("listener-policy.yaml", policy("l", KEYS, ("Gateway", "web"), "http"))
    web.wait_status(200, "/free", headers=key)
    assert web.get("/free").status == 401
    web.write("route-policy.yaml", policy("r", USERS))
    web.wait_status(200, "/x", headers=user)
    assert web.get("/x", headers=key).status == 401 and web.get("/free", headers=key).status == 200
    web.write("rule-policy.yaml", policy("y", {"cors": {}}, section="y"))
    web.wait_status(200, "/y")
    assert web.get("/x").status == 401
    for name, path, status in (("rule", "/y", 401), ("route", "/y", 401), ("listener", "/y", 403), ("gateway", "/y", 200)):
        (web.conf / f"{name}-policy.yaml").unlink()
        web.wait_status(status, path)
    assert web.get("/x").status == 200


def test_a_routes_policy_adds_to_the_gateways(web):
    key, user = {"x-key": "key-of-one"}, basic("ann", "secret")
    web.write("g.yaml", policy("g", KEYS, ("Gateway", "web")))
    web.write("p.yaml", policy("p", {**USERS, "mergeType": "StrategicMerge"}))
    web.wait_status(401, "/x", headers=key)
    web.wait_status(401, "/free")
    assert web.get("/x", headers={**key, **user}).status == 200
    assert web.get("/x", headers=key).status == 401 and web.get("/x", headers=user).status == 401
    assert web.get("/free", headers=key).status == 200 and web.get("/free").status == 401
    wait_for(lambda: "Merged=True" in web.status("securitypolicy", "p") and "Merged=True" in web.status("securitypolicy", "g"))
    # The Gateway's policy is edited: so is what the route asks for.
    web.write("g.yaml", policy("g", {"apiKeyAuth": {**KEYS["apiKeyAuth"], "extractFrom": [{"headers": ["x-other"]}]}}, ("Gateway", "web")))
    web.wait_status(200, "/x", headers={"x-other": "key-of-two", **user})
    assert web.get("/x", headers={**key, **user}).status == 401
    # It breaks: nobody gets through, and it says why. It is mended.
    web.write("keys.yaml", "")
    web.wait_status(500, "/x", headers={"x-other": "key-of-two", **user})
    wait_for(lambda: "default/g, which it is merged over, is invalid" in web.status("securitypolicy", "p"))
    assert web.get("/free", headers=key).status == 500
    web.write("keys.yaml", secret("keys", three="key-of-three"))
    web.wait_status(200, "/x", headers={"x-other": "key-of-three", **user})
    # Of a rule, over the Gateway's and not over its route's; without mergeType it stands alone.
    web.write("y.yaml", policy("y", {"cors": {}, "mergeType": "JSONMerge"}, section="y"))
    web.wait_status(200, "/y", headers={"x-other": "key-of-three"})
    assert web.get("/y").status == 401
    web.write("p.yaml", policy("p", USERS))
    web.wait_status(200, "/x", headers=user)
    assert "Merged" not in web.status("securitypolicy", "p")
    # There is nothing left to be merged over.
    web.write("p.yaml", policy("p", {**USERS, "mergeType": "JSONMerge"}))
    (web.conf / "g.yaml").unlink()
    web.wait_status(200, "/free")
    assert web.get("/x", headers=user).status == 200 and web.get("/x").status == 401


class Auth(HttpServer):
    """Lets requests pass whose x-pass is "yes"; "broken" is answered with 503."""

    def __init__(self):
        self.asked = []
        auth = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                headers = {key.lower(): value for key, value in self.headers.items()}
                body = self.rfile.read(int(headers.get("content-length", 0))).decode()
                auth.asked.append({"path": self.path, "headers": headers, "body": body})
                time.sleep(float(headers.get("x-wait", 0)))
                self.send_response({"yes": 200, "broken": 503}.get(headers.get("x-pass"), 401))
                self.send_header("x-user", "known")
                self.send_header("x-more", "hidden")
                self.send_header("content-length", "0")
                self.send_header("connection", "close")  # else a closed server goes on where it is connected
                self.end_headers()

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        super().__init__(Handler)


def test_a_services_headers_may_choose_a_route(web, backend):
    auth = Auth()
    web.write("b.yaml", backend("b").yaml())
    web.write("auth.yaml", backend_yaml("auth", auth.port))
    web.route("r", [rule("x"), {**rule("known", "/x", headers=[{"name": "x-user", "value": "known"}]), "backendRefs": [to("b")]}])
    http_service = {"backendRefs": [{"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "auth"}], "headersToBackend": ["x-user"]}
    for recompute, chosen in ((False, "a"), (True, "b")):
        spec = {"extAuth": {"http": http_service, "headersToExtAuth": ["x-pass"], "recomputeRoute": recompute}}
        web.write("p.yaml", policy("p", spec))
        web.wait_status(401, "/x")
        wait_for(lambda: web.get("/x", headers={"x-pass": "yes"}).json["backend"] == chosen)
    auth.close()


def test_a_services_headers_stay_away_unless_named(web):
    auth = Auth()
    web.write("auth.yaml", backend_yaml("auth", auth.port))
    web.write("p.yaml", policy("p", {"extAuth": {"http": {"backendRefs": [to("auth")]}, "headersToExtAuth": ["x-pass"]}}))
    web.wait_status(401, "/x")
    assert not {"x-user", "x-more"} & web.get("/x", headers={"x-pass": "yes"}).json["headers"].keys()
    auth.close()


def test_external_authorization(web):
    auth = Auth()
    http_service = {"backendRefs": [{"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "auth"}], "path": "/check",
                    "headersToBackend": ["x-user"]}

    def ask(target=("HTTPRoute", "r"), **more):
        spec = {"extAuth": {"http": http_service, "headersToExtAuth": ["x-pass"], **more}}
        web.write("p.yaml", policy("p", spec, target))

    ask()
    web.wait_status(500, "/x")
    assert "Backend default/auth does not exist" in web.status("securitypolicy", "p")
    ask(failOpen=True)
    web.wait_status(200, "/x")
    ask()
    web.wait_status(500, "/x")
    web.write("auth.yaml", backend_yaml("auth", auth.port))
    web.wait_status(401, "/x")
    seen = web.get("/x", headers={"x-pass": "yes", "x-private": "1"}).json["headers"]
    assert seen["x-user"] == "known" and "x-more" not in seen
    assert auth.asked[-1]["path"] == "/check/x" and "x-private" not in auth.asked[-1]["headers"]
    assert web.get("/x", headers={"x-pass": "broken"}).status == 403
    ask(bodyToExtAuth={"maxRequestBytes": 10}, statusOnError=503)
    wait_for(lambda: web.get("/x", headers={"x-pass": "broken"}).status == 503)
    assert web.get("/x", method="POST", headers={"x-pass": "yes"}, body="short").status == 200
    assert auth.asked[-1]["body"] == "short"
    assert web.get("/x", method="POST", headers={"x-pass": "yes"}, body="longer than that").status == 413
    # For so long it is waited for.
    ask(timeout="500ms", headersToExtAuth=["x-pass", "x-wait"])
    wait_for(lambda: web.get("/x", headers={"x-pass": "yes", "x-wait": "1.5"}).status == 403)
    assert web.get("/x", headers={"x-pass": "yes", "x-wait": "0.1"}).status == 200
    ask(timeout="500ms", headersToExtAuth=["x-pass", "x-wait"], failOpen=True)
    wait_for(lambda: web.get("/x", headers={"x-pass": "yes", "x-wait": "1.5"}).status == 200)
    # A listener's: the cluster is there though no route uses it.
    ask(("Gateway", "web"))
    web.wait_status(401, "/free")
    assert web.get("/free", headers={"x-pass": "yes"}).status == 200
    auth.close()
    web.wait_status(403, "/free", headers={"x-pass": "yes"})
    ask(("Gateway", "web"), failOpen=True)
    web.wait_status(200, "/free")


def test_a_policy_that_cannot_be_read_closes_what_it_names(web):
    web.write("p.yaml", policy("p", {"apiKeyAuth": {**KEYS["apiKeyAuth"], "extractform": []}}))
    web.wait_status(500, "/x")
    assert web.get("/free").status == 200
    assert "Accepted=False" in web.status("securitypolicy", "p") and "spec.apiKeyAuth.extractform" in web.log.read_text()
    web.write("p.yaml", policy("p", KEYS))
    web.wait_status(401, "/x")
    web.write("p.yaml", policy("p", {"apiKeyAuth": 7}))  # what was good stays
    wait_for(lambda: "spec.apiKeyAuth: " in web.log.read_text())
    assert web.get("/x").status == 401

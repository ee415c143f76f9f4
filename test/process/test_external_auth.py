"""ExternalAuth of routes and listeners: Envoy asks real services, in HTTP and in gRPC, whether requests may pass."""

import concurrent.futures
import http.client
import http.server
import json
import subprocess

import grpc
import pytest
from envoy.config.core.v3 import base_pb2
from envoy.service.auth.v3 import external_auth_pb2, external_auth_pb2_grpc
from envoy.type.v3 import http_status_pb2
from google.rpc import status_pb2

from limen import LIMEN, HttpServer, backend_yaml, free_port, shows, wait_for
from pki import Authority, SecureServer, ask_once, config_map, tls_secret
from test_backend_tls import policy
from test_grpc import EchoServer, call, grpc_route

PERMISSION_DENIED = 7


class HttpAuth(HttpServer):
    """Lets a request pass unless its Authorization is "nobody", fails where it is "broken"; says who it is, and which
    tenant."""

    def __init__(self, name, tenant="red"):
        self.name, self.asked = name, []
        auth = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
                headers = {key.lower(): value for key, value in self.headers.items()}
                auth.asked.append({"method": self.command, "path": self.path, "headers": headers, "body": body})
                status = {"nobody": 401, "broken": 503}.get(headers.get("authorization"), 200)
                text = b"welcome" if status == 200 else b"who are you?"
                self.send_response(status)
                self.send_header("content-length", str(len(text)))
                self.send_header("content-type", "text/x-auth")
                self.send_header("www-authenticate", "Test")
                self.send_header("host", "elsewhere.test")
                self.send_header("x-user", f"known to {auth.name}")
                self.send_header("x-tenant", tenant)
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_OPTIONS = do_PUT = answer

            def log_message(self, *_):
                pass

        super().__init__(Handler)


def header(key, value):
    return base_pb2.HeaderValueOption(header=base_pb2.HeaderValue(key=key, value=value))


class GrpcAuth(external_auth_pb2_grpc.AuthorizationServicer):
    """The same in gRPC."""

    def __init__(self, name, port=0):
        self.name, self.asked = name, []
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
        external_auth_pb2_grpc.add_AuthorizationServicer_to_server(self, self.server)
        self.port = self.server.add_insecure_port(f"127.0.0.1:{port}")
        self.server.start()

    def Check(self, request, context):
        seen = request.attributes.request.http
        self.asked.append({"method": seen.method, "path": seen.path, "headers": dict(seen.headers), "body": seen.body,
                           "context": dict(request.attributes.context_extensions),
                           "metadata": set(request.attributes.route_metadata_context.filter_metadata)})
        answer = external_auth_pb2.CheckResponse()
        if seen.headers.get("authorization") == "broken":
            context.abort(grpc.StatusCode.INTERNAL, "out of order")
        if seen.headers.get("authorization") == "nobody":
            answer.status.CopyFrom(status_pb2.Status(code=PERMISSION_DENIED))
            answer.denied_response.status.CopyFrom(http_status_pb2.HttpStatus(code=429))
            answer.denied_response.body = "slowly"
            answer.denied_response.headers.append(header("retry-after", "7"))
            return answer
        answer.ok_response.headers.extend([header("x-user", f"known to {self.name}"), header("host", "elsewhere.test")])
        return answer

    def close(self):
        self.server.stop(None)


def ask(name, protocol="HTTP", body=None, namespace=None, **config):
    """An ExternalAuth filter."""
    ref = {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": name}
    if namespace:
        ref["namespace"] = namespace
    auth = {"protocol": protocol, "backendRef": ref, protocol.lower(): config}
    if body is not None:
        auth["forwardBody"] = {"maxSize": body}
    return {"type": "ExternalAuth", "externalAuth": auth}


TO_A = {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "a"}


class Scene:
    """A Gateway with a backend `a`, and services that are known as Backends by their names."""

    def __init__(self, limen, backend):
        self.limen, self.services = limen, []
        self.a = backend("a")
        limen.write("a.yaml", self.a.yaml())
        self.gateway()

    def gateway(self, *filters):
        self.limen.gateway([{"name": "http", "port": self.limen.port, "protocol": "HTTP",
                             **({"filters": {"requests": list(filters)}} if filters else {})}])

    def service(self, name, kind=HttpAuth, **how):
        service = kind(name, **how)
        self.services.append(service)
        self.limen.write(f"{name}.yaml", backend_yaml(name, service.port))
        return service

    def route(self, *filters, path="/", name="r", backend=None, headers=(), hostnames=None):
        self.limen.route(name, [{
            "matches": [{"path": {"type": "PathPrefix", "value": path},
                         "headers": [{"name": key, "value": value} for key, value in headers]}],
            "filters": list(filters), "backendRefs": [backend or TO_A]}], hostnames)

    def close(self):
        for service in self.services:
            service.close()


@pytest.fixture
def scene(limen, backend):
    made = Scene(limen, backend)
    yield made
    made.close()


def test_http_service_decides(limen, scene):
    auth = scene.service("auth")
    scene.route(ask("auth", path="/check/", allowedHeaders=["X-Team"]))
    limen.start()
    answer = limen.wait_status(200, "/x?y=1", headers={"x-team": "blue", "x-secret": "s", "authorization": "me"})
    asked = auth.asked[-1]
    assert (asked["method"], asked["path"]) == ("GET", "/check/x?y=1")
    assert asked["headers"]["host"] == "localhost" and asked["headers"]["authorization"] == "me"
    assert asked["headers"]["x-team"] == "blue" and "x-secret" not in asked["headers"]
    assert asked["headers"]["content-length"] == "0"
    # All headers of its answer go to the backend but those about the answer itself.
    headers = answer.json["headers"]
    assert headers["x-user"] == "known to auth" and headers["x-secret"] == "s" and headers["host"] == "localhost"
    assert "content-type" not in headers and "transfer-encoding" not in headers
    # A request with a body reaches the backend whole, and the service without the body.
    answer = limen.get("/", method="POST", body="text", headers={"content-type": "text/plain"})
    assert answer.json["body"] == "text" and answer.json["headers"]["content-type"] == "text/plain"
    assert auth.asked[-1]["body"] == "" and auth.asked[-1]["headers"]["content-length"] == "0"

    before = len(scene.a.requests)
    answer = limen.get("/", headers={"authorization": "nobody"})
    assert (answer.status, answer.text) == (401, "who are you?")
    assert answer.headers["www-authenticate"] == "Test" and len(scene.a.requests) == before
    assert limen.get("/", headers={"authorization": "broken"}).status == 403 and len(scene.a.requests) == before


def test_only_named_headers_of_the_answer_go_on(limen, scene):
    scene.service("auth")
    scene.route(ask("auth", allowedResponseHeaders=["X-User"]))
    limen.start()
    headers = limen.wait_status(200).json["headers"]
    assert headers["x-user"] == "known to auth" and "x-tenant" not in headers


def test_grpc_service_decides(limen, scene):
    auth = scene.service("auth", GrpcAuth)
    scene.route(ask("auth", "GRPC", allowedHeaders=["x-team", "authorization"]), path="/few")
    scene.route(ask("auth", "GRPC"), path="/all", name="s")
    limen.start()
    limen.wait_status(200, "/few")
    answer = limen.wait_status(200, "/all", headers={"x-secret": "s"})
    assert answer.json["headers"]["x-user"] == "known to auth"
    assert auth.asked[-1]["headers"]["x-secret"] == "s" and auth.asked[-1]["path"] == "/all"
    limen.get("/few", headers={"x-team": "blue", "x-secret": "s"})
    assert auth.asked[-1]["headers"] == {"x-team": "blue"}
    answer = limen.get("/few", headers={"authorization": "nobody"})
    assert (answer.status, answer.text) == (429, "slowly")


@pytest.mark.parametrize("protocol,kind", [("HTTP", HttpAuth), ("GRPC", GrpcAuth)])
def test_bodies_are_shown_up_to_a_size(limen, scene, protocol, kind):
    auth = scene.service("auth", kind)
    scene.route(ask("auth", protocol, body=10))
    limen.start()
    limen.wait_status(200)
    answer = limen.get("/", method="POST", body="0123456789")
    assert answer.json["body"] == "0123456789" and auth.asked[-1]["body"] == "0123456789"
    before = len(auth.asked), len(scene.a.requests)
    assert limen.get("/", method="POST", body="0123456789+").status == 413
    assert (len(auth.asked), len(scene.a.requests)) == before


@pytest.mark.parametrize("protocol", ["HTTP", "GRPC"])
def test_a_service_that_is_down_or_unknown_lets_nobody_through(limen, scene, protocol):
    limen.write("down.yaml", backend_yaml("down", free_port()))
    scene.route(ask("down", protocol), path="/down", name="down")
    scene.route(ask("nosuch", protocol), path="/nosuch", name="nosuch")
    scene.route(path="/open", name="open", backend={**TO_A, "filters": [ask("nosuch", protocol)]})
    scene.route()
    limen.start()
    limen.wait_status(200)
    limen.wait_status(403, "/down")
    limen.wait_status(500, "/nosuch")
    limen.wait_status(500, "/open")
    assert {seen["path"] for seen in scene.a.requests} == {"/"}
    assert "BackendNotFound" in limen.status("httproute", "nosuch")


class Kept:
    """One connection of a client; raises when the proxy closes it."""

    def __init__(self, limen):
        self.connection = http.client.HTTPConnection("127.0.0.1", limen.port, timeout=5)
        self.connection.connect()
        self.socket = self.connection.sock

    def get(self, path="/", **headers):
        self.connection.request("GET", path, headers={"host": "localhost", **headers})
        answer = self.connection.getresponse()
        answer.read()
        assert self.connection.sock is self.socket, "the proxy closed the connection"
        return answer.status


def test_it_takes_effect_on_connections_that_are_open(limen, scene):
    scene.service("auth")
    scene.route()
    limen.start()
    limen.wait_status(200)
    kept = Kept(limen)
    assert kept.get(authorization="nobody") == 200
    scene.route(ask("auth"))
    wait_for(lambda: kept.get(authorization="nobody") == 401)
    scene.route()
    wait_for(lambda: kept.get(authorization="nobody") == 200)
    scene.gateway(ask("auth"))  # the listener's
    wait_for(lambda: kept.get(authorization="nobody") == 401)
    scene.gateway(ask("auth", allowedHeaders=["x-a"]))
    scene.gateway()
    wait_for(lambda: kept.get(authorization="nobody") == 200)


@shows("GatewayListenerFilters")
def test_filters_of_a_listener_come_before_routing(limen, scene):
    first, second, own = scene.service("first"), scene.service("second", tenant="blue"), scene.service("own")
    scene.gateway(ask("first"), ask("second", allowedHeaders=["x-tenant"]))
    scene.route()
    # The route is chosen by what the last service says, and its own service is asked then.
    scene.route(ask("own", allowedHeaders=["x-user"]), name="blue", headers=[("x-tenant", "blue")])
    scene.route(ask("own"), name="red", headers=[("x-tenant", "red")], path="/red")
    limen.start()
    answer = limen.wait_status(200)
    assert answer.json["headers"]["x-tenant"] == "red"  # of `own`, the last that was asked
    assert own.asked and second.asked[-1]["headers"]["x-tenant"] == "red"
    assert own.asked[-1]["headers"]["x-user"] == "known to second"
    # Who does not pass the first is not seen by the others.
    before = len(second.asked), len(own.asked), len(scene.a.requests)
    assert limen.get("/red", headers={"authorization": "nobody", "x-tenant": "red"}).status == 401
    assert (len(second.asked), len(own.asked), len(scene.a.requests)) == before
    # Not a client's word, but the services', decides.
    limen.get("/red", headers={"x-tenant": "red"})
    assert own.asked[-1]["headers"]["x-user"] == "known to second"


@shows("GatewayListenerFilters")
def test_filters_of_a_listener_see_all_requests(limen, scene):
    auth = scene.service("auth")
    server = EchoServer("echo")
    try:
        limen.write("echo.yaml", server.yaml())
        scene.gateway(ask("auth"))
        grpc_route(limen, [{"backendRefs": [{**TO_A, "name": "echo"}]}])
        scene.route({"type": "CORS", "cors": {"allowOrigins": ["https://a.test"]}}, path="/routed",
                    hostnames=["localhost"])
        limen.start()
        limen.wait_status(200, "/routed")
        for path, host in [("/unrouted", "localhost"), ("/routed", "nosuch.test"), ("/x.Echo/Say", "grpc.test")]:
            assert limen.get(path, host, headers={"authorization": "nobody"}).status == 401
        assert limen.get("/unrouted").status == 404
        assert {"/unrouted", "/routed", "/x.Echo/Say"} <= {seen["path"] for seen in auth.asked}
        answer = wait_for(lambda: (seen := call(limen, "/x.Echo/Say")) and isinstance(seen, dict) and seen)
        assert answer["metadata"]["x-user"] == "known to auth"
        assert call(limen, "/x.Echo/Say", [("authorization", "nobody")]) == "UNAUTHENTICATED"
        # A preflight, too: routing comes after.
        preflight = {"origin": "https://a.test", "access-control-request-method": "GET", "authorization": "nobody"}
        assert limen.get("/routed", method="OPTIONS", headers=preflight).status == 401
    finally:
        server.server.stop(None)


def test_a_browser_asks_ahead_without_being_known(limen, scene):
    auth = scene.service("auth")
    scene.route({"type": "CORS", "cors": {"allowOrigins": ["https://a.test"], "allowMethods": ["GET"]}}, ask("auth"))
    limen.start()
    limen.wait_status(200)
    before = len(auth.asked)
    preflight = {"origin": "https://a.test", "access-control-request-method": "GET", "authorization": "nobody"}
    answer = limen.get("/", method="OPTIONS", headers=preflight)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "https://a.test")
    assert len(auth.asked) == before
    denied = limen.get("/", headers={"origin": "https://a.test", "authorization": "nobody"})
    assert (denied.status, denied.headers["access-control-allow-origin"]) == (401, "https://a.test")


@shows("GatewayListenerFilters")
def test_a_listener_whose_service_is_unknown_answers_500(limen, scene):
    scene.gateway(ask("late"))
    scene.route()
    limen.start()
    limen.wait_status(500)
    limen.wait_status(500, "/", "nosuch.test")
    assert "InvalidListenerFilterRef" in limen.status("gateway", "web") and not scene.a.requests
    scene.service("late")
    limen.wait_status(200)


def test_rule_and_backend_ask_both(limen, scene):
    rule, own = scene.service("rule"), scene.service("own", GrpcAuth)
    scene.route(ask("rule"), backend={**TO_A, "filters": [ask("own", "GRPC", allowedHeaders=["x-user"])]})
    limen.start()
    assert limen.wait_status(200).json["headers"]["x-user"] == "known to own"
    assert rule.asked and own.asked[-1]["headers"] == {"x-user": "known to rule"}


@shows("GatewayListenerFilters")
def test_https_listeners_ask_each_their_own(limen, scene, tmp_path):
    auth = scene.service("auth")
    ca, port = Authority(tmp_path, "ca"), free_port()
    limen.write("crt.json", tls_secret("web", ca.issue("one.test", ["DNS:one.test", "DNS:two.test"])))
    tls = {"certificateRefs": [{"name": "web"}]}
    guarded = {"filters": {"requests": [ask("auth", allowedHeaders=["x-never"])]}}
    limen.write("tls.json", json.dumps({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "tls"},
        "spec": {"gatewayClassName": "limen", "listeners": [
            {"name": "one", "port": port, "protocol": "HTTPS", "hostname": "one.test", "tls": tls, **guarded},
            {"name": "two", "port": port, "protocol": "HTTPS", "hostname": "two.test", "tls": tls}]}}))
    limen.write("r.json", json.dumps({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "r"},
        "spec": {"parentRefs": [{"name": "tls"}], "rules": [{"backendRefs": [TO_A]}]}}))
    limen.start()
    for host, asked in [("one.test", {"one.test"}), ("two.test", set())]:
        auth.asked.clear()
        wait_for(lambda: ask_once(port, ca, host) == 200)
        assert {seen["headers"]["host"] for seen in auth.asked} == asked


def test_a_route_that_a_service_chose_keeps_its_sessions(limen, scene):
    scene.service("auth", tenant="blue")
    scene.gateway(ask("auth"))
    limen.route("r", [
        {"matches": [{"headers": [{"name": "x-tenant", "value": "blue"}]}], "backendRefs": [TO_A],
         "sessionPersistence": {"type": "Cookie", "cookie": {"name": "stay"}}}, {"backendRefs": [TO_A]}])
    limen.start()
    assert limen.wait_status(200).headers["set-cookie"].startswith("stay=")


def test_explain_names_who_is_asked(limen, scene):
    scene.service("auth")
    scene.gateway(ask("auth"))
    scene.route(ask("auth"), path="/own")

    def explain(path):
        url = f"http://localhost:{limen.port}{path}"
        return subprocess.run([LIMEN, "explain", url, "-f", str(limen.conf)], capture_output=True, text=True).stdout

    assert "ext_authz/listener/0" in explain("/own") and "ext_authz/rule" in explain("/own")
    unrouted = explain("/none")
    assert "404: no route matches" in unrouted and "ext_authz/listener/0" in unrouted and "_unrouted" not in unrouted


def test_no_service_of_a_listener_changes_the_host(limen, scene):
    scene.service("auth", GrpcAuth)
    scene.gateway(ask("auth", "GRPC"))
    scene.route()
    limen.start()
    headers = limen.wait_status(200).json["headers"]
    assert headers["x-user"] == "known to auth" and headers["host"] == "localhost"


def test_only_the_share_of_a_guarded_backend_is_asked_about(limen, scene, backend):
    scene.service("auth")
    b = backend("b")
    limen.write("b.yaml", b.yaml())
    limen.route("r", [{"backendRefs": [{**TO_A, "filters": [ask("auth")]}, {**TO_A, "name": "b"}]}])
    limen.start()
    limen.wait_status(200)
    scene.a.requests.clear()
    answers = [limen.get(headers={"authorization": "nobody"}).status for _ in range(60)]
    assert set(answers) == {200, 401} and not scene.a.requests and len(b.requests) >= answers.count(200)


def test_the_service_is_asked_over_tls_where_a_policy_says_so(limen, backend, tmp_path):
    ca, auth = Authority(tmp_path), HttpAuth("auth")
    server = SecureServer(auth, ca.issue("auth.test"), plain=True)
    limen.gateway([{"name": "http", "port": limen.port, "protocol": "HTTP", "filters": {"requests": [ask("auth")]}}])
    limen.route("r", [{"filters": [ask("auth", allowedResponseHeaders=["x-user"])], "backendRefs": [TO_A]}])
    limen.write("a.yaml", backend("a").yaml())
    limen.write("auth.yaml", backend_yaml("auth", auth.port))
    limen.write("ca.json", config_map("ca", ca.pem))
    limen.write("policy.json", policy("auth.test", target={**TO_A, "name": "auth"}))
    limen.start()
    limen.wait_status(200)
    assert limen.get().json["headers"]["x-user"] == "known to auth"
    assert set(server.names) == {"auth.test"} and server.plain_connections == 0
    wait_for(lambda: "ancestor=web Accepted=True ResolvedRefs=True" in limen.status("backendtlspolicy"))
    server.show(Authority(tmp_path, "other").issue("auth.test"))
    limen.write("policy.json", policy("elsewhere.test", target={**TO_A, "name": "auth"}))  # no connection is kept
    wait_for(lambda: limen.get().status == 403)  # whom nobody vouches for is not believed
    auth.close()

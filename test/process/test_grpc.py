"""GRPCRoutes, with gRPC's own client and server on both sides of Envoy."""

import concurrent.futures
import http.client
import json
import struct
import threading

import grpc
import pytest

from limen import backend_yaml, free_port, shows, wait_for
from test_tls import make_pair, secret


class EchoServer:
    """Answers every method with its name, what it was called, and the metadata that came.  `pair`: the paths of a
    certificate and its key, for TLS."""

    def __init__(self, name, pair=None):
        echo = self
        self.name = name
        self.called = []

        class Any(grpc.GenericRpcHandler):
            def service(self, details):
                echo.called.append(details.method)
                if details.method == "/x.Stream/Talk":
                    return grpc.stream_stream_rpc_method_handler(
                        lambda words, context: (f"{echo.name} {word.decode()}".encode() for word in words))
                metadata = {key: value for key, value in details.invocation_metadata}
                answer = json.dumps({"backend": echo.name, "method": details.method, "metadata": metadata}).encode()
                return grpc.unary_unary_rpc_method_handler(lambda request, context: answer)

        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), handlers=[Any()])
        if pair is None:
            self.port = self.server.add_insecure_port("127.0.0.1:0")
        else:
            certificate, key = (path.read_bytes() for path in pair)
            self.port = self.server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)]))
        self.server.start()

    def yaml(self):
        return backend_yaml(self.name, self.port)


@pytest.fixture
def servers():
    made = [EchoServer("a"), EchoServer("b")]
    yield made
    for server in made:
        server.server.stop(None)


def plain_channel(limen, authority):
    return grpc.insecure_channel(f"127.0.0.1:{limen.port}", [("grpc.default_authority", authority)])


def call(limen, method, metadata=(), authority="grpc.test", channel=plain_channel):
    """What a call comes to: the answer, or the name of its status."""
    with channel(limen, authority) as open_channel:
        try:
            return json.loads(open_channel.unary_unary(method)(b"", metadata=metadata, timeout=5))
        except grpc.RpcError as error:
            return error.code().name


def to(name, weight=None, **more):
    ref = {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": name, **more}
    return ref if weight is None else {**ref, "weight": weight}


def grpc_route(limen, rules, name="calls"):
    limen.write(f"{name}.yaml", json.dumps({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "GRPCRoute", "metadata": {"name": name},
        "spec": {"parentRefs": [{"name": "web"}], "hostnames": ["grpc.test"], "rules": rules}}))


@shows("GRPCRoute", "GRPCRouteRequestHeaderModifier")
def test_grpc(limen, servers):
    limen.gateway()
    for server in servers:
        limen.write(f"{server.name}.yaml", server.yaml())
    grpc_route(limen, [
        {"matches": [{"method": {"service": "x.Echo", "method": "Say"}}],
         "filters": [{"type": "RequestHeaderModifier",
                      "requestHeaderModifier": {"set": [{"name": "x-set", "value": "yes"}]}}],
         "backendRefs": [to("a")]},
        {"matches": [{"headers": [{"name": "to", "value": "b"}]}], "backendRefs": [to("b"), to("a", 0)]},
        {"matches": [{"method": {"type": "RegularExpression", "method": "Get.*"}}], "backendRefs": [to("b")]},
        {"matches": [{"method": {"service": "x.Gone"}}], "backendRefs": [to("nosuch")]},
    ])
    limen.start()
    answer = wait_for(lambda: (seen := call(limen, "/x.Echo/Say")) and isinstance(seen, dict) and seen)
    assert answer["backend"] == "a" and answer["metadata"]["x-set"] == "yes"
    assert {call(limen, "/any.Thing/At", [("to", "b")])["backend"] for _ in range(10)} == {"b"}
    assert call(limen, "/y.Other/GetIt")["backend"] == "b"
    assert call(limen, "/y.Other/Put") == "UNIMPLEMENTED"
    assert call(limen, "/x.Gone/Say") == "UNAVAILABLE"
    assert call(limen, "/x.Echo/Say", authority="other.test") == "UNIMPLEMENTED"
    assert "calls" in limen.status("grpcroute")

    grpc_route(limen, [{"backendRefs": [to("b")]}])
    wait_for(lambda: isinstance(seen := call(limen, "/x.Echo/Say"), dict) and seen["backend"] == "b")


@pytest.fixture
def grpc_web(limen, servers):
    """Two servers behind a gateway, and a function that writes the route's rules and waits for them."""
    limen.gateway()
    for server in servers:
        limen.write(f"{server.name}.yaml", server.yaml())
    limen.start()

    def serve(rules):
        ready = {"matches": [{"method": {"service": "ready", "method": "Now"}}], "backendRefs": [to("a")]}
        grpc_route(limen, rules + [ready])
        wait_for(lambda: isinstance(call(limen, "/ready/Now"), dict))
    return serve


@shows("GRPCRoute")
def test_weights(limen, grpc_web):
    grpc_web([{"backendRefs": [to("a", 1), to("b", 3), to("nosuch", 0)]}])
    seen = [call(limen, "/x.Echo/Say")["backend"] for _ in range(200)]
    assert 20 < seen.count("a") < 85  # 50 expected
    grpc_web([{"backendRefs": [to("a", 1), to("nosuch", 1)]}])
    wait_for(lambda: call(limen, "/x.Echo/Say") == "UNAVAILABLE")
    seen = [call(limen, "/x.Echo/Say") for _ in range(60)]
    assert 10 < seen.count("UNAVAILABLE") < 50  # 30 expected


@shows("GRPCRouteNamedRouteRule")
def test_mirror_and_filters_of_a_backend(limen, servers, grpc_web):
    add = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"add": [{"name": "x-own", "value": "a"}]}}
    grpc_web([{"name": "first", "backendRefs": [to("a", filters=[add])],
               "filters": [{"type": "RequestMirror", "requestMirror": {"backendRef": to("b")}}]}])
    answer = call(limen, "/x.Echo/Say")
    assert answer["backend"] == "a" and answer["metadata"]["x-own"] == "a"
    wait_for(lambda: "/x.Echo/Say" in servers[1].called)


def test_a_stream_outlives_edits(limen, grpc_web):
    grpc_web([{"backendRefs": [to("a")]}])
    with plain_channel(limen, "grpc.test") as channel:
        go_on = threading.Event()

        def words():
            yield b"one"
            assert go_on.wait(10)
            yield b"two"
        answers = channel.stream_stream("/x.Stream/Talk")(words(), timeout=20)
        assert next(answers) == b"a one"
        grpc_web([{"backendRefs": [to("b")]}])
        wait_for(lambda: call(limen, "/x.Echo/Say")["backend"] == "b")
        go_on.set()
        assert list(answers) == [b"a two"]


def test_sessions_stay_with_their_server(limen, servers, grpc_web):
    limen.write("both.yaml", f"""
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: Backend
metadata: {{name: both}}
spec: {{endpoints: [{", ".join(f"{{ip: {{address: 127.0.0.1, port: {server.port}}}}}" for server in servers)}]}}
""")
    grpc_web([{"backendRefs": [to("both")], "sessionPersistence": {"type": "Header", "header": {"name": "x-session"}}}])
    with plain_channel(limen, "grpc.test") as channel:
        _, first = channel.unary_unary("/x.Echo/Say").with_call(b"", timeout=5)
    session = dict(first.initial_metadata())["x-session"]
    assert len({call(limen, "/x.Echo/Say", [("x-session", session)])["backend"] for _ in range(20)}) == 1
    assert len({call(limen, "/x.Echo/Say")["backend"] for _ in range(20)}) == 2


def test_grpc_web_of_a_browser(limen, grpc_web):
    grpc_web([{"backendRefs": [to("a")]}])
    frame = b"\x00" + struct.pack(">I", 0)
    connection = http.client.HTTPConnection("127.0.0.1", limen.port, timeout=5)
    connection.request("POST", "/x.Echo/Say", frame, {"host": "grpc.test", "content-type": "application/grpc-web+proto"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert (answer.status, answer.headers["content-type"]) == (200, "application/grpc-web+proto")
    length = struct.unpack(">I", body[1:5])[0]
    assert json.loads(body[5:5 + length])["backend"] == "a"
    assert body[5 + length] == 0x80 and b"grpc-status:0" in body[5 + length:].replace(b" ", b"")


@shows("GRPCRoute")
def test_grpc_over_https(limen, servers, tmp_path):
    port = free_port()
    certificate, key = make_pair(tmp_path, "grpc.test")
    limen.write("secret.yaml", secret("pair", certificate, key))
    limen.gateway([{"name": "https", "port": port, "protocol": "HTTPS", "hostname": "grpc.test",
                    "tls": {"certificateRefs": [{"name": "pair"}]}}])
    limen.write("a.yaml", servers[0].yaml())
    grpc_route(limen, [{"backendRefs": [to("a")]}])
    limen.start()

    def tls_channel(_, authority):
        return grpc.secure_channel(f"127.0.0.1:{port}", grpc.ssl_channel_credentials(certificate),
                                   [("grpc.ssl_target_name_override", authority), ("grpc.default_authority", authority)])
    answer = wait_for(lambda: isinstance(seen := call(limen, "/x.Echo/Say", channel=tls_channel), dict) and seen)
    assert answer["backend"] == "a" and answer["metadata"]["x-forwarded-proto"] == "https"

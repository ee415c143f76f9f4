"""GRPCRoutes, with gRPC's own client and server on both sides of Envoy."""

import concurrent.futures
import json

import grpc
import pytest

from limen import wait_for


class EchoServer:
    """Answers every method with its name, what it was called, and the metadata that came.  `pair`: the paths of a
    certificate and its key, for TLS."""

    def __init__(self, name, pair=None):
        echo = self
        self.name = name

        class Any(grpc.GenericRpcHandler):
            def service(self, details):
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
        return (f"apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: Backend\nmetadata: {{name: {self.name}}}\n"
                f"spec:\n  endpoints:\n  - ip: {{address: 127.0.0.1, port: {self.port}}}\n")


@pytest.fixture
def servers():
    made = [EchoServer("a"), EchoServer("b")]
    yield made
    for server in made:
        server.server.stop(None)


def call(limen, method, metadata=(), authority="grpc.test"):
    """What a call comes to: the answer, or the name of its status."""
    with grpc.insecure_channel(f"127.0.0.1:{limen.port}", [("grpc.default_authority", authority)]) as channel:
        try:
            return json.loads(channel.unary_unary(method)(b"", metadata=metadata, timeout=5))
        except grpc.RpcError as error:
            return error.code().name


def to(name, weight=1):
    return {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": name, "weight": weight}


def grpc_route(limen, rules, name="calls"):
    limen.write(f"{name}.yaml", json.dumps({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "GRPCRoute", "metadata": {"name": name},
        "spec": {"parentRefs": [{"name": "web"}], "hostnames": ["grpc.test"], "rules": rules}}))


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

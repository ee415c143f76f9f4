"""Protocols towards backends, by a Service's appProtocol."""

import contextlib
import threading

import pytest
import websockets.exceptions
import websockets.sync.client
import websockets.sync.server

from http2 import H2cEcho
from limen import shows


def service(name, port, app_protocol):
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{ports: [{{port: 80, appProtocol: {app_protocol}}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
endpoints: [{{addresses: [127.0.0.1]}}]
ports: [{{port: {port}}}]
"""


def serve(limen, name, port, app_protocol):
    limen.gateway()
    limen.write("service.yaml", service(name, port, app_protocol))
    limen.route("r", [{"backendRefs": [{"name": name, "port": 80}]}])
    limen.start()


@shows("HTTPRouteBackendProtocolH2C")
def test_h2c(limen):
    with contextlib.closing(H2cEcho("two")) as server:
        serve(limen, "two", server.port, "kubernetes.io/h2c")
        answer = limen.wait_status(200, "/some/path")
        assert answer.json == {"backend": "two", "path": "/some/path", "protocol": "h2c"}
        # Without the appProtocol Envoy speaks HTTP/1.1, which that server does not understand.
        limen.write("service.yaml", service("two", server.port, "http"))
        limen.wait_status(502, "/")


@pytest.fixture
def web_socket():
    def echo(connection):
        with contextlib.suppress(websockets.exceptions.ConnectionClosed):
            for message in connection:
                connection.send(f"{connection.request.path} {message}")

    server = websockets.sync.server.serve(echo, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@shows("HTTPRouteBackendProtocolWebSocket")
@pytest.mark.parametrize("app_protocol", ["kubernetes.io/ws", "http"])
def test_web_socket(limen, web_socket, app_protocol):
    serve(limen, "chat", web_socket.socket.getsockname()[1], app_protocol)
    limen.wait_status(426, "/")  # the backend's own answer to one that does not ask for an upgrade
    with websockets.sync.client.connect(f"ws://127.0.0.1:{limen.port}/room") as client:
        for word in ("hello", "again"):
            client.send(word)
            assert client.recv(timeout=5) == f"/room {word}"

"""Requests over a connection whose server name picked another HTTPS listener than their Host does: 421 (GEP-3567)."""

import contextlib
import json

import pytest

from http2 import H2Client
from limen import free_port, shows, wait_for
from pki import Authority, TlsClient, ask_once, tls_secret
from test_backend_tls import BACKEND

HOSTNAMES = {"any": None, "one": "one.test", "wild": "*.wild.test", "inner": "inner.wild.test"}


def listeners_of(port, names):
    listeners = []
    for name in names:
        listener = {"name": name, "port": port, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "web"}]}}
        if HOSTNAMES[name]:
            listener["hostname"] = HOSTNAMES[name]
        listeners.append(listener)
    return listeners


@pytest.fixture
def shared(limen, backend, tmp_path):
    """HTTPS listeners on one port, with one certificate for all their names."""
    a = backend("a")
    limen.ca, limen.https_port = Authority(tmp_path), free_port()
    names = ["one.test", "*.wild.test", "two.test", "nobody.test"]
    limen.write("web.crt.json", tls_secret("web", limen.ca.issue("web.test", [f"DNS:{name}" for name in names])))
    limen.write("a.yaml", a.yaml())
    limen.gateway()

    def listen(*names):
        limen.write("tls.json", json.dumps({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "tls"},
            "spec": {"gatewayClassName": "limen", "listeners": listeners_of(limen.https_port, names)}}))

    limen.listen = listen
    limen.write("route.json", json.dumps({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "r"},
        "spec": {"parentRefs": [{"name": "tls"}], "rules": [
            {"matches": [{"path": {"value": "/here"}}], "backendRefs": [BACKEND]}]}}))
    return limen


def ask(limen, server_name, host, path="/here"):
    client = TlsClient(limen.https_port, limen.ca, server_name)
    try:
        return client.ask(host, path)
    finally:
        client.connection.close()


@shows("GatewayHTTPSListenerDetectMisdirectedRequests")
def test_the_listener_of_the_host_has_to_be_that_of_the_connection(shared):
    shared.listen(*HOSTNAMES)
    shared.start()
    wait_for(lambda: ask_once(shared.https_port, shared.ca, "one.test") is not None)
    owner = {"one.test": "one", "a.wild.test": "wild", "b.wild.test": "wild", "inner.wild.test": "inner",
             "two.test": "any", "nobody.test": "any"}
    for server_name, listener in owner.items():
        for host, other in owner.items():
            wanted = 200 if listener == other else 421
            assert ask(shared, server_name, host) == wanted, (server_name, host)
            assert ask(shared, server_name, host, "/there") == (404 if wanted == 200 else 421), (server_name, host)


def test_a_host_that_no_listener_has_is_not_found(shared):
    shared.listen("one", "wild", "inner")
    shared.start()
    wait_for(lambda: ask_once(shared.https_port, shared.ca, "one.test") is not None)
    assert [ask(shared, "one.test", host) for host in ("one.test", "a.wild.test", "nobody.test")] == [200, 421, 404]
    assert [ask(shared, "a.wild.test", host) for host in ("inner.wild.test", "one.test", "nobody.test")] == [421, 421, 404]


@shows("GatewayHTTPSListenerDetectMisdirectedRequests")
def test_a_browser_that_shares_a_connection_is_sent_to_another(shared):
    """HTTP/2 connection coalescing, RFC 9113 section 9.1.1: the certificate is good for both names."""
    shared.listen("one", "wild")
    shared.start()
    wait_for(lambda: ask_once(shared.https_port, shared.ca, "one.test") is not None)
    with contextlib.closing(H2Client(shared.https_port, shared.ca.pem, "one.test")) as client:
        assert [client.ask(host, "/here") for host in ("one.test", "a.wild.test", "one.test")] == [200, 421, 200]


def test_a_connection_goes_on_after_a_misdirected_request_and_sees_new_listeners(shared):
    shared.listen("wild")
    shared.start()
    wait_for(lambda: ask_once(shared.https_port, shared.ca, "a.wild.test") is not None)
    client = TlsClient(shared.https_port, shared.ca, "a.wild.test")
    connection = client.connection.sock
    assert client.ask("inner.wild.test", "/here") == 200
    shared.listen("wild", "inner")
    wait_for(lambda: client.ask("inner.wild.test", "/here") == 421)
    assert client.ask("a.wild.test", "/here") == 200
    assert client.connection.sock is connection

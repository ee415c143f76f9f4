"""ListenerSets and addresses, through a real Envoy."""

import json
import socket

from limen import free_port, shows, wait_for
from test_tls import der, make_pair, presented, secret

GROUP = "gateway.networking.k8s.io/v1"


def write(limen, kind, name, spec):
    limen.write(f"{kind}-{name}.json", json.dumps({"apiVersion": GROUP, "kind": kind, "metadata": {"name": name}, "spec": spec}))


def gateway(limen, **more):
    write(limen, "Gateway", "sets", {
        "gatewayClassName": "limen", "allowedListeners": {"namespaces": {"from": "Same"}},
        "listeners": [{"name": "own", "port": limen.own_port, "protocol": "HTTP"}], **more})


def can_connect(address, port):
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError:
        return False
    return True


@shows("ListenerSet")
def test_entries_serve_http_and_https(limen, backend, tmp_path):
    a = backend("a")
    limen.own_port, plain, https = free_port(), free_port(), free_port()
    pair = make_pair(tmp_path, "one.test")
    limen.gateway()
    limen.write("a.yaml", a.yaml())
    limen.write("pair.json", secret("one-test", *pair))
    gateway(limen)
    write(limen, "ListenerSet", "set", {"parentRef": {"name": "sets"}, "listeners": [
        {"name": "plain", "port": plain, "protocol": "HTTP"},
        {"name": "https", "port": https, "protocol": "HTTPS", "hostname": "one.test", "tls": {"certificateRefs": [{"name": "one-test"}]}}]})
    write(limen, "HTTPRoute", "r", {
        "parentRefs": [{"kind": "ListenerSet", "name": "set", "sectionName": "plain"}],
        "rules": [{"backendRefs": [{"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "a"}]}]})
    limen.start()
    limen.wait_status(200, "/", port=plain)
    limen.wait_status(404, "/", port=limen.own_port)
    wait_for(lambda: presented(https, "one.test") == der(pair[0]))
    (limen.conf / "ListenerSet-set.json").unlink()
    wait_for(lambda: not can_connect("127.0.0.1", plain))


@shows("GatewayAddressEmpty", "GatewayPort8080")
def test_an_address_without_a_value_is_any_and_ports_are_as_they_are_asked_for(limen):
    limen.own_port = 8080
    limen.gateway()
    gateway(limen, addresses=[{"value": "127.80.80.80"}])  # where nobody else has that port
    limen.start()
    wait_for(lambda: can_connect("127.80.80.80", 8080))
    limen.own_port = free_port()
    gateway(limen, addresses=[{"type": "IPAddress"}])
    wait_for(lambda: can_connect("127.0.0.1", limen.own_port))
    assert "Programmed=True" in limen.status("gateway", "sets")


@shows("GatewayStaticAddresses")
def test_binds_the_addresses_that_are_asked_for(limen):
    limen.own_port = free_port()
    limen.gateway()
    gateway(limen, addresses=[{"value": "127.0.0.2"}, {"value": "192.0.2.1"}])
    limen.start()
    wait_for(lambda: can_connect("127.0.0.2", limen.own_port))
    assert not can_connect("127.0.0.1", limen.own_port)
    gateway(limen)
    wait_for(lambda: can_connect("127.0.0.1", limen.own_port))

"""Listeners, hostnames and grants by behaviour."""

import contextlib
import json

import pytest

from limen import free_port, shows, wait_for

def to(name, **more):
    return {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": name, **more}


def write(limen, kind, name, spec, version="gateway.networking.k8s.io/v1", **metadata):
    limen.write(f"{kind}-{name}.json", json.dumps(
        {"apiVersion": version, "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}))


def listener(limen, name, hostname=None, **more):
    return {"name": name, "port": limen.port, "protocol": "HTTP", **({"hostname": hostname} if hostname else {}), **more}


def start(limen, backend, listeners):
    limen.gateway(listeners)
    for name in "abc":
        limen.write(f"{name}.yaml", backend(name).yaml())
    limen.start()


def route(limen, name, backend, hostnames=(), section=None, path="/", created="2024-01-01T00:00:00Z"):
    parent = {"name": "web", **({"sectionName": section} if section else {})}
    write(limen, "HTTPRoute", name, creationTimestamp=created, spec={
        "parentRefs": [parent], "hostnames": list(hostnames),
        "rules": [{"name": "the-rule", "matches": [{"path": {"value": path}}], "backendRefs": [to(backend)]}]})


def answers(limen, host, path="/"):
    answer = limen.try_get(path, host=host)
    return answer and (answer.json["backend"] if answer.status == 200 else answer.status)


@shows("Gateway", "GatewayHTTPListenerIsolation", "HTTPRouteNamedRouteRule")
def test_the_most_specific_listener_has_a_host_to_itself(limen, backend):
    start(limen, backend, [listener(limen, "all"), listener(limen, "wild", "*.example.com"),
                           listener(limen, "one", "one.example.com"), listener(limen, "idle", "idle.example.com")])
    route(limen, "all", "a", section="all", path="/all")
    route(limen, "wild", "b", section="wild", path="/wild")
    route(limen, "one", "c", section="one", path="/one")
    wait_for(lambda: answers(limen, "one.example.com", "/one") == "c")
    seen = {host: [answers(limen, host, path) for path in ("/all", "/wild", "/one")]
            for host in ("other.org", "x.example.com", "one.example.com", "idle.example.com")}
    assert seen == {"other.org": ["a", 404, 404], "x.example.com": [404, "b", 404],
                    "one.example.com": [404, 404, "c"], "idle.example.com": [404, 404, 404]}


@shows("GatewayRouteHostnameIntersectionPrecedence")
def test_the_routes_own_hostname_decides(limen, backend):
    start(limen, backend, [listener(limen, "one", "very.specific.example.com")])
    host = "very.specific.example.com"
    route(limen, "wild", "a", ["*.com"], path="/long/path", created="2020-01-01T00:00:00Z")
    route(limen, "longer", "b", ["*.specific.example.com"], path="/long", created="2021-01-01T00:00:00Z")
    route(limen, "exact", "c", [host], path="/lo", created="2022-01-01T00:00:00Z")
    wait_for(lambda: answers(limen, host, "/lo") == "c")
    # Within one hostname the longest path wins; the more specific hostname wins over both path and age.
    assert [answers(limen, host, path) for path in ("/lo/x", "/long/x", "/long/path/x")] == ["c", "b", "b"]


@shows("ReferenceGrant")
@pytest.mark.parametrize("name", ["secret-api", None])
def test_a_grant_opens_a_namespace_and_its_end_closes_it(limen, backend, name):
    start(limen, backend, [listener(limen, "all")])
    echo = backend("inner")
    write(limen, "Backend", "secret-api", {"endpoints": [{"ip": {"address": "127.0.0.1", "port": echo.port}}]},
          "gateway.envoyproxy.io/v1alpha1", namespace="inner")
    write(limen, "HTTPRoute", "r", {"parentRefs": [{"name": "web"}],
                                    "rules": [{"backendRefs": [to("secret-api", namespace="inner")]}]})
    wait_for(lambda: answers(limen, "any") == 500)
    assert "RefNotPermitted" in limen.status("httproute", "r", "-o", "yaml")
    target = {"group": "gateway.envoyproxy.io", "kind": "Backend", **({"name": name} if name else {})}
    write(limen, "ReferenceGrant", "g", {
        "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "default"}], "to": [target]},
        "gateway.networking.k8s.io/v1beta1", namespace="inner")
    wait_for(lambda: answers(limen, "any") == "inner")
    (limen.conf / "ReferenceGrant-g.json").unlink()
    wait_for(lambda: answers(limen, "any") == 500)


def test_ports_come_and_go_while_others_serve(limen, backend):
    start(limen, backend, [listener(limen, "all")])
    route(limen, "r", "a")
    wait_for(lambda: answers(limen, "any") == "a")
    second = free_port()
    limen.gateway([listener(limen, "all"), {"name": "second", "port": second, "protocol": "HTTP"}])
    limen.wait_status(200, "/", port=second)
    limen.gateway([listener(limen, "all")])
    wait_for(lambda: limen.try_get("/", port=second) is None)
    assert answers(limen, "any") == "a"


def test_listeners_swap_their_ports(limen, backend):
    other = free_port()

    def listeners(*names):
        return [{"name": name, "port": port, "protocol": "HTTP"} for name, port in zip(names, (limen.port, other))]
    start(limen, backend, listeners("first", "second"))
    route(limen, "one", "a", section="first")
    route(limen, "two", "b", section="second")
    wait_for(lambda: answers(limen, "any") == "a")
    limen.wait_status(200, "/", port=other)
    limen.gateway(listeners("second", "first"))
    wait_for(lambda: answers(limen, "any") == "b")
    wait_for(lambda: limen.get("/", port=other).json["backend"] == "a")
    wait_for(lambda: "Programmed=False" not in limen.status("gateway", "-o", "wide"))


@shows("GatewayInfrastructure")
def test_envoys_carry_the_labels_of_their_gateway(limen, backend):
    labels, annotations = {"team": "shop"}, {"example.com/cost": "a: b"}
    start(limen, backend, [listener(limen, "all")])
    limen.wait_status(404)
    limen.gateway(infrastructure={"labels": labels, "annotations": annotations})

    def carried():
        with contextlib.suppress(OSError):  # the old Envoy may be leaving
            node = json.loads(limen.admin("/server_info"))["node"]
            return node.get("metadata") == {"labels": labels, "annotations": annotations}
    wait_for(carried)

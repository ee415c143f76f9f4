"""Whom policies are about: ListenerSets and their entries, and what selectors find, in other namespaces, too."""

import json

import pytest

from limen import free_port, wait_for
from test_gateway import write
from test_routes import to
from test_security_policy import NOBODY

ENVOY = "gateway.envoyproxy.io/v1alpha1"
LABELS = {"group": "gateway.networking.k8s.io", "matchLabels": {"guarded": "yes"}}
DROP = {"headers": {"withUnderscoresAction": "DropHeader"}}  # without it a request with such a header is refused


def route(limen, name, parent, host, namespace="default", **metadata):
    limen.write(f"route-{name}.json", json.dumps({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": {"parentRefs": [parent], "hostnames": [host], "rules": [{"backendRefs": [to("a", namespace="default")]}]}}))


@pytest.fixture
def web(limen, backend):
    """The Gateway "web" of namespace infra, with a ListenerSet "more" of two entries beside it, each on a port of its own; and
    routes to them, of which one is of the namespace apps."""
    limen.ports = {"http": limen.port, "one": free_port(), "two": free_port()}

    def listener(name):
        return {"name": name, "port": limen.ports[name], "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}

    limen.gateway()
    limen.write("web.json", json.dumps({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "web", "namespace": "infra", "labels": {"guarded": "yes"}},
        "spec": {"gatewayClassName": "limen", "listeners": [listener("http")], "allowedListeners": {"namespaces": {"from": "Same"}}}}))
    text = (limen.conf / "gateway.yaml").read_text()
    limen.write("gateway.yaml", text[:text.index("---")])
    write(limen, "ListenerSet", "more", {"parentRef": {"name": "web"}, "listeners": [listener("one"), listener("two")]}, namespace="infra")
    limen.write("a.yaml", backend("a").yaml())
    write(limen, "ReferenceGrant", "to-a", {"from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": name} for name in ("apps", "infra")],
                                            "to": [{"group": "gateway.envoyproxy.io", "kind": "Backend"}]}, "gateway.networking.k8s.io/v1beta1", namespace="default")
    route(limen, "app", {"name": "web", "namespace": "infra"}, "app.test", "apps", labels={"guarded": "yes"})
    route(limen, "free", {"name": "web", "namespace": "infra"}, "free.test", "apps")
    route(limen, "set", {"kind": "ListenerSet", "name": "more", "namespace": "infra"}, "set.test", "infra")
    limen.start()
    limen.wait_status(200, host="app.test")
    wait_for(lambda: refused(limen) == "")
    return limen


WHERE = {"app": ("app.test", "http"), "free": ("free.test", "http"), "one": ("set.test", "one"), "two": ("set.test", "two")}


def refused(limen, **headers):
    """Where a request is not served."""
    return " ".join(name for name, (host, port) in WHERE.items() if
                    getattr(limen.try_get(host=host, port=limen.ports[port], headers=headers), "status", 0) != 200)


def guard(limen, kind="SecurityPolicy", namespace="infra", spec=NOBODY, name="p", **targets):
    write(limen, kind, name, {**targets, **spec}, ENVOY, namespace=namespace)


def ref(kind, name, section=None):
    return [{"group": "gateway.networking.k8s.io", "kind": kind, "name": name, **({"sectionName": section} if section else {})}]


def test_listener_sets(web):
    for kind, name, section, closed in (("ListenerSet", "more", None, "one two"), ("ListenerSet", "more", "two", "two"),
                                        ("Gateway", "web", None, "app free one two"), ("Gateway", "web", "http", "app free")):
        guard(web, targetRefs=ref(kind, name, section))
        wait_for(lambda closed=closed: refused(web) == closed)
    # An entry's replaces its ListenerSet's, which replaces the Gateway's.
    for section, closed in ((None, "app free"), ("two", "app free one")):
        guard(web, targetRefs=ref("Gateway", "web"))
        guard(web, spec={"authorization": {"defaultAction": "Allow"}}, name="q", targetRefs=ref("ListenerSet", "more", section))
        wait_for(lambda closed=closed: refused(web) == closed)


def test_what_clients_of_listener_sets_have_to_be_like(web):
    odd = {"a_b": "c"}
    assert refused(web, **odd) == "app free one two"
    for kind, name, section, closed in (("ListenerSet", "more", None, "app free"), ("ListenerSet", "more", "two", "app free one"),
                                        ("Gateway", "web", None, "")):
        guard(web, "ClientTrafficPolicy", spec=DROP, targetRefs=ref(kind, name, section))
        wait_for(lambda closed=closed: refused(web, **odd) == closed)


def grant(limen, policy, kind, namespace, of="security"):
    write(limen, "ReferenceGrant", f"{policy.lower()}-{namespace}", {
        "from": [{"group": "gateway.envoyproxy.io", "kind": policy, "namespace": of}],
        "to": [{"group": "gateway.networking.k8s.io", "kind": kind}]}, "gateway.networking.k8s.io/v1beta1", namespace=namespace)


def settled(limen):
    """All that was written before is in force."""
    route(limen, "late", {"name": "web", "namespace": "infra"}, "late.test", "apps")
    limen.wait_status(200, host="late.test")


def test_selectors_find_routes_of_namespaces_that_let_them(web):
    guard(web, namespace="security", targetSelectors=[{**LABELS, "kind": "HTTPRoute", "namespaces": {"from": "All"}}])
    grant(web, "SecurityPolicy", "HTTPRoute", "apps", of="elsewhere")
    grant(web, "ClientTrafficPolicy", "HTTPRoute", "apps")
    settled(web)
    assert refused(web) == ""
    grant(web, "SecurityPolicy", "HTTPRoute", "apps")
    wait_for(lambda: refused(web) == "app")
    route(web, "free", {"name": "web", "namespace": "infra"}, "free.test", "apps", labels={"guarded": "yes"})
    wait_for(lambda: refused(web) == "app free")
    (web.conf / "ReferenceGrant-securitypolicy-apps.json").unlink()
    wait_for(lambda: refused(web) == "")


def test_selectors_find_gateways_of_namespaces_that_let_them(web):
    odd = {"a_b": "c"}
    guard(web, "ClientTrafficPolicy", "security", DROP, targetSelectors=[{**LABELS, "kind": "Gateway", "namespaces": {"from": "All"}}])
    grant(web, "SecurityPolicy", "Gateway", "infra")
    grant(web, "ClientTrafficPolicy", "HTTPRoute", "apps")
    settled(web)
    assert refused(web, **odd) == "app free one two"
    grant(web, "ClientTrafficPolicy", "Gateway", "infra")
    wait_for(lambda: refused(web, **odd) == "")
    # By the labels of namespaces.
    write(web, "Namespace", "infra", None, "v1", labels={"of": "us"})
    guard(web, "ClientTrafficPolicy", "security", DROP, targetSelectors=[
        {**LABELS, "kind": "Gateway", "namespaces": {"from": "Selector", "selector": {"matchLabels": {"of": "them"}}}}])
    wait_for(lambda: refused(web, **odd) == "app free one two")
    write(web, "Namespace", "infra", None, "v1", labels={"of": "them"})
    wait_for(lambda: refused(web, **odd) == "")
    (web.conf / "ReferenceGrant-clienttrafficpolicy-infra.json").unlink()
    wait_for(lambda: refused(web, **odd) == "app free one two")
    assert refused(web) == ""

"""`limen server` that is restarted without an API server, several of them, and what of a cluster is theirs."""

import stat
import time

import pytest

from kube_api import needs_kube, running_api
from kube_limen import CONTROLLER, backend as make_backend, gateway, route, running_limen
from limen import wait_for
from test_kube_access import use_secrets, volume_of_proxy

pytestmark = needs_kube


@pytest.fixture
def api():
    with running_api() as instance:
        yield instance


@pytest.fixture
def limen(api):
    with running_limen(api) as instance:
        yield instance


ENDPOINT = "192.0.2.7"  # where nobody is: an EndpointSlice may not name loopback addresses


def service(api, name):
    """A Service with one endpoint, as the cluster's controllers would make it."""
    api.apply("Service", name, spec={"ports": [{"port": 80, "targetPort": 8080}]})
    api.apply("EndpointSlice", f"{name}-1", metadata={"labels": {"kubernetes.io/service-name": name}},
              addressType="IPv4", ports=[{"name": "", "port": 8080, "protocol": "TCP"}],
              endpoints=[{"addresses": [ENDPOINT], "conditions": {"ready": True}}])


def await_endpoint(limen):
    wait_for(lambda: ENDPOINT in str(limen.config_dump()))


def route_to_service(api, name, to, path="/"):
    api.apply("HTTPRoute", name, spec={"parentRefs": [{"name": "web"}], "rules": [
        {"matches": [{"path": {"type": "PathPrefix", "value": path}}], "backendRefs": [{"name": to, "port": 80}]}]})


def end_envoys(limen):
    for envoy in limen.envoys:
        envoy.kill()
        envoy.wait()
    limen.envoys.clear()


def test_a_limen_without_an_api_server_serves_what_it_knew(limen, backend):
    api = limen.api
    gateway(api, limen.port)
    make_backend(api, backend("a"))
    make_backend(api, backend("b"))
    service(api, "s")
    route(api, "r", "a")
    route(api, "t", "b", "/t")
    route_to_service(api, "u", "s", "/u")
    limen.start()
    limen.start_envoy()
    limen.wait_status(200)
    wait_for(lambda: limen.get("/t").json["backend"] == "b")
    await_endpoint(limen)
    snapshot = limen.state / "objects"
    wait_for(snapshot.exists)
    wait_for(lambda: '"name":"t"' in snapshot.read_text())
    assert stat.S_IMODE(snapshot.stat().st_mode) == 0o600
    before = limen.config_dump()
    end_envoys(limen)

    api.kill("kube-apiserver")
    limen.kill()
    limen.start()
    limen.start_envoy()
    limen.wait_status(200)
    assert limen.get("/t").json["backend"] == "b"
    await_endpoint(limen)
    wait_for(lambda: limen.config_dump() == before)

    # It comes back with one route less: that one goes, and the other is served all the time.
    api.start("kube-apiserver")
    api.await_ready()
    api.delete("HTTPRoute", "t")
    wait_for(lambda: limen.get("/t").json["backend"] == "a", timeout=40)
    assert limen.get().status == 200


def test_its_certificate_out_of_a_secret_too(limen, backend):
    api = limen.api
    use_secrets(limen)
    gateway(api, limen.port)
    make_backend(api, backend("a"))
    route(api, "r", "a")
    limen.start()
    wait_for(lambda: limen.says("xDS on"), timeout=30)
    volume_of_proxy(limen)
    limen.start_envoy()
    limen.wait_status(200)
    files = [limen.state / "objects", limen.state / "xds-identity"]
    wait_for(lambda: all(file.exists() for file in files))
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    end_envoys(limen)
    api.kill("kube-apiserver")
    limen.kill()
    limen.start()
    limen.start_envoy()
    limen.wait_status(200)


def test_a_broken_snapshot_is_ignored(limen, backend):
    gateway(limen.api, limen.port)
    make_backend(limen.api, backend("a"))
    route(limen.api, "r", "a")
    limen.state.mkdir()
    (limen.state / "objects").write_text('{"format":1}\nnonsense\n')
    limen.start()
    limen.start_envoy()
    limen.wait_status(200)
    assert limen.says("it is broken") and limen.says("it is ignored")


def test_two_limens_say_the_same_and_one_writes(limen, api, backend):
    gateway(api, limen.port)
    make_backend(api, backend("a"))
    service(api, "s")
    route(api, "r", "a")
    route_to_service(api, "t", "s", "/s")
    limen.start()
    wait_for(lambda: limen.says("this is the leader now: Lease"))
    limen.start_envoy()
    limen.wait_status(200)
    await_endpoint(limen)
    first = limen.config_dump()
    end_envoys(limen)
    with running_limen(api) as other:
        other.port = limen.port
        other.start()
        other.start_envoy()
        other.wait_status(200)
        wait_for(lambda: other.config_dump() == first)
        edited = route(api, "r", "a", "/edited")
        writers = wait_for(lambda: writers_of_status(api, "r", edited["metadata"]["generation"]))
        time.sleep(1)
        assert writers == ["limen"], "one entry, by one manager"
        assert len(api.writes()) == len({path for _, path in api.writes()}) + 1, "nothing is written twice but the route that was edited"

        limen.kill()
        begin = time.monotonic()
        wait_for(lambda: other.says("this is the leader now: Lease"), timeout=30)
        assert time.monotonic() - begin < 20, "15 s, and a look every 2 s"
        again = route(api, "r", "a", "/again")
        wait_for(lambda: writers_of_status(api, "r", again["metadata"]["generation"]))


def writers_of_status(api, name, generation):
    found = api.get("HTTPRoute", name)
    conditions = found.get("status", {}).get("parents", [{}])[0].get("conditions", [])
    if not conditions or any(condition["observedGeneration"] != generation for condition in conditions):
        return None
    return [entry["manager"] for entry in found["metadata"]["managedFields"] if entry.get("subresource") == "status"]


def test_namespaces_by_their_labels(limen):
    api = limen.api
    for name, env in (("red", "prod"), ("blue", "test")):
        api.apply("Namespace", name, metadata={"labels": {"env": env}})
        api.apply("HTTPRoute", f"r-{name}", name, spec={"parentRefs": [{"name": "web", "namespace": "red"}]})
    api.apply("GatewayClass", "limen", spec={"controllerName": CONTROLLER})
    listeners = [{"name": "http", "port": limen.port, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}]
    api.apply("Gateway", "web", "red", spec={"gatewayClassName": "limen", "listeners": listeners})
    limen.start("--namespace-selector", "env in (prod)")
    limen.await_objects("HTTPRoute/r-red", "Gateway/web")
    assert "HTTPRoute/r-blue" not in limen.objects()
    api.apply("Namespace", "blue", metadata={"labels": {"env": "prod"}})
    limen.await_objects("HTTPRoute/r-blue")
    api.apply("Namespace", "blue", metadata={"labels": {"env": "test"}})
    wait_for(lambda: "HTTPRoute/r-blue" not in limen.objects())


def test_what_limen_refuses_says_so_in_its_status(limen, backend):
    """A definition of another version lets through what Limen does not know."""
    api = limen.api
    name = "httproutes.gateway.networking.k8s.io"
    definition = api.get("CustomResourceDefinition", name)
    for version in definition["spec"]["versions"]:
        version["schema"]["openAPIV3Schema"]["properties"]["spec"]["x-kubernetes-preserve-unknown-fields"] = True
    api.apply("CustomResourceDefinition", name, metadata={"annotations": definition["metadata"]["annotations"]},
              spec=definition["spec"])
    gateway(api, limen.port)
    make_backend(api, backend("a"))
    route(api, "r", "a")
    limen.start()
    limen.start_envoy()
    limen.wait_status(200)

    def accepted(name):
        for parent in api.get("HTTPRoute", name).get("status", {}).get("parents", []):
            return {each["type"]: each for each in parent["conditions"]}["Accepted"]

    def edit(name, **more):
        return wait_for(lambda: api.apply("HTTPRoute", name, spec={
            "parentRefs": [{"name": "web"}], "rules": [{"backendRefs": [
                {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "a"}]}], **more})
            if not more or definition_is_served() else None)

    def definition_is_served():
        probe = api.apply("HTTPRoute", "probe", spec={"parentRefs": [{"name": "nowhere"}], "future": True})
        return "future" in probe["spec"]

    edited = edit("r", future=True)
    wait_for(lambda: (condition := accepted("r")) and condition["status"] == "False")
    condition = accepted("r")
    assert condition["reason"] == "UnsupportedValue" and "spec.future" in condition["message"]
    assert "the version before stays in force" in condition["message"]
    assert condition["observedGeneration"] == edited["metadata"]["generation"]
    assert limen.get().status == 200

    edit("s", future=True)
    wait_for(lambda: (condition := accepted("s")) and condition["status"] == "False" and "not in force" in condition["message"])
    edit("r")
    wait_for(lambda: accepted("r")["status"] == "True")
    assert not api.get("HTTPRoute", "probe").get("status"), "another controller's route is none of ours"


def test_what_is_named_later_is_found(limen, backend):
    """Objects that were of no use are not kept, and are there all the same when they are named."""
    api = limen.api
    service(api, "old")
    gateway(api, limen.port)
    make_backend(api, backend("a"))
    route(api, "r", "a")
    api.apply("HTTPRoute", "waiting", spec={"parentRefs": [{"name": "later"}]})
    limen.start()
    limen.start_envoy()
    limen.wait_status(200)
    route_to_service(api, "t", "old", "/t")
    await_endpoint(limen)
    assert "HTTPRoute/waiting" not in limen.objects()
    api.apply("Gateway", "later", spec={"gatewayClassName": "limen", "listeners": [
        {"name": "http", "port": 9999, "protocol": "HTTP"}]})
    limen.await_objects("HTTPRoute/waiting")

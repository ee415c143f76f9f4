"""`limen server` on a real kube-apiserver and etcd."""

import time

import pytest

from kube_api import MERGE, needs_kube, running_api
from kube_limen import CONTROLLER, backend as make_backend, gateway, route, running_limen
from limen import wait_for

pytestmark = needs_kube


@pytest.fixture
def bare_api():
    """An API server that knows only Kubernetes' own kinds."""
    with running_api(definitions=False) as instance:
        yield instance


@pytest.fixture
def api(bare_api):
    bare_api.install_definitions()
    return bare_api


@pytest.fixture
def limen(api):
    with running_limen(api) as instance:
        yield instance


@pytest.fixture
def early_limen(bare_api):
    with running_limen(bare_api) as instance:
        yield instance


def test_objects_of_the_api_server_reach_envoy(limen, backend):
    a, b = backend("a"), backend("b")
    gateway(limen.api, limen.port)
    make_backend(limen.api, a)
    make_backend(limen.api, b)
    route(limen.api, "r", "a")
    limen.start()
    limen.start_envoy()
    assert limen.wait_status(200).json["backend"] == "a"
    route(limen.api, "r", "b")
    wait_for(lambda: limen.get().json["backend"] == "b")
    route(limen.api, "s", "a", "/s")
    wait_for(lambda: limen.get("/s").json["backend"] == "a")
    limen.api.delete("HTTPRoute", "s")
    wait_for(lambda: limen.get("/s").json["backend"] == "b")
    limen.api.delete("HTTPRoute", "r")
    limen.wait_status(404)
    assert "Gateway" in limen.status() and "Accepted" in limen.status()


def test_the_api_server_goes_and_comes_back(limen, backend):
    gateway(limen.api, limen.port)
    make_backend(limen.api, backend("a"))
    route(limen.api, "r", "a")
    limen.start()
    limen.start_envoy()
    limen.wait_status(200)
    limen.api.kill("kube-apiserver")
    wait_for(lambda: limen.says("tried again"))
    assert limen.get().status == 200
    assert "HTTPRoute/r" in limen.objects()
    limen.api.start("kube-apiserver")
    limen.api.await_ready()
    route(limen.api, "s", "missing", "/s")
    limen.wait_status(500, "/s")
    assert limen.get().status == 200
    assert limen.log.read_text().count("tried again") == 1, "it says so once, not once a kind and try"


def test_definitions_that_come_later(early_limen, backend):
    api = early_limen.api
    early_limen.start()
    early_limen.start_envoy()
    wait_for(lambda: early_limen.says("all kinds are listed"))
    assert not early_limen.says("warning"), "a kind that is not defined is no trouble"
    api.install_definitions()
    gateway(api, early_limen.port)
    make_backend(api, backend("a"))
    route(api, "r", "a")
    wait_for(lambda: (answer := early_limen.try_get()) and answer.status == 200, timeout=40)


def test_one_namespace_alone(limen):
    api = limen.api
    api.apply("Namespace", "other")
    gateway(api, limen.port)
    for namespace in ("default", "other"):
        api.apply("HTTPRoute", f"r-{namespace}", namespace, spec={"parentRefs": [{"name": "web", "namespace": "default"}]})
    limen.start("--namespaces", "default")
    limen.await_objects("HTTPRoute/r-default", "Gateway/web")
    assert "HTTPRoute/r-other" not in limen.objects()


def test_rights_that_are_given_later(limen):
    api = limen.api
    gateway(api, limen.port)
    limen.start(kubeconfig=api.kubeconfig_of("somebody"))
    wait_for(lambda: limen.says('GatewayClass: HTTP status 403: gatewayclasses.gateway.networking.k8s.io is forbidden: User "somebody" cannot list'))
    assert not limen.says("all kinds are listed")
    api.apply("ClusterRoleBinding", "somebody", subjects=[{"kind": "User", "name": "somebody"}],
              roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"})
    wait_for(lambda: limen.says("all kinds are listed"), timeout=40)
    limen.await_objects("Gateway/web")


def test_the_rights_that_limen_prints_are_enough(limen):
    api = limen.api
    api.grant("restricted")
    gateway(api, limen.port)
    route(api, "r", "none")
    limen.start(kubeconfig=api.kubeconfig_of("restricted"))
    await_parent(limen, "r", 1)
    wait_for(lambda: conditions(api.get("Gateway", "web").get("status", {})).get("Accepted", {}).get("status") == "True")
    assert limen.says("this is the leader now") and not limen.says("forbidden")


def test_the_rights_to_one_namespace_are_enough_for_it(limen):
    api = limen.api
    api.apply("Namespace", "shop")
    api.grant("restricted", "--namespaces", "shop")
    gateway(api, limen.port)
    limen.start("--namespaces", "shop", kubeconfig=api.kubeconfig_of("restricted"))
    wait_for(lambda: limen.says("all kinds are listed") and limen.says("this is the leader now"))
    assert not limen.says("forbidden")
    limen.process.terminate()
    limen.process.wait()
    limen.start(kubeconfig=api.kubeconfig_of("restricted"))  # of all
    wait_for(lambda: limen.says("Gateway: HTTP status 403"))


def test_another_controller_name(limen):
    """Beside an Envoy Gateway, whose class it leaves alone."""
    api = limen.api
    gateway(api, limen.port)
    api.apply("GatewayClass", "other", spec={"controllerName": "example.com/limen"})
    api.apply("Gateway", "mine", spec={"gatewayClassName": "other", "listeners": [
        {"name": "http", "port": limen.port, "protocol": "HTTP"}]})
    route(api, "r", "none", gateways=("web", "mine"))
    limen.start("--controller-name", "example.com/limen")
    [parent] = wait_for(lambda: parents(limen, "r"))
    assert (parent["controllerName"], parent["parentRef"]["name"]) == ("example.com/limen", "mine")
    accepted = conditions(api.get("GatewayClass", "limen").get("status", {})).get("Accepted", {"status": "Unknown"})
    assert accepted["status"] == "Unknown"


def conditions(status):
    return {condition["type"]: condition for condition in status.get("conditions", [])}


def parents(limen, name):
    return limen.api.get("HTTPRoute", name).get("status", {}).get("parents", [])


def await_parent(limen, name, generation, accepted="True"):
    def found():
        for parent in parents(limen, name):
            condition = conditions(parent)["Accepted"]
            if parent["controllerName"] == CONTROLLER and condition["observedGeneration"] == generation:
                return condition if condition["status"] == accepted else None
    return wait_for(found)


def writes_settle(limen):
    """How many statuses limen wrote, when it has written none for a second."""
    time.sleep(1)
    before = len(limen.api.writes())
    time.sleep(1)
    assert len(limen.api.writes()) == before
    return before


def test_statuses_are_written_once(limen, backend):
    api = limen.api
    gateway(api, limen.port)
    make_backend(api, backend("a"))
    first = route(api, "r", "a")
    limen.start()
    accepted = await_parent(limen, "r", first["metadata"]["generation"])
    wait_for(lambda: conditions(api.get("Gateway", "web").get("status", {})).get("Programmed", {}).get("status") == "True")
    assert api.get("Gateway", "web")["status"]["addresses"] == [{"type": "IPAddress", "value": "127.0.0.1"}]
    assert api.get("Gateway", "web")["status"]["listeners"][0]["attachedRoutes"] == 1
    # GatewayClass, Gateway, HTTPRoute, Backend: one each.
    assert writes_settle(limen) == 4, api.writes()

    second = route(api, "r", "a", "/elsewhere")
    assert second["metadata"]["generation"] == first["metadata"]["generation"] + 1
    again = await_parent(limen, "r", second["metadata"]["generation"])
    assert again["lastTransitionTime"] == accepted["lastTransitionTime"], "its status has not changed"
    assert writes_settle(limen) == 5, api.writes()

    limen.process.terminate()
    assert limen.process.wait(20) == 0
    limen.start()
    limen.await_objects("HTTPRoute/r")
    assert writes_settle(limen) == 5, "a new limen finds all as it would write it"


def test_entries_of_other_controllers_stay(limen, backend):
    api = limen.api
    gateway(api, limen.port)
    make_backend(api, backend("a"))
    api.apply("GatewayClass", "foreign", spec={"controllerName": "other.test/controller"})
    api.apply("Gateway", "theirs", spec={"gatewayClassName": "foreign", "listeners": [
        {"name": "http", "port": limen.port, "protocol": "HTTP"}]})
    made = route(api, "r", "a", gateways=("theirs", "web"))
    entry = {"controllerName": "other.test/controller",
             "parentRef": {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "theirs"},
             "conditions": [{"type": "Accepted", "status": "True", "reason": "Accepted", "message": "mine",
                             "observedGeneration": 1, "lastTransitionTime": "2020-01-01T00:00:00Z"}]}
    api.request("PATCH", api.path("HTTPRoute", "r", "default") + "/status", {"status": {"parents": [entry]}}, MERGE)
    limen.start()
    await_parent(limen, "r", made["metadata"]["generation"])
    assert entry in parents(limen, "r")

    # Another one writes while we do: nobody's entry is lost, and nobody fights.
    entry["conditions"][0]["message"] = "changed"
    ours = [parent for parent in parents(limen, "r") if parent["controllerName"] == CONTROLLER]
    api.request("PATCH", api.path("HTTPRoute", "r", "default") + "/status", {"status": {"parents": [entry, *ours]}}, MERGE)
    edited = route(api, "r", "a", "/x", gateways=("theirs", "web"))
    await_parent(limen, "r", edited["metadata"]["generation"])
    assert entry in parents(limen, "r")

    # The route leaves our Gateway: our entry goes, theirs stays.
    route(api, "r", "a", gateways=("theirs",))
    wait_for(lambda: parents(limen, "r") == [entry])
    writes_settle(limen)
    assert "status" not in api.get("Gateway", "theirs") or not any(
        "theirs" in path for _, path in api.writes()), "another controller's Gateway is none of ours"


def test_what_another_overwrites_is_written_again(limen, backend):
    api = limen.api
    gateway(api, limen.port)
    make_backend(api, backend("a"))
    made = route(api, "r", "a")
    limen.start()
    await_parent(limen, "r", made["metadata"]["generation"])
    api.request("PATCH", api.path("HTTPRoute", "r", "default") + "/status", {"status": {"parents": []}}, MERGE)
    await_parent(limen, "r", made["metadata"]["generation"])
    writes_settle(limen)


def test_many_routes_at_once(limen, backend):
    api = limen.api
    gateway(api, limen.port)
    make_backend(api, backend("a"))
    limen.start()
    limen.await_objects("Gateway/web")
    writes_settle(limen)
    before = len(api.writes())
    count = 100
    begin = time.monotonic()
    for i in range(count):
        route(api, f"r{i}", "a", f"/{i}")
    wait_for(lambda: api.get("Gateway", "web")["status"]["listeners"][0]["attachedRoutes"] == count)
    writes_settle(limen)
    paths = [path.split("?")[0] for _, path in api.writes()[before:]]
    assert sum("/httproutes/" in path for path in paths) == count, "one write a route"
    most = 6 + time.monotonic() - begin
    assert sum("/gateways/" in path for path in paths) <= most, "attachedRoutes is written once a second while it grows"


def test_only_the_leader_writes(limen, api, backend):
    gateway(api, limen.port)
    make_backend(api, backend("a"))
    limen.start()
    wait_for(lambda: limen.says("this is the leader now: Lease"))
    with running_limen(api) as other:
        other.start()
        other.await_objects("Gateway/web")
        made = route(api, "r", "a")
        await_parent(limen, "r", made["metadata"]["generation"])
        other.await_objects("HTTPRoute/r")
        assert not other.says("this is the leader now: Lease")
        limen.kill()
        edited = route(api, "r", "a", "/edited")
        wait_for(lambda: other.says("this is the leader now: Lease"), timeout=30)
        await_parent(other, "r", edited["metadata"]["generation"])
    holder = api.get("Lease", "limen")["spec"]
    assert holder.get("holderIdentity", "") == "", "who ends gives it up"

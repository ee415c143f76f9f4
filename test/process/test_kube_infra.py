"""What `limen server` makes for a Gateway in a cluster, on a real kube-apiserver and a real Envoy.

Nothing runs pods here (test/cluster does): what the workloads' and Services' controllers would say is written by the tests.
"""

import subprocess

import pytest

from kube_api import needs_kube, running_api
from kube_limen import gateway, running_limen
from limen import ENVOY, free_port, wait_for

pytestmark = needs_kube

LABELS = {"gateway.envoyproxy.io/owning-gateway-name": "web", "gateway.envoyproxy.io/owning-gateway-namespace": "default"}


@pytest.fixture
def api():
    with running_api() as instance:
        yield instance


@pytest.fixture
def limen(api):
    with running_limen(api) as instance:
        yield instance


def made(api, kind):
    """The objects of a kind that Limen made for proxies."""
    return api.list(kind, selector="app.kubernetes.io/managed-by=limen,app.kubernetes.io/component=proxy")


def only(api, kind):
    [item] = wait_for(lambda: made(api, kind))
    return item


def set_status(api, kind, item, status):
    api.patch(kind, item["metadata"]["name"], {"status": status}, subresource="status")


def bring_up(api, addresses=("192.0.2.7",)):
    """As the controllers of a cluster would."""
    set_status(api, "Deployment", only(api, "Deployment"), {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1})
    set_status(api, "Service", only(api, "Service"),
               {"loadBalancer": {"ingress": [{"ip": address} for address in addresses]}})


def programmed(api, name="web"):
    status = api.get("Gateway", name).get("status", {})
    for condition in status.get("conditions", []):
        if condition["type"] == "Programmed":
            return condition["status"], condition["reason"]
    return None


def test_a_gateway_gets_its_objects_and_its_address(limen):
    gateway(limen.api, 80)
    limen.start(envoys=True)
    for kind in ("ServiceAccount", "ConfigMap", "Secret", "Deployment", "Service"):
        item = only(limen.api, kind)
        assert LABELS.items() <= item["metadata"]["labels"].items()
        [owner] = item["metadata"]["ownerReferences"]
        assert owner["kind"] == "GatewayClass" and owner["uid"] == limen.api.get("GatewayClass", "limen")["metadata"]["uid"]
    wait_for(lambda: programmed(limen.api) == ("False", "NoResources"))
    bring_up(limen.api)
    wait_for(lambda: programmed(limen.api) == ("True", "Programmed"))
    assert limen.api.get("Gateway", "web")["status"]["addresses"] == [{"type": "IPAddress", "value": "192.0.2.7"}]
    service = only(limen.api, "Service")
    assert [(port["name"], port["port"], port["targetPort"]) for port in service["spec"]["ports"]] == [("http-80", 80, 10080)]


def test_what_others_change_or_delete_is_made_anew(limen):
    gateway(limen.api, 80)
    limen.start(envoys=True)
    service = only(limen.api, "Service")
    limen.api.patch("Service", service["metadata"]["name"], {"spec": {"selector": {"app": "mine"}}})
    wait_for(lambda: "app" not in only(limen.api, "Service")["spec"]["selector"] or None)
    uid = only(limen.api, "Deployment")["metadata"]["uid"]
    limen.api.delete("Deployment", service["metadata"]["name"])
    wait_for(lambda: [item for item in made(limen.api, "Deployment") if item["metadata"]["uid"] != uid])


def test_settings_of_the_envoy_proxy_come_and_go(limen):
    limen.api.apply("EnvoyProxy", "custom", spec={"provider": {"type": "Kubernetes", "kubernetes": {
        "envoyDeployment": {"replicas": 2, "container": {"image": "example.com/envoy:v9"}},
        "envoyService": {"type": "ClusterIP"}, "envoyPDB": {"minAvailable": 1}}}})
    gateway(limen.api, 80, parameters="custom")
    limen.start(envoys=True)
    deployment = only(limen.api, "Deployment")
    assert deployment["spec"]["replicas"] == 2
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == "example.com/envoy:v9"
    only(limen.api, "PodDisruptionBudget")
    set_status(limen.api, "Deployment", deployment, {"replicas": 2, "readyReplicas": 1, "availableReplicas": 1})
    wait_for(lambda: programmed(limen.api) == ("True", "Programmed"))
    address = only(limen.api, "Service")["spec"]["clusterIP"]
    assert limen.api.get("Gateway", "web")["status"]["addresses"] == [{"type": "IPAddress", "value": address}]
    limen.api.apply("EnvoyProxy", "custom", spec={"provider": {"type": "Kubernetes", "kubernetes": {
        "envoyDaemonSet": {}, "envoyService": {"type": "ClusterIP"}}}})
    only(limen.api, "DaemonSet")
    wait_for(lambda: not made(limen.api, "Deployment") and not made(limen.api, "PodDisruptionBudget"))


def test_a_refused_object_is_named_in_the_status(limen):
    limen.api.apply("EnvoyProxy", "custom", spec={"provider": {"type": "Kubernetes", "kubernetes": {
        "envoyService": {"patch": {"value": {"spec": {"type": "Nonsense"}}}}}}})
    gateway(limen.api, 80, parameters="custom")
    limen.start(envoys=True)
    wait_for(lambda: programmed(limen.api) == ("False", "NoResources"))

    def message():
        return [c["message"] for c in limen.api.get("Gateway", "web")["status"]["conditions"] if c["type"] == "Programmed"][0]
    wait_for(lambda: "Service default/envoy-default-web" in message() and "Nonsense" in message())
    limen.api.apply("EnvoyProxy", "custom", spec={"provider": {"type": "Kubernetes", "kubernetes": {
        "envoyService": {"type": "LoadBalancer"}}}})
    bring_up(limen.api)
    wait_for(lambda: programmed(limen.api) == ("True", "Programmed"))


def test_a_restart_changes_nothing_and_finds_what_is_left_over(limen):
    gateway(limen.api, 80)
    gateway(limen.api, 80, name="other")
    limen.start(envoys=True)
    wait_for(lambda: len(made(limen.api, "Deployment")) == 2 and len(made(limen.api, "Service")) == 2)
    generations = {item["metadata"]["name"]: item["metadata"]["generation"] for item in made(limen.api, "Deployment")}
    limen.kill()
    limen.api.delete("Gateway", "other")
    limen.start(envoys=True, image="limen:next")  # a new Limen: no reason to replace pods
    wait_for(lambda: [item["metadata"]["labels"]["gateway.envoyproxy.io/owning-gateway-name"]
                      for item in made(limen.api, "Deployment")] == ["web"], timeout=40)
    wait_for(lambda: len(made(limen.api, "Service")) == len(made(limen.api, "Secret")) == 1)
    left = only(limen.api, "Deployment")
    assert left["metadata"]["generation"] == generations[left["metadata"]["name"]]
    assert not limen.says("pods are replaced")
    limen.api.apply("EnvoyProxy", "custom", spec={"provider": {"type": "Kubernetes", "kubernetes": {
        "envoyDeployment": {"container": {"image": "example.com/envoy:v9"}}}}})
    gateway(limen.api, 80, parameters="custom")
    wait_for(lambda: [container["image"] for container in only(limen.api, "Deployment")["spec"]["template"]["spec"]["containers"]]
             == ["example.com/envoy:v9", "limen:next"])
    wait_for(lambda: limen.says("pods are replaced, because these are different: spec.containers[envoy].image"))
    limen.api.delete("Gateway", "web")
    wait_for(lambda: not made(limen.api, "Deployment") and not made(limen.api, "Service"))


def test_an_envoy_starts_with_what_its_pod_is_given(limen, backend, tmp_path):
    port = free_port()
    gateway(limen.api, port)
    limen.start(envoys=True)
    name = only(limen.api, "Deployment")["metadata"]["name"]
    files = limen.api.get("ConfigMap", name)["data"]
    pod = limen.pod(tmp_path, files, limen.api.get("Secret", name)["data"])
    envoy = subprocess.Popen([ENVOY, "--config-path", pod / "bootstrap.json", "--service-cluster", "default/web",
                              "--service-node", "pod-1", "--disable-hot-restart"],
                             stdout=subprocess.DEVNULL, stderr=open(tmp_path / "envoy.log", "w"))
    try:
        limen.port = port
        limen.wait_status(404)
    finally:
        envoy.kill()
        envoy.wait()

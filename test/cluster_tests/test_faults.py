"""Faults of a cluster, under load: no request may fail.  test/README.md says how to run them."""

import contextlib
import json
import subprocess

import pytest

from harness import Load, answers, await_true, trusting
from pki import Authority

SYSTEM = "limen-system"
LEASE_S = 15  # kube::ElectorSettings
SHOP = """
apiVersion: v1
kind: Namespace
metadata: {name: NAME}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: echo, namespace: NAME}
spec:
  replicas: 2
  selector: {matchLabels: {app: echo}}
  template:
    metadata: {labels: {app: echo}}
    spec:
      containers:
      - name: echo
        image: example.com/echo-basic:v1
        env:
        - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
        readinessProbe: {httpGet: {path: /, port: 3000}}
---
apiVersion: v1
kind: Service
metadata: {name: echo, namespace: NAME}
spec:
  selector: {app: echo}
  ports: [{port: 80, targetPort: 3000}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: NAME}
spec:
  gatewayClassName: limen
  listeners:
  - {name: http, port: 80, protocol: HTTP}
  - {name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: shown}]}}
"""
ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: NAME, namespace: SPACE}
spec:
  parentRefs: [{name: web}]
  hostnames: [NAME.example.com]
  rules: [{backendRefs: [{name: echo, port: 80}]}]
"""


class Shop:
    """A namespace with a Gateway, and routes to two pods."""

    def __init__(self, cluster, name, authority):
        self.cluster, self.name, self.authority = cluster, name, authority
        cluster.apply(SHOP.replace("NAME", name))
        self.show()
        self.route("shop")
        cluster.kubectl("-n", name, "rollout", "status", "deployment/echo", "--timeout=60s")
        self.kubectl("wait", "--for=condition=Programmed", "gateway/web", "--timeout=60s")
        self.address = cluster.get("gateway", "-n", name, "web")["status"]["addresses"][0]["value"]
        await_true(lambda: answers(self.address, host="shop.example.com") == 200, 60)

    def kubectl(self, *words):
        return self.cluster.kubectl("-n", self.name, *words)

    def route(self, name):
        self.cluster.apply(ROUTE.replace("NAME", name).replace("SPACE", self.name))

    def show(self):
        """Another certificate of the HTTPS listener; DER."""
        certificate, key = self.authority.issue("shop.example.com")
        made = self.kubectl("create", "secret", "tls", "shown", f"--cert={certificate}", f"--key={key}", "--dry-run=client",
                            "-o", "json")
        self.cluster.apply(made)
        return subprocess.run(["openssl", "x509", "-in", certificate, "-outform", "der"], check=True,
                              capture_output=True).stdout

    def await_route(self, name, seconds=60):
        """That the control plane lives: a new route comes to the Envoys, and has its status."""
        self.route(name)
        await_true(lambda: answers(self.address, host=f"{name}.example.com") == 200, seconds)
        self.kubectl("wait", "--for=jsonpath={.status.parents[0].conditions[?(@.type=='Accepted')].status}=True",
                     f"httproute/{name}", "--timeout=30s")

    def load(self, **options):
        return Load(self.address, "shop.example.com", **options)

    def proxies(self):
        """The Deployment of the Gateway's Envoys."""
        owner = "gateway.envoyproxy.io/owning-gateway"
        found = self.cluster.get("deployment", "-n", SYSTEM, "-l", f"{owner}-name=web,{owner}-namespace={self.name}")
        assert len(found["items"]) == 1
        return found["items"][0]["metadata"]["name"]


@contextlib.contextmanager
def unharmed(load):
    """There is load before, during and after what is done; none of it fails."""
    with load:
        load.go_on()
        yield load
        load.go_on(2)
    assert load.failed == [], load.failed[:10]
    assert load.succeeded > 100


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def limen(cluster):
    cluster.run("install.sh", "--set", "deployment.replicas=2")


@pytest.fixture(scope="session")
def shop(cluster, limen, authority):
    return Shop(cluster, "shop", authority)


def controllers(cluster):
    return sorted(item["metadata"]["name"] for item in cluster.get(
        "pods", "-n", SYSTEM, "-l", "app.kubernetes.io/name=limen,app.kubernetes.io/component=controller")["items"]
        if "deletionTimestamp" not in item["metadata"])


def await_controllers(cluster, number=2):
    cluster.kubectl("-n", SYSTEM, "rollout", "status", "deployment/limen", "--timeout=60s")
    await_true(lambda: len(controllers(cluster)) == number)


def leader(cluster):
    return cluster.get("lease", "-n", SYSTEM, "limen")["spec"].get("holderIdentity", "")


def statuses(cluster):
    """Of all Gateways and routes, without times."""
    items = cluster.get("gateways,httproutes", "-A")["items"]
    text = json.dumps({f"{item['kind']}/{item['metadata']['namespace']}/{item['metadata']['name']}": item.get("status")
                       for item in items}, sort_keys=True)
    return json.loads(text, object_hook=lambda members: {key: value for key, value in members.items()
                                                         if key != "lastTransitionTime"})


def test_another_leads_when_the_leader_is_killed(cluster, shop):
    await_controllers(cluster)
    before, was = statuses(cluster), await_true(lambda: leader(cluster))
    pod = next(name for name in controllers(cluster) if was.startswith(name))
    with unharmed(shop.load()):
        cluster.run("cluster", "kill", f"{SYSTEM}/{pod}")
        await_true(lambda: leader(cluster) not in ("", was), LEASE_S + 5)
        shop.await_route("after-leader")
    after = statuses(cluster)
    del after["HTTPRoute/shop/after-leader"]
    assert pod in controllers(cluster)  # its container was started again
    assert differences(before, after) == []


def differences(before, after):
    """Routes come and go: attachedRoutes may differ."""
    def counts_gone(status):
        return json.loads(json.dumps(status), object_hook=lambda members: {
            key: value for key, value in members.items() if key != "attachedRoutes"})
    return [name for name in before | after if counts_gone(before.get(name)) != counts_gone(after.get(name))]


def test_a_controller_pod_is_deleted(cluster, shop):
    await_controllers(cluster)
    pod = next(name for name in controllers(cluster) if leader(cluster).startswith(name))
    with unharmed(shop.load()):
        cluster.kubectl("-n", SYSTEM, "delete", "pod", pod, "--wait=false")
        shop.await_route("after-pod")
    await_controllers(cluster)


def test_all_controllers_are_gone_for_a_while(cluster, shop):
    with unharmed(shop.load()) as load:
        cluster.kubectl("-n", SYSTEM, "scale", "deployment/limen", "--replicas=0")
        await_controllers(cluster, 0)
        load.go_on(5)
        cluster.kubectl("-n", SYSTEM, "scale", "deployment/limen", "--replicas=2")
        shop.await_route("after-all")
    await_controllers(cluster)


def test_the_controllers_are_replaced(cluster, shop):
    with unharmed(shop.load()):
        cluster.kubectl("-n", SYSTEM, "rollout", "restart", "deployment/limen")
        await_controllers(cluster)
        shop.await_route("after-rollout")


def test_the_proxies_are_replaced(cluster, shop):
    proxies = shop.proxies()
    with unharmed(shop.load()):
        cluster.kubectl("-n", SYSTEM, "rollout", "restart", f"deployment/{proxies}")
        cluster.kubectl("-n", SYSTEM, "rollout", "status", f"deployment/{proxies}", "--timeout=120s")
        await_true(lambda: cluster.kubectl("-n", SYSTEM, "get", "pods", "-o", "name").count(proxies) == 1, 45)  # drained


def test_the_api_server_is_away(cluster, shop, pytestconfig):
    """With what else is of the control plane: a kube-controller-manager that lives on takes the nodes for dead after 50 s,
    and then all endpoints for unready once the API server is back."""
    with unharmed(shop.load()) as load:
        with cluster.without("kube-scheduler", "kube-controller-manager", "kube-apiserver"):
            load.go_on(pytestconfig.getoption("outage"))
        shop.await_route("after-outage", 120)


def test_etcd_restarts(cluster, shop):
    with unharmed(shop.load()):
        with cluster.without("etcd"):
            pass
        shop.await_route("after-etcd", 120)


def test_a_namespace_is_deleted(cluster, shop, authority):
    other = Shop(cluster, "other", authority)
    proxies = other.proxies()
    with unharmed(shop.load()):
        cluster.kubectl("delete", "namespace", "other", "--timeout=90s")
        await_true(lambda: proxies not in cluster.kubectl("get", "all,configmap,secret,serviceaccount", "-n", SYSTEM), 60)
        shop.await_route("after-namespace")
    assert answers(other.address) is None


def test_a_certificate_is_replaced(shop):
    old = shop.show()
    with shop.load(port=443, context=trusting(shop.authority.pem)) as load:
        await_true(lambda: old in load.certificates)
        new = shop.show()
        await_true(lambda: new in load.certificates)
        load.certificates.clear()
        load.go_on(2)
    assert load.certificates == {new}
    assert load.failed == []

"""A node loses power, under load."""

import pytest

from harness import Load, answers, await_true
from shop import LEASE_S, SYSTEM, Shop, await_controllers, leader, spread, unharmed

NODES = ["node1", "node2"]
GRACE_S = 30  # --node-monitor-grace-period of the test cluster
LIMEN = "deployment: {replicas: 2, pod: {SPREAD}}".replace(
    "SPREAD", spread("app.kubernetes.io/name: limen, app.kubernetes.io/component: controller"))
PROXIES = "{envoyDeployment: {replicas: 2, pod: {SPREAD}}, envoyService: {externalTrafficPolicy: Cluster}}".replace(
    "SPREAD", spread("gateway.envoyproxy.io/owning-gateway-namespace: NAME"))
REQUEST_S = 45
RULE = f"timeouts: {{request: {REQUEST_S}s, backendRequest: 1s}}, retry: {{attempts: 3, codes: [503, 504], backoff: 50ms}}"


@pytest.fixture
def nodes(cluster):
    """Both take pods; Limen's are on both."""
    cluster.kubectl("uncordon", "node2")
    cluster.run("install.sh", "--values", "-", input=LIMEN)
    await_controllers(cluster)
    yield
    cluster.run("cluster", "start", *NODES)
    cluster.kubectl("cordon", "node2")


def pods(cluster, namespace, labels):
    """By node."""
    items = [item for item in cluster.get("pods", "-n", namespace, "-l", labels)["items"]
             if "deletionTimestamp" not in item["metadata"]]
    result = {item["spec"]["nodeName"]: item for item in items}
    assert sorted(result) == NODES and len(items) == 2, "one on each"
    return result


class Placed:
    """One pod of each on each node."""

    def __init__(self, cluster, shop):
        self.cluster, self.shop = cluster, shop
        gateway = "gateway.envoyproxy.io/owning-gateway"
        service = cluster.get("service", "-n", SYSTEM, "-l", f"{gateway}-namespace={shop.name}")["items"][0]
        self.port = next(port["targetPort"] for port in service["spec"]["ports"] if port["port"] == 80)
        self.places = {
            "limen": (SYSTEM, "app.kubernetes.io/name=limen,app.kubernetes.io/component=controller"),
            "envoy": (SYSTEM, f"{gateway}-namespace={shop.name}"), "echo": (shop.name, "app=echo")}

    def of(self, part):
        return pods(self.cluster, *self.places[part])

    def envoy(self, node):
        """Where its Envoy listens."""
        return self.of("envoy")[node]["status"]["podIP"], self.port

    def ready_endpoints(self):
        """Nodes of echo's."""
        slices = self.cluster.get("endpointslices", "-n", self.shop.name, "-l", "kubernetes.io/service-name=echo")["items"]
        return sorted(endpoint["nodeName"] for part in slices for endpoint in part["endpoints"]
                      if endpoint["conditions"]["ready"])

    def all_ready(self):
        return all(condition["status"] == "True" for part in self.places for pod in self.of(part).values()
                   for condition in pod["status"]["conditions"] if condition["type"] == "Ready")


def test_a_node_is_gone(cluster, nodes, authority):
    """The one with Limen's leader.  The load goes straight to the Envoy that lives, as from a load balancer that has seen the
    other one die; that an Envoy that is gone answers nobody is not Limen's to mend.  That Envoy's requests to the pod that is
    gone get no answer, not even that the connection is over.  They are retried: on a connection that was open after
    backendRequest, on a new one after ten seconds, for Envoy counts a try from when it is connected; and a retry may meet
    the same pod again."""
    shop = Shop(cluster, "spread", authority, PROXIES, RULE)
    placed = Placed(cluster, shop)
    await_true(placed.all_ready, 60)
    was = await_true(lambda: leader(cluster))
    gone = next(node for node, pod in placed.of("limen").items() if was.startswith(pod["metadata"]["name"]))
    [stays] = [node for node in NODES if node != gone]
    living = placed.envoy(stays)
    with unharmed(Load(living[0], "shop.example.com", living[1], timeout=REQUEST_S + 5)):
        cluster.run("cluster", "kill-node", gone)
        await_true(lambda: leader(cluster) not in ("", was), LEASE_S + 5)
        await_true(lambda: placed.ready_endpoints() == [stays], GRACE_S + 20)
        shop.await_route("after-node", 60, living)
    with unharmed(shop.load()):  # Services have left the dead pods out
        cluster.run("cluster", "start", gone)
        await_true(placed.all_ready, 60)
        await_true(lambda: answers(*placed.envoy(gone), host="after-node.example.com") == 200)
    assert placed.ready_endpoints() == NODES

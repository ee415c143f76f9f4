"""Faults of a cluster, under load: no request may fail.  test/README.md says how to run them."""

import json

from harness import answers, await_true, trusting
from shop import LEASE_S, SYSTEM, Shop, await_controllers, controllers, leader, unharmed


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
    """It alone; kube-controller-manager loses its lease, ends and is started again, so none takes the node for dead for
    having heard nothing of it meanwhile."""
    def ready_since():
        return cluster.kubectl("get", "node", "node1", "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].lastTransitionTime}")
    before = ready_since()
    with unharmed(shop.load()) as load:
        with cluster.without("kube-apiserver"):
            load.go_on(pytestconfig.getoption("outage"))
        shop.await_route("after-outage", 120)
        shop.kubectl("scale", "deployment/echo", "--replicas=3")
        shop.kubectl("rollout", "status", "deployment/echo", "--timeout=120s")  # kube-controller-manager lives, too
    assert ready_since() == before


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

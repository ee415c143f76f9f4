"""Limen's own certificate, and the authority of all of them, are deleted under load, as when a key was lost.

What was deleted is made anew at once.  Envoys that are connected stay so; those that connect later do it with what their
Secrets have by then, which reaches their pods as the kubelet likes.
"""

import base64
import json
import socket
import ssl

import pytest

from harness import answers, await_true
from shop import SYSTEM, Shop, await_controllers, controllers, unharmed

XDS_PORT = 18000


def fields(cluster, name):
    """What a Secret of Limen's namespace holds by key, PEM; empty: there is none."""
    text = cluster.kubectl("-n", SYSTEM, "get", "secret", name, "--ignore-not-found", "-o", "json")
    return {key: base64.b64decode(value).decode() for key, value in json.loads(text)["data"].items()} if text else {}


def certificate(cluster, name):
    return fields(cluster, name).get("tls.crt", "")


def delete(cluster, name):
    """Until there is another."""
    old = certificate(cluster, name)
    cluster.kubectl("-n", SYSTEM, "delete", "secret", name)
    await_true(lambda: certificate(cluster, name) not in ("", old))


def pods(cluster, component, namespace=SYSTEM):
    return [item for item in cluster.get("pods", "-n", namespace, "-l", f"app.kubernetes.io/component={component}")["items"]
            if "deletionTimestamp" not in item["metadata"]]


def shown(address):
    """The xDS server's certificate, PEM."""
    context = ssl._create_unverified_context()
    context.set_alpn_protocols(["h2"])
    with socket.create_connection((address, XDS_PORT), timeout=5) as plain, context.wrap_socket(plain) as connection:
        return ssl.DER_cert_to_PEM_cert(connection.getpeercert(True))


def all_show(cluster):
    """Whether all Limens use the certificate of the Secret."""
    try:
        return {shown(pod["status"]["podIP"]) for pod in pods(cluster, "controller")} == {certificate(cluster, "limen-xds")}
    except OSError:  # one is starting
        return False


def lives(cluster, namespace=SYSTEM):
    """Of Envoys: which pods, and how often they were started."""
    return {(pod["metadata"]["name"], sum(status["restartCount"] for status in pod["status"]["containerStatuses"]))
            for pod in pods(cluster, "proxy", namespace)}


def test_the_servers_certificate_is_deleted(cluster, shop):
    await_controllers(cluster)
    authority, before = certificate(cluster, "limen-ca"), lives(cluster)
    with unharmed(shop.load()):
        delete(cluster, "limen-xds")
        await_true(lambda: all_show(cluster))
        shop.await_route("after-certificate")
    assert certificate(cluster, "limen-ca") == authority and lives(cluster) == before


def delete_authority(cluster, shop, namespace, ca_file):
    """`namespace`: of the Envoys; `ca_file`: whom they trust."""
    await_controllers(cluster)
    server, before = certificate(cluster, "limen-xds"), lives(cluster, namespace)
    with unharmed(shop.load()):
        delete(cluster, "limen-ca")
        shop.await_route("after-authority")  # by the connections that there are
        authority = certificate(cluster, "limen-ca")
        await_true(lambda: certificate(cluster, "limen-xds") != server)
        assert fields(cluster, "limen-xds")["ca.crt"] == authority
        await_true(lambda: all_show(cluster))
        for pod in pods(cluster, "proxy", namespace):
            place = f"{namespace}/{pod['metadata']['name']}:envoy"
            await_true(lambda place=place: cluster.exec(place, f"cat {ca_file}") == authority, 120)
        cluster.kubectl("-n", SYSTEM, "rollout", "restart", "deployment/limen")
        await_controllers(cluster)
        shop.await_route("after-authority-and-limen", 120)  # by new ones, for those that they had are gone
    assert lives(cluster, namespace) == before


def test_the_authority_is_deleted(cluster, shop):
    delete_authority(cluster, shop, SYSTEM, "/certs/ca.crt")


@pytest.fixture
def apart(cluster, shop):
    """Limen's pods are on node2, the Envoys on node1."""
    cluster.kubectl("uncordon", "node2")
    cluster.kubectl("cordon", "node1")
    cluster.kubectl("-n", SYSTEM, "rollout", "restart", "deployment/limen")
    await_controllers(cluster)
    yield
    cluster.kubectl("uncordon", "node1")
    cluster.kubectl("cordon", "node2")


def test_the_kubelet_is_late(cluster, shop, apart):
    """Envoys that have lost their connections before their Secrets have the new authority are let in afterwards."""
    server = certificate(cluster, "limen-xds")
    with unharmed(shop.load()) as load:
        with cluster.held("node1"):
            delete(cluster, "limen-ca")
            await_true(lambda: certificate(cluster, "limen-xds") != server)
            for pod in controllers(cluster):
                cluster.run("cluster", "kill", f"{SYSTEM}/{pod}")
            await_true(lambda: all_show(cluster))
            shop.route("late")
            load.go_on(3)
            assert answers(shop.address, host="late.example.com") == 404, "nobody is connected"
        shop.await_route("late")


@pytest.fixture
def gateway_namespaces(cluster, limen):
    """Envoys run in the namespaces of their Gateways, and show tokens."""
    cluster.run("install.sh", "--set", "config.envoyGateway.provider.kubernetes.deploy.type=GatewayNamespace",
                "--set", "deployment.replicas=2")
    await_controllers(cluster)
    yield
    cluster.run("install.sh", "--set", "deployment.replicas=2")


def test_the_authority_is_deleted_in_gateway_namespace_mode(cluster, gateway_namespaces, authority):
    delete_authority(cluster, Shop(cluster, "own", authority), "own", "/etc/limen/ca.crt")

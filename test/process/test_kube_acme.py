"""Certificates by ACME in Kubernetes: Limen with the rights of `limen rbac --acme`, a real API server, Envoy and Pebble."""

import base64
import json

import pytest

from kube_api import ApiError, needs_kube, running_api
from kube_limen import CONTROLLER, backend as make_backend, route, running_limen
from limen import free_port, wait_for
from pebble import Pebble, connect, needs_pebble

pytestmark = [needs_kube, needs_pebble]


@pytest.fixture
def limen():
    with running_api() as api, running_limen(api) as instance:
        instance.https_port = free_port()
        yield instance


@pytest.fixture
def pebble(limen, tmp_path):
    instance = Pebble(tmp_path, limen.port, limen.https_port).start()
    yield instance
    instance.stop()


def write_world(limen, pebble, echo):
    api = limen.api
    api.apply("GatewayClass", "limen", spec={"controllerName": CONTROLLER})
    api.apply("Gateway", "web", spec={"gatewayClassName": "limen", "listeners": [
        {"name": "http", "port": limen.port, "protocol": "HTTP"},
        {"name": "https", "port": limen.https_port, "protocol": "HTTPS", "hostname": "a.example",
         "tls": {"certificateRefs": [{"name": "web-cert"}]}}]})
    make_backend(api, echo)
    route(api, "r", echo.name)
    write_policy(api, pebble)


def write_policy(api, pebble):
    api.apply("ConfigMap", "ca", data={"ca.crt": pebble.ca.pem.decode()})
    api.apply("CertificatePolicy", "pebble", spec={
        "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "web"}],
        "acme": {"issuers": [{"server": pebble.directory, "challenges": [{"type": "HTTP-01"}],
                              "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}]}]}})


def ready(limen):
    status = limen.api.get("CertificatePolicy", "pebble").get("status", {"ancestors": []})
    for ancestor in status["ancestors"]:
        for condition in ancestor["conditions"]:
            if condition["type"] == "Ready":
                return condition
    return None


def lease_holder(api):
    try:
        return api.get("Lease", "limen")["spec"].get("holderIdentity")
    except ApiError:
        return None


def start(limen, *flags):
    limen.api.grant("limen-acme", *flags)
    limen.start(*flags, kubeconfig=limen.api.kubeconfig_of("limen-acme"))
    limen.start_envoy()


def test_a_certificate_becomes_a_secret_and_outlives_limen(limen, pebble, backend):
    write_world(limen, pebble, backend("a"))
    start(limen, "--acme")
    client = wait_for(lambda: connect(limen, pebble.root), 30)
    assert client.ask() == 200
    secret = limen.api.get("Secret", "web-cert")
    assert secret["type"] == "kubernetes.io/tls"
    assert secret["metadata"]["labels"]["limen.dev/certificate"] == "acme"
    wait_for(lambda: (condition := ready(limen)) and condition["status"] == "True")
    limen.kill()
    limen.api.delete("Lease", "limen")
    limen.start("--acme", kubeconfig=limen.api.kubeconfig_of("limen-acme"))
    wait_for(lambda: limen.log.read_text().count("all kinds are listed") == 2, 30)
    wait_for(lambda: "days left" in limen.status(), 30)
    assert connect(limen, pebble.root).serial == client.serial
    assert pebble.orders == 1
    pending = base64.b64decode(limen.api.get("Secret", "limen-acme-challenges")["data"]["challenges"])
    assert json.loads(pending) == []


def test_a_replica_answers_the_challenges_of_the_leader(limen, pebble, backend):
    """The only Envoy is served by the replica that does not lead."""
    write_world(limen, pebble, backend("a"))
    limen.api.delete("CertificatePolicy", "pebble")
    limen.api.grant("limen-acme", "--acme")
    kubeconfig = limen.api.kubeconfig_of("limen-acme")
    with running_limen(limen.api) as leader:
        leader.start("--acme", kubeconfig=kubeconfig)
        holder = wait_for(lambda: lease_holder(limen.api), 30)
        limen.start("--acme", kubeconfig=kubeconfig)
        limen.start_envoy()
        limen.wait_status(200)
        write_policy(limen.api, pebble)
        assert wait_for(lambda: connect(limen, pebble.root), 60).ask() == 200
        assert lease_holder(limen.api) == holder
        assert pebble.orders == 1


def test_a_secret_of_somebody_else_is_left_alone(limen, pebble, backend):
    write_world(limen, pebble, backend("a"))
    limen.api.apply("Secret", "web-cert", type="Opaque", data={})
    start(limen, "--acme")
    condition = wait_for(lambda: ready(limen), 30)
    assert condition["reason"] == "NotOurs", condition
    assert pebble.orders == 0
    limen.api.delete("Secret", "web-cert")
    assert wait_for(lambda: connect(limen, pebble.root), 30).ask() == 200


def test_without_the_flag_nothing_is_obtained(limen, pebble, backend):
    write_world(limen, pebble, backend("a"))
    start(limen)
    condition = wait_for(lambda: ready(limen), 30)
    assert condition["reason"] == "Disabled" and "--acme" in condition["message"], condition
    assert pebble.orders == 0

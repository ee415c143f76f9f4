"""`limen server` on a real kube-apiserver and etcd."""

import pathlib
import shutil
import tempfile

import pytest

from kube_api import KubeApi, needs_kube
from kube_limen import ServerLimen, backend as make_backend, gateway, route
from limen import wait_for

pytestmark = needs_kube


def start_api(folder):
    api = KubeApi(folder)
    api.start("etcd")
    api.start("kube-apiserver")
    api.await_ready()
    return api


@pytest.fixture
def bare_api():
    """An API server that knows only Kubernetes' own kinds."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="kube"))
    api = start_api(folder)
    yield api
    api.stop()
    shutil.rmtree(folder)


@pytest.fixture
def api(bare_api):
    bare_api.install_definitions()
    return bare_api


@pytest.fixture
def limen(api):
    yield from run_limen(api)


@pytest.fixture
def early_limen(bare_api):
    yield from run_limen(bare_api)


def run_limen(api):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="limen"))
    instance = ServerLimen(folder, api)
    yield instance
    instance.stop()
    shutil.rmtree(folder)


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

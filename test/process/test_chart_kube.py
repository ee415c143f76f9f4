"""What deploy/chart and deploy/manifest make, judged by a real kube-apiserver."""

import base64
import contextlib
import json
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from charts import CHART, MANIFEST, NAMESPACE, apply, helm, needs_helm, path_of, render, restricted_namespace, yaml
from kube_api import ApiError, KubeApi, needs_kube
from kube_limen import CONTROLLER, running_limen
from limen import LIMEN, wait_for

pytestmark = needs_kube

PROXY_KINDS = ("Deployment", "Service", "ConfigMap", "ServiceAccount")
SETS = {
    "default": [],
    "HA": ["deployment.replicas=2", "podDisruptionBudget.minAvailable=1",
           "deployment.pod.topologySpreadConstraints[0].maxSkew=1",
           "deployment.pod.topologySpreadConstraints[0].topologyKey=kubernetes.io/hostname",
           "deployment.pod.topologySpreadConstraints[0].whenUnsatisfiable=ScheduleAnyway",
           "deployment.pod.topologySpreadConstraints[0].labelSelector.matchLabels.app\\.kubernetes\\.io/name=limen"],
    "watched": ["config.envoyGateway.provider.kubernetes.watch.namespaces={shop,limen-system}",
                "podDisruptionBudget.maxUnavailable=50%"],
    "class": ["gatewayClass.create=true", "gatewayClass.parametersRef.group=gateway.envoyproxy.io",
              "gatewayClass.parametersRef.kind=EnvoyProxy", "gatewayClass.parametersRef.name=x",
              "gatewayClass.parametersRef.namespace=limen-system"],
    "certgen": ["certgen.enabled=true", "certgen.job.resources.limits.memory=64Mi"],
    "policy": ["networkPolicy.enabled=true", "networkPolicy.xdsFrom[0].namespaceSelector.matchLabels.team=edge",
               "config.envoyGateway.provider.kubernetes.deploy.type=GatewayNamespace"],
    "proxies in the watched": ["config.envoyGateway.provider.kubernetes.watch.namespaces={shop}",
                               "config.envoyGateway.provider.kubernetes.deploy.type=GatewayNamespace"],
    "everything else": ["createNamespace=true", "commonLabels.team=edge", "serviceAccount.annotations.a=b",
                        "deployment.priorityClassName=system-cluster-critical", "deployment.annotations.a=b",
                        "deployment.envoyGateway.extraArgs={--watch-idle=60}", "service.trafficDistribution=PreferSameZone",
                        "deployment.envoyGateway.extraEnv[0].name=A", "deployment.envoyGateway.extraEnv[0].value=b",
                        "deployment.envoyGateway.livenessProbe.tcpSocket.port=xds", "global.imagePullSecrets[0].name=pull",
                        "deployment.pod.tolerations[0].operator=Exists", "deployment.pod.nodeSelector.disk=ssd"],
}


@contextlib.contextmanager
def api_server():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="kube"))
    api = KubeApi(folder)
    try:
        api.start_all()
        yield api
    finally:
        api.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def api():
    with api_server() as api:
        api.install_definitions()
        for name in (NAMESPACE, "shop"):
            restricted_namespace(api, name)
        yield api


def flags(values):
    return [word for value in values for word in ("--set", value)]


@needs_helm
@pytest.mark.parametrize("name", SETS)
def test_all_objects_are_accepted_without_a_warning(api, name):
    for item in render(*flags(SETS[name])):
        assert apply(api, item, dry_run=True) == [], item["kind"]


@needs_helm
def test_a_pod_with_more_rights_is_warned_of(api):
    """So that the test before this one can fail."""
    objects = render("--set", "deployment.envoyGateway.securityContext.allowPrivilegeEscalation=true")
    deployment = next(each for each in objects if each["kind"] == "Deployment")
    assert "allowPrivilegeEscalation" in apply(api, deployment, dry_run=True)[0]


def kubeconfig_of_account(api, namespace):
    """By a token of the ServiceAccount, as in its pod."""
    token = api.request("POST", f"api/v1/namespaces/{namespace}/serviceaccounts/limen/token", {
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}})["status"]["token"]
    config = json.loads(api.kubeconfig().read_text())
    config["users"][0]["user"] = {"token": token}
    config["contexts"][0]["context"]["namespace"] = namespace
    path = api.folder / f"kubeconfig-account-{namespace}"
    path.write_text(json.dumps(config))
    return path


def assert_limen_has_its_rights(api, namespace, *words, of="default", made_in=None):
    """By the ServiceAccount of that namespace it reads everything, holds the Lease, and makes a proxy for a Gateway."""
    api.apply("GatewayClass", "limen", spec={"controllerName": CONTROLLER})
    api.apply("Gateway", "web", of, spec={"gatewayClassName": "limen", "listeners": [
        {"name": "http", "port": 80, "protocol": "HTTP"}]})

    def proxies():
        return {kind: api.list(kind, made_in or namespace, "app.kubernetes.io/managed-by=limen") for kind in PROXY_KINDS}
    with running_limen(api) as limen:
        limen.start(*words, kubeconfig=kubeconfig_of_account(api, namespace), envoys=True)
        wait_for(lambda: limen.says("all kinds are listed") and limen.says("this is the leader now"), timeout=30)
        wait_for(lambda: all(proxies().values()), timeout=30)
        api.delete("Gateway", "web", of)
        wait_for(lambda: not any(proxies().values()), timeout=30)
        assert not limen.says("forbidden")


def test_the_manifest_as_a_whole(api):
    """In its own order, and then Limen runs with the rights that it gives."""
    items = [each for each in yaml.safe_load_all(MANIFEST.read_text()) if each]
    assert items[0]["kind"] == "Namespace"
    for item in items:
        assert apply(api, item) == [], item["kind"]
    assert_limen_has_its_rights(api, NAMESPACE)
    for item in items[1:]:  # its names are Helm's below
        api.request("DELETE", path_of(api, item))


@needs_helm
def test_install_upgrade_uninstall(api):
    where = ["-n", "edge", "--kubeconfig", api.kubeconfig()]
    provider = "config.envoyGateway.provider.kubernetes"
    watched = ["--set", f"{provider}.watch.namespaces={{shop}}"]
    mode = ["--set", f"{provider}.deploy.type=GatewayNamespace"]

    def done(*words):
        made = helm(*words, *where)
        assert made.returncode == 0, made.stderr
        return made.stdout

    assert "Limen" in done("install", "limen", CHART, "--create-namespace", *watched)
    assert_limen_has_its_rights(api, "edge", "--namespaces", "shop", of="shop")
    done("upgrade", "limen", CHART, *watched, *mode)
    assert_limen_has_its_rights(api, "edge", "--namespaces", "shop", "--gateway-namespace-mode", of="shop", made_in="shop")
    done("upgrade", "limen", CHART, *mode)
    assert_limen_has_its_rights(api, "edge", "--gateway-namespace-mode", made_in="default")
    done("upgrade", "limen", CHART, "--set", "deployment.replicas=2", "--set", "gatewayClass.create=true,gatewayClass.name=own")
    deployment = api.request("GET", "apis/apps/v1/namespaces/edge/deployments/limen")
    assert deployment["spec"]["replicas"] == 2
    with pytest.raises(ApiError, match="404"):  # not watched any more: all are
        api.request("GET", "apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles/limen-watch")
    assert_limen_has_its_rights(api, "edge")
    done("uninstall", "limen")
    for path in ("apis/apps/v1/namespaces/edge/deployments/limen", "api/v1/namespaces/edge/serviceaccounts/limen",
                 "apis/rbac.authorization.k8s.io/v1/clusterroles/limen"):
        with pytest.raises(ApiError, match="404"):
            api.request("GET", path)
    assert api.get("GatewayClass", "own")  # what it owns is traffic


@needs_helm
def test_helm_installs_the_definitions_if_they_are_missing(tmp_path):
    """And its record of the release fits into a Secret, which may have 1 MiB: the chart is in it."""
    chart = tmp_path / "chart"
    shutil.copytree(CHART, chart)
    (chart / "crds").mkdir(exist_ok=True)
    (chart / "crds/limen.yaml").write_text(subprocess.run([LIMEN, "crds"], capture_output=True, text=True).stdout)
    with api_server() as api:
        made = helm("install", "limen", chart, "-n", "edge", "--create-namespace", "--kubeconfig", api.kubeconfig(),
                    "--set", "gatewayClass.create=true")
        assert made.returncode == 0, made.stderr
        assert api.get("GatewayClass", "limen")["spec"]["controllerName"]
        release = api.request("GET", "api/v1/namespaces/edge/secrets/sh.helm.release.v1.limen.v1")["data"]["release"]
        assert len(base64.b64decode(release)) < 700_000

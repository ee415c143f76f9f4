"""deploy/chart by the real Helm; what it makes is judged by a real kube-apiserver in test_chart_kube.py."""

import subprocess

import pytest

from charts import CHART, DEPLOY, MANIFEST, container, helm, needs_helm, one, render, yaml
from limen import LIMEN

pytestmark = needs_helm

WATCH = "config.envoyGateway.provider.kubernetes.watch.namespaces"


def test_the_manifest_is_the_chart(tmp_path):
    copy = tmp_path / "deploy"
    subprocess.run(["cp", "-r", DEPLOY, copy], check=True)
    subprocess.run([copy / "generate.sh", LIMEN], check=True)
    assert (copy / "manifest/limen.yaml").read_text() == MANIFEST.read_text(), "write it anew: deploy/generate.sh LIMEN"


def test_lint():
    assert "0 chart(s) failed" in helm("lint", CHART, "--strict").stdout


@pytest.mark.parametrize("values, message", [
    (["deployment.replica=2"], "'replica' not allowed"),
    (["deployment.replicas=many"], "got string, want integer"),
    (["hpa.enabled=true"], "'hpa' not allowed"),
    (["config.envoyGateway.gateway.controllerName=mine"], "controllerName"),
    (["config.envoyGateway.extensionApis.enableEnvoyPatchPolicy=true"], "enableEnvoyPatchPolicy"),
    (["config.envoyGateway.provider.type=Custom"], "provider/type"),
    (["global.images.envoyGateway.image=docker.io/envoyproxy/gateway:v1.9.0"], "is Envoy Gateway's image, not Limen's"),
    (["deployment.envoyGateway.image.repository=mirror.example.com/envoyproxy/gateway"], "is Envoy Gateway's image"),
    ([f"{WATCH}={{Shop}}"], "does not match pattern"),
])
def test_a_wrong_value_is_refused_by_name(values, message):
    made = helm("template", "limen", CHART, *(word for value in values for word in ("--set", value)))
    assert made.returncode != 0 and message in made.stderr


@pytest.mark.parametrize("values, image", [
    ([], "docker.io/limen/limen:{version}"),
    (["global.imageRegistry=mirror.example.com:5000/hub"], "mirror.example.com:5000/hub/limen/limen:{version}"),
    (["global.images.envoyGateway.image=r.example.com/l@sha256:0"], "r.example.com/l@sha256:0"),
    (["deployment.envoyGateway.image.repository=r.example.com/limen", "deployment.envoyGateway.image.tag=v9"],
     "r.example.com/limen:v9"),
])
def test_image(values, image):
    version = subprocess.run([LIMEN, "version"], capture_output=True, text=True).stdout.split()[1]
    limen = container(render(*(word for value in values for word in ("--set", value))))
    assert limen["image"] == image.format(version=version)
    assert f"--image={limen['image']}" in limen["args"]  # its own: proxies have a sidecar of it


def test_the_sidecar_can_stay_as_it_is():
    args = container(render("--set", "infra.shutdownManager.image=r.example.com/limen:old"))["args"]
    assert "--image=r.example.com/limen:old" in args


def test_flags_of_the_infrastructure():
    args = container(render("--set", "infra.enabled=false", "--set", "kubernetesClusterDomain=k.example"))["args"]
    assert {"--start-envoys=false", "--xds-service=limen.limen-system.svc:18000"} <= set(args)
    assert not [arg for arg in args if arg.startswith("--image")]
    assert not [arg for arg in container(render())["args"] if arg.startswith(("--start-envoys", "--xds-service"))]


def test_certificates_are_obtained_only_where_it_is_said():
    def rights(*values):
        made = render(*values)
        writes = [rule for role in made if role["kind"] == "ClusterRole" for rule in role["rules"]
                  if rule["resources"] == ["secrets"] and "create" in rule["verbs"]]
        return writes, [arg for arg in container(made)["args"] if arg.startswith("--acme")]

    assert rights() == ([], [])
    writes, flags = rights("--set", "acme.enabled=true", "--set", "acme.staging=true")
    assert len(writes) == 1 and flags == ["--acme", "--acme-staging"]


def test_namespaces_by_their_labels(tmp_path):
    (tmp_path / "values.yaml").write_text(yaml.safe_dump({"config": {"envoyGateway": {"provider": {"kubernetes": {"watch": {
        "type": "NamespaceSelector", "namespaceSelector": {"matchLabels": {"team": "edge"}, "matchExpressions": [
            {"key": "env", "operator": "In", "values": ["a", "b"]}, {"key": "x", "operator": "NotIn", "values": ["c"]},
            {"key": "ready", "operator": "Exists"}, {"key": "old", "operator": "DoesNotExist"}]}}}}}}}))
    args = container(render("-f", tmp_path / "values.yaml"))["args"]
    flag = "--namespace-selector=team=edge,env in (a,b),x notin (c),ready,!old"
    assert flag in args
    # And the real limen understands it: it gets as far as to look for its kubeconfig.
    run = subprocess.run([LIMEN, "server", "--xds-address=127.0.0.1:1", f"--state-dir={tmp_path}", "--kubeconfig=/none", flag],
                         capture_output=True, text=True)
    assert run.returncode == 3, run.stderr


def test_another_controller_name():
    name = "example.com/limen"
    objects = render("--set", f"config.envoyGateway.gateway.controllerName={name}", "--set", "gatewayClass.create=true")
    assert one(objects, "GatewayClass")["spec"]["controllerName"] == name
    assert f"--controller-name={name}" in container(objects)["args"]
    assert "controller-name" not in str(container(render())["args"])


def test_values_of_a_user_of_envoy_gateway(tmp_path):
    """Under the names that its chart has."""
    values = {
        "global": {"imagePullSecrets": [{"name": "pull"}]},
        "commonLabels": {"team": "edge"},
        "deployment": {
            "replicas": 3, "priorityClassName": "system-cluster-critical",
            "envoyGateway": {"resources": {"limits": {"memory": "2Gi"}}, "imagePullPolicy": "Always"},
            "pod": {"labels": {"a": "b"}, "annotations": {"c": "d"}, "nodeSelector": {"disk": "ssd"},
                    "tolerations": [{"operator": "Exists"}], "affinity": {"nodeAffinity": {}},
                    "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}]}},
        "config": {"envoyGateway": {
            "extensionApis": {"enableBackend": True}, "logging": {"level": {"default": "debug"}},
            "provider": {"type": "Kubernetes", "kubernetes": {
                "watch": {"type": "Namespaces", "namespaces": ["shop"]}, "deploy": {"type": "GatewayNamespace"},
                "leaderElection": {"disable": True}}}}},
        "service": {"annotations": {"e": "f"}, "trafficDistribution": "PreferSameZone"},
        "podDisruptionBudget": {"minAvailable": 2},
        "certgen": {"job": {"ttlSecondsAfterFinished": 5}}}
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values))
    objects = render("-f", tmp_path / "values.yaml")
    deployment, pod = one(objects, "Deployment")["spec"], one(objects, "Deployment")["spec"]["template"]
    assert (deployment["replicas"], pod["spec"]["priorityClassName"]) == (3, "system-cluster-critical")
    for field in ("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints"):
        assert pod["spec"][field] == values["deployment"]["pod"][field]
    assert pod["spec"]["imagePullSecrets"] == [{"name": "pull"}]
    assert pod["metadata"]["labels"] | {"a": "b", "team": "edge"} == pod["metadata"]["labels"]
    assert pod["metadata"]["annotations"]["c"] == "d"
    limen = container(objects)
    assert limen["resources"]["limits"]["memory"] == "2Gi" and limen["imagePullPolicy"] == "Always"
    assert {"--log-level=debug", "--namespaces=shop", "--gateway-namespace-mode", "--leader-elect=false"} <= set(limen["args"])
    service = one(objects, "Service")
    assert service["metadata"]["annotations"] == {"e": "f"} and service["spec"]["trafficDistribution"] == "PreferSameZone"
    assert one(objects, "PodDisruptionBudget")["spec"]["minAvailable"] == 2
    assert all(each["metadata"]["labels"]["team"] == "edge" for each in objects)


def test_rights_to_the_watched_namespaces_alone():
    objects = render("--set", f"{WATCH}={{shop,blog}}")
    of_cluster = {resource for rule in one(objects, "ClusterRole")["rules"] for resource in rule["resources"]}
    assert "gatewayclasses" in of_cluster and not of_cluster & {"secrets", "services", "gateways"}
    roles = [each for each in objects if each["kind"] == "Role" and each["metadata"]["name"] == "limen-watch"]
    assert [role["metadata"]["namespace"] for role in roles] == ["shop", "blog"]
    assert all(any("secrets" in rule["resources"] for rule in role["rules"]) for role in roles)
    bindings = [each for each in objects if each["kind"] == "RoleBinding"]
    assert {each["subjects"][0]["namespace"] for each in bindings} == {"limen-system"}


def test_rights_to_deploy_are_where_the_proxies_are():
    def deploys(objects):
        return [(each["kind"], each["metadata"].get("namespace")) for each in objects
                for rule in each.get("rules", []) if "deployments" in rule["resources"]]
    mode = "config.envoyGateway.provider.kubernetes.deploy.type=GatewayNamespace"
    assert deploys(render()) == [("Role", "limen-system")]
    assert deploys(render("--set", mode)) == [("ClusterRole", None)]
    assert deploys(render("--set", f"{mode},{WATCH}={{shop}}")) == [("Role", "shop"), ("Role", "limen-system")]


def test_the_pod_is_kept_to_the_least():
    limen = container(render("--set", "deployment.envoyGateway.securityContext.readOnlyRootFilesystem=false"))
    context = limen["securityContext"]
    assert context["readOnlyRootFilesystem"] and context["runAsNonRoot"] and not context["allowPrivilegeEscalation"]
    assert context["capabilities"] == {"drop": ["ALL"]} and context["seccompProfile"] == {"type": "RuntimeDefault"}


def test_nothing_is_made_that_was_not_asked_for():
    assert sorted(each["kind"] for each in render()) == sorted([
        "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "Service", "Deployment"])

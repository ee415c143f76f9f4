"""Helm with deploy/chart, and any object to a real API server, for tests; test/helm/build.sh builds Helm."""

import json
import os
import pathlib
import shutil
import subprocess
import urllib.error
import urllib.request

import pytest

from kube_api import APPLY, TOKEN

yaml = pytest.importorskip("yaml", reason="no PyYAML: tools/setup.sh installs it")

DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"
CHART = DEPLOY / "chart"
MANIFEST = DEPLOY / "manifest/limen.yaml"
NAMESPACE = "limen-system"
HELM = pathlib.Path(os.environ.get("LIMEN_HELM") or shutil.which("helm") or pathlib.Path.home() / ".cache/limen/helm/helm")

needs_helm = pytest.mark.skipif(not HELM.exists(), reason=f"no helm in {HELM.parent}: test/helm/build.sh builds it (2 minutes)")


def helm(*words):
    return subprocess.run([HELM, *words], capture_output=True, text=True, timeout=120)


def render(*flags):
    """The chart's objects."""
    made = helm("template", "limen", CHART, "-n", NAMESPACE, *flags)
    assert made.returncode == 0, made.stderr
    return [each for each in yaml.safe_load_all(made.stdout) if each]


def one(objects, kind, name="limen"):
    found = [each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    assert len(found) == 1, f"{len(found)} of {kind} {name}"
    return found[0]


def container(objects, kind="Deployment", name="limen"):
    return one(objects, kind, name)["spec"]["template"]["spec"]["containers"][0]


def path_of(api, item):
    """By asking the API server what it calls that kind."""
    version = item["apiVersion"]
    root = f"apis/{version}" if "/" in version else f"api/{version}"
    kinds = {each["kind"]: each for each in api.request("GET", root)["resources"] if "/" not in each["name"]}
    kind, metadata = kinds[item["kind"]], item["metadata"]
    place = f"namespaces/{metadata['namespace']}/" if kind["namespaced"] else ""
    return f"{root}/{place}{kind['name']}/{metadata['name']}"


def apply(api, item, dry_run=False):
    """What the API server warns of.  Unknown fields are errors."""
    flags = "fieldManager=test&force=true&fieldValidation=Strict" + ("&dryRun=All" if dry_run else "")
    request = urllib.request.Request(
        f"https://127.0.0.1:{api.port}/{path_of(api, item)}?{flags}", method="PATCH", data=json.dumps(item).encode(),
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": APPLY})
    try:
        with urllib.request.urlopen(request, context=api.tls, timeout=20) as response:
            return response.headers.get_all("Warning") or []
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{item['kind']} {item['metadata']['name']}: {error.read().decode()}") from None


def restricted_namespace(api, name):
    """One that has the API server warn of pods that Pod Security's strictest level would refuse."""
    apply(api, {"apiVersion": "v1", "kind": "Namespace", "metadata": {
        "name": name, "labels": {"pod-security.kubernetes.io/warn": "restricted"}}})

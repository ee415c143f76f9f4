"""The chart's Job that makes the certificates of Limen's xDS server, where somebody wants them before Limen runs."""

import pathlib
import subprocess

import pytest

from kube_parts import BINARIES

CHART = pathlib.Path(__file__).parents[2] / "deploy/chart"
SPACE = "certs"


@pytest.fixture
def manifest(cluster):
    """What Helm's hook would create."""
    cluster.kubectl("create", "namespace", SPACE)
    yield subprocess.run([BINARIES / "helm", "template", "limen", CHART, "--namespace", SPACE, "--set", "certgen.enabled=true",
                          "--show-only", "templates/certgen.yaml"], check=True, capture_output=True, text=True).stdout
    cluster.kubectl("delete", "namespace", SPACE, "--timeout=90s")


def run(cluster, manifest):
    cluster.apply(manifest.replace("namespace: default", f"namespace: {SPACE}"))
    cluster.kubectl("-n", SPACE, "wait", "--for=condition=Complete", "job/limen-certgen", "--timeout=60s")
    return {name: cluster.get("secret", "-n", SPACE, name)["data"] for name in ("limen-ca", "limen-xds")}


def test_the_job_makes_what_is_missing_and_leaves_what_is_there(cluster, manifest):
    made = run(cluster, manifest)
    assert set(made["limen-xds"]) == {"ca.crt", "tls.crt", "tls.key"} and made["limen-ca"]["tls.crt"] == made["limen-xds"]["ca.crt"]
    cluster.kubectl("-n", SPACE, "delete", "job", "limen-certgen")
    assert run(cluster, manifest) == made
    cluster.kubectl("-n", SPACE, "delete", "job/limen-certgen", "secret/limen-xds")
    renewed = run(cluster, manifest)
    assert renewed["limen-ca"] == made["limen-ca"] and renewed["limen-xds"]["tls.crt"] != made["limen-xds"]["tls.crt"]

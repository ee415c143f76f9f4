import os
import pathlib
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "process"))  # pki

from harness import Cluster  # noqa: E402
from pki import Authority  # noqa: E402
from shop import Shop  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--name", default="lct", help="of the test cluster: begins its network namespaces' names")
    parser.addoption("--net", default="10.219", help="the first half of the /16 that the test cluster uses")
    parser.addoption("--outage", type=float, default=20, help="seconds that the API server is away in test_faults.py")


@pytest.fixture(scope="session")
def cluster(pytestconfig):
    name, net = pytestconfig.getoption("name"), pytestconfig.getoption("net")
    with tempfile.TemporaryDirectory(prefix=name) as folder:
        made = Cluster(pathlib.Path(folder) / "state", name, net)
        try:
            made.run("cluster", "up", "--name", name, "--net", net, "--max-grace", 90, "--nodes", 2)
            made.kubectl("cordon", "node2")  # kube-proxy is the first node's: others' pods are not local to Services
            yield made
        finally:
            made.run("cluster", "down")
        assert made.namespaces() == []


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def limen(cluster):
    cluster.run("install.sh", "--set", "deployment.replicas=2")


@pytest.fixture(scope="session")
def shop(cluster, limen, authority):
    return Shop(cluster, "shop", authority)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report, cluster = outcome.get_result(), item.funcargs.get("cluster")
    if report.failed and cluster is not None:
        for part in ("controller", "proxy"):
            report.sections.append((part, cluster.kubectl("-n", "limen-system", "logs", "--tail=60", "--all-containers", "-l",
                                                          f"app.kubernetes.io/component={part}", check=False)))
        report.sections.append(("pods", cluster.kubectl("get", "pods", "-A", "-o", "wide", check=False)))

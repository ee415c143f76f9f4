import os
import pathlib
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "process"))  # pki

from harness import Cluster  # noqa: E402

NAME, NET = "lct", "10.219"


def pytest_addoption(parser):
    parser.addoption("--outage", type=float, default=20, help="seconds that the API server is away in test_faults.py")


@pytest.fixture(scope="session")
def cluster():
    with tempfile.TemporaryDirectory(prefix=NAME) as folder:
        made = Cluster(pathlib.Path(folder) / "state", NET)
        try:
            made.run("cluster", "up", "--name", NAME, "--net", NET, "--max-grace", 90)
            yield made
        finally:
            made.run("cluster", "down")
        assert not [name for name in os.listdir("/run/netns") if name.startswith(NAME)]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report, cluster = outcome.get_result(), item.funcargs.get("cluster")
    if report.failed and cluster is not None:
        for part in ("controller", "proxy"):
            report.sections.append((part, cluster.kubectl("-n", "limen-system", "logs", "--tail=60", "--all-containers", "-l",
                                                          f"app.kubernetes.io/component={part}", check=False)))
        report.sections.append(("pods", cluster.kubectl("get", "pods", "-A", "-o", "wide", check=False)))

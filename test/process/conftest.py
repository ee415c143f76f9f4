import pathlib
import shutil
import tempfile

import pytest

from limen import Echo, Limen


@pytest.fixture
def limen():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="limen"))  # short: sockets are in it
    instance = Limen(folder)
    yield instance
    instance.stop()
    shutil.rmtree(folder)


@pytest.fixture
def backend():
    made = []

    def make(name):
        made.append(Echo(name))
        return made[-1]

    yield make
    for echo in made:
        echo.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    instance = item.funcargs.get("limen")
    if report.failed and instance is not None and instance.log.exists():
        report.sections.append(("limen", instance.log.read_text(errors="replace")[-5000:]))
        for log in instance.state.glob("proxies/*/envoy.log"):
            report.sections.append(("envoy", log.read_text(errors="replace")[-3000:]))

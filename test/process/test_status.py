"""`limen status` has the habits of kubectl."""

import json
import subprocess

from limen import LIMEN, wait_for
from test_run import start, to


def status(limen, *words):
    return subprocess.run([LIMEN, "status", "--state-dir", str(limen.state), *words], capture_output=True, text=True)


def test_kinds_names_namespaces_and_forms(limen, backend):
    limen.route("r", [to("a")])
    limen.route("s", [to("a")], hostnames=["s.example.com"])
    start(limen, backend("a"))
    limen.wait_status(200)
    for words in (["httproute"], ["httproutes"], ["HTTPRoute"], ["httproute", "-A"], ["httproute", "-n", "default"]):
        lines = status(limen, *words).stdout.splitlines()
        assert [line.split()[:2] for line in lines] == [["HTTPRoute", "default/r"], ["HTTPRoute", "default/s"]], words
    gateway = json.loads(status(limen, "gateway", "web", "-o", "json").stdout)
    assert gateway["apiVersion"] == "gateway.networking.k8s.io/v1" and gateway["kind"] == "Gateway"
    assert gateway["metadata"] == {"name": "web", "namespace": "default"}
    assert gateway["status"]["listeners"][0]["attachedRoutes"] == 2
    assert status(limen, "gateway/web", "-o", "json").stdout == status(limen, "gtw", "web", "-o", "json").stdout
    yaml = status(limen, "gateway", "web", "-o", "yaml").stdout
    assert yaml.startswith("apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n")
    routes = json.loads(status(limen, "httproute", "-o", "json").stdout)
    assert routes["kind"] == "List" and len(routes["items"]) == 2


def test_what_is_not_there(limen, backend):
    start(limen, backend("a"))
    wait_for(lambda: "Gateway" in limen.status())
    done = status(limen, "gateway", "other")
    assert done.returncode == 1 and "there is no gateway 'other'" in done.stderr
    done = status(limen, "httproute", "-n", "elsewhere")
    assert done.returncode == 0 and "there is no httproute in namespace 'elsewhere'" in done.stderr
    done = status(limen, "gatway")
    assert done.returncode == 2 and "gateway" in done.stderr
    assert status(limen, "-A", "-n", "default").returncode == 2


def test_no_running_limen(limen):
    done = status(limen)
    assert done.returncode == 3
    assert "no `limen run` answers on" in done.stderr and "--state-dir" in done.stderr

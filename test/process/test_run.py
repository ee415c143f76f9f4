"""The main job: files in, a real Envoy out."""

import pathlib
import signal
import subprocess
import threading

from limen import Hammer, wait_for


def to(name, **more):
    return {"backendRefs": [{"group": "gateway.envoyproxy.io", "kind": "Backend", "name": name}], **more}


def start(limen, *backends):
    limen.gateway()
    limen.write("backends.yaml", "---\n".join(b.yaml() for b in backends))
    limen.start()


def test_a_request_reaches_the_backend_and_edits_take_effect(limen, backend):
    a, b = backend("a"), backend("b")
    limen.route("r", [to("a")])
    start(limen, a, b)
    assert limen.wait_status(200).json["backend"] == "a"
    limen.route("r", [to("b")])
    wait_for(lambda: limen.get().json["backend"] == "b")
    (limen.conf / "route-r.yaml").unlink()
    limen.wait_status(404)
    assert "attachedRoutes=0" in limen.status()
    assert "default/web" in limen.status("gateway", "web", "-n", "default")
    assert "there is no gateway 'web'" in limen.status("gateway", "web", "-n", "other")


def test_a_broken_document_leaves_the_last_good_version_in_force(limen, backend):
    limen.route("r", [to("a")])
    start(limen, backend("a"))
    limen.wait_status(200)
    limen.write("route-r.yaml", "kind: [")
    wait_for(lambda: "InvalidYAML" in limen.status())
    assert "route-r.yaml:" in limen.status()
    assert limen.get().status == 200
    limen.route("s", [to("a", matches=[{"path": {"type": "Exact", "value": "/s"}}])])
    wait_for(lambda: limen.get("/s").headers.get("x-from-backend"))


def test_edits_under_load_answer_only_as_before_or_after(limen, backend):
    a, b = backend("a"), backend("b")
    limen.route("r", [to("a")])
    start(limen, a, b)
    limen.wait_status(200)
    hammer = Hammer(limen)
    for i in range(40):
        name = "ab"[(i + 1) % 2]
        limen.route("r", [to(name)])
        wait_for(lambda name=name: limen.get().json["backend"] == name)
    assert list(hammer.stop()) == [200]


def test_a_missing_backend_answers_500_until_it_comes(limen, backend):
    a = backend("a")
    limen.route("r", [to("late")])
    start(limen, a)
    limen.wait_status(500)
    assert "BackendNotFound" in limen.status()
    late = backend("late")
    limen.write("late.yaml", late.yaml())
    assert limen.wait_status(200).json["backend"] == "late"
    assert "BackendNotFound" not in limen.status()


def test_a_stop_lets_requests_under_way_finish(limen, backend):
    a = backend("a")
    limen.route("r", [to("a")])
    start(limen, a)
    limen.wait_status(200)
    a.go_on.clear()
    answers = []
    client = threading.Thread(target=lambda: answers.append(limen.get("/slow", timeout=30)))
    client.start()
    wait_for(lambda: a.requests[-1]["path"] == "/slow")
    [pid] = limen.envoy_pids()
    limen.process.terminate()
    wait_for(lambda: "ending" in limen.log.read_text())
    assert pathlib.Path(f"/proc/{pid}").exists()
    a.go_on.set()
    client.join()
    assert answers[0].status == 200
    assert limen.process.wait(20) == 0
    assert not pathlib.Path(f"/proc/{pid}").exists()


def test_a_second_signal_does_not_wait_for_requests(limen, backend):
    a = backend("a")
    limen.route("r", [to("a")])
    start(limen, a)
    limen.wait_status(200)
    a.go_on.clear()
    client = threading.Thread(target=lambda: limen.try_get("/slow", timeout=30))
    client.start()
    wait_for(lambda: a.requests[-1]["path"] == "/slow")
    limen.process.terminate()
    wait_for(lambda: "ending" in limen.log.read_text())
    limen.process.terminate()
    assert limen.process.wait(10) == 0
    a.go_on.set()
    client.join()


def test_a_bootstrap_patch_reaches_envoy(limen, backend):
    limen.route("r", [to("a")])
    start(limen, backend("a"))
    limen.wait_status(200)
    limen.write("settings.yaml", """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: limen}
spec:
  controllerName: gateway.envoyproxy.io/gatewayclass-controller
  parametersRef: {group: gateway.envoyproxy.io, kind: EnvoyProxy, name: settings, namespace: default}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {name: settings}
spec: {concurrency: 1, bootstrap: {type: Merge, value: "stats_flush_interval: 7s"}}
""")
    text = (limen.conf / "gateway.yaml").read_text()
    limen.write("gateway.yaml", text[text.index("---"):])

    def dump():
        texts = [subprocess.run(["curl", "-s", "--unix-socket", admin, "http://envoy/config_dump"],
                                capture_output=True, text=True).stdout
                 for admin in (limen.state / "admin").glob("*.sock")]
        return any('"stats_flush_interval": "7s"' in text for text in texts)
    wait_for(dump)
    limen.wait_status(200)

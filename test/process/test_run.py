"""The main job: files in, a real Envoy out."""

import os
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


def test_envoy_is_started_again_when_it_dies(limen, backend):
    limen.route("r", [to("a")])
    start(limen, backend("a"))
    limen.wait_status(200)
    before = limen.envoy_pids()[0]
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: limen.envoy_pids() not in ([], [before]))
    limen.wait_status(200)


def test_limen_killed_under_load_costs_no_request(limen, backend):
    limen.route("r", [to("a")])
    start(limen, backend("a"))
    limen.wait_status(200)
    before = limen.envoy_pids()
    hammer = Hammer(limen)
    wait_for(lambda: hammer.count() > 100)
    limen.kill()
    now = hammer.count()
    wait_for(lambda: hammer.count() > now + 100)
    limen.start()
    limen.route("s", [{"matches": [{"path": {"type": "Exact", "value": "/new"}}], **to("a")}], hostnames=["s.example.com"])
    limen.wait_status(200, "/new", host="s.example.com")
    assert list(hammer.stop()) == [200]
    assert limen.envoy_pids() == before


def test_a_vanished_folder_withdraws_nothing(limen, backend):
    limen.route("r", [to("a")])
    start(limen, backend("a"))
    limen.wait_status(200)
    away = limen.conf.with_name("away")
    limen.conf.rename(away)
    wait_for(lambda: "stays in force" in limen.status())
    assert limen.get().status == 200
    away.rename(limen.conf)
    wait_for(lambda: "stays in force" not in limen.status())
    (limen.conf / "route-r.yaml").unlink()
    limen.wait_status(404)


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


def test_a_route_that_envoy_refuses_harms_nobody_else(limen, backend):
    limen.route("r", [to("a")])
    start(limen, backend("a"))
    limen.wait_status(200)
    rewrite = {"type": "URLRewrite",
               "urlRewrite": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/two\nlines"}}}
    limen.route("r", [to("a", filters=[rewrite])])
    wait_for(lambda: "Envoy refuses the route" in limen.status(), timeout=5)
    assert limen.get().status == 200
    limen.route("s", [to("a", matches=[{"path": {"type": "Exact", "value": "/s"}}])])
    wait_for(lambda: limen.get("/s").headers.get("x-from-backend"))
    limen.route("r", [to("a")])
    wait_for(lambda: "Envoy refuses the route" not in limen.status())


def test_a_refusal_after_a_restart_blames_the_edited_route_alone(limen, backend):
    for i in range(8):
        limen.route(f"r{i}", [to("a", matches=[{"path": {"value": f"/{i}"}}])])
    start(limen, backend("a"))
    limen.wait_status(200, "/7")
    limen.kill()
    limen.start()
    wait_for(lambda: "Accepted" in limen.status())
    rewrite = {"type": "URLRewrite",
               "urlRewrite": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/two\nlines"}}}
    limen.route("r3", [to("a", filters=[rewrite])])
    wait_for(lambda: "Envoy refuses the route" in limen.status(), timeout=5)
    assert limen.status().count("Envoy refuses the route") == 1
    assert [limen.get(f"/{i}").status for i in range(8)] == [200] * 8
    assert limen.log.read_text().count("Envoy refuses") == 1


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

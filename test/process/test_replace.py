"""An Envoy that is to be started differently is replaced by another one beside it, and no request fails."""

import os
import pathlib
import shutil
import signal
import time

import pytest

import streams
from limen import Hammer, KeptAlive, free_port, is_alive, wait_for
from streams import TcpBackend, UdpBackend
from test_run import start, to
from test_security_policy import policy, secret

ENVOY = next((pathlib.Path(__file__).parents[2] / ".venv/lib").glob("*/site-packages/envoy/_bin/envoy"))


def settings(limen, text):
    limen.write("settings.yaml", f"""
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: limen}}
spec:
  controllerName: gateway.envoyproxy.io/gatewayclass-controller
  parametersRef: {{group: gateway.envoyproxy.io, kind: EnvoyProxy, name: settings, namespace: default}}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {{name: settings}}
spec: {text}
""")


@pytest.fixture
def serving(limen, backend):
    """A Limen whose Envoy has settings of its own."""
    limen.route("r", [to("a")])
    settings(limen, "{concurrency: 2}")
    start(limen, backend("a"))
    text = (limen.conf / "gateway.yaml").read_text()
    limen.write("gateway.yaml", text[text.index("---"):])
    limen.wait_status(200)
    wait_for(lambda: list(limen.roles()) == ["current"])
    return limen


def hammers(limen):
    made = [Hammer(limen) for _ in range(3)] + [KeptAlive(limen) for _ in range(2)]
    wait_for(lambda: all(h.count() > 50 for h in made))
    return made


def replaced(limen, before):
    """The process id of the Envoy that has taken the place of `before`, which has ended."""
    wait_for(lambda: list(limen.roles()) == ["current"] and limen.roles()["current"] != before, timeout=40)
    assert not is_alive(before)
    return limen.roles()["current"]


def test_new_settings_cost_no_request(serving):
    all_hammers = hammers(serving)
    pid = serving.roles()["current"]
    for text in ("{concurrency: 3}", "{concurrency: 2, logging: {level: {default: info}}}",
                 "{concurrency: 2, bootstrap: {type: Merge, value: 'stats_flush_interval: 7s'}}"):
        settings(serving, text)
        pid = replaced(serving, pid)
    assert [list(h.stop()) for h in all_hammers] == [[200]] * 5
    assert "may be reset" not in serving.log.read_text()
    assert "Programmed=False" not in serving.status()


LOGIN = {"oidc": {"provider": {"issuer": "http://idp.test", "authorizationEndpoint": "http://idp.test/auth", "tokenEndpoint": "http://idp.test/token"},
                  "clientID": "shop"}}


def test_a_new_envoy_has_the_secrets_that_routes_need(serving):
    """Of logins: oauth2 answers 503 while it has none.  Twenty policies, for one may be lucky."""
    for i in range(20):
        serving.write(f"client{i}.yaml", secret(f"client{i}", **{"client-secret": f"s{i}"}))
        serving.route(f"r{i}", [{"matches": [{"path": {"value": f"/p{i}"}}], **to("a")}])
        spec = {"oidc": {**LOGIN["oidc"], "clientSecret": {"name": f"client{i}"}}}
        serving.write(f"p{i}.yaml", policy(f"p{i}", spec, ("HTTPRoute", f"r{i}")))
    for i in range(20):
        serving.wait_status(302, f"/p{i}")
    all_hammers = [Hammer(serving, path=f"/p{i}") for i in (0, 10, 19)]
    pid = serving.roles()["current"]
    for text in ("{concurrency: 3}", "{concurrency: 2}"):
        settings(serving, text)
        pid = replaced(serving, pid)
    assert [h.stop().keys() for h in all_hammers] == [{302}] * 3


def test_a_request_under_way_ends_on_the_old_envoy(serving, backend):
    slow = backend("slow")
    serving.write("slow.yaml", slow.yaml())
    serving.route("r", [to("slow")])
    wait_for(lambda: serving.get().json["backend"] == "slow")
    pid = serving.roles()["current"]
    slow.go_on.clear()
    hammer = Hammer(serving, path="/slow", timeout=30)
    wait_for(lambda: slow.requests[-1]["path"] == "/slow")
    settings(serving, "{concurrency: 1}")
    wait_for(lambda: serving.roles().get("leaving") == pid)
    time.sleep(2)  # the old one has closed its listeners by then, and must not end
    assert is_alive(pid)
    slow.go_on.set()
    wait_for(lambda: hammer.count() > 1)
    assert list(hammer.stop()) == [200]
    replaced(serving, pid)


def test_limen_killed_in_the_middle_goes_on_with_it(serving):
    all_hammers = hammers(serving)
    pid = serving.roles()["current"]
    settings(serving, "{concurrency: 3}")
    wait_for(lambda: "next" in serving.roles())
    serving.kill()
    serving.start()
    wait_for(lambda: "leaving" in serving.roles())
    serving.kill()
    serving.start()
    replaced(serving, pid)
    assert [list(h.stop()) for h in all_hammers] == [[200]] * 5


def test_settings_that_envoy_cannot_start_with_leave_the_old_one(serving):
    hammer = Hammer(serving)
    pid = serving.roles()["current"]
    settings(serving, "{concurrency: 2, extraArgs: [--no-such-flag]}")
    wait_for(lambda: "the one with the settings before goes on serving" in serving.status("gateway"))
    assert "Programmed=False" in serving.status("gateway")
    assert serving.roles() == {"current": pid}
    settings(serving, "{concurrency: 2}")
    wait_for(lambda: "Programmed=False" not in serving.status("gateway"))
    assert serving.roles() == {"current": pid}
    assert list(hammer.stop()) == [200]


def test_an_envoy_that_never_gets_ready_is_given_up(serving, tmp_path):
    pid = serving.roles()["current"]
    sleeper = tmp_path / "sleeper"
    sleeper.write_text("#!/bin/sh\n[ $1 = --version ] && exec echo envoy version: 1/2/3\nexec sleep 1000\n")
    sleeper.chmod(0o755)
    serving.kill()
    serving.flags = ["--envoy-path", str(sleeper), "--envoy-ready-timeout", "1"]
    serving.start()
    wait_for(lambda: "did not become ready within 1 s" in serving.status("gateway"))
    wait_for(lambda: serving.roles() == {"current": pid})
    assert serving.get().status == 200


def test_another_binary_under_the_same_name_is_another_envoy(serving, tmp_path):
    binary = tmp_path / "envoy"
    shutil.copy(ENVOY, binary)
    serving.kill()
    serving.flags = ["--envoy-path", str(binary)]
    pid = serving.roles()["current"]
    serving.start()
    pid = replaced(serving, pid)
    serving.kill()
    os.utime(binary)
    hammer = Hammer(serving)
    serving.start()
    replaced(serving, pid)
    assert list(hammer.stop()) == [200]


def test_the_current_one_dies_while_the_next_starts(serving):
    pid = serving.roles()["current"]
    settings(serving, "{concurrency: 1}")
    wait_for(lambda: "next" in serving.roles())
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: list(serving.roles()) == ["current"])
    serving.wait_status(200)


def test_a_gateway_that_is_wanted_again_while_its_envoy_drains(serving, backend):
    slow = backend("slow")
    serving.write("slow.yaml", slow.yaml())
    serving.route("slow", [to("slow", matches=[{"path": {"value": "/slow"}}])])
    wait_for(lambda: serving.get("/slow").json["backend"] == "slow")
    slow.go_on.clear()
    before = len(slow.requests)
    hammer = Hammer(serving, path="/slow", timeout=30)
    wait_for(lambda: len(slow.requests) > before)
    pid = serving.roles()["current"]
    text = (serving.conf / "gateway.yaml").read_text()
    (serving.conf / "gateway.yaml").unlink()
    wait_for(lambda: serving.roles() == {"leaving": pid})
    serving.write("gateway.yaml", text)
    wait_for(lambda: "current" in serving.roles())
    assert is_alive(pid)
    serving.wait_status(200)
    slow.go_on.set()
    hammer.stop()
    assert serving.roles()["current"] != pid
    wait_for(lambda: not is_alive(pid))


def test_connections_and_datagrams_go_on(limen):
    tcp, udp = TcpBackend("t"), UdpBackend("u")
    port = free_port()
    settings(limen, "{concurrency: 1}")
    streams.write(limen, "Gateway", "web", {"gatewayClassName": "limen", "listeners": [
        {"name": "tcp", "port": port, "protocol": "TCP"}, {"name": "udp", "port": port, "protocol": "UDP"}]})
    for backend in (tcp, udp):
        streams.add_backend(limen, backend)
    streams.route(limen, "TCPRoute", "r", [streams.to("t")])
    streams.route(limen, "UDPRoute", "r", [streams.to("u")])
    limen.start()
    wait_for(lambda: streams.reached(port) == "t" and streams.asked(port) == "u x")
    kept = streams.Connection(port)
    before = limen.roles()["current"]
    settings(limen, "{concurrency: 2}")
    wait_for(lambda: limen.roles().get("current", before) != before, timeout=40)
    deadline = time.monotonic() + 12  # longer than a connection without requests would be kept
    while time.monotonic() < deadline:
        assert kept.ask("hello") == "hello"
        assert streams.reached(port) == "t"
        assert streams.asked(port, timeout=2) == "u x"
        time.sleep(0.1)
    kept.close()
    replaced(limen, before)
    for backend in (tcp, udp):
        backend.close()

"""What goes wrong around Limen: disks, processes, ports."""

import os
import signal
import socket
import subprocess

import pytest

from limen import LIMEN, Hammer, KeptAlive, wait_for
from test_run import start, to


def run(limen, *words):
    return subprocess.run([LIMEN, "run", "-f", str(limen.conf), "--state-dir", str(limen.state), *words],
                          capture_output=True, text=True, timeout=20)


def test_envoy_that_keeps_dying_is_started_with_back_off(limen, backend):
    limen.route("r", [to("a")])
    start(limen, backend("a"))
    limen.wait_status(200)
    for pause in (100, 200, 400):
        [pid] = wait_for(limen.envoy_pids)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda pid=pid: limen.envoy_pids() not in ([], [pid]))
        assert f"Envoy was ended by signal 9; next try in {pause} ms" in limen.log.read_text()
    limen.wait_status(200)
    wait_for(lambda: "Programmed=False" not in limen.status("gateway"))


def test_a_second_limen_on_one_state_folder_is_told(limen, backend):
    start(limen, backend("a"))
    wait_for(lambda: limen.status("gateway").startswith("Gateway"))
    second = run(limen)
    assert second.returncode == 3
    assert "another limen runs on" in second.stderr and "--state-dir" in second.stderr
    assert limen.process.poll() is None


def test_a_state_folder_that_cannot_be_made(limen):
    limen.state.write_text("a file is in its place")
    done = run(limen)
    assert done.returncode == 3 and "cannot make folder" in done.stderr
    limen.state.unlink()


def test_an_unwritable_state_folder(limen):
    if os.geteuid() != 0:
        pytest.skip("needs root, to run Limen as somebody else")
    done = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", LIMEN, "run", "-f", "/dev/null",
                           "--state-dir", "/proc/limen"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 3 and "cannot make" in done.stderr, done.stderr


@pytest.mark.parametrize("kind", ["missing", "not executable", "a folder"])
def test_no_envoy_program(limen, kind, tmp_path):
    path = tmp_path / "envoy"
    if kind == "not executable":
        path.write_text("")
    if kind == "a folder":
        path.mkdir()
    done = run(limen, "--envoy-path", str(path))
    assert done.returncode == 3
    assert str(path) in done.stderr and {"missing": "does not exist", "not executable": "is not executable",
                                         "a folder": "is a folder"}[kind] in done.stderr


def test_a_wrong_program_as_envoy(limen, backend):
    limen.flags = ["--envoy-path", "/bin/true"]
    start(limen, backend("a"))
    wait_for(lambda: "/bin/true is no Envoy" in limen.status("gateway"))


def test_a_port_that_another_program_has(limen, backend):
    limen.route("r", [to("a")])
    with socket.socket() as other:
        other.bind(("0.0.0.0", limen.port))
        other.listen()
        start(limen, backend("a"))
        wait_for(lambda: "Programmed=False" in limen.status("gateway"))
        assert "Address already in use" in limen.status("gateway")
    limen.wait_status(200)
    wait_for(lambda: "Programmed=False" not in limen.status("gateway"))


def in_small_state(limen, command):
    """A command in the mount namespace of the Limen under test."""
    return subprocess.run(["nsenter", "-t", str(limen.process.pid), "-m", "sh", "-c", command],
                          capture_output=True, text=True, timeout=20)


def test_a_full_disk(limen, backend):
    limen.state.mkdir()
    mount = f"mount -t tmpfs -o size=64k limen-test {limen.state}"
    if subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True).returncode != 0:
        pytest.skip("needs root, to mount a small file system")
    limen.gateway()
    limen.route("r", [to("a")])
    limen.write("a.yaml", backend("a").yaml())
    fill = f"head -c 1000000 /dev/zero > {limen.state}/ballast 2>/dev/null"
    with open(limen.log, "ab") as log:
        limen.process = subprocess.Popen(
            ["unshare", "-m", "--propagation", "private", "sh", "-c",
             f"{mount}; {fill}; exec {LIMEN} run -f {limen.conf} --state-dir {limen.state}"], stdout=log, stderr=log)
    status = f"{LIMEN} status gateway --state-dir {limen.state}"
    wait_for(lambda: "No space left on device" in in_small_state(limen, status).stdout)
    in_small_state(limen, f"rm {limen.state}/ballast")
    limen.wait_status(200)
    wait_for(lambda: "Programmed=False" not in in_small_state(limen, status).stdout)
    # Full again: Envoy goes on, and edits too.
    in_small_state(limen, fill)
    hammer = Hammer(limen)
    limen.route("more", [to("a", matches=[{"path": {"value": "/more"}}])], hostnames=["more.example.com"])
    limen.wait_status(200, "/more", host="more.example.com")
    assert list(hammer.stop()) == [200]


def test_limen_killed_under_load_costs_no_request(limen, backend):
    limen.route("r", [to("a")])
    start(limen, backend("a"))
    limen.wait_status(200)
    before = limen.envoy_pids()
    hammers = [Hammer(limen), Hammer(limen), KeptAlive(limen)]
    wait_for(lambda: all(h.count() > 100 for h in hammers))
    limen.kill()
    now = [h.count() for h in hammers]
    wait_for(lambda: all(h.count() > n + 100 for h, n in zip(hammers, now)))
    limen.start()
    limen.route("s", [{"matches": [{"path": {"type": "Exact", "value": "/new"}}], **to("a")}], hostnames=["s.example.com"])
    limen.wait_status(200, "/new", host="s.example.com")
    assert [list(h.stop()) for h in hammers] == [[200]] * 3
    assert limen.envoy_pids() == before

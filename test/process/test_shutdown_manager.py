"""`limen shutdown-manager`, without an Envoy; test/cluster_tests has it beside one."""

import http.client
import subprocess
import threading

import pytest

from limen import LIMEN, free_port, wait_for


@pytest.fixture
def manager(tmp_path):
    port = free_port()
    process = subprocess.Popen([LIMEN, "shutdown-manager", "--address", f"127.0.0.1:{port}",
                                "--admin-socket", tmp_path / "admin.sock"])
    process.port, process.drained = port, tmp_path / "drained"
    wait_for(lambda: ask(process, "/healthz") == 200)
    yield process
    process.kill()
    process.wait()


def ask(manager, path):
    """The status; None: there was no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", manager.port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def test_ends_when_it_is_told_to_and_answers_first_who_waits(manager):
    """As the first process of a container it has to ask for the signal: without, it would not come."""
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(ask(manager, "/shutdown/ready")))
    waiting.start()
    waiting.join(0.5)
    assert answers == []  # it is not drained yet
    manager.drained.touch()
    manager.terminate()
    assert manager.wait(5) == 0
    waiting.join(5)
    assert answers == [200]

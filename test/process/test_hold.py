"""Files that vanish as a whole are more likely a mistake than an edit: what they said is held."""

import pathlib
import signal
import subprocess

from limen import LIMEN, wait_for
from test_run import start, to


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


def test_a_vanished_folder_is_withdrawn_when_confirmed(limen, backend):
    def confirm():
        return subprocess.run([LIMEN, "confirm", "--state-dir", str(limen.state)], capture_output=True, text=True)
    limen.route("r", [to("a")])
    start(limen, backend("a"))
    limen.wait_status(200)
    nothing = confirm()
    assert nothing.returncode == 1 and "nothing is held" in nothing.stderr
    away = limen.conf.with_name("away")
    limen.conf.rename(away)
    wait_for(lambda: limen.status().startswith("HELD: "))
    assert "limen confirm" in limen.status()
    done = confirm()
    assert done.returncode == 0
    assert "withdrawn: HTTPRoute default/r\n" in done.stdout and "withdrawn: Gateway default/web\n" in done.stdout
    wait_for(lambda: limen.try_get() is None)
    assert "HELD" not in limen.status()
    away.rename(limen.conf)
    limen.wait_status(200)


def test_an_emptied_folder_withdraws_nothing(limen, backend):
    limen.route("r", [to("a")])
    start(limen, backend("a"))
    limen.wait_status(200)
    texts = {file.name: file.read_text() for file in limen.conf.glob("*.yaml")}
    limen.process.send_signal(signal.SIGSTOP)  # on a busy machine `rm` may pause between two files
    subprocess.run(f"rm {limen.conf}/*.yaml", shell=True, check=True)
    limen.process.send_signal(signal.SIGCONT)
    wait_for(lambda: limen.status().startswith("HELD: "))
    assert limen.get().status == 200
    for name, text in texts.items():
        (pathlib.Path(limen.conf) / name).write_text(text)
    wait_for(lambda: "HELD" not in limen.status())
    assert limen.get().status == 200

"""One container: a process tree with mount, pid, ipc and uts namespaces of its own in the pod's network namespace."""

import os
import shutil
import signal
import subprocess
import threading
import time

from . import daemons
from .clock import now
from .environment import PATH, environment
from .images import ImageError
from .probes import Probes, run_hook
from .root_folder import script
from .volumes import NotYet

BACKOFF = [0, 1, 2, 5, 10, 20]  # seconds; kubelet's goes up to five minutes
FORGIVEN = 60  # seconds after which a container's earlier ends count no more


def record_name(node, pod_uid, container):
    """A container's process on record."""
    return f"container-{node}-{pod_uid}-{container}"


class Container:
    def __init__(self, pod, spec, init=False):
        self.pod, self.spec, self.init = pod, spec, init
        self.name = spec["name"]
        self.sidecar = init and spec.get("restartPolicy") == "Always"
        self.folder = os.path.join(pod.folder, self.name)
        waits = pod.item["spec"].get("initContainers") and not init
        self.state = {"waiting": {"reason": "PodInitializing" if waits else "ContainerCreating"}}
        self.last = {}  # the state before the last restart
        self.restarts = self.crashes = 0
        self.ready = self.started = self.stopping = False
        self.process = None
        self.exited = threading.Event()
        self.next_start = self.started_at = 0.0

    @property
    def running(self):
        return "running" in self.state

    @property
    def exit_code(self):
        """None: it has not ended."""
        return self.state.get("terminated", {}).get("exitCode")

    @property
    def id(self):
        return f"local://{self.pod.uid}-{self.name}-{self.restarts}"

    def status(self):
        done = self.init and not self.sidecar and self.exit_code == 0
        image = self.spec.get("image", "")
        return {"name": self.name, "image": image, "imageID": f"local://{image}", "ready": self.ready or done,
                "started": self.started, "restartCount": self.restarts, "state": self.state, "lastState": self.last,
                **({"containerID": self.id} if self.process else {})}

    def log_path(self, restart):
        return os.path.join(self.folder, f"{restart}.log")

    def try_start(self):
        """False: something is missing, and the state says what."""
        if time.monotonic() < self.next_start:
            return False
        try:
            path = self.prepare()
        except (ImageError, NotYet) as error:
            reason = "ErrImagePull" if isinstance(error, ImageError) else "CreateContainerConfigError"
            self.state = {"waiting": {"reason": reason, "message": str(error)}}
            self.pod.report_event(reason, str(error))
            self.next_start = time.monotonic() + 1
            return False
        self.launch(path)
        return True

    def prepare(self):
        """The path of its script."""
        image = self.pod.node.images.find(self.spec.get("image", ""))
        variables = environment(self.pod, self.spec, image)
        shutil.rmtree(os.path.join(self.folder, "root"), ignore_errors=True)
        os.makedirs(os.path.join(self.folder, "root"))
        path = os.path.join(self.folder, "start.sh")
        text = script(self, image, variables)
        with open(path, "w") as file:
            file.write(text)
        return path

    def launch(self, path):
        self.ready = self.started = self.stopping = False
        self.exited.clear()
        self.process = subprocess.Popen(
            daemons.inside(self.pod.netns, "unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child=SIGKILL",
                           "sh", path),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, cwd="/",
            env={"PATH": PATH})
        daemons.record(self.pod.node.config, self.record, self.process.pid)
        self.pod.node.logs.add(self.process.stdout, self.log_path(self.restarts))
        self.state = {"running": {"startedAt": now()}}
        self.started_at = time.monotonic()
        self.in_thread(self.await_end, self.process)
        self.in_thread(Probes(self).run)
        hook = (self.spec.get("lifecycle") or {}).get("postStart")
        if hook:
            self.in_thread(run_hook, self, hook, 60)

    @staticmethod
    def in_thread(function, *arguments):
        threading.Thread(target=function, args=arguments, daemon=True).start()

    @property
    def record(self):
        return record_name(self.pod.node.name, self.pod.uid, self.name)

    def first_pid(self):
        """This machine's id of the container's process 1."""
        try:
            with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
                children = file.read().split()
        except (AttributeError, FileNotFoundError, ProcessLookupError):
            return None
        return int(children[0]) if children else None

    def await_end(self, process):
        code = process.wait()
        with open(os.path.join(self.folder, "termination-log"), errors="replace") as file:
            message = file.read(4096)
        self.state = {"terminated": {
            "exitCode": code if code >= 0 else 128 - code, "reason": "Error" if code else "Completed", "message": message,
            "startedAt": self.state.get("running", {}).get("startedAt", now()), "finishedAt": now(), "containerID": self.id}}
        self.ready = self.started = False
        (self.pod.node.config.run / f"{self.record}.json").unlink(missing_ok=True)
        self.exited.set()
        self.pod.wake()

    def schedule_restart(self):
        if time.monotonic() - self.started_at > FORGIVEN:
            self.crashes = 0
        delay = BACKOFF[min(self.crashes, len(BACKOFF) - 1)]
        self.crashes += 1
        self.last = self.state
        self.state = {"waiting": {"reason": "CrashLoopBackOff",
                                  "message": f"exit code {self.exit_code}, starts again after {delay} s"}}
        self.restarts += 1
        self.next_start = time.monotonic() + delay

    def restart(self, why):
        if not self.stopping:
            self.pod.report_event("Unhealthy", f"container {self.name}: {why}: it is started again")
            self.stop(self.pod.grace())

    def stop(self, grace):
        """The preStop hook, then SIGTERM, then SIGKILL when the seconds are over.  Returns when the process is gone."""
        if not self.running:
            return
        self.stopping = True
        end = time.monotonic() + grace
        lifecycle = self.spec.get("lifecycle") or {}
        if grace > 0:
            if "preStop" in lifecycle:
                run_hook(self, lifecycle["preStop"], grace)
            self.signal(getattr(signal, lifecycle.get("stopSignal", "SIGTERM")))
        if not self.exited.wait(max(end - time.monotonic(), 0.0)):
            self.kill()

    def kill(self):
        self.signal(signal.SIGKILL)
        if not self.exited.wait(2):
            self.process.kill()
            self.exited.wait(5)

    def signal(self, number):
        pid = self.first_pid()
        if pid and not self.exited.is_set():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def execute(self, command, timeout):
        """Runs it inside; the exit code."""
        pid = self.first_pid()
        if not pid:
            return 1
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                pairs = file.read().decode(errors="replace").split("\0")
            return subprocess.run(["nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "-p", "-r", "-w", "--", *command],
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                                  env={"PATH": PATH, **dict(pair.split("=", 1) for pair in pairs if "=" in pair)}).returncode
        except subprocess.TimeoutExpired:
            return 124

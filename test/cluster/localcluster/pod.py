"""One pod, on a thread of its own: network namespace, volumes, containers, status, end."""

import os
import shutil
import threading
import time
import traceback

from . import network
from .api import STRATEGIC, ApiError
from .clock import now
from .container import Container
from .pod_status import PodStatus, phase
from .volumes import NotYet, Volumes


def readiness(status):
    return {condition["type"]: condition["status"] for condition in status.get("conditions") or []
            if condition["type"] in ("Ready", "ContainersReady")}


class Pod(threading.Thread):
    def __init__(self, node, item, number, address):
        metadata, spec = item["metadata"], item["spec"]
        super().__init__(daemon=True, name=f"pod {metadata['namespace']}/{metadata['name']}")
        self.node, self.item, self.address = node, item, address
        self.uid, self.namespace, self.pod_name = metadata["uid"], metadata["namespace"], metadata["name"]
        self.path = f"/api/v1/namespaces/{self.namespace}/pods/{self.pod_name}"
        self.hostname = spec.get("hostname") or self.pod_name[:63]
        self.of_host = spec.get("hostNetwork", False)
        self.netns = node.config.name if self.of_host else network.pod_netns(node.config, number)
        self.link = network.pod_link(number)
        self.folder = str(node.config.state / "pods" / self.uid)
        self.restart_policy = spec.get("restartPolicy", "Always")
        self.volumes = Volumes(self, os.path.join(self.folder, "volumes"))
        self.inits = [Container(self, container, init=True) for container in spec.get("initContainers") or []]
        self.mains = [Container(self, container) for container in spec["containers"]]
        self.changed = threading.Condition()
        self.dirty = True
        self.gone = False  # the object has vanished: the end is at once
        self.set_up = False
        self.problem = None
        self.status = PodStatus(self)
        self.sent = None  # the status that the API server has
        self.events = set()

    def update(self, item):
        self.item = item
        if self.sent and readiness(item["status"]) != readiness(self.sent):
            self.sent = None  # the node was taken for dead, and its pods with it
        self.wake()

    def vanish(self):
        self.gone = True
        self.wake()

    def wake(self):
        with self.changed:
            self.dirty = True
            self.changed.notify()

    def container(self, name):
        return next((container for container in self.inits + self.mains if container.name == name), None)

    def run(self):
        try:
            while not self.ends():
                pause = 5 if self.step() else 0.3
                self.report_status()
                with self.changed:
                    if not self.dirty:
                        self.changed.wait(pause)
                    self.dirty = False
        except Exception:  # a mistake of this program must not stay unseen
            traceback.print_exc()
            self.report_event("PodError", traceback.format_exc()[-500:])
            while not self.ends():
                time.sleep(1)
        self.terminate()
        self.node.finished(self)

    def ends(self):
        return self.gone or self.node.closing or self.item["metadata"].get("deletionTimestamp") is not None

    def step(self):
        """Brings the pod further.  False: something is to be tried again soon."""
        try:
            self.set_up_or_refresh()
        except (NotYet, ApiError, OSError) as error:
            if not self.set_up:
                self.problem = str(error)
                self.report_event("FailedMount", str(error))
                return False
        if phase(self) in ("Succeeded", "Failed"):
            return True
        for init in self.inits:
            if not init.sidecar and init.exit_code == 0:
                continue
            kept = self.keep(init, "Always" if init.sidecar else "Never" if self.restart_policy == "Never" else "OnFailure")
            if not init.sidecar:
                return init.running
            if not kept or not init.started:
                return False
        return all([self.keep(main, self.restart_policy) for main in self.mains])

    def set_up_or_refresh(self):
        if not self.of_host and not os.path.exists(f"/run/netns/{self.netns}"):
            network.create_pod(self.node.config, self.netns, self.link, self.address)
        if self.set_up:
            self.volumes.refresh()
        else:
            self.volumes.set_up()
        self.set_up, self.problem = True, None

    @staticmethod
    def keep(container, policy):
        """Starts it, again if its policy says so.  False: it is not where it should be."""
        if container.running:
            return True
        if container.exit_code is not None:
            if policy == "Never" or policy == "OnFailure" and container.exit_code == 0:
                return True
            container.schedule_restart()
        return container.try_start()

    def grace(self):
        """Seconds."""
        if self.gone or self.node.closing:
            return 0
        asked = self.item["metadata"].get("deletionGracePeriodSeconds")
        if asked is None:
            asked = self.item["spec"].get("terminationGracePeriodSeconds", 30)
        return min(asked, self.node.config.max_grace)

    def terminate(self):
        """Sidecars after the others."""
        self.stop_all(self.mains)
        self.stop_all([init for init in self.inits if init.running])
        if not self.node.closing and not self.gone:
            self.report_status()
            self.delete_object()
        if not self.of_host:
            network.delete_pod(self.node.config, self.netns, self.link)
        if not self.node.closing:
            self.keep_logs()
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop_all(self, containers):
        threads = [threading.Thread(target=container.stop, args=(self.grace(),), daemon=True) for container in containers]
        for thread in threads:
            thread.start()
        hurried = False
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.05)
            if (self.gone or self.node.closing) and not hurried:
                hurried = True
                for container in containers:
                    container.kill()
            if not self.node.closing:
                self.report_status()

    def delete_object(self):
        """Until the API server has done it: an end that it does not know of would hold up others."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0, "preconditions": {"uid": self.uid}}
        while not self.node.closing:
            try:
                return self.node.client.delete(self.path, body)
            except ApiError as error:
                if error.status in (404, 409):
                    return
                print(f"delete {self.path}: {error}", flush=True)
            except OSError as error:
                print(f"delete {self.path}: {error}", flush=True)
            time.sleep(1)

    def keep_logs(self):
        folder = self.node.config.logs / "pods" / f"{self.namespace}_{self.pod_name}"
        folder.mkdir(parents=True, exist_ok=True)
        for container in self.inits + self.mains:
            for restart in range(container.restarts + 1):
                if os.path.exists(container.log_path(restart)):
                    shutil.move(container.log_path(restart), folder / f"{container.name}.{restart}.log")

    def report_status(self):
        status = self.status.current()
        if status == self.sent:
            return
        try:
            self.node.client.patch(f"{self.path}/status", {"metadata": {"uid": self.uid}, "status": status}, STRATEGIC)
            self.sent = status
        except ApiError as error:
            self.gone = self.gone or error.status == 404
            self.sent = status if error.status in (404, 409) else None
            if self.sent is None:
                print(f"status of {self.path}: {error}", flush=True)
        except OSError as error:
            print(f"status of {self.path}: {error}", flush=True)

    def report_event(self, reason, message):
        """Once each."""
        if (reason, message) in self.events or self.node.closing:
            return
        self.events.add((reason, message))
        print(f"{self.namespace}/{self.pod_name}: {reason}: {message}", flush=True)
        try:
            self.node.client.create(f"/api/v1/namespaces/{self.namespace}/events", {
                "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": reason, "message": message[:1000],
                "metadata": {"generateName": f"{self.pod_name}.", "namespace": self.namespace},
                "involvedObject": {"apiVersion": "v1", "kind": "Pod", "name": self.pod_name, "namespace": self.namespace,
                                   "uid": self.uid},
                "source": {"component": "localcluster"}, "firstTimestamp": now(), "lastTimestamp": now(), "count": 1})
        except (ApiError, OSError):
            pass

"""A node: a small kubelet.  The first one also gives Services their addresses, and starts what ended of the control plane.
`cluster up` runs each as `python -m localcluster.node STATE NAME` in the cluster's network namespace."""

import os
import signal
import sys
import threading
import time

from . import control_plane, node_api
from .api import STRATEGIC, ApiError, Client, Store
from .clock import now, now_in_micros
from .config import NODE_API_PORT, Config
from .images import ImageMap
from .load_balancers import LoadBalancers
from .log_collector import LogCollector
from .pod import Pod

LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


def node_status(config, name, port):
    amounts = {"cpu": "1000", "memory": "1Ti", "pods": "1000", "ephemeral-storage": "1Ti"}  # the scheduler refuses nothing
    conditions = [("Ready", "True", "KubeletReady"), ("MemoryPressure", "False", "KubeletHasSufficientMemory"),
                  ("DiskPressure", "False", "KubeletHasNoDiskPressure"), ("PIDPressure", "False", "KubeletHasSufficientPID")]
    return {"capacity": amounts, "allocatable": amounts,
            "conditions": [{"type": kind, "status": value, "reason": reason, "message": "", "lastHeartbeatTime": now(),
                            "lastTransitionTime": now()} for kind, value, reason in conditions],
            "addresses": [{"type": "InternalIP", "address": config.node}, {"type": "Hostname", "address": name}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
            "nodeInfo": {"architecture": "amd64", "bootID": "", "containerRuntimeVersion": "local://1",
                         "kernelVersion": os.uname().release, "kubeProxyVersion": "", "kubeletVersion": "v1.37.0-localcluster",
                         "machineID": "", "operatingSystem": "linux", "osImage": "localcluster", "systemUUID": ""}}


class Node:
    def __init__(self, config, name):
        self.config, self.name = config, name
        self.is_first = name == config.nodes[0]
        self.port = NODE_API_PORT + config.nodes.index(name)
        self.path = f"/api/v1/nodes/{name}"
        self.client = Client(config)
        self.images = ImageMap(config)
        self.logs = LogCollector()
        self.pods = {}  # by uid; guarded by lock
        self.lock = threading.Lock()
        self.closing = False
        self.addresses = [str(address) for address in config.addresses_of(name).hosts()]
        self.next = int(time.time()) % len(self.addresses)  # those of pods of an earlier life rest

    def run(self):
        done = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: done.set())
        self.register()
        threading.Thread(target=self.renew_lease, daemon=True).start()
        threading.Thread(target=node_api.serve, args=(self,), daemon=True).start()
        self.config_maps = Store(self.client, "/api/v1/configmaps", self.content_changed)
        self.secrets = Store(self.client, "/api/v1/secrets", self.content_changed)
        if self.is_first:
            threading.Thread(target=self.keep_control_plane, daemon=True).start()
            LoadBalancers(self.config, self.client)
        Store(self.client, "/api/v1/pods", self.pod_changed, f"spec.nodeName={self.name}")
        done.wait()
        self.close()

    def register(self):
        labels = {"kubernetes.io/hostname": self.name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
                  "topology.kubernetes.io/zone": "local", "topology.kubernetes.io/region": "local"}
        metadata = {"name": self.name, "labels": labels}
        try:
            self.client.create("/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": metadata})
        except ApiError as error:
            if error.status != 409:  # it was there before
                raise
        self.report_status()

    def report_status(self):
        self.client.patch(f"{self.path}/status", {"status": node_status(self.config, self.name, self.port)}, STRATEGIC)

    def renew_lease(self):
        while not self.closing:
            spec = {"holderIdentity": self.name, "leaseDurationSeconds": 40, "renewTime": now_in_micros()}
            pause = 10
            try:
                self.write_lease({"spec": spec})
                self.confirm_ready()
            except (ApiError, OSError) as error:
                print(f"lease: {error!r}", flush=True)
                pause = 1
            time.sleep(pause)

    def keep_control_plane(self):
        while not self.closing:
            control_plane.keep(self.config)
            time.sleep(1)

    def confirm_ready(self):
        """After a pause of its lease it is taken for dead until it says otherwise."""
        conditions = self.client.get(self.path)["status"]["conditions"]
        if any(condition["type"] == "Ready" and condition["status"] != "True" for condition in conditions):
            self.report_status()

    def write_lease(self, body):
        try:
            self.client.patch(f"{LEASES}/{self.name}", body)
        except ApiError as error:
            if error.status != 404:
                raise
            self.client.create(LEASES, {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                                        "metadata": {"name": self.name, "namespace": "kube-node-lease"}, **body})

    def pod_changed(self, what, item):
        with self.lock:
            pod = self.pods.get(item["metadata"]["uid"])
            if pod is None:
                over = item.get("status", {}).get("phase") in ("Succeeded", "Failed")
                if what != "DELETED" and (not over or item["metadata"].get("deletionTimestamp")):
                    self.add_pod(item)
                return
        if what == "DELETED":
            pod.vanish()
        else:
            pod.update(item)

    def add_pod(self, item):
        in_use = {pod.address for pod in self.pods.values()}
        while (address := self.addresses[self.next]) in in_use:
            self.next = (self.next + 1) % len(self.addresses)
        self.next = (self.next + 1) % len(self.addresses)
        number = self.config.pod_number(address)
        pod = Pod(self, item, number, self.config.node if item["spec"].get("hostNetwork") else address)
        self.pods[pod.uid] = pod
        pod.start()

    def finished(self, pod):
        with self.lock:
            self.pods.pop(pod.uid, None)

    def find(self, namespace, name):
        with self.lock:
            return next((pod for pod in self.pods.values() if (pod.namespace, pod.pod_name) == (namespace, name)), None)

    def content_changed(self, _, item):
        """Of a ConfigMap or a Secret: pods of its namespace look at their volumes again."""
        with self.lock:
            pods = [pod for pod in self.pods.values() if pod.namespace == item["metadata"]["namespace"]]
        for pod in pods:
            pod.wake()

    def close(self):
        self.closing = True
        with self.lock:
            pods = list(self.pods.values())
        for pod in pods:
            pod.wake()
        end = time.monotonic() + 15
        for pod in pods:
            pod.join(max(end - time.monotonic(), 0))


if __name__ == "__main__":
    sys.setswitchinterval(0.02)
    Node(Config.load(sys.argv[1]), sys.argv[2]).run()

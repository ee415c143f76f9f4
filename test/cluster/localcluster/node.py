"""The node: a small kubelet, and the addresses of Services.  `cluster up` runs it as `python -m localcluster.node STATE`
in the cluster's network namespace."""

import ipaddress
import os
import signal
import sys
import threading
import time

from . import control_plane, node_api
from .api import STRATEGIC, ApiError, Client, Store
from .clock import now, now_in_micros
from .config import NODE, NODE_API_PORT, Config
from .images import ImageMap
from .load_balancers import LoadBalancers
from .log_collector import LogCollector
from .pod import Pod

LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


def node_status(config):
    amounts = {"cpu": "1000", "memory": "1Ti", "pods": "1000", "ephemeral-storage": "1Ti"}  # the scheduler refuses nothing
    conditions = [("Ready", "True", "KubeletReady"), ("MemoryPressure", "False", "KubeletHasSufficientMemory"),
                  ("DiskPressure", "False", "KubeletHasNoDiskPressure"), ("PIDPressure", "False", "KubeletHasSufficientPID")]
    return {"capacity": amounts, "allocatable": amounts,
            "conditions": [{"type": kind, "status": value, "reason": reason, "message": "", "lastHeartbeatTime": now(),
                            "lastTransitionTime": now()} for kind, value, reason in conditions],
            "addresses": [{"type": "InternalIP", "address": config.node}, {"type": "Hostname", "address": NODE}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": NODE_API_PORT}},
            "nodeInfo": {"architecture": "amd64", "bootID": "", "containerRuntimeVersion": "local://1",
                         "kernelVersion": os.uname().release, "kubeProxyVersion": "", "kubeletVersion": "v1.37.0-localcluster",
                         "machineID": "", "operatingSystem": "linux", "osImage": "localcluster", "systemUUID": ""}}


class Node:
    def __init__(self, config):
        self.config = config
        self.client = Client(config)
        self.images = ImageMap(config)
        self.logs = LogCollector()
        self.pods = {}  # by uid; guarded by lock
        self.lock = threading.Lock()
        self.made = 0  # pods so far
        self.closing = False
        self.addresses = [str(address) for address in ipaddress.ip_network(config.pods).hosts()]

    def run(self):
        done = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: done.set())
        self.register()
        threading.Thread(target=self.renew_lease, daemon=True).start()
        threading.Thread(target=node_api.serve, args=(self,), daemon=True).start()
        threading.Thread(target=self.keep_control_plane, daemon=True).start()
        self.config_maps = Store(self.client, "/api/v1/configmaps", self.content_changed)
        self.secrets = Store(self.client, "/api/v1/secrets", self.content_changed)
        LoadBalancers(self.config, self.client)
        Store(self.client, "/api/v1/pods", self.pod_changed, f"spec.nodeName={NODE}")
        done.wait()
        self.close()

    def register(self):
        labels = {"kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
                  "topology.kubernetes.io/zone": "local", "topology.kubernetes.io/region": "local"}
        self.client.create("/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "labels": labels}})
        self.client.patch(f"/api/v1/nodes/{NODE}/status", {"status": node_status(self.config)})

    def renew_lease(self):
        while not self.closing:
            spec = {"holderIdentity": NODE, "leaseDurationSeconds": 40, "renewTime": now_in_micros()}
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
        conditions = self.client.get(f"/api/v1/nodes/{NODE}")["status"]["conditions"]
        if any(condition["type"] == "Ready" and condition["status"] != "True" for condition in conditions):
            self.client.patch(f"/api/v1/nodes/{NODE}/status", {"status": node_status(self.config)}, STRATEGIC)

    def write_lease(self, body):
        try:
            self.client.patch(f"{LEASES}/{NODE}", body)
        except ApiError as error:
            if error.status != 404:
                raise
            self.client.create(LEASES, {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                                        "metadata": {"name": NODE, "namespace": "kube-node-lease"}, **body})

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
        self.made += 1
        while (address := self.addresses[self.made % len(self.addresses)]) in in_use:
            self.made += 1
        pod = Pod(self, item, self.made, self.config.node if item["spec"].get("hostNetwork") else address)
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
    Node(Config.load(sys.argv[1])).run()

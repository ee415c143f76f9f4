"""Phase, conditions and status of a pod, from its containers."""

from .clock import now


def phase(pod):
    policy = pod.restart_policy
    if policy == "Never" and any(not init.sidecar and init.exit_code for init in pod.inits):
        return "Failed"
    codes = [container.exit_code for container in pod.mains]
    if policy != "Always" and None not in codes:
        if not any(codes):
            return "Succeeded"
        if policy == "Never":
            return "Failed"
    return "Running" if any(container.process for container in pod.mains) else "Pending"


class PodStatus:
    """Keeps when each condition changed last."""

    def __init__(self, pod):
        self.pod = pod
        self.start_time = now()
        self.changes = {}

    def condition(self, kind, is_true, reason=None, message=None):
        value = "True" if is_true else "False"
        if self.changes.get(kind, (None,))[0] != value:
            self.changes[kind] = (value, now())
        return {"type": kind, "status": value, "lastTransitionTime": self.changes[kind][1],
                "reason": None if is_true else reason, "message": None if is_true else message}  # None: taken away

    def current(self):
        pod, where = self.pod, phase(self.pod)
        initialized = all(init.started if init.sidecar else init.exit_code == 0 for init in pod.inits)
        ready = initialized and where == "Running" and all(container.ready for container in pod.mains)
        others = {known["type"]: known["status"] for known in pod.item.get("status", {}).get("conditions") or []}
        gates = all(others.get(gate["conditionType"]) == "True" for gate in pod.item["spec"].get("readinessGates") or [])
        why = "PodCompleted" if where == "Succeeded" else "ContainersNotReady"
        missing = self.what_is_missing()
        node = pod.node.config.node
        result = {"phase": where, "hostIP": node, "hostIPs": [{"ip": node}], "startTime": self.start_time,
                  "containerStatuses": [container.status() for container in pod.mains],
                  "conditions": [self.condition("PodReadyToStartContainers", pod.set_up),
                                 self.condition("Initialized", initialized or where == "Succeeded", "ContainersNotInitialized"),
                                 self.condition("ContainersReady", ready, why, missing),
                                 self.condition("Ready", ready and gates, why, missing),
                                 self.condition("PodScheduled", True)]}
        if pod.item["metadata"].get("generation"):
            result["observedGeneration"] = pod.item["metadata"]["generation"]
        if pod.inits:
            result["initContainerStatuses"] = [init.status() for init in pod.inits]
        if pod.set_up:
            replace = {"$patch": "replace"}  # after its node was killed there is the address of its life before
            result.update(podIP=pod.address, podIPs=[replace, {"ip": pod.address}])
        return result

    def what_is_missing(self):
        waiting = [container.state.get("waiting", {}).get("message") for container in self.pod.inits + self.pod.mains]
        return self.pod.problem or next((message for message in waiting if message), None)

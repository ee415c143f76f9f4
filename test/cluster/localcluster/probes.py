"""Probes of a container, and hooks of its life."""

import http.client
import socket
import ssl
import time

SOON = 0.5  # seconds between probes until the first success: kubelet would wait a whole period


def port_of(spec, port):
    if str(port).isdigit():
        return int(port)
    return next((known["containerPort"] for known in spec.get("ports") or [] if known.get("name") == port), 0)


def http_get(container, get, timeout):
    host, port = get.get("host") or container.pod.address, port_of(container.spec, get["port"])
    if get.get("scheme", "HTTP") == "HTTPS":
        connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl._create_unverified_context())
    else:
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        headers = {header["name"]: header.get("value", "") for header in get.get("httpHeaders") or []}
        connection.request("GET", get.get("path") or "/", headers={"User-Agent": "kube-probe/localcluster", **headers})
        return 200 <= connection.getresponse().status < 400
    finally:
        connection.close()


def run_hook(container, hook, timeout):
    try:
        if "exec" in hook:
            container.execute(hook["exec"]["command"], timeout)
        elif "httpGet" in hook:
            http_get(container, hook["httpGet"], timeout)
        elif "sleep" in hook:
            container.exited.wait(min(hook["sleep"]["seconds"], timeout))
    except (OSError, http.client.HTTPException):
        pass  # kubelet goes on, too


def succeeds(container, probe):
    timeout = probe.get("timeoutSeconds", 1)
    try:
        if "httpGet" in probe:
            return http_get(container, probe["httpGet"], timeout)
        if "exec" in probe:
            return container.execute(probe["exec"]["command"], timeout) == 0
        accepts = probe.get("tcpSocket") or probe["grpc"]  # of gRPC only that the port accepts
        socket.create_connection((accepts.get("host") or container.pod.address, port_of(container.spec, accepts["port"])),
                                 timeout).close()
        return True
    except (OSError, http.client.HTTPException):
        return False


class Probes:
    """Of one process of a container, on a thread of its own, until it ends."""

    def __init__(self, container):
        self.container = container
        self.process = container.process
        self.startup, self.readiness, self.liveness = (
            container.spec.get(f"{kind}Probe") for kind in ("startup", "readiness", "liveness"))
        self.fails = {"readiness": 0, "liveness": 0}
        self.successes = 0

    def run(self):
        if not self.await_startup():
            return
        self.container.started = True
        if not self.readiness:
            self.container.ready = True
        self.container.pod.wake()
        due = {}
        if self.readiness:
            due[self.probe_readiness] = time.monotonic() + self.readiness.get("initialDelaySeconds", 0)
        if self.liveness:
            due[self.probe_liveness] = time.monotonic() + max(self.liveness.get("initialDelaySeconds", 0), 1)
        while due and self.alive():
            probe = min(due, key=due.get)
            if not self.container.exited.wait(max(due[probe] - time.monotonic(), 0)) and self.alive():
                due[probe] = time.monotonic() + probe()

    def alive(self):
        return self.container.process is self.process and not self.container.exited.is_set()

    def await_startup(self):
        """False: the container has ended."""
        if not self.startup:
            return self.alive()
        period = self.startup.get("periodSeconds", 10)
        end = time.monotonic() + self.startup.get("initialDelaySeconds", 0) + period * self.startup.get("failureThreshold", 3)
        while self.alive() and not succeeds(self.container, self.startup):
            if time.monotonic() > end:
                self.container.restart("startup probe failed")
                return False
            self.container.exited.wait(min(period, SOON))
        return self.alive()

    def probe_readiness(self):
        """Seconds to the next one."""
        probe, container = self.readiness, self.container
        if succeeds(container, probe):
            self.successes, self.fails["readiness"] = self.successes + 1, 0
            ready = container.ready or self.successes >= probe.get("successThreshold", 1)
        else:
            self.successes, self.fails["readiness"] = 0, self.fails["readiness"] + 1
            ready = container.ready and self.fails["readiness"] < probe.get("failureThreshold", 3)
        if self.alive() and ready != container.ready:
            container.ready = ready
            container.pod.wake()
        period = probe.get("periodSeconds", 10)
        return period if container.ready else min(period, SOON)

    def probe_liveness(self):
        """Seconds to the next one."""
        self.fails["liveness"] = 0 if succeeds(self.container, self.liveness) else self.fails["liveness"] + 1
        if self.fails["liveness"] >= self.liveness.get("failureThreshold", 3) and self.alive():
            self.container.restart("liveness probe failed")
        return self.liveness.get("periodSeconds", 10)

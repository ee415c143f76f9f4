"""Many writes to a test's API server: connections that are kept, several threads."""

import http.client
import json
import pathlib
import re
import threading

from kube_api import TOKEN

THREADS = 6


def resident_mib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def write_all(api, requests):
    """Each a (method, path, body); an error ends the program."""
    left = iter(requests)
    lock = threading.Lock()
    failures = []

    def work():
        connection = http.client.HTTPSConnection("127.0.0.1", api.port, context=api.tls, timeout=60)
        while not failures:
            with lock:
                request = next(left, None)
            if request is None:
                return
            method, path, body = request
            kind = "application/apply-patch+yaml" if method == "PATCH" else "application/json"
            connection.request(method, "/" + path, json.dumps(body) if body else None,
                               {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind})
            response = connection.getresponse()
            text = response.read()
            if response.status >= 300:
                failures.append(f"{response.status} {text[:300]}")
    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit(failures[0])


def route_object(name, gateway, to="a", path="/"):
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": name},
            "spec": {"parentRefs": [{"name": gateway}], "hostnames": [f"{name}.example.com"], "rules": [{
                "matches": [{"path": {"type": "PathPrefix", "value": path}}],
                "backendRefs": [{"group": "gateway.envoyproxy.io", "kind": "Backend", "name": to}]}]}}

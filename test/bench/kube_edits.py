#!/usr/bin/env python3
"""Edits through a real API server: LIMEN=build/release/src/ctl/limen test/bench/kube_edits.py [ROUTES].

Prints how soon a write is on an xDS stream and served by Envoy, how many statuses are written and when the last is right,
and what limen needs at rest and under steady churn.  Wants the binaries of test/cluster/README.md, and grpcio and
xds-protos in the virtual environment.
"""

import contextlib
import pathlib
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "process"))

from kube_api import running_api  # noqa: E402
from kube_limen import backend, gateway, route, running_limen  # noqa: E402
from kube_load import cpu_seconds, resident_mib, route_object, write_all  # noqa: E402
from limen import Echo, wait_for  # noqa: E402
from xds_stream import XdsStream  # noqa: E402

EDITS = 60
PAUSE = 0.25  # between edits, so that status writes are not in the way
CHURN = 5     # route edits a second, and as many changes of endpoints
BURST = 1000  # routes that are created at once

ROUTES = "apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes"


def report(what, milliseconds):
    ordered = sorted(milliseconds)
    print(f"{what}: median {statistics.median(ordered):.1f} ms, 90 % {ordered[len(ordered) * 9 // 10]:.1f} ms", flush=True)


def attached(api):
    return api.get("Gateway", "web")["status"]["listeners"][0]["attachedRoutes"]


def writes(api):
    paths = [path for _, path in api.writes()]
    return sum("/gateways/" in path for path in paths), len(paths)


def create(api, names):
    """How long it takes, until attachedRoutes is right afterwards, and the statuses written: of the Gateway, and all."""
    before, at_first = attached(api), writes(api)
    begin = time.monotonic()
    write_all(api, (("POST", ROUTES, route_object(name, "web", path=f"/{name}")) for name in names))
    made = time.monotonic()
    wait_for(lambda: attached(api) == before + len(names), 60)
    settled = time.monotonic()
    time.sleep(3)
    gateways, all_of_them = (after - first for after, first in zip(writes(api), at_first))
    print(f"{len(names)} routes created in {made - begin:.1f} s; attachedRoutes right {settled - made:.2f} s later; "
          f"{all_of_them} statuses written, {gateways} of them of the Gateway", flush=True)


def edits(api, seen, expect=lambda path: None):
    times = []
    for _ in range(EDITS):
        path = f"/edit{time.monotonic_ns()}"
        expect(path)
        route(api, "edited", "a", path)
        begin = time.monotonic()
        seen(path)
        times.append((time.monotonic() - begin) * 1000)
        time.sleep(PAUSE)
    return times


def churn(api, end):
    """Edits of routes and endpoints, evenly over time."""
    number = 0
    while not end.wait(1 / CHURN):
        number += 1
        route(api, f"r{number % 500}", "a", f"/churn{number}")
        api.apply("EndpointSlice", "s-1", metadata={"labels": {"kubernetes.io/service-name": "s"}}, addressType="IPv4",
                  ports=[{"name": "", "port": 80, "protocol": "TCP"}],
                  endpoints=[{"addresses": [f"192.0.2.{number % 250 + 1}"], "conditions": {"ready": True}}])


def under_churn(api, limen, stream):
    end = threading.Event()
    thread = threading.Thread(target=churn, args=(api, end))
    thread.start()
    time.sleep(5)
    begin, cpu, at_first = time.monotonic(), cpu_seconds(limen.process.pid), writes(api)
    report("under churn, from a write's answer to the response on a stream", edits(
        api, lambda path: stream.await_expected(), lambda path: stream.expect(path.encode())))
    passed = time.monotonic() - begin
    used = (cpu_seconds(limen.process.pid) - cpu) / passed
    written = writes(api)[1] - at_first[1]
    end.set()
    thread.join()
    print(f"{passed:.0f} s of churn, {CHURN} edits of routes and as many of endpoints a second, and these: limen used {used:.3f} "
          f"of a core and wrote {written / passed:.1f} statuses a second; {resident_mib(limen.process.pid):.0f} MiB resident", flush=True)


def measure(api, limen, count):
    create(api, [f"r{i}" for i in range(count)])
    print(f"limen: {resident_mib(limen.process.pid):.0f} MiB resident", flush=True)
    route(api, "edited", "a", "/first")
    stream = XdsStream(limen, ["default/web/http"])
    time.sleep(3)
    report("from a write's answer to the response on a stream", edits(
        api, lambda path: stream.await_expected(), lambda path: stream.expect(path.encode())))
    under_churn(api, limen, stream)
    stream.close()
    create(api, [f"burst{i}" for i in range(BURST)])
    limen.start_envoy()
    wait_for(limen.try_get, 60)
    report("from a write's answer to Envoy's serving it", edits(
        api, lambda path: wait_for(lambda: limen.get(path).status == 200)))


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with running_api() as api, running_limen(api) as limen, contextlib.closing(Echo("a")) as echo:
        gateway(api, limen.port)
        backend(api, echo)
        api.apply("Service", "s", spec={"ports": [{"port": 80}]})
        api.apply("HTTPRoute", "to-s", spec={"parentRefs": [{"name": "web"}], "rules": [{"backendRefs": [{"name": "s", "port": 80}]}]})
        limen.start()
        wait_for(lambda: limen.says("this is the leader now"))
        wait_for(lambda: "status" in api.get("Gateway", "web"))
        measure(api, limen, count)


if __name__ == "__main__":
    main()

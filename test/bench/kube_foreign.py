#!/usr/bin/env python3
"""What the objects of others cost `limen server`: LIMEN=build/release/src/ctl/limen test/bench/kube_foreign.py [COUNT].

Makes COUNT HTTPRoutes of another controller's Gateway, a tenth as many Secrets, ConfigMaps, Services and EndpointSlices
that nothing names, and prints limen's resident memory before and after, and that of one which is started then.  Wants
the binaries of test/cluster/README.md.
"""

import contextlib
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "process"))

from kube_api import running_api  # noqa: E402
from kube_limen import backend, gateway, route, running_limen  # noqa: E402
from kube_load import cpu_seconds, resident_mib, route_object, write_all  # noqa: E402
from limen import Echo, wait_for  # noqa: E402

SETTLE = 75  # seconds: two sweeps


def foreign(count):
    root = "apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes"
    for i in range(count):
        yield "POST", root, route_object(f"theirs-{i}", "theirs", "their-backend", f"/{i}")
    filler = "x" * 2000
    for i in range(count // 10):
        core = "api/v1/namespaces/default"
        yield "POST", f"{core}/secrets", {"metadata": {"name": f"s-{i}"}, "stringData": {"password": filler}}
        yield "POST", f"{core}/configmaps", {"metadata": {"name": f"c-{i}"}, "data": {"text": filler}}
        yield "POST", f"{core}/services", {"metadata": {"name": f"v-{i}"}, "spec": {"clusterIP": "None", "ports": [{"port": 80}]}}
        yield "POST", "apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
            "metadata": {"name": f"v-{i}-1", "labels": {"kubernetes.io/service-name": f"v-{i}"}}, "addressType": "IPv4",
            "ports": [{"name": "", "port": 80, "protocol": "TCP"}],
            "endpoints": [{"addresses": [f"10.1.{i % 250}.{j + 1}"], "conditions": {"ready": True}} for j in range(20)]}


def report(what, limen, api):
    reconciled = limen.log.read_text().count("objects changed")
    print(f"{what}: {resident_mib(limen.process.pid):.1f} MiB resident, {cpu_seconds(limen.process.pid):.2f} s of CPU, "
          f"{reconciled} translations, {len(api.writes())} statuses written", flush=True)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40000
    with running_api() as api, running_limen(api) as limen, contextlib.closing(Echo("a")) as echo:
        gateway(api, limen.port)
        backend(api, echo)
        route(api, "ours", "a")
        api.apply("GatewayClass", "theirs", spec={"controllerName": "other.example.com/controller"})
        api.apply("Gateway", "theirs", spec={"gatewayClassName": "theirs", "listeners": [
            {"name": "http", "port": 8080, "protocol": "HTTP"}]})
        limen.start()
        wait_for(lambda: limen.says("this is the leader now"))
        time.sleep(5)
        report("before", limen, api)
        begin = time.monotonic()
        write_all(api, foreign(count))
        print(f"{count} routes and {count // 10 * 4} other objects made in {time.monotonic() - begin:.0f} s")
        report("after", limen, api)
        time.sleep(SETTLE)
        report(f"{SETTLE} s later", limen, api)
        limen.stop()
        limen.start()
        wait_for(lambda: limen.log.read_text().count("all kinds are listed") == 2, 120)
        time.sleep(5)
        report("one that finds them all there", limen, api)


if __name__ == "__main__":
    main()

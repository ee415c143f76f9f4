#!/usr/bin/env python3
"""Edits through a real API server: LIMEN=build/release/src/ctl/limen test/bench/kube_edits.py [ROUTES].

Prints how long `limen server` and Envoy take from the API server's answer to a write, how many statuses are written, and
what limen needs.  Wants the binaries of test/cluster/README.md.
"""

import concurrent.futures
import pathlib
import re
import shutil
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "process"))

from kube_api import KubeApi  # noqa: E402
from kube_limen import ServerLimen, backend, gateway, route  # noqa: E402
from limen import Echo, wait_for  # noqa: E402

EDITS = 50
PAUSE = 0.25  # between edits, so that status writes are not in the way


def resident_mib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def report(what, milliseconds):
    ordered = sorted(milliseconds)
    print(f"{what}: median {statistics.median(ordered):.1f} ms, 90 % {ordered[len(ordered) * 9 // 10]:.1f} ms")


def create(api, limen, count):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        begin = time.monotonic()
        list(pool.map(lambda i: route(api, f"r{i}", "a", f"/{i}"), range(count)))
        made = time.monotonic()
    wait_for(lambda: api.get("Gateway", "web")["status"]["listeners"][0]["attachedRoutes"] == count, 60)
    settled = time.monotonic()
    time.sleep(2)
    writes = [path for _, path in api.writes()]
    print(f"{count} routes created in {made - begin:.1f} s; attachedRoutes right {settled - made:.2f} s later; "
          f"{len(writes)} statuses written, {sum('/gateways/' in path for path in writes)} of them of the Gateway")
    print(f"limen: {resident_mib(limen.process.pid):.0f} MiB resident")


def edit(api, limen, seen):
    times = []
    for i in range(EDITS):
        offset = limen.log.stat().st_size
        path = f"/edit{time.monotonic_ns()}"
        route(api, "r0", "a", path)
        begin = time.monotonic()
        while not seen(path, offset):
            time.sleep(0.0002)
        times.append((time.monotonic() - begin) * 1000)
        time.sleep(PAUSE)
    return times


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    folders = [pathlib.Path(tempfile.mkdtemp(prefix=prefix)) for prefix in ("kube", "limen")]
    api = KubeApi(folders[0])
    limen, echo = ServerLimen(folders[1], api), Echo("a")
    try:
        api.start_all()
        api.install_definitions()
        gateway(api, limen.port)
        backend(api, echo)
        limen.start()
        wait_for(lambda: limen.says("this is the leader now"))
        limen.start_envoy()
        create(api, limen, count)
        report("from a write's answer to Limen's log that it is sent on", edit(api, limen, lambda path, offset: (
            "objects changed" in limen.log.read_text()[offset:])))
        report("from a write's answer to Envoy's serving it",
               edit(api, limen, lambda path, offset: limen.get(path).status == 200))
    finally:
        limen.stop()
        api.stop()
        echo.close()
        for folder in folders:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()

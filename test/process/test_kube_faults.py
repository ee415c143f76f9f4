"""`limen server` and an API server that fails in ways that a real one does only by chance."""

import json
import time

import pytest

from fault_proxy import FaultProxy, answer
from kube_api import needs_kube, running_api
from kube_limen import gateway, route, running_limen
from limen import free_port, wait_for

pytestmark = needs_kube


@pytest.fixture(scope="module")
def api():
    with running_api() as instance:
        yield instance


@pytest.fixture
def proxy(api):
    instance = FaultProxy(api, api.authority)
    yield instance
    instance.close()


@pytest.fixture
def limen(api):
    for kind in ("HTTPRoute", "Gateway"):
        root = "apis/gateway.networking.k8s.io/v1/namespaces/default/" + kind.lower() + "s"
        api.request("DELETE", root)
    with running_limen(api) as instance:
        gateway(api, instance.port)
        yield instance


def start(limen, proxy, *flags):
    limen.start(*flags, kubeconfig=limen.api.kubeconfig(proxy.port))


def is_watch_of_routes(line):
    return "/httproutes?" in line and "watch=true" in line


def is_list_of_routes(line):
    return "/httproutes?" in line and "limit=" in line


def once(matches, fault):
    """A fault of the first request that matches, and of no other."""
    left = [fault]
    return lambda line: left.pop() if left and matches(line) else None


def test_a_watch_that_is_cut_in_the_middle_of_an_event(limen, proxy):
    proxy.fault = once(is_watch_of_routes, ("cut", b'"kind":"HTTPRoute"'))
    start(limen, proxy)
    limen.await_objects("Gateway/web")
    route(limen.api, "cut", "a")
    route(limen.api, "after", "a")
    limen.await_objects("HTTPRoute/cut", "HTTPRoute/after")
    assert sum(map(is_list_of_routes, proxy.requests)) == 1, "the watch goes on where it was"
    assert sum(map(is_watch_of_routes, proxy.requests)) == 2


def test_a_watch_that_is_too_old(limen, proxy):
    route(limen.api, "stays", "a")
    route(limen.api, "goes", "a")
    gone = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired", "code": 410})

    def fault(line):
        if is_watch_of_routes(line) and not fault.done:
            fault.done = True
            limen.api.delete("HTTPRoute", "goes")
            return answer(410, gone)
    fault.done = False
    proxy.fault = fault
    start(limen, proxy)
    limen.await_objects("HTTPRoute/stays")
    wait_for(lambda: "HTTPRoute/goes" not in limen.objects())
    assert sum(map(is_list_of_routes, proxy.requests)) == 2, "only a list tells what has gone"


def test_an_error_event_of_a_watch(limen, proxy):
    event = json.dumps({"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}) + "\n"
    proxy.fault = once(is_watch_of_routes, answer(200, event))
    start(limen, proxy)
    limen.await_objects("Gateway/web")
    wait_for(lambda: sum(map(is_list_of_routes, proxy.requests)) == 2)
    route(limen.api, "r", "a")
    limen.await_objects("HTTPRoute/r")


def test_too_many_requests(limen, proxy):
    began = []

    def fault(line):
        if is_list_of_routes(line):
            began.append(time.monotonic())
            if len(began) == 1:
                return answer(429, '{"kind":"Status","code":429}', "retry-after: 2")
    proxy.fault = fault
    start(limen, proxy)
    limen.await_objects("Gateway/web")
    assert began[1] - began[0] >= 2, "as the API server wishes"


def test_a_connection_that_says_nothing_more(limen, proxy):
    proxy.fault = once(is_watch_of_routes, ("mute", b""))
    start(limen, proxy, "--watch-idle", "2")
    limen.await_objects("Gateway/web")
    route(limen.api, "r", "a")
    limen.await_objects("HTTPRoute/r")


def test_a_list_that_is_suddenly_empty_is_not_believed(limen, proxy):
    """And a list that fails half-way withdraws nothing."""
    route(limen.api, "r", "a")
    gone = json.dumps({"kind": "Status", "code": 410, "reason": "Expired"})
    empty = json.dumps({"kind": "HTTPRouteList", "metadata": {"resourceVersion": "1"}, "items": []})
    half = json.dumps({"metadata": {"resourceVersion": "1", "continue": "more"}, "items": []})
    lists = [None, answer(200, half), answer(500, "no"), answer(200, empty)]

    def fault(line):
        if is_list_of_routes(line):
            return lists.pop(0) if lists else None
        if is_watch_of_routes(line) and lists:
            return answer(410, gone)
    proxy.fault = fault
    start(limen, proxy)
    limen.await_objects("HTTPRoute/r")
    seen = []
    wait_for(lambda: seen.append("HTTPRoute/r" in limen.objects()) or limen.says("asking again"), timeout=30)
    before = sum(map(is_list_of_routes, proxy.requests))
    wait_for(lambda: seen.append("HTTPRoute/r" in limen.objects())
             or sum(map(is_list_of_routes, proxy.requests)) > before, timeout=30)
    assert all(seen)


def test_a_conflict_is_resolved(limen, proxy):
    conflict = json.dumps({"kind": "Status", "code": 409, "reason": "Conflict", "message": "it changed"})
    proxy.fault = once(lambda line: line.startswith("PATCH") and "/gateways/web/status" in line, answer(409, conflict))
    start(limen, proxy, "--leader-elect=false")  # the limen before may not have reached its Lease to give it up
    wait_for(lambda: limen.api.get("Gateway", "web").get("status", {}).get("listeners"))
    methods = [line.split()[0] for line in proxy.requests if "/gateways/web" in line]
    # Read again, unless a watch has brought the newer version meanwhile; on a busy machine there are conflicts of its own.
    assert methods[0] == "PATCH" and methods.count("PATCH") >= 2 and len(methods) <= 6, methods


def test_a_server_that_shows_another_authoritys_certificate_is_refused(limen, proxy):
    limen.start(kubeconfig=limen.api.kubeconfig(proxy.port, ca=(limen.certs / "ca.crt").read_bytes()))
    wait_for(lambda: limen.says("certificate"))
    assert proxy.requests == []


def test_probes(limen, proxy):
    """Alive from the start, ready once Envoys are served, and both whatever becomes of the API server then."""
    port, blocked = free_port(), [True]
    proxy.fault = lambda line: answer(503, "{}") if blocked[0] else None
    start(limen, proxy, "--health-address", f"127.0.0.1:{port}")
    wait_for(lambda: getattr(limen.try_get("/healthz", port=port), "status", 0) == 200)
    assert limen.get("/readyz", port=port).status == 503
    blocked[0] = False
    wait_for(lambda: limen.get("/readyz", port=port).status == 200, 30)
    proxy.close()
    wait_for(lambda: limen.says("what is known stays in force"), 30)
    assert limen.get("/readyz", port=port).status == limen.get("/healthz", port=port).status == 200
    assert limen.get("/other", port=port).status == 404

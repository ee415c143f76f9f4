"""The wall clock is put an hour ahead and then two back, as when somebody corrects a machine's time."""

import json

import pytest

from clock import WallClock, seconds_of
from kube_api import MERGE, needs_kube, running_api
from kube_limen import backend as make_backend, gateway, route as make_route, running_limen
from limen import Hammer, KeptAlive, wait_for
from test_kube_access import fields, use_secrets, volume_of_proxy
from test_run import to

HOUR = 3600
JUMPS = (("ahead", HOUR), ("behind", -2 * HOUR))


@pytest.fixture
def clock(tmp_path):
    return WallClock(tmp_path)


def accepted_since(route):
    """By the route's status: seconds since 1970; None: it is not."""
    for parent in route.get("status", {}).get("parents", []):
        for condition in parent["conditions"]:
            if condition["type"] == "Accepted" and condition["status"] == "True":
                return seconds_of(condition["lastTransitionTime"])
    return None


def assert_is_of(clock, since):
    assert clock.now() - 30 < since < clock.now() + 2, "it is the time that the clock showed"


def go_on(hammers):
    """Until each has had some answers more."""
    before = [hammer.count() for hammer in hammers]
    wait_for(lambda: all(hammer.count() > count + 100 for hammer, count in zip(hammers, before)))


def test_limen_run(limen, backend, clock):
    def since(name):
        return accepted_since(json.loads(limen.status("httproute", name, "-o", "json")))

    limen.route("r", [to("a")])
    limen.gateway()
    limen.write("backends.yaml", backend("a").yaml())
    with clock.shown():
        limen.start()
    limen.wait_status(200)
    assert_is_of(clock, since("r"))
    before, envoys = since("r"), limen.envoy_pids()
    hammers = [Hammer(limen), KeptAlive(limen)]
    for name, seconds in JUMPS:
        clock.jump(seconds)
        limen.route(name, [to("a")], hostnames=[f"{name}.example.com"])
        limen.wait_status(200, host=f"{name}.example.com")
        assert_is_of(clock, since(name))
        assert since("r") == before, "it has not changed"
        go_on(hammers)
    assert [list(hammer.stop()) for hammer in hammers] == [[200]] * 2
    assert limen.envoy_pids() == envoys


@pytest.fixture(scope="module")
def api():
    with running_api() as instance:
        yield instance


@pytest.fixture
def pair(api):
    """Two Limens with the same certificates, out of Secrets."""
    with running_limen(api) as leader, running_limen(api) as other:
        use_secrets(leader)
        use_secrets(other)
        yield leader, other


def lease(api):
    return api.get("Lease", "limen")["spec"]


def await_renewals(api):
    """Three by the leader: it goes on."""
    for _ in range(3):
        before = lease(api)["renewTime"]
        wait_for(lambda before=before: lease(api)["renewTime"] != before, timeout=20)


def look_at_secrets(api):
    """Makes the leader judge them again; else it does so once a minute."""
    for name in ("limen-ca", "limen-xds"):
        path = api.path("Secret", name, "default")
        before = int(api.get("Secret", name)["metadata"].get("annotations", {}).get("looks", 0))
        api.request("PATCH", path, {"metadata": {"annotations": {"looks": str(before + 1)}}}, MERGE)


@needs_kube
def test_limen_server(api, pair, backend, clock):
    """The leader's clock alone jumps: the API server's, the other Limen's and Envoy's stay."""
    leader, other = pair
    gateway(api, leader.port)
    make_backend(api, backend("a"))
    make_route(api, "r", "a")
    with clock.shown():
        leader.start()
    since = {"r": wait_for(lambda: accepted_since(api.get("HTTPRoute", "r")), timeout=30)}
    other.start()
    volume_of_proxy(leader)()
    leader.start_envoy()
    leader.wait_status(200)
    held, secrets = lease(api), [fields(api, name) for name in ("limen-ca", "limen-xds")]
    hammers = [Hammer(leader), KeptAlive(leader)]
    for name, seconds in JUMPS:
        clock.jump(seconds)
        look_at_secrets(api)
        make_route(api, name, "a", f"/{name}")
        since[name] = wait_for(lambda name=name: accepted_since(api.get("HTTPRoute", name)))
        assert_is_of(clock, since[name])
        leader.wait_status(200, f"/{name}")
        await_renewals(api)
        go_on(hammers)
        assert abs(seconds_of(lease(api)["renewTime"]) - clock.now()) < 30
    assert [list(hammer.stop()) for hammer in hammers] == [[200]] * 2
    assert {name: accepted_since(api.get("HTTPRoute", name)) for name in since} == since
    for member in ("holderIdentity", "acquireTime", "leaseTransitions"):
        assert lease(api)[member] == held[member]
    assert [fields(api, name) for name in ("limen-ca", "limen-xds")] == secrets

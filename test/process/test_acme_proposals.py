"""What a CA proposes: when to renew (RFC 9773), and profiles; from a Pebble that can."""

import datetime
import json
import re
import ssl
import time

import pytest

from limen import wait_for
from pebble import RECENT, connect, needs_pebble, needs_recent_pebble
from test_acme import conditions, pebble, write_policy, write_world  # noqa: F401  (pebble: a fixture)

pytestmark = [needs_pebble, needs_recent_pebble]
DAY = 86400
# Pebble draws lots where an order names none.
PROFILES = {"classic": {"description": "three months", "validityPeriod": 90 * DAY},
            "shortlived": {"description": "a week", "validityPeriod": 6 * DAY}}


@pytest.fixture
def ca(pebble):  # noqa: F811
    return pebble(program=RECENT, settings={"profiles": PROFILES})


def life(client):
    """Begin and end, unix seconds."""
    shown = client.tls.getpeercert()
    return [ssl.cert_time_to_seconds(shown[name]) for name in ("notBefore", "notAfter")]


def renewed_from(limen):
    found = re.search(r"renewed from (\S+?)\)", limen.status())
    return datetime.datetime.fromisoformat(found[1]).timestamp() if found else 0


def propose(ca, client, start, end):
    """What the CA says from now on of the certificate that was shown."""
    window = {"suggestedWindow": {name: datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat()
                                  for name, at in (("start", start), ("end", end))}}
    ca.manage("set-renewal-info/", {"certificate": ssl.DER_cert_to_PEM_cert(client.tls.getpeercert(True)),
                                    "ARIResponse": json.dumps(window)})


def test_a_profile(limen, ca, backend):
    write_world(limen, [ca], backend("a"), profile="forever")
    limen.start()
    failed = wait_for(lambda: (ready := conditions(limen).get("Ready")) and ready["reason"] == "Failed" and ready)
    assert "the CA does not offer the profile 'forever'" in failed["message"] and ca.orders == 0
    write_policy(limen, [ca], profile="shortlived")
    begin, end = life(wait_for(lambda: connect(limen, ca.root)))
    assert end - begin + 1 == PROFILES["shortlived"]["validityPeriod"]


def test_the_ca_says_when_to_renew(limen, ca, backend):
    write_world(limen, [ca], backend("a"), profile="classic")
    limen.start()
    client = wait_for(lambda: connect(limen, ca.root))
    begin, end = life(client)
    # Asked at once: a day around the end of two thirds of its life, which is Pebble's.
    wait_for(lambda: ca.count("renewalInfo/") == 1)
    assert abs(renewed_from(limen) - (end - (end - begin) / 3)) <= DAY

    # Asked again within a minute of a start.
    later = time.time() + 10 * DAY
    propose(ca, client, later, later + DAY)
    limen.stop()
    limen.start()
    wait_for(lambda: later - 1 <= renewed_from(limen) <= later + DAY, 75)
    assert wait_for(lambda: connect(limen, ca.root)).serial == client.serial and ca.orders == 1

    # The CA wants it gone.
    propose(ca, client, time.time() - DAY, time.time() - DAY / 2)
    limen.stop()
    limen.start()
    kept = wait_for(lambda: connect(limen, ca.root))

    def renewed():
        assert kept.ask() == 200
        return connect(limen, ca.root).serial != client.serial
    wait_for(renewed, 75)
    assert ca.orders == 2
    wait_for(lambda: ca.count("has been marked as replaced"))
    wait_for(lambda: renewed_from(limen) > time.time() + 55 * DAY)

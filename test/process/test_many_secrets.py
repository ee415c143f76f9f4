"""All certificates of a Gateway replaced at once: what Envoy is sent, what handshakes see, what becomes of connections.

LIMEN_SECRETS says how many certificates; 5,000 take a minute.
"""

import concurrent.futures
import datetime
import http.client
import json
import os
import random
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from h2.exceptions import ProtocolError

from http2 import H2Client
from limen import free_port, wait_for
from pki import TlsClient
from test_listener_sets import write
from test_routes import to
from test_tls import presented, secret

COUNT = int(os.environ.get("LIMEN_SECRETS", "500"))
IN_A_SET = 64  # at most that many listeners are in a ListenerSet
PATIENCE = 15 + COUNT / 20  # seconds
KEPT, SAMPLE = 48, 200  # connections that last; handshakes that are looked at
PEM = serialization.Encoding.PEM


class Batch:
    """A certificate for each host, all with one key and from one CA."""

    def __init__(self, ca):
        self.ca = ca
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.key_pem = self.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.certificates = {name: self.issue(name) for name in map(host, range(COUNT))}

    def issue(self, name):
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        return certificate(name, self.key.public_key(), self.ca).add_extension(names, False).sign(self.ca.key, hashes.SHA256())

    def write(self, limen):
        """All Secrets in one file, by one rename."""
        limen.write("secrets.yaml", "\n---\n".join(secret(name.split(".")[0], each.public_bytes(PEM), self.key_pem)
                                                   for name, each in self.certificates.items()))

    def der(self, name):
        return self.certificates[name].public_bytes(serialization.Encoding.DER)


class SigningKey:
    """A CA, made in memory."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ca")])
        whole = certificate("ca", self.key.public_key(), self).add_extension(x509.BasicConstraints(True, None), True)
        self.pem = whole.sign(self.key, hashes.SHA256()).public_bytes(PEM)


def certificate(name, key, ca):
    now = datetime.datetime.now(datetime.timezone.utc)
    return (x509.CertificateBuilder().issuer_name(ca.name).public_key(key).serial_number(x509.random_serial_number())
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
            .not_valid_before(now - datetime.timedelta(minutes=5)).not_valid_after(now + datetime.timedelta(days=2)))


def host(i):
    return f"h{i}.test"


def write_gateway(limen):
    """A listener a host, and a route for each ListenerSet."""
    limen.gateway(allowedListeners={"namespaces": {"from": "Same"}})
    for first in range(0, COUNT, IN_A_SET):
        listeners = [{"name": f"l{i}", "port": limen.https_port, "protocol": "HTTPS", "hostname": host(i),
                          "tls": {"certificateRefs": [{"name": f"h{i}"}]}}
                     for i in range(first, min(first + IN_A_SET, COUNT))]
        write(limen, "ListenerSet", f"s{first}", {"parentRef": {"name": "web"}, "listeners": listeners})
        write(limen, "HTTPRoute", f"r{first}", {"parentRefs": [{"kind": "ListenerSet", "name": f"s{first}"}], "rules": [
            {"backendRefs": [to("a")]},
            {"matches": [{"path": {"value": "/slow"}}], "timeouts": {"request": "0s"}, "backendRefs": [to("slow")]}]})


def stats(limen, regex):
    found = json.loads(limen.admin(f"/stats?format=json&filter={regex}"))["stats"]
    return {each["name"]: each["value"] for each in found if "value" in each}


def sds_updates(limen):
    return sum(stats(limen, r"^sds\..*\.update_success$").values())


def wait_for_updates(limen, count):
    def seen():
        return sds_updates(limen) == count or time.sleep(COUNT / 5000)  # a look at so many statistics holds Envoy up

    wait_for(seen, PATIENCE)


def other_updates(limen):
    """What Envoy was sent, or refused, but for Secrets."""
    return {name: value for name, value in
            stats(limen, r"\.(update_success|update_rejected|config_reload)$").items() if not name.startswith("sds.")}


def drains(limen):
    """What changes when Envoy lets go of a listener, a filter chain or a connection."""
    found = stats(limen, r"^listener_manager\..*(listener|filter_chain)|downstream_cx_(destroy_local|drain_close)$|goaway_sent$")
    return {name: value for name, value in found.items() if ".lds." not in name and "admin" not in name}


class Watch(threading.Thread):
    """Makes handshakes and asks on lasting connections until it ends."""

    def __init__(self, limen, old, new, lasting):
        super().__init__(daemon=True)
        self.limen, self.old, self.new, self.lasting = limen, old, new, lasting
        self.ended, self.count = threading.Event(), 0
        self.statuses, self.seen, self.wrong = set(), {}, []
        self.start()

    def run(self):
        while not self.ended.is_set():
            for name, client in self.lasting:
                try:
                    self.statuses.add(client.ask(name))
                except (OSError, http.client.HTTPException, ProtocolError, AssertionError) as error:
                    self.statuses.add(repr(error))
                self.shake_hands(host(random.randrange(COUNT)))
                self.count += 1

    def shake_hands(self, name):
        shown = presented(self.limen.https_port, name)
        if shown == self.new.der(name):
            self.seen[name] = "new"
        elif shown != self.old.der(name) or self.seen.get(name) == "new":
            self.wrong.append(name)

    def stop(self):
        self.ended.set()
        self.join()


@pytest.fixture
def world(limen, backend):
    """A running gateway with COUNT certificates."""
    limen.https_port = free_port()
    limen.ca = SigningKey()
    limen.batch = Batch(limen.ca)
    limen.slow = backend("slow")
    limen.write("backends.yaml", f"{backend('a').yaml()}---\n{limen.slow.yaml()}")
    write_gateway(limen)
    limen.batch.write(limen)
    begin = time.monotonic()
    limen.start()
    wait_for(limen.try_get, PATIENCE)
    wait_for_updates(limen, COUNT)
    print(f"{COUNT} certificates were in Envoy {time.monotonic() - begin:.1f} s after the start")
    return limen


def test_all_at_once(world):
    old, new, port, pem = world.batch, Batch(world.ca), world.https_port, world.ca.pem
    names = [host(i) for i in random.sample(range(COUNT), KEPT)]
    lasting = [(name, H2Client(port, pem, name) if i % 3 == 0 else TlsClient(port, world.ca, name))
               for i, name in enumerate(names)]
    assert {client.ask(name) for name, client in lasting} == {200}
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        world.slow.go_on.clear()
        client = H2Client(port, pem, names[0])
        client.socket.settimeout(2 * PATIENCE)
        stream = pool.submit(client.ask, names[0], "/slow")
        wait_for(lambda: world.slow.requests)

        before, begin = (drains(world), other_updates(world)), time.monotonic()
        watch = Watch(world, old, new, lasting)
        new.write(world)
        wait_for_updates(world, 2 * COUNT)
        took = time.monotonic() - begin
        watch.stop()
        assert not stream.done()
        world.slow.go_on.set()
        assert stream.result() == 200

    print(f"{COUNT} certificates replaced in {took:.1f} s; {watch.count} requests and handshakes meanwhile")
    assert (watch.statuses, watch.wrong) == ({200}, [])
    for name in [*names, *map(host, random.sample(range(COUNT), min(SAMPLE, COUNT)))]:
        assert presented(port, name) == new.der(name)
    assert {client.ask(name) for name, client in lasting} == {200}
    assert (drains(world), other_updates(world), sds_updates(world)) == (*before, 2 * COUNT)
    assert "Envoy refuses" not in world.status()

"""Certificates by ACME, from Pebble, shown by a real Envoy."""

import base64
import json
import time

import pytest

from limen import free_port, wait_for
from pebble import EXTERNAL_KEYS, Pebble, connect, needs_pebble
from pki import config_map

pytestmark = needs_pebble
HTTP_01 = [{"type": "HTTP-01"}]


@pytest.fixture
def pebble(limen, tmp_path):
    """Makes Pebbles; the first one starts here unless `start` is false."""
    made = []
    limen.https_port = free_port()

    def make(start=True, **words):
        made.append(Pebble(tmp_path, limen.port, limen.https_port, name=f"pebble{len(made)}", **words))
        return made[-1].start() if start else made[-1]

    yield make
    for each in made:
        each.stop()


def listener(limen, name, host):
    return {"name": name, "port": limen.https_port, "protocol": "HTTPS", "hostname": host,
            "tls": {"certificateRefs": [{"name": f"{name}-cert"}]}}


def write_world(limen, pebbles, backend=None, hosts=("a.example",), plain=True, **issuer):
    """A Gateway with a policy that asks the Pebbles in turn."""
    listeners = [{"name": "http", "port": limen.port, "protocol": "HTTP"}] if plain else []
    listeners += [listener(limen, f"https{i}", host) for i, host in enumerate(hosts)]
    limen.gateway(listeners)
    for i, each in enumerate(pebbles):
        limen.write(f"ca{i}.json", config_map(f"ca{i}", each.ca.pem))
    write_policy(limen, pebbles, **issuer)
    if backend is not None:
        limen.write("backend.yaml", backend.yaml())
        limen.route("r", [{"backendRefs": [{"group": "gateway.envoyproxy.io", "kind": "Backend",
                                            "name": backend.name}]}])


def write_policy(limen, pebbles, challenges=HTTP_01, **issuer):
    asked = {"challenges": challenges} if challenges else {}
    issuers = [{"server": each.directory, "email": "ops@example.com", **asked,
                "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": f"ca{i}"}], **issuer}
               for i, each in enumerate(pebbles)]
    limen.write("policy.json", json.dumps({
        "apiVersion": "limen.dev/v1alpha1", "kind": "CertificatePolicy", "metadata": {"name": "pebble"},
        "spec": {"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "web"}],
                 "acme": {"issuers": issuers}}}))


def conditions(limen, name="pebble"):
    answer = limen.status("certificatepolicy", name, "-o", "json")
    try:
        ancestors = json.loads(answer)["status"]["ancestors"]
    except ValueError:
        return {}
    return {each["type"]: each for each in ancestors[0]["conditions"]} if ancestors else {}


def test_an_empty_machine_has_https_in_ten_seconds(limen, pebble, backend):
    ca = pebble(environment={"PEBBLE_WFE_NONCEREJECT": "5"})  # as Pebble is without settings
    write_world(limen, [ca], backend("a"))
    begin = time.monotonic()
    limen.start()
    client = wait_for(lambda: connect(limen, ca.root))
    assert client.ask() == 200
    took = time.monotonic() - begin
    print(f"from `limen run` on an empty folder to an answer by HTTPS: {took:.2f} s")
    assert took < 10
    ready = wait_for(lambda: conditions(limen).get("Ready"))
    assert (ready["status"], ready["reason"]) == ("True", "Issued"), ready
    assert "days left" in limen.status(), limen.status()


def test_figures_say_when_certificates_expire_and_what_fails(limen, pebble, backend):
    ca = pebble(start=False)
    write_world(limen, [ca])
    port = free_port()
    limen.flags = ["--health-address", f"127.0.0.1:{port}"]
    limen.start()

    def figures():
        answer = limen.try_get("/metrics", port=port)
        lines = answer.text.splitlines() if getattr(answer, "status", 0) == 200 else []
        return {line.split("{")[0]: (line, int(line.split()[-1])) for line in lines if not line.startswith("#")}

    wait_for(lambda: figures().get("limen_certificate_failing", ("", 0))[1] == 1)
    assert figures()["limen_certificate_ready"][1] == 0
    assert "limen_certificate_expiration_timestamp_seconds" not in figures()
    limen.stop()
    ca.start()
    limen.start()
    write_policy(limen, [ca], email="others@example.com")  # another one is tried at once, also after a failure before the start
    line, expires = wait_for(lambda: figures().get("limen_certificate_expiration_timestamp_seconds"))
    assert f'{{secret="default/https0-cert",issuer="{ca.directory}"}}' in line
    assert expires > figures()["limen_certificate_renewal_timestamp_seconds"][1] > time.time()
    assert figures()["limen_certificate_failing"][1] == 0


def test_a_listener_set_has_a_certificate_of_its_own(limen, pebble, backend):
    ca = pebble()
    write_world(limen, [ca], backend("a"), hosts=())
    limen.gateway(allowedListeners={"namespaces": {"from": "Same"}})
    limen.write("set.json", json.dumps({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "ListenerSet",
        "metadata": {"name": "set", "annotations": {"limen.dev/acme": "of-set"}},
        "spec": {"parentRef": {"name": "web"}, "listeners": [listener(limen, "mine", "a.example")]}}))
    policy = json.loads((limen.conf / "policy.json").read_text())
    limen.write("of-set.json", json.dumps({**policy, "metadata": {"name": "of-set"}, "spec": {"acme": policy["spec"]["acme"]}}))
    (limen.conf / "policy.json").unlink()
    limen.write("r.json", json.dumps({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "of-set"},
        "spec": {"parentRefs": [{"kind": "ListenerSet", "name": "set"}],
                 "rules": [{"backendRefs": [{"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "a"}]}]}}))
    limen.start()
    assert wait_for(lambda: connect(limen, ca.root)).ask() == 200
    assert wait_for(lambda: conditions(limen, "of-set").get("Ready"))["reason"] == "Issued"


def test_a_redirect_to_https_leaves_challenges_alone(limen, pebble, backend):
    ca = pebble()
    write_world(limen, [ca])
    limen.write("redirect.json", json.dumps({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "redirect"},
        "spec": {"parentRefs": [{"name": "web", "sectionName": "http"}], "rules": [
            {"filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}]}]}}))
    limen.start()
    wait_for(lambda: connect(limen, ca.root))
    path = "/.well-known/acme-challenge/another-token"
    assert limen.wait_status(301, path, host="a.example").headers["location"].startswith("https://a.example")
    wait_for(lambda: "/.well-known/" not in limen.admin("/config_dump?resource=dynamic_route_configs"))


def test_after_a_restart_nothing_is_ordered(limen, pebble, backend):
    ca = pebble()
    write_world(limen, [ca], backend("a"))
    limen.start()
    serial = wait_for(lambda: connect(limen, ca.root)).serial
    wait_for(lambda: ca.orders == 1)
    limen.kill()
    limen.start()
    wait_for(lambda: conditions(limen).get("Ready", {}).get("status") == "True")
    assert connect(limen, ca.root).serial == serial
    assert ca.orders == 1


def test_a_renewal_fails_no_request(limen, pebble, backend):
    ca = pebble(settings={"certificateValidityPeriod": 12})  # seconds: renewed after 8
    write_world(limen, [ca], backend("a"))
    limen.start()
    kept = wait_for(lambda: connect(limen, ca.root))
    serial, statuses = kept.serial, set()

    def renewed():
        statuses.add(kept.ask())
        fresh = connect(limen, ca.root)
        assert fresh is not None, "a new connection is refused"
        return fresh.serial != serial

    wait_for(renewed, 20)
    statuses.add(kept.ask())
    assert statuses == {200}
    assert ca.orders == 2


def test_the_next_issuer_is_asked_where_one_is_out_of_reach(limen, pebble, backend):
    gone, ca = pebble(start=False), pebble()
    write_world(limen, [gone, ca], backend("a"))
    limen.start()
    assert wait_for(lambda: connect(limen, ca.root)).ask() == 200
    assert gone.directory in limen.log.read_text()


def test_a_wrong_external_account_shows_in_the_status(limen, pebble, backend):
    ca = pebble(settings={"externalAccountBindingRequired": True, "externalAccountMACKeys": EXTERNAL_KEYS})
    binding = {"keyID": "kid-1", "keySecretRef": {"name": "eab"}}
    write_world(limen, [ca], backend("a"), externalAccountBinding=binding)
    limen.start()
    accepted = wait_for(lambda: conditions(limen).get("Accepted"))
    assert accepted["status"] == "False" and "Secret default/eab" in accepted["message"], accepted

    def write_key(key):
        limen.write("eab.json", json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "eab"},
                                            "data": {"key": base64.b64encode(key.encode()).decode()}}))
    write_key("d3Jvbmc")
    failed = wait_for(lambda: (ready := conditions(limen).get("Ready")) and ready["reason"] == "Failed" and ready)
    assert "next try at" in failed["message"], failed
    write_key(EXTERNAL_KEYS["kid-1"])  # tried at once
    assert wait_for(lambda: connect(limen, ca.root)).ask() == 200


def test_a_ca_that_is_not_trusted_gets_nothing(limen, pebble, backend, tmp_path):
    ca, other = pebble(), pebble(start=False)
    write_world(limen, [ca], backend("a"))
    limen.write("ca0.json", config_map("ca0", other.ca.pem))
    limen.start()
    failed = wait_for(lambda: (ready := conditions(limen).get("Ready")) and ready["reason"] == "Failed" and ready)
    assert "certificate" in failed["message"], failed
    assert ca.count("POST") == 0
    limen.write("ca0.json", config_map("ca0", ca.ca.pem))
    assert wait_for(lambda: connect(limen, ca.root)).ask() == 200


def test_a_bad_day_of_the_ca(limen, pebble, backend):
    """Half of all nonces are refused, and validation takes its time."""
    ca = pebble(environment={"PEBBLE_WFE_NONCEREJECT": "50", "PEBBLE_VA_NOSLEEP": "", "PEBBLE_VA_SLEEPTIME": "4"})
    write_world(limen, [ca], backend("a"))
    limen.start()
    assert wait_for(lambda: connect(limen, ca.root), 60).ask() == 200


def test_a_refused_order_hurts_only_its_listener(limen, pebble, backend):
    ca = pebble(settings={"domainBlocklist": ["blocked.example"]})
    write_world(limen, [ca], backend("a"), hosts=("a.example", "blocked.example"))
    limen.start()
    assert wait_for(lambda: connect(limen, ca.root)).ask() == 200
    failed = wait_for(lambda: (ready := conditions(limen).get("Ready")) and ready["reason"] == "Failed" and ready)
    assert "rejectedIdentifier" in failed["message"] or "policy" in failed["message"].lower(), failed
    assert connect(limen, ca.root).ask() == 200


def test_a_secret_that_is_not_limens_is_left_alone(limen, pebble, backend):
    ca = pebble()
    write_world(limen, [ca], backend("a"))
    pair = ca.ca.issue("a.example")
    limen.write("mine.json", json.dumps({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": "https0-cert"},
        "data": {key: base64.b64encode(path.read_bytes()).decode()
                 for key, path in zip(("tls.crt", "tls.key"), pair)}}))
    limen.start()
    ready = wait_for(lambda: conditions(limen).get("Ready"))
    assert (ready["status"], ready["reason"]) == ("False", "NotOurs"), ready
    assert wait_for(lambda: connect(limen, ca.ca.pem.decode())).ask() == 200
    assert ca.orders == 0
    (limen.conf / "mine.json").unlink()  # now it is wanted
    assert wait_for(lambda: connect(limen, ca.root)).ask() == 200


def test_by_tls_alone(limen, pebble, backend):
    """TLS-ALPN-01, before there is a first certificate, and beside a listener whose connections go on."""
    ca = pebble()
    write_world(limen, [ca], backend("a"), plain=False, challenges=None)
    limen.start()
    kept = wait_for(lambda: connect(limen, ca.root))
    assert kept.ask() == 200
    write_world(limen, [ca], hosts=("a.example", "b.example"), plain=False, challenges=None)
    assert wait_for(lambda: connect(limen, ca.root, "b.example")).ask() == 200
    assert kept.ask() == 200, "the connection of before"
    assert ca.orders == 2
    wait_for(lambda: "acme-tls" not in limen.admin("/config_dump?resource=dynamic_listeners"))


def test_a_wildcard_by_a_program_that_writes_dns(limen, pebble, backend, tmp_path):
    ca = pebble()
    hook = tmp_path / "hook"
    hook.write_text(f"""#!/bin/sh
echo "$1 $2 $3" >> {tmp_path}/calls
case "$1" in
present) curl -s -d "{{\\"host\\": \\"$2.\\", \\"value\\": \\"$3\\"}}" http://127.0.0.1:{ca.dns_management}/set-txt;;
cleanup) curl -s -d "{{\\"host\\": \\"$2.\\"}}" http://127.0.0.1:{ca.dns_management}/clear-txt;;
esac
""")
    hook.chmod(0o700)
    write_world(limen, [ca], backend("a"), hosts=("*.a.example",), challenges=[{"type": "DNS-01", "hook": "mine"}])
    limen.start()
    failed = wait_for(lambda: (ready := conditions(limen).get("Ready")) and ready["reason"] == "Failed" and ready)
    assert "--acme-dns-hook mine=PROGRAM" in failed["message"], failed
    limen.stop()
    limen.flags = ["--acme-dns-hook", f"mine={hook}"]
    limen.start()
    assert wait_for(lambda: connect(limen, ca.root, "www.a.example")).ask() == 200
    calls = wait_for(lambda: (lines := (tmp_path / "calls").read_text().splitlines()) and len(lines) == 2 and lines)
    assert [call.split()[:2] for call in calls] == [["present", "_acme-challenge.a.example"],
                                                    ["cleanup", "_acme-challenge.a.example"]]

"""HTTPS listeners: certificates by SDS, SNI, rotation."""

import base64
import http.client
import json
import socket
import ssl
import subprocess

import pytest

from limen import free_port, wait_for


def make_pair(folder, name, key=("ec", "-pkeyopt", "ec_paramgen_curve:P-256")):
    subprocess.run(["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
                    "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt"], check=True, capture_output=True)
    return (folder / f"{name}.crt").read_bytes(), (folder / f"{name}.key").read_bytes()


def secret(name, certificate, key):
    data = {"tls.crt": base64.b64encode(certificate).decode(), "tls.key": base64.b64encode(key).decode()}
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
                       "metadata": {"name": name}, "data": data})


def presented(port, server_name):
    """The certificate that a listener shows to a client that asks for `server_name`; None: no handshake."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
            with context.wrap_socket(plain, server_hostname=server_name) as tls:
                return tls.getpeercert(binary_form=True)
    except OSError:
        return None


def der(certificate):
    return ssl.PEM_cert_to_DER_cert(certificate.decode())


@pytest.fixture
def https(limen, backend, tmp_path):
    a = backend("a")
    limen.https_port = free_port()
    limen.pairs = {name: make_pair(tmp_path, name) for name in ("one.test", "two.test", "new.test")}
    listeners = [{"name": name[:3], "port": limen.https_port, "protocol": "HTTPS", "hostname": name,
                  "tls": {"certificateRefs": [{"name": name.replace(".", "-")}]}} for name in ("one.test", "two.test")]
    limen.gateway()
    limen.write("https.json", json.dumps({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
                                          "metadata": {"name": "tls"},
                                          "spec": {"gatewayClassName": "limen", "listeners": listeners}}))
    limen.write("route.json", json.dumps({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
                                          "metadata": {"name": "r"}, "spec": {
                                              "parentRefs": [{"name": "tls"}], "rules": [{"backendRefs": [
                                                  {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "a"}]}]}}))
    limen.write("a.yaml", a.yaml())
    limen.write("one.json", secret("one-test", *limen.pairs["one.test"]))
    limen.start()
    return limen


def test_each_name_gets_its_certificate(https):
    wait_for(lambda: presented(https.https_port, "one.test") == der(https.pairs["one.test"][0]))
    https.write("two.json", secret("two-test", *https.pairs["two.test"]))
    wait_for(lambda: presented(https.https_port, "two.test") == der(https.pairs["two.test"][0]))
    assert presented(https.https_port, "one.test") == der(https.pairs["one.test"][0])
    context = ssl.create_default_context(cadata=https.pairs["one.test"][0].decode())
    with socket.create_connection(("127.0.0.1", https.https_port), timeout=5) as plain:
        with context.wrap_socket(plain, server_hostname="one.test") as tls:
            tls.sendall(b"GET /x HTTP/1.1\r\nhost: one.test\r\nconnection: close\r\n\r\n")
            response = http.client.HTTPResponse(tls)
            response.begin()
            assert (response.status, json.loads(response.read())["path"]) == (200, "/x")


def test_a_missing_or_broken_secret_hurts_only_its_listener(https):
    wait_for(lambda: presented(https.https_port, "one.test") is not None)
    assert presented(https.https_port, "two.test") is None
    wait_for(lambda: "two-test" in https.status())
    https.write("two.json", secret("two-test", https.pairs["two.test"][0], https.pairs["one.test"][1]))
    wait_for(lambda: "does not" in https.status() or "match" in https.status())
    assert presented(https.https_port, "one.test") == der(https.pairs["one.test"][0])


def test_a_rotated_certificate_takes_effect_on_the_running_envoy(https):
    wait_for(lambda: presented(https.https_port, "one.test") == der(https.pairs["one.test"][0]))
    pids = https.envoy_pids()
    https.write("one.json", secret("one-test", *https.pairs["new.test"]))
    wait_for(lambda: presented(https.https_port, "one.test") == der(https.pairs["new.test"][0]))
    assert https.envoy_pids() == pids
    assert "PRIVATE KEY" not in https.log.read_text()


def test_a_certificate_that_envoy_refuses_is_named(https, tmp_path):
    wait_for(lambda: presented(https.https_port, "one.test") == der(https.pairs["one.test"][0]))
    https.write("one.json", secret("one-test", *make_pair(tmp_path, "weak.test", ("rsa:1024",))))
    wait_for(lambda: "Envoy refuses default/one-test" in https.status(), timeout=5)
    assert presented(https.https_port, "one.test") == der(https.pairs["one.test"][0])
    https.write("two.json", secret("two-test", *https.pairs["two.test"]))
    wait_for(lambda: presented(https.https_port, "two.test") == der(https.pairs["two.test"][0]))
    https.write("one.json", secret("one-test", *https.pairs["new.test"]))
    wait_for(lambda: presented(https.https_port, "one.test") == der(https.pairs["new.test"][0]))
    wait_for(lambda: "Envoy refuses" not in https.status())


def test_a_listener_has_several_certificates(https, tmp_path):
    """By the names that clients ask for, and by the kinds of keys that they know; each is replaced by itself."""
    def serve(**pairs):
        for name, pair in pairs.items():
            https.write(f"{name}.json", secret(name, *pair))
        listener = {"name": "all", "port": https.https_port, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": name} for name in pairs]}}
        https.write("https.json", json.dumps({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "tls"},
                                              "spec": {"gatewayClassName": "limen", "listeners": [listener]}}))

    def with_keys(kind):
        """The certificate for a client of TLS 1.2 that knows only such keys."""
        context = ssl._create_unverified_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(f"ECDHE-{kind}-AES128-GCM-SHA256")
        try:
            with socket.create_connection(("127.0.0.1", https.https_port), timeout=5) as plain, context.wrap_socket(plain, server_hostname="one.test") as tls:
                return tls.getpeercert(binary_form=True)
        except OSError:
            return None

    one, two, new = (https.pairs[f"{name}.test"] for name in ("one", "two", "new"))
    (tmp_path / "rsa").mkdir()
    rsa = make_pair(tmp_path / "rsa", "one.test", ("rsa:2048",))
    serve(one=one, two=two)
    wait_for(lambda: [presented(https.https_port, f"{name}.test") for name in ("one", "two", "x")] == [der(one[0]), der(two[0]), der(one[0])])
    https.write("two.json", secret("two", *new))
    wait_for(lambda: presented(https.https_port, "new.test") == der(new[0]))
    assert presented(https.https_port, "one.test") == der(one[0])
    serve(one=one, rsa=rsa)
    wait_for(lambda: (with_keys("ECDSA"), with_keys("RSA")) == (der(one[0]), der(rsa[0])))
    # One that is missing takes nothing from the others, and is named.
    (https.conf / "rsa.json").unlink()
    wait_for(lambda: "Secret default/rsa does not exist" in https.status("gateway", "tls"))
    wait_for(lambda: with_keys("RSA") is None)
    assert with_keys("ECDSA") == der(one[0])

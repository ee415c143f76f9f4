"""Who may see xDS in Kubernetes: certificates out of Secrets, and tokens of ServiceAccounts, on a real API server."""

import base64
import contextlib
import json
import pathlib
import shutil
import subprocess
import tempfile
import time

import pytest

from kube_api import ApiError, needs_kube, running_api
from kube_limen import backend as make_backend, gateway, route, running_limen
from limen import LIMEN, Echo, wait_for
from pki import Authority
from volume import Volume
from xds_client import SERVICES, XdsClient

pytestmark = needs_kube

AUDIENCE = "limen.default.svc.cluster.local"
ALWAYS_ANSWERED = [service for service in SERVICES if not service[1] or "Clusters" in service[0] or "Listeners" in service[0]]


@pytest.fixture(scope="module")
def api():
    with running_api() as instance:
        yield instance


@pytest.fixture(scope="module")
def echo():
    echo = Echo("a")
    yield echo
    echo.close()


@pytest.fixture
def limen(api, echo):
    """Limen without certificates of its own, with the Gateway default/web and a route."""
    for name in ("limen-ca", "limen-xds"):
        with contextlib.suppress(ApiError):
            api.delete("Secret", name)
    with running_limen(api) as instance:
        use_secrets(instance)
        gateway(api, instance.port)
        make_backend(api, echo)
        route(api, "r", "a")
        yield instance


def use_secrets(limen):
    limen.certs_flags = []
    shutil.rmtree(limen.certs)


def fields(api, name):
    """A Secret's."""
    return {key: base64.b64decode(value) for key, value in api.get("Secret", name)["data"].items()}


def start(limen, *flags, **more):
    limen.start(*flags, **more)
    wait_for(lambda: limen.says("xDS on"), timeout=30)


def credentials(api, folder, proxy="default/web"):
    """tls.crt, tls.key and ca.crt of a proxy, by Limen's authority."""
    ca = fields(api, "limen-ca")
    folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
    (folder / "ca.crt").write_bytes(ca["tls.crt"])
    (folder / "ca.key").write_bytes(ca["tls.key"])
    subprocess.run([LIMEN, "certgen", "--dir", folder, "--proxy", proxy], check=True, capture_output=True)
    base = folder / proxy.replace("/", "_")
    return {"tls.crt": base.with_suffix(".crt").read_bytes(), "tls.key": base.with_suffix(".key").read_bytes(),
            "ca.crt": fields(api, "limen-xds")["ca.crt"]}


def pair_of(api, folder, proxy="default/web"):
    new = credentials(api, folder, proxy)
    return new["tls.crt"], new["tls.key"]


def client(limen, pair=None, token=None, ca=None):
    return XdsClient(limen.xds_port, ca or fields(limen.api, "limen-xds")["ca.crt"], pair, token)


def leaf(pem):
    return pem.strip().replace(b"\n", b"")


def volume_of_proxy(limen):
    """The Secret of default/web as in a pod; names as `limen bootstrap` expects them."""
    volume = Volume(limen.conf.parent / "certs")

    def renew():
        new = credentials(limen.api, limen.conf.parent)
        volume.put({"default_web.crt": new["tls.crt"], "default_web.key": new["tls.key"], "ca.crt": new["ca.crt"]})
    renew()
    return renew


def test_the_secrets_are_made_and_used(limen):
    start(limen)
    ca, own = fields(limen.api, "limen-ca"), fields(limen.api, "limen-xds")
    assert set(ca) == {"tls.crt", "tls.key"} and set(own) == {"tls.crt", "tls.key", "ca.crt"}
    assert own["ca.crt"] == ca["tls.crt"]
    names = subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName"], input=own["tls.crt"],
                           capture_output=True, check=True).stdout.decode()
    for name in ("DNS:limen,", "DNS:limen.default,", "DNS:limen.default.svc,", "DNS:limen.default.svc.cluster.local",
                 "URI:spiffe://limen/xds"):
        assert name in names
    own_client = client(limen, pair_of(limen.api, limen.conf.parent))
    for service in ALWAYS_ANSWERED:
        assert own_client.sees(service=service), service
    for service in SERVICES:
        assert own_client.refusal(proxy="default/other", service=service)[0] == "PERMISSION_DENIED"
        assert client(limen).refusal(service=service)[0] == "UNAVAILABLE", "the handshake fails"
    limen.process.terminate()
    limen.process.wait(20)
    assert limen.process.returncode == 0
    start(limen)
    assert fields(limen.api, "limen-ca") == ca and fields(limen.api, "limen-xds") == own


def test_certificates_rotate_in_memory_on_all_replicas(limen):
    start(limen, "--certificate-lives", "3600", "18", "1")
    pair = pair_of(limen.api, limen.conf.parent)
    with running_limen(limen.api) as second:
        use_secrets(second)
        start(second, "--certificate-lives", "3600", "18", "1")
        before = fields(limen.api, "limen-xds")["tls.crt"]
        volume_of_proxy(limen)
        limen.start_envoy("--sds-dir", limen.conf.parent / "sds")
        limen.wait_status(200)
        after = wait_for(lambda: (now := fields(limen.api, "limen-xds")["tls.crt"]) != before and now, timeout=20)
        for replica in (limen, second):
            wait_for(lambda: seen_by(replica, pair) == leaf(after))
        assert not limen.says("closed"), "Envoy's stream lives on"
        route(limen.api, "s", "missing", "/s")
        limen.wait_status(500, "/s")
    limen.api.delete("HTTPRoute", "s")


def seen_by(limen, pair):
    """The certificate that a client with one of its own is shown."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=limen.conf.parent))
    for name, content in zip(("crt", "key"), pair):
        (folder / name).write_bytes(content)
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{limen.xds_port}", "-cert", folder / "crt",
                           "-key", folder / "key"], input=b"", capture_output=True)
    text = done.stdout
    begin, end = text.find(b"-----BEGIN"), text.find(b"-----END CERTIFICATE-----")
    return leaf(text[begin:end + 25])


def test_an_envoy_reads_what_is_rotated(limen):
    """The authority is replaced at once: the hardest case."""
    start(limen)
    renew = volume_of_proxy(limen)
    limen.start_envoy("--sds-dir", limen.conf.parent / "sds")
    limen.wait_status(200)
    before = fields(limen.api, "limen-ca")
    limen.api.delete("Secret", "limen-ca")
    wait_for(lambda: fields_or_none(limen.api) not in (None, before))
    wait_for(lambda: fields(limen.api, "limen-xds")["ca.crt"] == fields(limen.api, "limen-ca")["tls.crt"])
    route(limen.api, "s", "missing", "/s")
    limen.wait_status(500, "/s")  # by the stream of before
    restart(limen)
    limen.api.delete("HTTPRoute", "s")
    time.sleep(3)
    assert limen.get("/s").status == 500, "it knows neither the new authority nor has it a certificate of it"
    renew()
    limen.wait_status(200, "/s")


def fields_or_none(api):
    with contextlib.suppress(ApiError):
        return fields(api, "limen-ca")


def restart(limen, *flags):
    limen.kill()
    limen.log.write_text("")
    start(limen, *flags)


def test_a_secret_that_is_no_good_is_named(limen):
    start(limen)
    good = shown_by(limen)
    limen.api.apply("Secret", "limen-xds", metadata={"labels": {"app.kubernetes.io/managed-by": "somebody"}},
                    type="kubernetes.io/tls", data={"tls.key": base64.b64encode(b"none").decode()})
    wait_for(lambda: limen.says("Secret default/limen-xds: tls.crt and tls.key: cannot read the key"))
    assert shown_by(limen) == good
    limen.api.apply("Secret", "limen-xds", metadata={"labels": {"app.kubernetes.io/managed-by": "limen"}},
                    type="kubernetes.io/tls", data={"tls.key": base64.b64encode(b"none").decode()})
    wait_for(lambda: limen.says("Secret default/limen-xds was renewed"), timeout=30)  # by the leader


def shown_by(limen):
    return seen_by(limen, pair_of(limen.api, limen.conf.parent))


def test_the_rights_that_limen_prints_are_enough(limen):
    limen.api.grant("access", "--gateway-namespace-mode")
    start(limen, "--gateway-namespace-mode", kubeconfig=limen.api.kubeconfig_of("access"))
    limen.api.apply("ServiceAccount", "web")
    assert client(limen, token=limen.api.token("web", AUDIENCE)).sees()
    assert not limen.says("forbidden")


def test_certgen_makes_the_same_secrets(limen):
    def certgen():
        return subprocess.run([LIMEN, "certgen", "--kubernetes", "-n", "default", "--kubeconfig", limen.api.kubeconfig()],
                              capture_output=True, text=True)
    assert certgen().returncode == 0
    before = fields(limen.api, "limen-ca"), fields(limen.api, "limen-xds")
    assert certgen().returncode == 0
    start(limen)
    assert (fields(limen.api, "limen-ca"), fields(limen.api, "limen-xds")) == before
    assert subprocess.run([LIMEN, "certgen"], capture_output=True).returncode == 2


@pytest.fixture
def tokens(limen):
    """Limen that takes tokens, and ServiceAccounts."""
    for name in ("web", "other"):
        limen.api.apply("ServiceAccount", name)
    start(limen, "--gateway-namespace-mode")
    return limen


def forged(claims, key):
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    text = part(json.dumps({"alg": "RS256"}).encode()) + b"." + part(json.dumps(claims).encode())
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=text, capture_output=True, check=True)
    return (text + b"." + part(signature.stdout)).decode()


def test_tokens(tokens):
    api = tokens.api
    own = client(tokens, token=api.token("web", AUDIENCE))
    by_certificate = client(tokens, pair_of(api, tokens.conf.parent))
    for service in ALWAYS_ANSWERED:
        assert own.sees(service=service), service
        assert by_certificate.sees(service=service), service
    claims = {"iss": "https://limen.test", "sub": "system:serviceaccount:default:web", "aud": [AUDIENCE],
              "exp": int(time.time()) + 600, "kubernetes.io": {"namespace": "default", "serviceaccount": {"name": "web"}}}
    subprocess.run(["openssl", "genrsa", "-out", api.folder / "forged.key", "2048"], check=True, capture_output=True)
    refused = {
        "another account": (api.token("other", AUDIENCE), "PERMISSION_DENIED", "its token is that of default/other"),
        "another audience": (api.token("web", "https://limen.test"), "UNAUTHENTICATED", "refuses it"),
        "garbage": ("garbage", "UNAUTHENTICATED", "not the token of a service account"),
        "expired": (forged({**claims, "exp": int(time.time()) - 1}, api.folder / "sa.key"), "UNAUTHENTICATED", "expired"),
        "another signature": (forged(claims, api.folder / "forged.key"), "UNAUTHENTICATED", "refuses it"),
        "the API server's own": ("limen-test-token", "UNAUTHENTICATED", "not the token of a service account"),
        "none": (None, "UNAUTHENTICATED", "neither a certificate nor a bearer token")}
    for service in SERVICES:
        for what, (token, code, details) in refused.items():
            answer = client(tokens, token=token).refusal(service=service)
            assert answer[0] == code and details in answer[1], (what, service, answer)
    both = client(tokens, pair_of(api, tokens.conf.parent, "default/other"), token=api.token("web", AUDIENCE))
    assert both.refusal()[0] == "PERMISSION_DENIED", "a certificate counts before a token"
    foreign = Authority(pathlib.Path(tempfile.mkdtemp(dir=tokens.conf.parent)), "foreign")
    for expired in (False, True):
        pair = foreign.issue("web", ["URI:spiffe://limen/proxy/default/web"], expired=expired)
        intruder = client(tokens, tuple(path.read_bytes() for path in pair), token=api.token("web", AUDIENCE))
        assert intruder.refusal()[0] == "UNAVAILABLE", "the handshake fails"


def test_tokens_while_the_api_server_is_away(tokens):
    api = tokens.api
    known, unknown = api.token("web", AUDIENCE), api.token("web", AUDIENCE)
    assert known != unknown
    ca = fields(api, "limen-xds")["ca.crt"]
    assert client(tokens, token=known).sees()
    api.kill("kube-apiserver")
    try:
        assert client(tokens, token=known, ca=ca).sees()
        code, details = client(tokens, token=unknown, ca=ca).refusal(timeout=20)
        assert code == "UNAUTHENTICATED" and "cannot be asked" in details
    finally:
        api.start("kube-apiserver")
        api.await_ready()
    wait_for(lambda: client(tokens, token=unknown, ca=ca).sees(), timeout=30)


def test_an_envoy_with_a_token(tokens):
    volume, certs = Volume(tokens.conf.parent / "token"), Volume(tokens.conf.parent / "certs")
    certs.put({"ca.crt": fields(tokens.api, "limen-xds")["ca.crt"]})
    volume.put({"token": tokens.api.token("other", AUDIENCE).encode()})
    tokens.start_envoy("--sds-dir", tokens.conf.parent / "sds", "--token-file", tokens.conf.parent / "token/token")
    wait_for(lambda: tokens.says("its token is that of default/other"))
    assert tokens.try_get() is None
    volume.put({"token": tokens.api.token("web", AUDIENCE).encode()})
    tokens.wait_status(200)

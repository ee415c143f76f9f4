"""ClientTrafficPolicy by behaviour: what a real Envoy agrees on with clients, whom it lets in, and what it takes for
their address."""

import hashlib
import json
import socket
import ssl
import subprocess

import pytest

from limen import free_port, wait_for
from pki import Authority, TlsClient, ask_once, config_map, tls_secret
from test_backend_tls import BACKEND
from test_security_policy import listeners_of, policy as security_policy


def policy(name, spec, section=None, kind="Gateway", target="web"):
    ref = {"group": "gateway.networking.k8s.io", "kind": kind, "name": target}
    if section:
        ref["sectionName"] = section
    return json.dumps({"apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "ClientTrafficPolicy",
                       "metadata": {"name": name}, "spec": {"targetRefs": [ref], **spec}})


def validation(**more):
    return {"tls": {"clientValidation": {"caCertificateRefs": [{"kind": "ConfigMap", "name": "ca"}], **more}}}


class Web:
    """A gateway with the HTTPS listeners "one" (one.test) and "two" (two.test) on one port, and a plain one."""

    def __init__(self, limen, folder):
        self.limen = limen
        self.server_ca, self.ca, self.other_ca = (Authority(folder, name) for name in ("servers", "ca", "other"))
        self.port = free_port()
        self.pairs = {name: self.server_ca.issue(f"{name}.test") for name in ("one", "two")}
        listeners = [{"name": name, "port": self.port, "protocol": "HTTPS", "hostname": f"{name}.test",
                      "tls": {"certificateRefs": [{"name": name}]}} for name in self.pairs]
        listeners.append({"name": "plain", "port": limen.port, "protocol": "HTTP"})
        limen.gateway(listeners)
        for name, pair in self.pairs.items():
            limen.write(f"{name}.json", tls_secret(name, pair))
        limen.write("ca.json", config_map("ca", self.ca.pem))

    def set(self, spec, section="one", name="p"):
        self.limen.write(f"{name}.json", policy(name, spec, section))

    def client(self, pair=None, host="one.test", tune=None):
        return TlsClient(self.port, self.server_ca, host, pair, tune)

    def ask(self, pair=None, host="one.test", tune=None):
        return ask_once(self.port, self.server_ca, host, pair, tune=tune)

    def status(self):
        return self.limen.status("clienttrafficpolicy")

    def wait_status(self, text):
        wait_for(lambda: text in self.status())

    def wait(self, expected, **how):
        wait_for(lambda: self.ask(**how) == expected)


@pytest.fixture
def web(limen, backend, tmp_path):
    a = backend("a")
    web = Web(limen, tmp_path)
    limen.write("a.yaml", a.yaml())
    limen.route("r", [{"backendRefs": [BACKEND]}])
    limen.start()
    web.wait(200)
    web.wait(200, host="two.test")
    return web


def version(which):
    def tune(context):
        context.minimum_version = context.maximum_version = which
    return tune


def cipher(name):
    def tune(context):
        version(ssl.TLSVersion.TLSv1_2)(context)
        context.set_ciphers(name)
    return tune


def alpn(*names):
    return lambda context: context.set_alpn_protocols(list(names))


TLS12, TLS13 = version(ssl.TLSVersion.TLSv1_2), version(ssl.TLSVersion.TLSv1_3)


def test_versions_and_ciphers(web):
    assert web.ask(tune=TLS12) == web.ask(tune=TLS13) == 200
    kept = web.client(host="two.test")
    web.set({"tls": {"minVersion": "1.3"}})
    web.wait(None, tune=TLS12)
    assert web.ask(tune=TLS13) == 200
    assert web.ask(host="two.test", tune=TLS12) == 200  # the policy is the other listener's
    web.set({"tls": {"maxVersion": "1.2", "ciphers": ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES128-SHA"]}})
    web.wait(None, tune=TLS13)
    wait_for(lambda: web.ask(tune=cipher("ECDHE-ECDSA-AES128-GCM-SHA256")) is None)
    for name in ("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"):
        client = web.client(tune=cipher(name))
        assert client.connection.sock.cipher()[0] == name.split(":")[0] and client.ask("one.test") == 200
    sock = kept.connection.sock
    assert kept.ask("two.test") == 200 and kept.connection.sock is sock  # all that dropped no connection of it


def agreed(web, *words):
    """Group and signature that a client agrees on that knows only these; None: there is no handshake."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{web.port}", "-servername", "one.test", *words],
                          input="", capture_output=True, text=True, timeout=10)
    found = dict(line.split(": ", 1) for line in done.stdout.splitlines() if line.startswith(("Server Temp Key", "Peer signature type", "Peer signing digest")))
    return (found["Server Temp Key"].split(", ")[-2 if "bits" in found["Server Temp Key"] else -1], found["Peer signing digest"]) if found else None


def test_curves_and_signatures(web):
    assert agreed(web, "-groups", "P-256")[0] == "prime256v1" and agreed(web, "-groups", "X25519")[0] == "X25519"
    web.set({"tls": {"ecdhCurves": ["P-384"]}})
    wait_for(lambda: agreed(web, "-groups", "P-256") is None)
    assert agreed(web, "-groups", "P-256:P-384")[0] == "secp384r1"
    assert agreed(web, "-groups", "P-384", "-sigalgs", "ECDSA+SHA256")[1] == "SHA256"
    web.set({"tls": {"signatureAlgorithms": ["rsa_pss_rsae_sha256"]}})  # the certificate's key is of another kind
    wait_for(lambda: agreed(web) is None)
    web.set({"tls": {"signatureAlgorithms": ["ecdsa_secp256r1_sha256"]}})
    wait_for(lambda: (agreed(web) or ["", ""])[1] == "SHA256")


def test_protocols_in_the_handshake(web):
    def chosen(*names):
        return web.client(tune=alpn(*names)).connection.sock.selected_alpn_protocol()
    assert chosen("h2", "http/1.1") == "h2" and chosen("http/1.1") == "http/1.1"
    web.set({"tls": {"alpnProtocols": ["http/1.1"]}})
    wait_for(lambda: chosen("h2", "http/1.1") == "http/1.1")
    web.set({"tls": {"alpnProtocols": []}})
    wait_for(lambda: chosen("h2", "http/1.1") is None)


def resumes(web, with_tickets):
    """Whether a second connection goes on with the session of a first."""
    context = ssl.create_default_context(cadata=web.server_ca.pem.decode())
    TLS12(context)
    if not with_tickets:
        context.options |= ssl.OP_NO_TICKET
    session = None
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", web.port), timeout=5) as plain:
            with context.wrap_socket(plain, server_hostname="one.test", session=session) as tls:
                session, reused = tls.session, tls.session_reused
    return reused


def test_sessions_are_resumed_only_where_a_policy_says_so(web):
    assert not resumes(web, True) and not resumes(web, False)
    web.set({"tls": {"minVersion": "1.2"}})
    web.wait_status("Accepted=True")
    assert not resumes(web, True) and not resumes(web, False)
    web.set({"tls": {"session": {"resumption": {"stateless": {}}}}})
    wait_for(lambda: resumes(web, True))
    assert not resumes(web, False)
    web.set({"tls": {"session": {"resumption": {"stateful": {}}}}})
    wait_for(lambda: resumes(web, False))


class People:
    """Clients by what they show."""

    def __init__(self, web):
        self.web = web
        self.pairs = {"none": None, "shop": web.ca.issue("shop", ["URI:spiffe://example.test/ns/shop"]),
                      "mail": web.ca.issue("mail", ["DNS:mail.test", "email:mail@example.test"]),
                      "late": web.ca.issue("late", ["URI:spiffe://example.test/ns/late"], expired=True),
                      "other": web.other_ca.issue("other", ["URI:spiffe://example.test/ns/shop"])}

    def let_in(self):
        return " ".join(name for name, pair in self.pairs.items() if self.web.ask(pair) == 200)

    def wait(self, who):
        wait_for(lambda: self.let_in() == who)


@pytest.fixture
def people(web):
    return People(web)


def test_who_is_let_in_by_mode(web, people):
    everybody = "none shop mail late other"
    assert people.let_in() == everybody
    web.set(validation())
    people.wait("shop mail")
    assert web.ask(host="two.test") == 200  # another listener of the port asks nobody
    web.set(validation(mode="VerifyIfGiven"))
    people.wait("none shop mail")
    web.set(validation(mode="RequireAny"))
    people.wait("shop mail late other")
    web.set(validation(mode="Request"))
    people.wait(everybody)
    web.set(validation(allowExpiredCertificate=True))
    people.wait("shop mail late")
    web.set(validation(optional=True))
    people.wait("none shop mail")
    web.wait_status("Warning=True(DeprecatedField: spec.tls.clientValidation.optional is deprecated")
    web.limen.write("p.json", policy("p", validation()))  # the whole Gateway's
    people.wait("shop mail")
    wait_for(lambda: web.ask(host="two.test") is None)
    assert web.limen.get().status == 200  # plain HTTP has none of this


def test_names_and_hashes(web, people):
    web.set(validation(subjectAltNames={"uris": [{"type": "Prefix", "value": "spiffe://example.test/ns/"}]}))
    people.wait("shop")
    before = listeners_of(web.limen)
    web.set(validation(subjectAltNames={"dnsNames": [{"value": "mail.test"}]}))
    people.wait("mail")
    web.set(validation(subjectAltNames={"emailAddresses": [{"type": "Suffix", "value": "@example.test"}],
                                        "uris": [{"type": "RegularExpression", "value": "spiffe://[^/]*/ns/shop"}]}))
    people.wait("shop mail")
    der = ssl.PEM_cert_to_DER_cert(people.pairs["mail"][0].read_text())
    web.set(validation(certificateHashes=[hashlib.sha256(der).hexdigest()]))
    people.wait("mail")
    spki = subprocess.run(f"openssl x509 -in {people.pairs['shop'][0]} -noout -pubkey | openssl pkey -pubin -outform der | "
                          "openssl dgst -sha256 -binary | openssl base64", shell=True, check=True, capture_output=True, text=True)
    web.set(validation(spkiHashes=[spki.stdout.strip()]))
    people.wait("shop")
    assert listeners_of(web.limen) == before  # what is checked goes by SDS
    # A hash alone says enough.
    web.set({"tls": {"clientValidation": {"certificateHashes": [hashlib.sha256(der).hexdigest()]}}})
    people.wait("mail")


def test_revoked_certificates(web, people):
    web.limen.write("crl.json", config_map("crl", web.ca.crl(), "ca.crl"))
    web.set(validation(crl={"refs": [{"kind": "ConfigMap", "name": "crl"}]}))
    people.wait("shop mail")
    before = listeners_of(web.limen)
    kept = web.client(people.pairs["shop"])
    assert kept.ask("one.test") == 200
    sock = kept.connection.sock
    web.ca.revoke(people.pairs["mail"])
    web.limen.write("crl.json", config_map("crl", web.ca.crl(), "ca.crl"))
    people.wait("shop")
    assert kept.ask("one.test") == 200 and kept.connection.sock is sock
    assert listeners_of(web.limen) == before
    web.limen.write("crl.json", config_map("crl", b"nonsense", "ca.crl"))  # fails closed, says why, and recovers
    people.wait("")
    web.wait_status("spec.tls.clientValidation.crl.refs[0]: ConfigMap default/crl: ca.crl is no PEM text of lists of revoked")
    assert web.ask(host="two.test") == 200
    web.limen.write("crl.json", config_map("crl", web.ca.crl(), "ca.crl"))
    people.wait("shop")


def test_lists_of_all_authorities_or_of_the_leafs_alone(web, tmp_path):
    team = web.ca.intermediate(tmp_path, "team")
    good, bad = team.issue("good"), team.issue("bad")
    for certificate, _ in (good, bad):  # clients show the authority between, too
        certificate.write_bytes(certificate.read_bytes() + team.pem)
    team.revoke(bad)

    def lists(*authorities, **more):
        web.limen.write("crl.json", config_map("crl", b"".join(each.crl() for each in authorities), "ca.crl"))
        web.set(validation(crl={"refs": [{"kind": "ConfigMap", "name": "crl"}], **more}))

    def let_in():
        return [web.ask(pair) == 200 for pair in (good, bad)]
    web.set(validation())
    wait_for(lambda: let_in() == [True, True])
    lists(team)
    wait_for(lambda: let_in() == [False, False])
    lists(team, onlyVerifyLeafCertificate=True)
    wait_for(lambda: let_in() == [True, False])
    lists(team, web.ca)
    wait_for(lambda: let_in() == [True, False])
    web.ca.revoke((team.folder / "ca.crt", None))
    lists(team, web.ca)
    wait_for(lambda: let_in() == [False, False])
    lists(team, web.ca, onlyVerifyLeafCertificate=True)
    wait_for(lambda: let_in() == [True, False])


def seen_by_backend(client, **headers):
    assert client.ask("one.test", headers=headers) == 200
    return json.loads(client.text)["headers"]


def test_the_certificate_is_told_to_backends(web, people):
    forged = {"x-forwarded-client-cert": "URI=spiffe://example.test/ns/admin"}
    shop = people.pairs["shop"]
    assert "x-forwarded-client-cert" not in seen_by_backend(web.client(), **forged)
    web.set({**validation(mode="VerifyIfGiven"),
             "headers": {"xForwardedClientCert": {"mode": "SanitizeSet", "certDetailsToAdd": ["Subject", "URI"]}}})
    wait_for(lambda: "x-forwarded-client-cert" in seen_by_backend(web.client(shop)))
    told = seen_by_backend(web.client(shop), **forged)["x-forwarded-client-cert"]
    assert "URI=spiffe://example.test/ns/shop" in told and 'Subject="CN=shop"' in told and "admin" not in told
    assert "x-forwarded-client-cert" not in seen_by_backend(web.client(), **forged)  # nothing is known of it
    assert "x-forwarded-client-cert" not in web.limen.get(headers=forged).json["headers"]


def test_whose_word_on_certificates_is_taken(web, people):
    """By mode: what a backend is told where a client with a certificate, and one without, says that it is "admin"."""
    forged = {"x-forwarded-client-cert": "URI=spiffe://example.test/ns/admin"}

    def told(pair):
        text = seen_by_backend(web.client(pair), **forged).get("x-forwarded-client-cert", "")
        return [name for name in ("admin", "shop") if f"/ns/{name}" in text]

    for mode, with_one, without in (("Sanitize", [], []), ("ForwardOnly", ["admin"], []), ("AppendForward", ["admin", "shop"], []),
                                    ("SanitizeSet", ["shop"], []), ("AlwaysForwardOnly", ["admin"], ["admin"])):
        details = {"certDetailsToAdd": ["URI"]} if mode in ("AppendForward", "SanitizeSet") else {}
        web.set({**validation(mode="VerifyIfGiven"), "headers": {"xForwardedClientCert": {"mode": mode, **details}}})
        wait_for(lambda with_one=with_one, without=without: (told(people.pairs["shop"]), told(None)) == (with_one, without))


def test_what_is_wrong_closes_and_says_so(web, people):
    for spec, why in (
            ({"tls": {"ciphers": ["nonsense"]}}, "spec.tls.ciphers[0]: 'nonsense' is not known"),
            ({"tls": {"ecdhCurves": ["P-255"]}}, "spec.tls.ecdhCurves[0]: 'P-255' is not known"),
            ({"tls": {"signatureAlgorithms": ["rsa"]}}, "spec.tls.signatureAlgorithms[0]: 'rsa' is not known"),
            ({"tls": {"clientValidation": {}}}, "spec.tls.clientValidation: nothing says which certificates are good"),
            ({"tls": {"clientValidation": {"caCertificateRefs": [{"name": "nosuch"}]}}},
             "spec.tls.clientValidation.caCertificateRefs[0]: Secret default/nosuch does not exist"),
            (validation(caCertificateRefs=[{"kind": "ConfigMap", "name": "ca", "namespace": "elsewhere"}]),
             "no ReferenceGrant in namespace elsewhere lets ClientTrafficPolicies of namespace default refer to it"),
            (validation(subjectAltNames={"uris": [{"type": "RegularExpression", "value": "("}]}),
             "spec.tls.clientValidation.subjectAltNames.uris[0]: '(' is no regular expression"),
            (validation(spkiHashes=["AAAA"]), "spec.tls.clientValidation.spkiHashes[0]: it is no SHA-256 in base64")):
        web.set(spec)
        web.wait_status(why)
        wait_for(lambda: people.let_in() == "")
        assert "Accepted=False(Invalid" in web.status()
        assert web.ask(host="two.test") == 200 and web.limen.get().status == 200
        web.set(validation())
        people.wait("shop mail")
    web.set({"clientIPDetection": {"xForwardedFor": {"trustedCIDRs": ["10.0.0.300/8"]}}})  # nothing of TLS: requests
    web.wait(500)
    web.wait_status("spec.clientIPDetection.xForwardedFor.trustedCIDRs[0]: '10.0.0.300/8' is no range of addresses")
    web.set({})
    web.wait(200)


def test_a_policy_that_cannot_be_read_closes_what_it_names(web):
    web.limen.write("q.json", policy("q", {"tls": {"minVersion": "1.4"}}, "one"))
    web.wait(None)
    web.wait_status("it cannot be read")
    assert web.ask(host="two.test") == 200
    web.limen.write("q.json", policy("q", {"tls": {"minVersion": "1.3"}}, "one"))
    web.wait(200)


def stapled(web):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{web.port}", "-servername", "one.test", "-status"],
                          input="", capture_output=True, text=True, timeout=10)
    return "OCSP Response Status: successful" in done.stdout


def test_ocsp_responses(web):
    def show(staple):
        web.limen.write("one.json", tls_secret("one", web.pairs["one"], staple))
    assert not stapled(web)
    good = web.server_ca.staple(web.pairs["one"])
    show(good)
    wait_for(lambda: stapled(web))
    for staple, why in ((b"nonsense", "tls.ocsp-staple is no OCSP response (DER)"),
                        (web.server_ca.staple(web.pairs["two"]), "tls.ocsp-staple is about another certificate"),
                        (good + b"\0", "tls.ocsp-staple is no OCSP response (DER)")):
        show(staple)
        wait_for(lambda: not stapled(web))
        assert web.ask() == 200
        wait_for(lambda: why in web.limen.status("gateway"))
        assert "ResolvedRefs=False(PartiallyInvalidCertificateRef" in web.limen.status("gateway")
        show(good)
        wait_for(lambda: stapled(web) and "PartiallyInvalid" not in web.limen.status("gateway"))


@pytest.fixture
def fenced(web):
    """Only clients with an address in 203.0.113.0/24 may."""
    web.limen.write("fence.yaml", security_policy("fence", {"authorization": {"rules": [
        {"action": "Allow", "principal": {"clientCIDRs": ["203.0.113.0/24"]}}]}}, ("Gateway", "web")))
    web.wait(403)
    web.limen.wait_status(403)
    return web


def test_the_address_of_clients_behind_a_load_balancer(fenced):
    limen = fenced.limen

    def asked(**headers):
        return limen.get(headers={name.replace("_", "-"): value for name, value in headers.items()}).status

    good, forged = "203.0.113.7", "203.0.113.7, 198.51.100.1"
    assert asked(x_forwarded_for=good) == 403  # nobody is believed
    fenced.set({"clientIPDetection": {"xForwardedFor": {"numTrustedHops": 1}}}, None)
    wait_for(lambda: asked(x_forwarded_for=good) == 200)
    assert asked(x_forwarded_for=forged) == 403 and asked() == 403
    fenced.set({"clientIPDetection": {"xForwardedFor": {"numTrustedHops": 2}}}, None)
    wait_for(lambda: asked(x_forwarded_for=forged) == 200)
    fenced.set({"clientIPDetection": {"xForwardedFor": {"trustedCIDRs": ["127.0.0.0/8", "10.0.0.0/8"]}}}, None)
    wait_for(lambda: asked(x_forwarded_for=good + ", 10.1.1.1") == 200)
    assert asked(x_forwarded_for=forged) == 403
    fenced.set({"clientIPDetection": {"customHeader": {"name": "x-client-ip", "failClosed": True}}}, None)
    wait_for(lambda: asked(x_client_ip=good) == 200)
    assert asked(x_client_ip="198.51.100.1") == 403 and asked(x_forwarded_for=good) == 403
    fenced.set({"clientIPDetection": {"directSourceIP": {}}}, None)
    wait_for(lambda: asked(x_client_ip=good) == 403)


def by_proxy_protocol(port, address):
    """The status of a request over a connection that tells where it comes from; None: it was closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        told = f"PROXY TCP4 {address} 127.0.0.1 1 2\r\n" if address else ""
        client.sendall((told + "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").encode())
        try:
            line = client.makefile("rb").readline()
        except OSError:
            return None
    return int(line.split()[1]) if line else None


def test_proxy_protocol(fenced):
    port = fenced.limen.port
    fenced.set({"proxyProtocol": {}}, "plain")
    wait_for(lambda: by_proxy_protocol(port, "203.0.113.7") == 200)
    assert by_proxy_protocol(port, "198.51.100.1") == 403
    assert by_proxy_protocol(port, None) is None
    fenced.set({"proxyProtocol": {"optional": True}}, "plain")
    wait_for(lambda: by_proxy_protocol(port, None) == 403)
    # What concerns a socket must concern all listeners on it.
    fenced.set({"proxyProtocol": {}}, "one", name="q")
    fenced.wait(None)
    fenced.wait_status("shares port")
    assert fenced.ask(host="two.test") == 403


def test_paths_and_headers(web):
    assert web.limen.get("/a%2Fb").status == 307 and web.limen.get("/a//b").json["path"] == "/a/b"
    assert web.limen.get(headers={"a_b": "c"}).status == 400
    web.set({"path": {"escapedSlashesAction": "KeepUnchanged", "disableMergeSlashes": True},
             "headers": {"withUnderscoresAction": "DropHeader", "requestID": "PreserveOrGenerate",
                         "earlyRequestHeaders": {"set": [{"name": "x-early", "value": "100%"}], "removeOnMatch": [
                             {"type": "Prefix", "value": "x-secret-"}]},
                         "lateResponseHeaders": {"add": [{"name": "x-late", "value": "yes"}], "remove": ["x-from-backend"]}}},
            "plain")
    wait_for(lambda: web.limen.get("/a%2Fb").status == 200)
    answer = web.limen.get("/a%2Fb//c", headers={"a_b": "c", "x-request-id": "mine", "x-secret-a": "1"})
    request = answer.json
    assert request["path"] == "/a%2Fb//c" and "a_b" not in request["headers"]
    assert request["headers"]["x-request-id"] == "mine" and request["headers"]["x-early"] == "100%"
    assert "x-secret-a" not in request["headers"]
    assert answer.headers["x-late"] == "yes" and "x-from-backend" not in answer.headers


def test_connections_are_limited_and_envoy_answers_for_its_health(web):
    def healthy():
        """Whether Envoy says so itself."""
        try:
            client = web.client()
        except OSError:
            return False
        try:
            return client.ask("one.test", "/healthy") == 200 and client.text == ""
        finally:
            client.connection.close()

    web.set({"connection": {"connectionLimit": {"value": 1}}, "healthCheck": {"path": "/healthy"}})
    wait_for(healthy)

    def open_one():
        """None: the one before is not gone yet."""
        try:
            return web.client()
        except OSError:
            return None

    kept = wait_for(open_one)
    assert kept.ask("one.test") == 200
    assert web.ask() is None and web.ask(host="two.test") == 200
    kept.connection.close()
    web.wait(200)

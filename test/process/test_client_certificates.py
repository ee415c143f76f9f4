"""Clients' certificates (Gateway spec.tls.frontend) with a real Envoy and clients with and without one."""

import json

import pytest

from limen import free_port, shows, wait_for
from pki import Authority, TlsClient, ask_once, config_map, tls_secret
from test_backend_tls import BACKEND


def validation(name="ca", mode="AllowValidOnly", **more):
    return {"validation": {"caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": name, **more}], "mode": mode}}


class Clients:
    """Who gets in, on each of the two ports."""

    def __init__(self, limen, folder):
        self.limen = limen
        self.server_ca, self.ca, self.other_ca = (Authority(folder, name) for name in ("servers", "ca", "other"))
        self.good, self.other = self.ca.issue("good.test"), self.other_ca.issue("other.test")
        self.expired = self.ca.issue("late.test", expired=True)
        self.ports = free_port(), free_port()

    def gateway(self, default, per_port=None):
        tls = {"frontend": {"default": default}}
        if per_port is not None:
            tls["frontend"]["perPort"] = [{"port": self.ports[1], "tls": per_port}]
        listeners = [{"name": name, "port": port, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "web"}]}}
                     for name, port in zip(("default", "other"), self.ports)]
        listeners.append({"name": "plain", "port": self.limen.port, "protocol": "HTTP"})
        self.limen.gateway(listeners, tls=tls)

    def let_in(self, port=0):
        """The names of those who get an answer."""
        pairs = {"none": None, "good": self.good, "other": self.other, "expired": self.expired}
        return {name for name, pair in pairs.items()
                if ask_once(self.ports[port], self.server_ca, "web.test", pair) == 200}

    def wait(self, who, port=0):
        wait_for(lambda: self.let_in(port) == set(who.split()))


@pytest.fixture
def clients(limen, backend, tmp_path):
    a = backend("a")
    clients = Clients(limen, tmp_path)
    limen.write("web.crt.json", tls_secret("web", clients.server_ca.issue("web.test")))
    limen.write("ca.json", config_map("ca", clients.ca.pem))
    limen.write("other.json", config_map("other", clients.other_ca.pem))
    limen.write("a.yaml", a.yaml())
    limen.route("r", [{"backendRefs": [BACKEND]}])
    clients.gateway(validation(), validation("other"))
    limen.start()
    limen.wait_status(200)
    return clients


EVERYBODY = "none good other expired"


@shows("GatewayFrontendClientCertificateValidation")
def test_each_port_lets_in_those_whom_its_authority_knows(clients):
    clients.wait("good")
    clients.wait("other", port=1)
    clients.gateway(validation(), {})  # an entry of a port replaces the default wholly
    clients.wait(EVERYBODY, port=1)
    assert clients.let_in() == {"good"}
    clients.gateway(validation())
    clients.wait("good", port=1)
    assert "InsecureFrontendValidationMode" not in clients.limen.status("gateway")


@shows("GatewayFrontendClientCertificateValidationInsecureFallback")
def test_insecure_fallback_lets_everybody_in_and_says_so(clients):
    clients.wait("good")
    clients.gateway(validation(mode="AllowInsecureFallback"), validation("other"))
    clients.wait(EVERYBODY)
    assert clients.let_in(port=1) == {"other"}
    wait_for(lambda: "InsecureFrontendValidationMode=True(ConfigurationChanged: " in clients.limen.status("gateway"))
    clients.gateway(validation(), validation("other"))
    clients.wait("good")
    wait_for(lambda: "InsecureFrontendValidationMode" not in clients.limen.status("gateway"))


def test_a_reference_that_does_not_hold_closes_its_port_alone(clients):
    for bad, reason, why in (
            (validation("nosuch"), "InvalidCACertificateRef", "ConfigMap default/nosuch does not exist"),
            (validation(kind="Service"), "InvalidCACertificateKind", "not a Service of group ''"),
            (validation(namespace="elsewhere"), "RefNotPermitted", "no ReferenceGrant in namespace elsewhere")):
        clients.gateway(validation(), bad)
        clients.wait("", port=1)
        wait_for(lambda: why in clients.limen.status("gateway"))
        text = clients.limen.status("gateway")
        assert "spec.tls.frontend.perPort[0].tls.validation.caCertificateRefs[0]: " in text
        assert f"ResolvedRefs=False({reason}" in text and "Accepted=False(NoValidCACertificate" in text
        assert clients.let_in() == {"good"} and clients.limen.get().status == 200
        clients.gateway(validation(), validation("other"))
        clients.wait("other", port=1)
    clients.limen.write("other.json", config_map("other", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
    clients.wait("", port=1)
    wait_for(lambda: "ConfigMap default/other: ca.crt is no PEM text" in clients.limen.status("gateway"))


def test_a_new_authority_takes_effect_without_closing_a_connection(clients):
    clients.wait("good")
    kept = TlsClient(clients.ports[0], clients.server_ca, "web.test", clients.good)
    assert kept.ask("web.test") == 200
    connection = kept.connection.sock
    clients.limen.write("ca.json", config_map("ca", clients.ca.pem + clients.other_ca.pem))
    clients.wait("good other")
    clients.limen.write("ca.json", config_map("ca", clients.other_ca.pem))
    clients.wait("other")
    assert kept.ask("web.test") == 200 and kept.connection.sock is connection


@shows("ClusterTrustBundle")
def test_a_bundle_of_the_cluster_is_trusted_too(clients):
    clients.wait("good")
    clients.limen.write("bundle.json", json.dumps({
        "apiVersion": "certificates.k8s.io/v1beta1", "kind": "ClusterTrustBundle", "metadata": {"name": "all"},
        "spec": {"trustBundle": (clients.ca.pem + clients.other_ca.pem).decode()}}))
    clients.gateway({"validation": {"caCertificateRefs": [
        {"group": "certificates.k8s.io", "kind": "ClusterTrustBundle", "name": "all"}]}})
    clients.wait("good other")

"""Every field by which an object can refer into another namespace: nothing of what is there gets to an Envoy until a
ReferenceGrant of that namespace says so.  (GHSA-fcrp-7gc2-93g7 was about one that went past them.)"""

import base64
import json
import subprocess

import pytest

from limen import LIMEN
from pki import Authority
from test_security_policy import htpasswd

GATEWAY, ENVOY, THERE = "gateway.networking.k8s.io", "gateway.envoyproxy.io", "theirs"
ADDRESS, VALUE = "192.0.2.77", "what-only-they-know"
VERSIONS = {GATEWAY: "v1", ENVOY: "v1alpha1", "": "v1"}
OWN = {"group": ENVOY, "kind": "Backend", "name": "own"}
CERTIFICATE = {"certificateRefs": [{"name": "own"}]}
LISTENERS = [{"name": "https", "port": 8443, "protocol": "HTTPS", "tls": CERTIFICATE},
             {"name": "tls", "port": 8444, "protocol": "TLS", "tls": CERTIFICATE},
             {"name": "tcp", "port": 8445, "protocol": "TCP"}, {"name": "udp", "port": 8446, "protocol": "UDP"}]


def their(kind, group=None):
    """Some fields have no default for the group, some have none at all."""
    return {"kind": kind, "name": "it", "namespace": THERE, **({} if group is None else {"group": group})}


BACKEND, SECRET = their("Backend", ENVOY), their("Secret")


def gateway(**more):
    return GATEWAY, "Gateway", {"gatewayClassName": "limen", "listeners": LISTENERS, "allowedListeners": {"namespaces": {"from": "Same"}}, **more}


def https(**more):
    return gateway(listeners=[{**LISTENERS[0], **more}])


def frontend(ref):
    return gateway(tls={"frontend": {"default": {"validation": {"caCertificateRefs": [ref]}}}})


def route(kind, **rule):
    hostnames = {} if kind in ("TCPRoute", "UDPRoute") else {"hostnames": [f"{kind.lower()}.test"]}
    return GATEWAY, kind, {"parentRefs": [{"name": "web"}], **hostnames, "rules": [{"backendRefs": [OWN], **rule}]}


def filtered(kind, key, **more):
    return route("HTTPRoute", filters=[{"type": kind, key: more}])


def policy(kind, **spec):
    return ENVOY, kind, {"targetRefs": [{"group": GATEWAY, "kind": "Gateway", "name": "web"}], **spec}


def security(**spec):
    return policy("SecurityPolicy", **spec)


def client(**validation):
    return policy("ClientTrafficPolicy", tls={"clientValidation": validation})


def oidc(provider=None, **more):
    known = {"issuer": "http://idp.test", "authorizationEndpoint": "http://idp.test/a", "tokenEndpoint": "http://idp.test/t"}
    who = {"clientID": "shop", "clientSecret": {"name": "own"}, **more}
    return security(oidc={"provider": {**known, **(provider or {})}, **{key: value for key, value in who.items() if value}})


def credential(**spec):
    return ENVOY, "HTTPRouteFilter", {"credentialInjection": {"credential": spec}}


def bought(**more):
    return credential(clientCredentials={"tokenEndpoint": "http://idp.test/t", "clientID": "shop", "clientSecret": {"name": "own"}, **more})


EXTERNAL_AUTH = {"protocol": "HTTP", "backendRef": BACKEND, "http": {}}
JWKS = {"uri": "http://idp.test/keys", "backendRefs": [BACKEND]}
OWN_CA = {"kind": "ConfigMap", "name": "own"}
# The object, and under which key of the Secret or ConfigMap is what it wants.
CASES = {
    "certificate": (https(tls={"certificateRefs": [SECRET]}), "tls.crt"),
    "certificate for backends": (gateway(tls={"backend": {"clientCertificateRef": SECRET}}), "tls.crt"),
    "CA": (frontend(their("ConfigMap", "")), "ca.crt"),
    "CA in a Secret": (frontend(their("Secret", "")), "ca.crt"),
    "ExternalAuth of a listener": (https(filters={"requests": [{"type": "ExternalAuth", "externalAuth": EXTERNAL_AUTH}]}), None),
    "ListenerSet": ((GATEWAY, "ListenerSet", {"parentRef": {"name": "web"}, "listeners": [
        {**LISTENERS[0], "hostname": "b.test", "tls": {"certificateRefs": [SECRET]}}]}), "tls.crt"),
    **{kind: (route(kind, backendRefs=[BACKEND]), None) for kind in ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")},
    "mirror": (filtered("RequestMirror", "requestMirror", backendRef=BACKEND), None),
    "ExternalAuth": (filtered("ExternalAuth", "externalAuth", **EXTERNAL_AUTH), None),
    "extAuth.http": (security(extAuth={"http": {"backendRefs": [BACKEND]}}), None),
    "extAuth.grpc": (security(extAuth={"grpc": {"backendRefs": [BACKEND]}}), None),
    "remoteJWKS": (security(jwt={"providers": [{"name": "idp", "issuer": "x", "remoteJWKS": JWKS}]}), None),
    "oidc.provider": (oidc({"backendRefs": [BACKEND]}), None),
    "oidc.clientSecret": (oidc(clientSecret=SECRET), "client-secret"),
    "oidc.clientIDRef": (oidc(clientID=None, clientIDRef=SECRET), "client-id"),
    "apiKeyAuth": (security(apiKeyAuth={"credentialRefs": [SECRET], "extractFrom": [{"headers": ["x-key"]}]}), "ann"),
    "basicAuth": (security(basicAuth={"users": SECRET}), ".htpasswd"),
    "CA of a policy": (client(caCertificateRefs=[their("ConfigMap")]), "ca.crt"),
    "revoked certificates": (client(caCertificateRefs=[OWN_CA], crl={"refs": [their("ConfigMap")]}), "ca.crl"),
    "credential": (credential(valueRef=SECRET), "credential"),
    "clientCredentials.clientSecret": (bought(clientSecret=SECRET), "client-secret"),
    "clientCredentials.backendRefs": (bought(backendRefs=[BACKEND]), None),
}


def contents(ca, value):
    """What a Secret or ConfigMap may be asked for, by key."""
    certificate, key = ca.issue("a.test")
    return {"tls.crt": certificate.read_text(), "tls.key": key.read_text(), "ca.crt": ca.pem.decode(), "ca.crl": ca.crl().decode(),
            ".htpasswd": htpasswd(ann=value), **dict.fromkeys(("client-secret", "client-id", "ann", "credential"), value)}


def referred(value):
    """The kind that the reference into the other namespace is to; None: there is none in it."""
    if isinstance(value, dict):
        return value["kind"] if value.get("namespace") == THERE else referred(list(value.values()))
    return next(filter(None, map(referred, value)), None) if isinstance(value, list) else None


class World:
    """Files with one object that refers into another namespace."""

    def __init__(self, folder, case):
        (self.group, self.kind, spec), key = case
        self.folder = folder / "conf"
        self.folder.mkdir()
        self.to_kind = referred(spec)
        self.write_own(contents(Authority(folder, "ours"), "own"))
        self.write(self.group, self.kind, "web" if self.kind == "Gateway" else "object", spec)
        self.marker = ADDRESS
        if key is None:
            self.write(ENVOY, "Backend", "it", {"endpoints": [{"ip": {"address": ADDRESS, "port": 80}}]}, THERE)
        else:
            self.write_theirs(contents(Authority(folder, "theirs"), VALUE), key)

    def write_own(self, data):
        self.write(GATEWAY, "GatewayClass", "limen", {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"})
        self.write(ENVOY, "Backend", "own", {"endpoints": [{"ip": {"address": "192.0.2.1", "port": 80}}]})
        self.write("", "Secret", "own", type="kubernetes.io/tls", stringData=data)
        self.write("", "ConfigMap", "own", data=data)
        injected = {"type": "ExtensionRef", "extensionRef": {"group": ENVOY, "kind": "HTTPRouteFilter", "name": "object"}}
        for group, kind, spec in (gateway(), route("HTTPRoute", **({"filters": [injected]} if self.kind == "HTTPRouteFilter" else {}))):
            self.write(group, kind, "web", spec)

    def write_theirs(self, data, key):
        lines = data[key].splitlines()
        self.marker = lines[1] if len(lines) > 1 else lines[0]  # what PEM texts have in common is none
        pair = key == "tls.crt"
        wanted = {each: data[each] for each in ([key, "tls.key"] if pair else [key])}
        how = {"data": wanted} if self.to_kind == "ConfigMap" else {"type": "kubernetes.io/tls" if pair else "Opaque", "stringData": wanted}
        self.write("", self.to_kind, "it", namespace=THERE, **how)

    def write(self, group, kind, name, spec=None, namespace="default", **more):
        version = "v1beta1" if kind == "ReferenceGrant" else VERSIONS[group]
        (self.folder / f"{kind}-{name}-{namespace}.json").write_text(json.dumps({
            "apiVersion": f"{group}/{version}".strip("/"), "kind": kind, "metadata": {"name": name, "namespace": namespace},
            **({"spec": spec} if spec is not None else {}), **more}))

    def grant(self, **wrong):
        how = {"group": self.group, "kind": self.kind, "from": "default", "to": self.to_kind, "name": "it", "namespace": THERE, **wrong}
        self.write(GATEWAY, "ReferenceGrant", "g", {
            "from": [{"group": how["group"], "kind": how["kind"], "namespace": how["from"]}],
            "to": [{"group": ENVOY if how["to"] == "Backend" else "", "kind": how["to"], "name": how["name"]}]}, THERE)

    def reaches_envoy(self):
        told = self.run("translate", "-f", self.folder, "--show-secrets", "-o", "json")
        texts = [told, *(base64.b64decode(each).decode(errors="replace") for each in told.split('"') if len(each) > 20 and is_base64(each))]
        return any(self.marker in text for text in texts)

    def says(self):
        return self.run("validate", "-f", self.folder)

    @staticmethod
    def run(*words):
        done = subprocess.run([LIMEN, *words], capture_output=True, text=True)
        return done.stdout + done.stderr


def is_base64(text):
    try:
        return bool(base64.b64decode(text, validate=True))
    except ValueError:
        return False


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_taken_without_a_grant(tmp_path, name):
    world = World(tmp_path, CASES[name])
    wrong = [{"name": "another"}, {"from": "elsewhere"}, {"kind": "TCPRoute" if world.kind != "TCPRoute" else "HTTPRoute"},
             {"to": "Service"}, {"group": "example.com"}]
    assert not world.reaches_envoy() and f"no ReferenceGrant in namespace {THERE}" in world.says(), world.says()
    for each in wrong:
        world.grant(**each)
        assert not world.reaches_envoy(), each
    assert f"no ReferenceGrant in namespace {THERE}" in world.says()
    world.grant()
    assert world.reaches_envoy(), world.says()  # with it, all this is as it should be
    assert "ReferenceGrant" not in world.says()

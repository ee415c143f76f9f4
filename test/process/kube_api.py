"""A real kube-apiserver with etcd, on loopback ports, for tests; see test/cluster/README.md for the binaries."""

import contextlib
import json
import pathlib
import signal
import ssl
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

import pytest

import kube_parts
from kube_parts import BINARIES, TOKEN
from limen import LIMEN, free_port, wait_for
from pki import Authority

needs_kube = pytest.mark.skipif(
    not all((BINARIES / name).exists() for name in ("etcd", "kube-apiserver")),
    reason=f"no kube-apiserver in {BINARIES}: test/cluster/build.sh builds it (8 minutes)")

APPLY, MERGE = "application/apply-patch+yaml", "application/merge-patch+json"

# Paths of the kinds that tests use, by kind.
GATEWAY, ENVOY = "apis/gateway.networking.k8s.io/v1", "apis/gateway.envoyproxy.io/v1alpha1"
RBAC = "apis/rbac.authorization.k8s.io/v1"
PATHS = {"Namespace": ("api/v1", "namespaces"), "Secret": ("api/v1", "secrets"), "Service": ("api/v1", "services"),
         "GatewayClass": (GATEWAY, "gatewayclasses"), "Gateway": (GATEWAY, "gateways"),
         "HTTPRoute": (GATEWAY, "httproutes"), "Backend": (ENVOY, "backends"), "SecurityPolicy": (ENVOY, "securitypolicies"),
         "ClientTrafficPolicy": (ENVOY, "clienttrafficpolicies"), "HTTPRouteFilter": (ENVOY, "httproutefilters"),
         "CertificatePolicy": ("apis/limen.dev/v1alpha1", "certificatepolicies"),
         "EndpointSlice": ("apis/discovery.k8s.io/v1", "endpointslices"),
         "EnvoyProxy": (ENVOY, "envoyproxies"), "ConfigMap": ("api/v1", "configmaps"),
         "Deployment": ("apis/apps/v1", "deployments"), "DaemonSet": ("apis/apps/v1", "daemonsets"),
         "PodDisruptionBudget": ("apis/policy/v1", "poddisruptionbudgets"),
         "HorizontalPodAutoscaler": ("apis/autoscaling/v2", "horizontalpodautoscalers"),
         "Lease": ("apis/coordination.k8s.io/v1", "leases"),
         "ServiceAccount": ("api/v1", "serviceaccounts"),
         "ClusterRole": (RBAC, "clusterroles"), "ClusterRoleBinding": (RBAC, "clusterrolebindings"),
         "Role": (RBAC, "roles"), "RoleBinding": (RBAC, "rolebindings"),
         "CustomResourceDefinition": ("apis/apiextensions.k8s.io/v1", "customresourcedefinitions")}
OF_CLUSTER = {"Namespace", "GatewayClass", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"}


class ApiError(Exception):
    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status


class KubeClient:
    """Asks an API server of tests, by their token."""

    def __init__(self, server, ca):
        self.server = server
        self.tls = ssl.create_default_context(cadata=ca.decode())

    def request(self, method, path, body=None, content_type="application/json", raw=False):
        request = urllib.request.Request(
            f"{self.server}/{path}", method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": content_type})
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=20) as response:
                text = response.read().decode()
        except urllib.error.HTTPError as error:
            raise ApiError(error.code, error.read().decode()) from None
        return text if raw else json.loads(text)

    @staticmethod
    def path(kind, name, namespace):
        root, plural = PATHS[kind]
        return f"{root}/{plural}/{name}" if kind in OF_CLUSTER else f"{root}/namespaces/{namespace}/{plural}/{name}"

    def apply(self, kind, name, namespace="default", metadata=None, **members):
        root, _ = PATHS[kind]
        version = root.removeprefix("apis/").removeprefix("api/")
        return self.request("PATCH", self.path(kind, name, namespace) + "?fieldManager=test&force=true", {
            "apiVersion": version, "kind": kind, "metadata": {"name": name, **(metadata or {})}, **members}, APPLY)

    def patch(self, kind, name, patch, namespace="default", subresource=None):
        path = self.path(kind, name, namespace) + (f"/{subresource}" if subresource else "")
        return self.request("PATCH", path, patch, MERGE)

    def list(self, kind, namespace="default", selector=""):
        path = self.path(kind, "", namespace).rstrip("/")
        return self.request("GET", f"{path}?labelSelector={urllib.parse.quote(selector)}")["items"]

    def get(self, kind, name, namespace="default"):
        return self.request("GET", self.path(kind, name, namespace))

    def delete(self, kind, name, namespace="default"):
        return self.request("DELETE", self.path(kind, name, namespace))

    def token(self, account, audience, namespace="default"):
        """A token of a ServiceAccount, as the kubelet asks for it."""
        answer = self.request("POST", f"api/v1/namespaces/{namespace}/serviceaccounts/{account}/token", {
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"audiences": [audience], "expirationSeconds": 600}})
        return answer["status"]["token"]

    def await_ready(self):
        wait_for(self.is_ready, timeout=60)

    def is_ready(self):
        with contextlib.suppress(OSError, ApiError):
            return self.request("GET", "readyz", raw=True) == "ok"


class KubeApi(KubeClient):
    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.port, self.etcd_port, peer_port = free_port(), free_port(), free_port()
        self.authority = Authority(folder, "kube")
        super().__init__(f"https://127.0.0.1:{self.port}", self.authority.pem)
        self.audit = folder / "audit.log"
        (folder / "audit.yaml").write_text(json.dumps({
            "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
            "rules": [{"level": "Metadata", "verbs": ["create", "update", "patch"]}, {"level": "None"}]}))
        self.processes = {}
        self.commands = {
            "etcd": kube_parts.etcd(folder, self.etcd_port, peer_port),
            "kube-apiserver": [
                *kube_parts.kube_apiserver(folder, self.port, self.etcd_port, self.authority,
                                           ["DNS:localhost", "IP:127.0.0.1"]),
                "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
                "--service-account-issuer=https://limen.test", "--service-cluster-ip-range=10.96.0.0/16",
                f"--audit-policy-file={folder}/audit.yaml", f"--audit-log-path={self.audit}"]}

    def start_all(self):
        for name in self.commands:
            self.start(name)
        self.await_ready()

    def start(self, name):
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen([BINARIES / name, *self.commands[name]], stdout=log, stderr=log)

    def kill(self, name):
        self.processes[name].kill()
        self.processes[name].wait()

    def stop(self):
        for name in ("kube-apiserver", "etcd"):
            if name in self.processes and self.processes[name].poll() is None:
                self.processes[name].send_signal(signal.SIGCONT)
                self.kill(name)

    def kubeconfig(self, port=None, ca=None):
        """For limen, by token; by another port (a proxy's) and with another authority's PEM, if they are given."""
        path = self.folder / f"kubeconfig-{port or self.port}"
        path.write_text(kube_parts.kubeconfig(f"https://127.0.0.1:{port or self.port}", ca or self.authority.pem))
        return path

    def kubeconfig_of(self, user):
        """For limen, by a client certificate; it has no rights but those that are given to that user."""
        certificate, key = self.authority.issue(user)
        config = json.loads(self.kubeconfig().read_text())
        config["users"][0]["user"] = {"client-certificate": certificate.name, "client-key": str(key)}
        path = certificate.parent / f"kubeconfig-{user}"  # relative paths begin here
        path.write_text(json.dumps(config))
        return path

    def grant(self, user, *flags):
        """What `limen rbac` prints, to a user in place of the ServiceAccount."""
        printed = subprocess.run([LIMEN, "rbac", "-n", "default", "-o", "json", *flags], check=True, capture_output=True, text=True).stdout
        for item in json.loads(printed)["items"]:
            if "subjects" in item:
                item["subjects"] = [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}]
            name = item["metadata"]["name"]
            members = {key: item[key] for key in ("rules", "roleRef", "subjects") if key in item}
            self.apply(item["kind"], name, item["metadata"].get("namespace"), **members)

    def install_definitions(self):
        printed = subprocess.run([LIMEN, "crds", "-o", "json"], check=True, capture_output=True, text=True).stdout
        items = json.loads(printed)["items"]
        for item in items:
            self.apply("CustomResourceDefinition", item["metadata"]["name"],
                       metadata={"annotations": item["metadata"].get("annotations", {})}, spec=item["spec"])

        def served():
            with contextlib.suppress(ApiError):
                return all(self.request("GET", f"apis/{item['spec']['group']}/{version['name']}/{item['spec']['names']['plural']}")
                           for item in items for version in item["spec"]["versions"] if version["served"])
        wait_for(served, timeout=30)

    def writes(self, manager="limen"):
        """What limen wrote so far, but for its Lease and its own Secrets: (verb, path), by the API server's audit log."""
        entries = [json.loads(line) for line in self.audit.read_text().splitlines()]
        return [(entry["verb"], entry["requestURI"]) for entry in entries
                if entry.get("userAgent") == manager and not any(kind in entry["requestURI"] for kind in ("/leases", "/namespaces/default/secrets"))]


@contextlib.contextmanager
def running_api(definitions=True):
    """One with Limen's kinds, unless it shall know only Kubernetes' own."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="kube"))
    api = KubeApi(folder)
    try:
        api.start_all()
        if definitions:
            api.install_definitions()
        yield api
    finally:
        api.stop()
        shutil.rmtree(folder)

"""What faults happen to: a namespace with a Gateway and backends, and Limen's own pods."""

import contextlib
import subprocess

from harness import Load, answers, await_true

SYSTEM = "limen-system"
LEASE_S = 15  # kube::ElectorSettings
SHOP = """
apiVersion: v1
kind: Namespace
metadata: {name: NAME}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: echo, namespace: NAME}
spec:
  replicas: 2
  selector: {matchLabels: {app: echo}}
  template:
    metadata: {labels: {app: echo}}
    spec:
      SPREAD
      containers:
      - name: echo
        image: example.com/echo-basic:v1
        env:
        - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
        readinessProbe: {httpGet: {path: /, port: 3000}}
---
apiVersion: v1
kind: Service
metadata: {name: echo, namespace: NAME}
spec:
  selector: {app: echo}
  ports: [{port: 80, targetPort: 3000}]
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {name: proxies, namespace: NAME}
spec: {provider: {type: Kubernetes, kubernetes: PROXIES}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: NAME}
spec:
  gatewayClassName: limen
  infrastructure: {parametersRef: {group: gateway.envoyproxy.io, kind: EnvoyProxy, name: proxies}}
  listeners:
  - {name: http, port: 80, protocol: HTTP}
  - {name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: shown}]}}
"""
ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: NAME, namespace: SPACE}
spec:
  parentRefs: [{name: web}]
  hostnames: [NAME.example.com]
  rules: [{backendRefs: [{name: echo, port: 80}]MORE}]
"""


def spread(labels):
    """A pod's member: pods with those labels are on all nodes that take some."""
    return ("topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, "
            "nodeTaintsPolicy: Honor, matchLabelKeys: [pod-template-hash], labelSelector: {matchLabels: {LABELS}}}]"
            ).replace("LABELS", labels)


class Shop:
    """A namespace with a Gateway, and routes to two pods.  `proxies`: how its Envoys run, of an EnvoyProxy; `rule`: more of
    the routes' rules; both are YAML."""

    def __init__(self, cluster, name, authority, proxies="{}", rule=""):
        self.cluster, self.name, self.authority, self.rule = cluster, name, authority, rule
        text = SHOP.replace("PROXIES", proxies).replace("NAME", name)
        cluster.apply(text.replace("SPREAD", spread("app: echo")))
        self.show()
        self.route("shop")
        cluster.kubectl("-n", name, "rollout", "status", "deployment/echo", "--timeout=60s")
        self.kubectl("wait", "--for=condition=Programmed", "gateway/web", "--timeout=60s")
        self.address = cluster.get("gateway", "-n", name, "web")["status"]["addresses"][0]["value"]
        await_true(lambda: answers(self.address, host="shop.example.com") == 200, 60)

    def kubectl(self, *words):
        return self.cluster.kubectl("-n", self.name, *words)

    def route(self, name):
        more = self.rule and f", {self.rule}"
        self.cluster.apply(ROUTE.replace("NAME", name).replace("SPACE", self.name).replace("MORE", more))

    def show(self):
        """Another certificate of the HTTPS listener; DER."""
        certificate, key = self.authority.issue("shop.example.com")
        made = self.kubectl("create", "secret", "tls", "shown", f"--cert={certificate}", f"--key={key}", "--dry-run=client",
                            "-o", "json")
        self.cluster.apply(made)
        return subprocess.run(["openssl", "x509", "-in", certificate, "-outform", "der"], check=True,
                              capture_output=True).stdout

    def await_route(self, name, seconds=60, place=None):
        """That the control plane lives: a new route comes to the Envoys, and has its status.  `place`: (address, port)."""
        self.route(name)
        await_true(lambda: answers(*(place or (self.address, 80)), host=f"{name}.example.com") == 200, seconds)
        self.kubectl("wait", "--for=jsonpath={.status.parents[0].conditions[?(@.type=='Accepted')].status}=True",
                     f"httproute/{name}", "--timeout=30s")

    def load(self, **options):
        return Load(self.address, "shop.example.com", **options)

    def proxies(self):
        """The Deployment of the Gateway's Envoys."""
        owner = "gateway.envoyproxy.io/owning-gateway"
        found = self.cluster.get("deployment", "-n", SYSTEM, "-l", f"{owner}-name=web,{owner}-namespace={self.name}")
        assert len(found["items"]) == 1
        return found["items"][0]["metadata"]["name"]


@contextlib.contextmanager
def unharmed(load):
    """There is load before, during and after what is done; none of it fails."""
    with load:
        load.go_on()
        yield load
        load.go_on(2)
    assert load.failed == [], load.failed[:10]
    assert load.succeeded > 100


def controllers(cluster):
    return sorted(item["metadata"]["name"] for item in cluster.get(
        "pods", "-n", SYSTEM, "-l", "app.kubernetes.io/name=limen,app.kubernetes.io/component=controller")["items"]
        if "deletionTimestamp" not in item["metadata"])


def await_controllers(cluster, number=2):
    cluster.kubectl("-n", SYSTEM, "rollout", "status", "deployment/limen", "--timeout=60s")
    await_true(lambda: len(controllers(cluster)) == number)


def leader(cluster):
    return cluster.get("lease", "-n", SYSTEM, "limen")["spec"].get("holderIdentity", "")

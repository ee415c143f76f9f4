"""Kubernetes' own programs: how each is started, in order."""

import sys
import time

import kube_parts
from pki import Authority

from . import daemons
from .api import ApiError, Client
from .config import API_PORT, REPOSITORY

ORDER = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns"]
PARTS = [*ORDER, "kubectl"]
NODE_GRACE_S = 30  # without a sign of life a node is taken for dead; Kubernetes' own default is 50 s


class NotReady(Exception):
    pass


def make_credentials(config):
    """Of the API server and of those who ask it.  Writes the command lines' files too."""
    config.certificates.parent.mkdir(parents=True, exist_ok=True)
    authority = Authority(config.state, config.certificates.name)
    names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"]
    command = kube_parts.kube_apiserver(
        config.certificates, API_PORT, 2379, authority,
        [f"DNS:{name}" for name in names] + [f"IP:{address}" for address in (config.node, config.api_service, "127.0.0.1")])
    certificate, key = authority.issue("kube-apiserver-of-node", [f"IP:{config.node}"])
    certificate.rename(config.certificates / "node.crt")
    key.rename(config.certificates / "node.key")
    (config.certificates / "command.txt").write_text("\n".join(command))
    config.kubeconfig.write_text(kube_parts.kubeconfig(config.server, authority.pem))
    config.kubeconfig.chmod(0o600)
    (config.state / "kube-proxy.yaml").write_text(KUBE_PROXY.format(config=config))
    (config.state / "Corefile").write_text(COREFILE.replace("NODE", config.node).replace("FILE", str(config.kubeconfig)))


KUBE_PROXY = """apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
hostnameOverride: {config.nodes[0]}
clusterCIDR: {config.pods}
bindAddress: {config.node}
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
clientConnection: {{kubeconfig: {config.kubeconfig}}}
conntrack: {{maxPerCore: 0, min: 0}}
nftables: {{minSyncPeriod: 100ms, syncPeriod: 30s}}
"""

COREFILE = """.:53 {
    bind NODE
    errors
    kubernetes cluster.local in-addr.arpa {
        kubeconfig FILE
        ttl 5
    }
}
"""


def etcd(config):
    return kube_parts.etcd(config.state, 2379, 2380)


def kube_apiserver(config):
    d = config.certificates
    return [*(d / "command.txt").read_text().splitlines(), f"--advertise-address={config.node}",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-cluster-ip-range={config.services}", "--allow-privileged=true",
            f"--kubelet-certificate-authority={d}/ca.crt", f"--kubelet-client-certificate={d}/node.crt",
            f"--kubelet-client-key={d}/node.key", "--kubelet-preferred-address-types=InternalIP"]


def kube_controller_manager(config):
    d = config.certificates
    return [f"--kubeconfig={config.kubeconfig}", f"--service-account-private-key-file={d}/sa.key",
            f"--root-ca-file={d}/ca.crt", f"--cluster-signing-cert-file={d}/ca.crt", f"--cluster-signing-key-file={d}/ca.key",
            "--bind-address=127.0.0.1", "--kube-api-qps=200", "--kube-api-burst=400",
            "--concurrent-namespace-syncs=20", f"--node-monitor-grace-period={NODE_GRACE_S}s", "--profiling=false"]


def kube_scheduler(config):
    return [*(f"--{use}kubeconfig={config.kubeconfig}" for use in ("", "authentication-", "authorization-")),
            "--bind-address=127.0.0.1", "--kube-api-qps=200", "--kube-api-burst=400"]


def kube_proxy(config):
    return ["--config", config.state / "kube-proxy.yaml"]


def coredns(config):
    return ["-conf", config.state / "Corefile"]


def start(config, name):
    if name in config.nodes:
        return daemons.spawn(config, name, [sys.executable, "-u", "-m", "localcluster.node", config.state, name],
                             {"PYTHONPATH": str(REPOSITORY / "test/cluster"), "PYTHONDONTWRITEBYTECODE": "1"})
    arguments = globals()[name.replace("-", "_")](config)
    return daemons.spawn(config, name, [config.binaries / name, *arguments])


def stop(config, parts, seconds):
    """They stay so: what has no record is not started again by keep()."""
    paths = []
    for part in parts:
        path = config.run / f"{part}.json"
        if path.exists():
            paths.append(path.rename(path.with_suffix(".ends.json")))
    daemons.stop(paths, seconds)


def keep(config):
    """Starts what has ended by itself, as a machine's kubelet or systemd does: without the API server kube-controller-manager
    and kube-scheduler lose their leases, and end."""
    for part in ORDER:
        path = config.run / f"{part}.json"
        if path.exists() and daemons.pid_of(path) is None:
            print(f"{part} has ended: it is started again", flush=True)
            start(config, part)


def start_all(config):
    client = Client(config)
    for name in ORDER[:2]:
        start(config, name)
    await_true(config, "kube-apiserver is ready", lambda: client.request("GET", "/readyz") == "ok")
    for name in [*ORDER[2:], *config.nodes]:
        start(config, name)
    await_true(config, "the default service account", lambda: client.get("/api/v1/namespaces/default/serviceaccounts/default"))
    for node in config.nodes:
        await_true(config, f"{node} is ready", lambda path=f"/api/v1/nodes/{node}": not client.get(path)["spec"].get("taints"))


def await_true(config, what, test, seconds=60):
    """NotReady: after that time, or as soon as one that was started has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if test():
                return
        except (OSError, ApiError):
            pass
        for path in config.run.glob("*.json"):
            if path.stem in [*ORDER, *config.nodes] and daemons.pid_of(path) is None:
                raise NotReady(f"{path.stem} ended before {what}: see {config.logs / path.stem}.log")
        time.sleep(0.1)
    raise NotReady(f"waited {seconds} s in vain: {what}")

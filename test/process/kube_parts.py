"""What the process tests' API server and the test cluster (test/cluster) have in common."""

import base64
import json
import os
import pathlib

BINARIES = pathlib.Path(os.environ.get("LIMEN_KUBE_BIN", pathlib.Path.home() / ".cache/limen/kube"))
TOKEN = "limen-test-token"  # its bearer may do everything


def etcd(folder, port, peer_port):
    return ["--data-dir", folder / "etcd", "--unsafe-no-fsync", "--log-level", "error",
            "--listen-client-urls", f"http://127.0.0.1:{port}", "--advertise-client-urls", f"http://127.0.0.1:{port}",
            "--listen-peer-urls", f"http://127.0.0.1:{peer_port}"]


def kube_apiserver(folder, port, etcd_port, authority, names):
    """Its certificate is for `names`; tokens of service accounts are signed with sa.key, which is made here."""
    certificate, key = authority.issue("apiserver", names)
    accounts, accounts_key = authority.issue("service-accounts")
    accounts_key.rename(folder / "sa.key")
    (folder / "tokens.csv").write_text(f'{TOKEN},limen,1,"system:masters"\n')
    return [f"--etcd-servers=http://127.0.0.1:{etcd_port}", f"--secure-port={port}",
            f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}",
            f"--client-ca-file={authority.folder}/ca.crt", f"--token-auth-file={folder}/tokens.csv",
            f"--service-account-key-file={accounts}", f"--service-account-signing-key-file={folder}/sa.key",
            "--authorization-mode=RBAC", "--profiling=false"]


def kubeconfig(server, ca):
    """By token; `ca` is PEM."""
    return json.dumps({
        "apiVersion": "v1", "kind": "Config",
        "current-context": "test", "contexts": [{"name": "test", "context": {"cluster": "test", "user": "limen"}}],
        "clusters": [{"name": "test", "cluster": {"server": server,
                                                  "certificate-authority-data": base64.b64encode(ca).decode()}}],
        "users": [{"name": "limen", "user": {"token": TOKEN}}]})

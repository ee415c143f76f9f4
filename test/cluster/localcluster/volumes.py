"""A pod's volumes as folders, kept up to date while it runs."""

import base64
import os
import shutil
import time

from . import downward


class NotYet(Exception):
    """What a pod needs does not exist (yet)."""


def payload(item, secret):
    """The content of a ConfigMap or Secret, by key, as bytes."""
    encoded = item.get("data" if secret else "binaryData") or {}
    plain = {} if secret else item.get("data") or {}
    return {key: value.encode() for key, value in plain.items()} | {
        key: base64.b64decode(value) for key, value in encoded.items()}


class Volumes:
    def __init__(self, pod, root):
        self.pod, self.root = pod, root
        self.written = {}  # volume -> {path: (bytes, mode)}, as last written
        self.tokens = {}   # (volume, path) -> (token, when to get another)

    def path(self, name):
        return os.path.join(self.root, name)

    def all(self):
        return self.pod.item["spec"].get("volumes", [])

    def set_up(self):
        """NotYet: something is missing; ApiError, OSError: of a token."""
        os.makedirs(self.root, exist_ok=True)
        for volume in self.all():
            path = self.path(volume["name"])
            if "hostPath" in volume:
                self.link_host_path(volume["hostPath"], path)
                continue
            os.makedirs(path, exist_ok=True)
            if "emptyDir" in volume:
                os.chmod(path, 0o1777)
        self.refresh()

    @staticmethod
    def link_host_path(source, path):
        if source.get("type") == "DirectoryOrCreate":
            os.makedirs(source["path"], exist_ok=True)
        if not os.path.exists(source["path"]):
            raise NotYet(f"hostPath {source['path']} does not exist")
        if not os.path.islink(path):
            os.symlink(source["path"], path)

    def refresh(self):
        """Writes volumes whose content has changed."""
        for volume in self.all():
            if "emptyDir" in volume or "hostPath" in volume:
                continue
            files = self.files(volume)
            if files != self.written.get(volume["name"]):
                write(self.path(volume["name"]), files)
                self.written[volume["name"]] = files

    def files(self, volume):
        """{path: (bytes, mode)}"""
        for kind in ("configMap", "secret", "downwardAPI"):
            if kind in volume:
                return self.source(volume["name"], kind, volume[kind], volume[kind].get("defaultMode", 0o644))
        if "projected" not in volume:
            raise NotYet(f"volume {volume['name']}: there is no {[key for key in volume if key != 'name']} here")
        mode, result = volume["projected"].get("defaultMode", 0o644), {}
        for source in volume["projected"].get("sources") or []:
            for kind, body in source.items():
                result.update(self.source(volume["name"], kind, body, mode))
        return result

    def source(self, volume, kind, body, mode):
        if kind in ("configMap", "secret"):
            return self.selected(kind, body, mode)
        if kind == "downwardAPI":
            return {item["path"]: (self.told(item).encode(), item.get("mode", mode)) for item in body.get("items") or []}
        if kind == "serviceAccountToken":
            return {body["path"]: (self.token(volume, body).encode(), mode)}
        if body.get("optional"):
            return {}
        raise NotYet(f"volume {volume}: there is no {kind} here")

    def told(self, item):
        if "fieldRef" in item:
            return downward.field(self.pod, item["fieldRef"]["fieldPath"])
        return downward.resource(self.pod, item["resourceFieldRef"], None)

    def selected(self, kind, body, mode):
        name = body.get("name") or body.get("secretName")
        content = self.content(kind == "secret", name, body.get("optional"))
        if not body.get("items"):
            return {key: (value, mode) for key, value in content.items()}
        result = {}
        for item in body["items"]:
            if item["key"] in content:
                result[item["path"]] = (content[item["key"]], item.get("mode", mode))
            elif not body.get("optional"):
                raise NotYet(f"{kind} {name} has no key {item['key']}")
        return result

    def content(self, secret, name, optional):
        node = self.pod.node
        item = (node.secrets if secret else node.config_maps).get(self.pod.namespace, name)
        if item is None and not optional:
            raise NotYet(f"{'secret' if secret else 'configMap'} {name} does not exist")
        return payload(item, secret) if item else {}

    def token(self, volume, body):
        token, until = self.tokens.get((volume, body["path"]), (None, 0))
        if time.time() < until:
            return token
        pod, seconds = self.pod, body.get("expirationSeconds", 3600)
        spec = {"expirationSeconds": seconds,
                "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": pod.pod_name, "uid": pod.uid}}
        if body.get("audience"):
            spec["audiences"] = [body["audience"]]
        account = pod.item["spec"].get("serviceAccountName", "default")
        made = pod.node.client.create(f"/api/v1/namespaces/{pod.namespace}/serviceaccounts/{account}/token",
                                      {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})
        token = made["status"]["token"]
        self.tokens[volume, body["path"]] = (token, time.time() + seconds * 0.8)
        return token


def write(root, files):
    """As kubelet does: ..data is a link that is replaced at once."""
    stamp = f"..{time.time_ns()}"
    os.makedirs(os.path.join(root, stamp))
    for path, (content, mode) in files.items():
        full = os.path.join(root, stamp, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(content)
        os.chmod(full, mode)
    link = os.path.join(root, "..data")
    old = os.readlink(link) if os.path.islink(link) else None
    os.symlink(stamp, link + "_new")
    os.rename(link + "_new", link)
    tops = {path.split("/")[0] for path in files}
    for top in tops - set(os.listdir(root)):
        os.symlink(os.path.join("..data", top), os.path.join(root, top))
    for gone in [name for name in os.listdir(root) if not name.startswith("..") and name not in tops]:
        os.unlink(os.path.join(root, gone))
    if old:
        shutil.rmtree(os.path.join(root, old), ignore_errors=True)

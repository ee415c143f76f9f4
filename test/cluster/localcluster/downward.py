"""What a pod may be told of itself: fieldRef and resourceFieldRef."""

import os

SUFFIXES = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
            "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50}
OF_NODE = {"cpu": os.cpu_count(), "memory": 8 * 2**30}  # without a limit


def field(pod, path):
    """Of a Pod of pod.py."""
    metadata, spec = pod.item["metadata"], pod.item["spec"]
    for table in ("labels", "annotations"):
        content = metadata.get(table, {})
        if path == f"metadata.{table}":
            return "\n".join(f'{key}="{value}"' for key, value in sorted(content.items()))
        if path.startswith(f"metadata.{table}["):
            return content.get(path.partition("[")[2].strip("]'\""), "")
    node = pod.node.config.node
    return {"metadata.name": metadata["name"], "metadata.namespace": metadata["namespace"], "metadata.uid": metadata["uid"],
            "spec.nodeName": pod.node.name, "spec.serviceAccountName": spec.get("serviceAccountName", "default"),
            "status.hostIP": node, "status.hostIPs": node, "status.podIP": pod.address, "status.podIPs": pod.address}[path]


def quantity(text):
    digits = str(text).rstrip("".join(set("".join(SUFFIXES))))
    return float(digits) * SUFFIXES[str(text)[len(digits):]]


def resource(pod, reference, container):
    """In units of the divisor, rounded up."""
    name = reference.get("containerName") or container
    spec = next(spec for spec in pod.item["spec"]["containers"] + pod.item["spec"].get("initContainers", [])
                if spec["name"] == name)
    kind, _, what = reference["resource"].partition(".")
    tables = spec.get("resources", {})
    value = tables.get(kind, {}).get(what)
    if value is None and kind == "requests":
        value = tables.get("limits", {}).get(what, 0)
    if value is None:
        value = OF_NODE.get(what, 0)
    return str(-int(-quantity(value) // (quantity(reference.get("divisor") or "1") or 1)))

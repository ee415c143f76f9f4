"""Environment variables of a container, and references to them."""

import re

from . import downward
from .volumes import NotYet

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def expand(text, variables):
    """$(NAME), and $$ for $."""
    return re.sub(r"\$\$|\$\(([A-Za-z_][\w.-]*)\)",
                  lambda found: "$" if found[0] == "$$" else variables.get(found[1], found[0]), text)


def environment(pod, spec, image):
    """NotYet: what it refers to does not exist."""
    api = pod.node.config.api_service
    result = {"PATH": PATH, "HOME": "/root", "HOSTNAME": pod.hostname, **image.env,
              "KUBERNETES_SERVICE_HOST": api, "KUBERNETES_SERVICE_PORT": "443", "KUBERNETES_SERVICE_PORT_HTTPS": "443",
              "KUBERNETES_PORT": f"tcp://{api}:443"}
    for source in spec.get("envFrom") or []:
        for kind in ("configMapRef", "secretRef"):
            if kind in source:
                content = texts(pod, kind, source[kind])
                result.update({source.get("prefix", "") + key: value for key, value in content.items()})
    for variable in spec.get("env") or []:
        value = expand(variable.get("value") or "", result)
        if variable.get("valueFrom"):
            value = value_from(pod, variable["valueFrom"], spec["name"])
        if value is not None:
            result[variable["name"]] = value
    return result


def texts(pod, kind, reference):
    content = pod.volumes.content(kind.startswith("secret"), reference.get("name"), reference.get("optional"))
    return {key: value.decode(errors="replace") for key, value in content.items()}


def value_from(pod, source, container):
    """None: it is optional, and not there."""
    if "fieldRef" in source:
        return downward.field(pod, source["fieldRef"]["fieldPath"])
    if "resourceFieldRef" in source:
        return downward.resource(pod, source["resourceFieldRef"], container)
    kind, reference = next((kind, source[kind]) for kind in ("configMapKeyRef", "secretKeyRef") if kind in source)
    value = texts(pod, kind, reference).get(reference["key"])
    if value is None and not reference.get("optional"):
        raise NotYet(f"{kind} {reference.get('name')} has no key {reference['key']}")
    return value

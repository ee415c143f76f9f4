#!/usr/bin/env python3
"""Writes a world for benchmarks: one Gateway, one Backend, N HTTPRoutes.

Usage: make_routes.py FOLDER N hosts|paths|sets|policies PORT
hosts: a hostname a route; paths: all on one host; sets: 8 routes a listener, 10 listeners a ListenerSet;
policies: as hosts, with a SecurityPolicy a route.
"""

import pathlib
import sys

HEAD = """apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: limen}}
spec: {{controllerName: gateway.envoyproxy.io/gatewayclass-controller}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: web}}
spec:
  gatewayClassName: limen
  listeners:
    - {{name: http, port: {port}, protocol: HTTP}}
  allowedListeners: {{namespaces: {{from: Same}}}}
"""

ROUTES_A_LISTENER, LISTENERS_A_SET = 8, 10
SET = """apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {{name: s{i}}}
spec:
  parentRef: {{name: web}}
  listeners:
"""
ENTRY = "    - {{name: l{j}, port: {port}, protocol: HTTP, hostname: h{host}.example.com}}\n"

BACKEND = """apiVersion: gateway.envoyproxy.io/v1alpha1
kind: Backend
metadata: {name: b}
spec:
  endpoints:
    - ip: {address: 127.0.0.1, port: 9}
"""

ROUTE = """apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: r{i}
spec:
  parentRefs:
    - {parent}
  hostnames:
    - {host}
  rules:
    - matches:
        - path:
            type: PathPrefix
            value: {path}
      backendRefs:
        - group: gateway.envoyproxy.io
          kind: Backend
          name: b
"""


POLICY = """apiVersion: gateway.envoyproxy.io/v1alpha1
kind: SecurityPolicy
metadata: {{name: p{i}}}
spec:
  targetRefs: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, name: r{i}}}]
  authorization:
    rules:
    - {{action: Allow, principal: {{clientCIDRs: [10.0.0.0/8]}}}}
"""


def route(i: int, shape: str, path: str = "") -> str:
    host = {"paths": "www.example.com", "sets": f"h{i // ROUTES_A_LISTENER}.example.com"}.get(shape, f"h{i}.example.com")
    parent = "name: web"
    if shape == "sets":
        at = i // ROUTES_A_LISTENER
        parent = f"{{kind: ListenerSet, name: s{at // LISTENERS_A_SET}, sectionName: l{at % LISTENERS_A_SET}}}"
    return ROUTE.format(i=i, host=host, path=path or f"/p{i}", parent=parent)


def write_sets(folder: pathlib.Path, routes: int, port: str) -> None:
    for i in range(routes // ROUTES_A_LISTENER // LISTENERS_A_SET):
        entries = [ENTRY.format(j=j, port=port, host=i * LISTENERS_A_SET + j) for j in range(LISTENERS_A_SET)]
        (folder / f"s{i}.yaml").write_text(SET.format(i=i) + "".join(entries))


def main() -> None:
    folder, count, shape, port = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
    (folder / "routes").mkdir(parents=True, exist_ok=True)
    (folder / "gateway.yaml").write_text(HEAD.format(port=port))
    (folder / "backend.yaml").write_text(BACKEND)
    if shape == "sets":
        write_sets(folder, count, port)
    if shape == "policies":
        (folder / "policies").mkdir(exist_ok=True)
        for i in range(count):
            (folder / "policies" / f"p{i}.yaml").write_text(POLICY.format(i=i))
    for i in range(count):
        (folder / "routes" / f"r{i}.yaml").write_text(route(i, shape))


if __name__ == "__main__":
    main()

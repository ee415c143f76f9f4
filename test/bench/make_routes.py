#!/usr/bin/env python3
"""Writes a world for benchmarks: one Gateway, one Backend, N HTTPRoutes.

Usage: make_routes.py FOLDER N hosts|paths PORT     (hosts: a hostname a route; paths: all on one host)
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
"""

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
    - name: web
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


def route(i: int, shape: str, path: str = "") -> str:
    host = f"h{i}.example.com" if shape == "hosts" else "www.example.com"
    return ROUTE.format(i=i, host=host, path=path or f"/p{i}")


def main() -> None:
    folder, count, shape, port = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
    (folder / "routes").mkdir(parents=True, exist_ok=True)
    (folder / "gateway.yaml").write_text(HEAD.format(port=port))
    (folder / "backend.yaml").write_text(BACKEND)
    for i in range(count):
        (folder / "routes" / f"r{i}.yaml").write_text(route(i, shape))


if __name__ == "__main__":
    main()

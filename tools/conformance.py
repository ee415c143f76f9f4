#!/usr/bin/env python3
"""Writes docs/user/conformance.md: each feature of the Gateway API, whether Limen has it, and the tests that show it.

What Limen has is what it says in the status of a GatewayClass. Tests say what they show: @shows("...") in
test/process, "# shows: ..." in test/cases. With --check nothing is written: a page that is out of date, a feature
that is claimed and not shown by a case and by a test with a real Envoy, or shown and not claimed, is an error.
"""

import ast
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/user/conformance.md"
CLASS = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: limen}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
"""
# Features that have no meaning for this kind of program, and why.
APART = {"mesh": "for meshes"}
REASONS = {
    "GatewayAddressRoutability": "a host has no addresses of Services: refused with UnsupportedAddress",
    "GatewayAddressRoutabilityCluster": "a host has no addresses of Services: refused with UnsupportedAddress",
}


def features():
    lines = (ROOT / "test/features.tsv").read_text().splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def claimed(limen):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(CLASS)
        file.flush()
        said = subprocess.check_output([limen, "translate", "-f", file.name, "--to", "gateway-api", "-o", "json"])
    return set(re.findall(r'"name": *"(\w+)"', said.decode().partition("supportedFeatures")[2]))


def shown():
    """Where each feature is shown: "test_routes.py: test_cors" or "precedence.case"."""
    places = {}
    for path in sorted((ROOT / "test/process").glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            for decorator in getattr(node, "decorator_list", []):
                if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "shows":
                    for feature in decorator.args:
                        places.setdefault(feature.value, []).append(f"{path.name}: {node.name}")
    for path in sorted((ROOT / "test/cases").glob("*.case")):
        for words in re.findall(r"^# shows: (.*)", path.read_text(), re.MULTILINE):
            for feature in words.split(", "):
                places.setdefault(feature, []).append(path.name)
    return places


def state_of(name, group, has):
    if name in has:
        return "yes"
    if group in APART or name.startswith("Mesh"):
        return APART["mesh"]
    return "no: " + REASONS[name] if name in REASONS else "not yet"


def page(has, places):
    lines = [
        "# Features of the Gateway API",
        "",
        "Of Gateway API v1.7.0. Written by `tools/conformance.py`; a test fails when it is out of date. \"yes\" is what a",
        "GatewayClass says in `status.supportedFeatures`. Tests are in `test/process` (through a real Envoy) and `test/cases`.",
        "",
        "| feature | channel, level | supported | shown by |",
        "|---|---|---|---|",
    ]
    for name, group, channel, level in features():
        where = "<br>".join(f"`{place}`" for place in places.get(name, []))
        lines.append(f"| {name} | {channel}, {level} | {state_of(name, group, has)} | {where} |")
    return "\n".join(lines) + "\n"


def mistakes(has, places):
    known = {row[0] for row in features()}
    for feature in sorted(has):
        for kind, ending in (("no text case", r"\.case$"), ("no test with a real Envoy", r"^test_")):
            if not any(re.search(ending, place) for place in places.get(feature, [])):
                yield f"{feature} is claimed, and {kind} shows it"
    for feature in sorted(set(places) - has):
        yield f"{feature} is shown by {places[feature][0]}, and not claimed in supported_features.cc"
    for feature in sorted((has | set(places)) - known):
        yield f"{feature} is no feature of the Gateway API (test/features.tsv)"
    if PAGE.read_text() != page(has, places):
        yield "docs/user/conformance.md is out of date: run tools/conformance.py LIMEN"


def main():
    limen, check = sys.argv[1], "--check" in sys.argv
    has, places = claimed(limen), shown()
    if not check:
        PAGE.write_text(page(has, places))
    found = list(mistakes(has, places))
    for mistake in found:
        print("conformance:", mistake)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

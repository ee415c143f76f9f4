"""`limen crds` as a user calls it, and the reference page that is made from it.

That Kubernetes accepts the definitions is test/crds.
"""

import json
import pathlib
import subprocess

import pytest

from limen import LIMEN

REFERENCE = pathlib.Path(__file__).parents[2] / "docs/user/reference.md"


def crds(*words):
    return subprocess.run([LIMEN, "crds", *words], capture_output=True, text=True, timeout=60)


def definition(kind):
    return json.loads(crds(kind, "-o", "json").stdout)


def test_all_kinds_and_no_core_kinds():
    whole = json.loads(crds("-o", "json").stdout)
    assert (whole["apiVersion"], whole["kind"]) == ("v1", "List")
    groups = {item["spec"]["names"]["kind"]: item["spec"]["group"] for item in whole["items"]}
    assert groups["HTTPRoute"] == "gateway.networking.k8s.io"
    assert groups["Backend"] == "gateway.envoyproxy.io"
    assert set(groups.values()) == {"gateway.networking.k8s.io", "gateway.envoyproxy.io", "limen.dev"}
    assert crds().stdout.count("\n---\n") == len(groups)


@pytest.mark.parametrize("word", ["Gateway", "gateways", "gtw"])
def test_a_gateway_is_shown_as_gateway_api_shows_it(word):
    gateway = definition(word)
    assert gateway["metadata"]["name"] == "gateways.gateway.networking.k8s.io"
    assert gateway["metadata"]["annotations"]["gateway.networking.k8s.io/channel"] == "experimental"
    assert gateway["spec"]["scope"] == "Namespaced"
    assert gateway["spec"]["names"] == {"kind": "Gateway", "listKind": "GatewayList", "plural": "gateways",
                                        "singular": "gateway", "shortNames": ["gtw"], "categories": ["gateway-api"]}
    assert [(v["name"], v["served"], v["storage"]) for v in gateway["spec"]["versions"]] == [
        ("v1", True, True), ("v1beta1", True, False)]
    for version in gateway["spec"]["versions"]:
        assert [c["name"] for c in version["additionalPrinterColumns"]] == ["Class", "Address", "Programmed", "Age"]
        assert version["subresources"] == {"status": {}}


def test_a_class_is_of_the_cluster_and_a_grant_has_no_status():
    assert definition("GatewayClass")["spec"]["scope"] == "Cluster"
    assert "subresources" not in definition("ReferenceGrant")["spec"]["versions"][0]


@pytest.mark.parametrize("words, message", [
    (["Gatway"], "limen: 'Gatway' is no kind that Limen knows; did you mean 'Gateway'?\n"),
    (["Gateway", "xyzzy"], "limen: 'xyzzy' is no kind that Limen knows (`limen crds` without a name prints all)\n"),
    (["svc"], "limen: Service is a kind of Kubernetes itself and has no CustomResourceDefinition\n"),
])
def test_a_wrong_word_prints_nothing_but_a_sentence(words, message):
    answer = crds(*words)
    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", message)


def test_the_reference_page_is_up_to_date():
    assert REFERENCE.read_text() == crds("--reference").stdout, \
        "write it anew: limen crds --reference > docs/user/reference.md"

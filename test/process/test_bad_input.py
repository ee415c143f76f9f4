"""What `limen validate` says to input that is wrong: the exit code, and a line with the place and a way out."""

import gzip
import os
import shutil
import subprocess
import textwrap
import time

import pytest

from limen import LIMEN

WORLD = """apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: limen}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web}
spec:
  gatewayClassName: limen
  listeners:
  - {name: http, port: 8080, protocol: HTTP}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: Backend
metadata: {name: b}
spec: {endpoints: [{ip: {address: 127.0.0.1, port: 8081}}]}
---
"""
ROUTE = """apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec:
  parentRefs: [{name: web}]
  rules:
  - backendRefs: [{group: gateway.envoyproxy.io, kind: Backend, name: b}]
"""
BACKEND_REF = "{group: gateway.envoyproxy.io, kind: Backend, name: b}"
FIRST = WORLD.count("\n")  # the line before the route


def validate(*paths, expect=1, prefix=()):
    arguments = [word for path in paths for word in ("-f", str(path))]
    done = subprocess.run([*prefix, LIMEN, "validate", *arguments], capture_output=True, text=True, timeout=30)
    assert done.returncode == expect, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout.splitlines()


def says(path, line, what, expect=1):
    """Whether `limen validate` names that line of the file and says that, and nothing is said twice."""
    lines = validate(path, expect=expect)
    place = f"{path}:{line}: " if line else f"{path}: "
    assert any(place in said and what in said for said in lines), "\n".join(lines)
    assert len(set(lines)) == len(lines)


def edited(old, new):
    assert old in ROUTE
    return ROUTE.replace(old, new)


def rule(text, refs=True):
    head = ROUTE if refs else ROUTE[:ROUTE.index("  - backendRefs")] + "  -\n"
    return head + textwrap.indent(text, "    ") + "\n"


# name: (text of the document after WORLD, its line counted from there, what is said)
WRONG = {
    "tab": (edited("  rules", "\trules"), 6, "a tab cannot indent: use spaces"),
    "open quote": (edited("name: b}", 'name: "b}'), 7, "the quote that opens here is never closed"),
    "open bracket": (edited("name: b}]", "name: b}"), 8, "the '[' of line"),
    "open brace": (edited("name: b}]", "name: b]"), 7, "the '{' of line"),
    "indentation": (edited("  rules", "   rules"), 6, "mend the indentation"),
    "two colons": (edited("name: r}", "name: r}\nspec: a: b"), 4, "quote the value"),
    "no separator": (ROUTE + "...\n" + ROUTE, 9, "separate documents by a line '---'"),
    "merge conflict": (edited("  rules", "<<<<<<< HEAD\n  rules"), 6, "a merge conflict is left here"),
    "template": (edited("name: r", "name: {{ .name }}"), 3, "template"),
    "wildcard": (edited("  rules", "  hostnames: [*.a.b]\n  rules"), 6, "begins with '*' must be quoted"),
    "unknown anchor": (edited("name: b}", "name: *b }"), 7, "an alias ('*') names an unknown anchor"),
    "merge key": (edited("name: b}", "<<: {name: b}}"), 7, "merge keys ('<<') are not supported"),
    "duplicate key": (edited("  rules", "  parentRefs: []\n  rules"), 6, "DuplicateKey: key 'parentRefs' stands twice"),
    "deep": ("a: " + "[" * 10000, 1, "nested more than 100 deep"),
    "deep blocks": ("".join(" " * i + "a:\n" for i in range(300)), 102, "nested more than 100 deep"),
    "not UTF-8": (edited("name: r", "name: Stra\udcdfe"), 3, "save the file as UTF-8"),
    "control character": (edited("name: r", "name: r\x01"), 3, "a control character stands here"),
    "NUL": ("# \0\n" + ROUTE, 0, "this is binary data, not text"),
    "a list": ("- " + ROUTE.replace("\n", "\n  "), 1, "must be an object with apiVersion, kind and metadata, not list"),
    "a text": ("hello\n", 1, "must be an object with apiVersion, kind and metadata, not string"),
    "no apiVersion": (ROUTE.split("\n", 1)[1], 1, "HTTPRoute/default/r: apiVersion: Required"),
    "no kind": (edited("kind: HTTPRoute\n", ""), 1, "kind: Required"),
    "no metadata": (edited("metadata: {name: r}\n", ""), 1, "HTTPRoute/(no name): metadata: Required"),
    "no name": (edited("{name: r}", "{}"), 3, "metadata.name: Required"),
    "generateName": (edited("{name: r}", "{generateName: r-}"), 3, "give it a name"),
    "upper case": (edited("name: r}", "name: R}"), 3, "'R' must be lower-case letters"),
    "long name": (edited("name: r}", f"name: {'a' * 300}}}"), 3, "has 300 characters, at most 253 are allowed"),
    "number as name": (edited("name: r}", "name: 5}"), 3, "must be a string, not integer 5: quote it"),
    "namespace": (edited("name: r}", "name: r, namespace: A}"), 3, "metadata.namespace: Invalid"),
    "no spec": (ROUTE[:ROUTE.index("spec")], 1, "spec: Required"),
    "unknown field": (edited("rules", "rulez"), 7, "spec.rulez: UnknownField: there is no such field; did you mean 'rules'?"),
    "unknown field deep": (rule("timeouts: {requets: 1s}"), 8, "spec.rules[0].timeouts.requets: UnknownField: there is "
                           "no such field; did you mean 'request'?"),
    "map for a list": (edited(f"[{BACKEND_REF}]", "{}"), 7, "must be a list, not object: begin each entry with '- '"),
    "text for an object": (rule("matches: [{path: /x}]"), 8, 'must be an object, not string "/x"'),
    "text for a number": (edited("name: b}", 'name: b, weight: "1"}'), 7, "must be an integer, not string \"1\": remove the quotes"),
    "number for a text": (rule("timeouts: {request: 5}"), 8, "must be a string, not integer 5: quote it"),
    "out of range": (edited("name: b}", "name: b, weight: -1}"), 7, "must be from 0 to 1000000, not -1"),
    "enum": (rule("matches: [{path: {type: Prefx, value: /}}]"), 8, "is not one of Exact, PathPrefix"),
    "no slash": (rule("matches: [{path: {value: x}}]"), 8, "value must begin with '/'"),
    "regex": (rule('matches: [{path: {type: RegularExpression, value: "/["}}]'), 1, "is no RE2 regular expression"),
    "look-ahead": (rule('matches: [{path: {type: RegularExpression, value: "/(?=a)"}}]'), 1, "is no RE2 regular expression"),
    "header regex": (rule('matches: [{headers: [{type: RegularExpression, name: a, value: "*"}]}]'), 1, "headers[0].value"),
    "header name": (rule('matches: [{headers: [{name: "a b", value: c}]}]'), 8, "'a b' is not a name"),
    "host with port": (edited("  rules", '  hostnames: ["a.b:80"]\n  rules'), 6, "without scheme, port or path"),
    "host with scheme": (edited("  rules", '  hostnames: ["http://a.b"]\n  rules'), 6, "without scheme, port or path"),
    "host in upper case": (edited("  rules", "  hostnames: [A.b]\n  rules"), 6, "lower-case letters"),
    "every host": (edited("  rules", '  hostnames: ["*"]\n  rules'), 6, "for every host leave it out"),
    "redirect and backend": (rule("filters: [{type: RequestRedirect, requestRedirect: {hostname: a.b}}]"), 7,
                             "must have no backendRefs"),
    "redirect and rewrite": (rule("filters:\n- {type: RequestRedirect, requestRedirect: {hostname: a.b}}\n"
                                  "- {type: URLRewrite, urlRewrite: {hostname: a.b}}", refs=False), 8, "exclude each other"),
    "filter of another type": (rule("filters: [{type: URLRewrite, requestRedirect: {}}]"), 8,
                               "urlRewrite must be set where type is URLRewrite"),
    "filter twice": (rule("filters:\n- {type: RequestHeaderModifier, requestHeaderModifier: {}}\n"
                          "- {type: RequestHeaderModifier, requestHeaderModifier: {}}"), 7, "must stand at most once"),
    "duration": (rule("timeouts: {request: 5 seconds}"), 8, "is no duration such as"),
    "no backend": (edited("name: b}", "name: c}"), 1, "BackendNotFound: Backend default/c does not exist"),
    "no Service": (edited(BACKEND_REF, "{name: s, port: 80}"), 1, "BackendNotFound: Service default/s does not exist"),
    "no port": (edited(BACKEND_REF, "{name: s}"), 7, "a reference to a Service needs a port"),
    "backend's group": (edited("group: gateway.envoyproxy.io, ", ""), 1, "InvalidKind"),
    "no grant": (edited("name: b}", "name: b, namespace: other}"), 1, "RefNotPermitted: Backend other/b: no ReferenceGrant "
                 "in namespace other"),
    "section": (edited("{name: web}", "{name: web, sectionName: htpp}"), 1, "NoMatchingParent"),
    "object twice": (ROUTE + "---\n" + ROUTE, 9, "Duplicate: the object stands further up too"),
    "items": ("apiVersion: v1\nkind: List\nitems: {}\n", 3, "items: WrongType: must be a list"),
    "endpoint's address": ("apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s}\naddressType: IPv4\n"
                           "endpoints: [{addresses: [300.1.1.1]}]\nports: []\n", 5, "'300.1.1.1' is not an IPv4 or IPv6"),
    "a list's entry": ("apiVersion: v1\nkind: List\nitems:\n- 5\n", 4, "must be an object with"),
}

# The same, where the line is a warning and the exit code 0.
DOUBTFUL = {
    "kind": (edited("HTTPRoute", "HttpRoute"), 1, "did you mean 'HTTPRoute'?"),
    "version": (edited("io/v1", "io/v1alpha2"), 1, "its apiVersion is gateway.networking.k8s.io/v1alpha2: write "
                "gateway.networking.k8s.io/v1"),
    "group": (edited("gateway.networking.k8s.io/v1", "v1"), 1, "write gateway.networking.k8s.io/v1"),
    "foreign kind": ("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n", 1, "is not known here and is left out"),
    "no parent": (edited("[{name: web}]", "[]"), 1, "names no Gateway: add one"),
    "parent's name": (edited("name: web", "name: wbe"), 1, "Gateway default/wbe does not exist; did you mean 'web'?"),
    "parent's namespace": (edited("name: web", "name: web, namespace: x"), 1, "write 'namespace: default' for it"),
    "parent's kind": (edited("name: web", "kind: Gatewy, name: web"), 1, "routes attach to Gateways only"),
    "policy's target": (ROUTE + "---\napiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\nmetadata: {name: p}\n"
                        "spec:\n  targetRefs: [{group: '', kind: Service, name: b}]\n"
                        "  validation: {hostname: b.test, wellKnownCACertificates: System}\n", 9,
                        "spec.targetRefs: NoEffect: no route sends anything there"),
    "not in effect": (ROUTE + "---\napiVersion: gateway.envoyproxy.io/v1alpha1\nkind: EnvoyProxy\nmetadata: {name: p}\nspec:\n"
                      "  mergeGateways: true\n  telemetry: {accessLog: {disable: true}}\n", 14,
                      "spec.telemetry: NotInEffect: is accepted, but this version of Limen does nothing with it"),
    "list in list": ("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: []}]\n", 3,
                     "a List within a List is not read"),
}

# Text that replaces the listener of WORLD, and what is said of its Gateway (line 6).
LISTENERS = {
    "port clash": ("{name: a, port: 80, protocol: HTTP}\n  - {name: b, port: 80, protocol: HTTP}",
                   "listeners must differ in port, protocol or hostname", 10),
    "no tls": ("{name: a, port: 443, protocol: HTTPS}", "tls must be set on a listener of protocol HTTPS"),
    "no Secret": ("{name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: s}]}}",
                  "Secret default/s does not exist"),
    "no grant": ("{name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: s, namespace: x}]}}",
                 "no ReferenceGrant in namespace x"),
    "filters": ("{name: a, port: 80, protocol: HTTP, filters: {requests: [{type: ExtensionRef, "
                "extensionRef: {group: example.com, kind: Filter, name: f}}]}}", "filters.requests[0]: of type ExtensionRef none is known"),
    "protocol": ("{name: a, port: 80, protocol: http}", "protocol http is not supported: use HTTP, HTTPS, TLS, TCP or UDP"),
}


def check(tmp_path, text, line, what, expect=1):
    file = tmp_path / "a.yaml"
    file.write_bytes((WORLD + text).encode(errors="surrogateescape"))
    says(file, FIRST + line, what, expect)


def test_what_the_others_are_edits_of_is_right(tmp_path):
    (tmp_path / "a.yaml").write_text("%YAML 1.1\n---\n" + WORLD + ROUTE)
    assert validate(tmp_path / "a.yaml", expect=0) == ["4 objects, 0 errors, 0 warnings"]


@pytest.mark.parametrize("name", WRONG)
def test_wrong(tmp_path, name):
    check(tmp_path, *WRONG[name])


@pytest.mark.parametrize("name", DOUBTFUL)
def test_doubtful(tmp_path, name):
    check(tmp_path, *DOUBTFUL[name], expect=0)


@pytest.mark.parametrize("name", LISTENERS)
def test_listeners(tmp_path, name):
    listener, what, *line = LISTENERS[name]  # the Gateway's line, where a rule of its spec does not name another
    file = tmp_path / "a.yaml"
    file.write_text(WORLD.replace("{name: http, port: 8080, protocol: HTTP}", listener))
    says(file, line[0] if line else 6, what)
    assert sum(what in line for line in validate(file)) == 1  # one line an error


SECRETS = {
    "no type": ("", "type: kubernetes.io/tls", "its type is ''"),
    "no PEM": ("stringData: {tls.crt: a, tls.key: b}", "", "tls.crt holds no PEM certificate"),
    "no base64": ("data: {tls.crt: '!', tls.key: '!'}", "", "tls.crt is missing or not base64"),
    "no key": ("stringData: {crt: a}", "", "tls.crt is missing"),
}


@pytest.mark.parametrize("name", SECRETS)
def test_secrets(tmp_path, name):
    data, without, what = SECRETS[name]
    secret = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ntype: kubernetes.io/tls\n{data}\n"
    listener = LISTENERS["no Secret"][0]
    file = tmp_path / "a.yaml"
    file.write_text(WORLD.replace("{name: http, port: 8080, protocol: HTTP}", listener) +
                    (secret.replace(without, "") if without else secret))
    says(file, 6, what)


def test_a_key_of_another_certificate(tmp_path):
    for name in ("a", "b"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=a.b", "-keyout", tmp_path / f"{name}.key", "-out", tmp_path / f"{name}.crt"],
                       check=True, capture_output=True)
    indented = {end: textwrap.indent((tmp_path / end).read_text(), "    ") for end in ("a.crt", "b.key")}
    file = tmp_path / "a.yaml"
    file.write_text(WORLD.replace("{name: http, port: 8080, protocol: HTTP}", LISTENERS["no Secret"][0]) +
                    "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: kubernetes.io/tls\nstringData:\n"
                    f"  tls.crt: |\n{indented['a.crt']}  tls.key: |\n{indented['b.key']}")
    says(file, 6, "Secret default/s: ")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_other_encodings(tmp_path, encoding):
    text = ("\ufeff" if encoding == "utf-16-be" else "") + WORLD
    (tmp_path / "a.yaml").write_bytes(text.encode(encoding))
    says(tmp_path / "a.yaml", 1, "save the file as UTF-8")


def test_marks_and_line_ends_of_other_systems_are_fine(tmp_path):
    (tmp_path / "a.yaml").write_bytes(("\ufeff" + WORLD + ROUTE).replace("\n", "\r\n").encode())
    assert validate(tmp_path / "a.yaml", expect=0) == ["4 objects, 0 errors, 0 warnings"]


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "a.yaml").write_bytes(gzip.compress(WORLD.encode()))
    says(tmp_path / "a.yaml", 1, "this is binary data, not text")


def test_a_page_instead_of_a_file(tmp_path):
    (tmp_path / "a.yaml").write_text("<!DOCTYPE html>\n<html><body>404: not found</body></html>\n")
    says(tmp_path / "a.yaml", 1, "this looks like HTML")


def test_standard_input():
    done = subprocess.run([LIMEN, "validate", "-f", "-"], input=WORLD + edited("name: b}", "name: c}"), capture_output=True,
                          text=True, timeout=30)
    assert done.returncode == 1
    assert done.stdout.startswith(f"-:{FIRST + 1}: HTTPRoute/default/r: parent web: ResolvedRefs: BackendNotFound")


def test_json(tmp_path):
    file = tmp_path / "a.json"
    file.write_text('{"apiVersion": "v1" "kind": "Namespace"}')
    says(file, 1, "the '{' of line 1 is not closed before this, or a ',' or quotes are missing")
    file.write_text('{"apiVersion": "v1", "kind": "Namespace"}\n{"apiVersion": "v1", "kind": "Namespace"}')
    says(file, 2, "separate documents by a line '---'")
    file.write_text('// a comment\n{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}')
    says(file, 1, "comments begin with '#'")


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n---\n\n--- \n", "null\n"])
def test_nothing(tmp_path, text):
    (tmp_path / "a.yaml").write_text(text)
    says(tmp_path / "a.yaml", 0, "NoObjects", expect=0)


def test_a_bomb_of_aliases(tmp_path):
    lines = ["a: &a [x,x,x,x,x,x,x,x,x,x]"]
    for before, name in zip("abcdefghijk", "bcdefghijkl"):
        lines.append(f"{name}: &{name} [{','.join(['*' + before] * 10)}]")
    (tmp_path / "a.yaml").write_text("\n".join(lines))
    says(tmp_path / "a.yaml", 7, "aliases counted each time")


def test_a_long_line(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(WORLD + edited("name: r}", "name: r, annotations: {a: " + "x" * 1_000_000 + "}}"))
    assert validate(file, expect=0) == ["4 objects, 0 errors, 0 warnings"]
    file.write_text(WORLD + edited("name: b}", "name: b, weight: " + "x" * 1_000_000 + "}"))
    lines = validate(file)
    assert "must be an integer" in lines[0] and len(lines[0]) < 500


def test_a_large_file_is_refused_and_harms_no_other(tmp_path):
    (tmp_path / "good.yaml").write_text(WORLD + ROUTE)
    with open(tmp_path / "large.yaml", "wb") as file:
        file.truncate(100 << 20)
    lines = validate(tmp_path)
    assert "has 104857600 bytes, more than the 67108864 that are read" in lines[0]
    assert lines[-1] == "4 objects, 1 errors, 0 warnings"


def test_a_path_that_is_not_there(tmp_path):
    says(tmp_path / "none.yaml", 0, "does not exist")
    gone = tmp_path / "gone"
    gone.mkdir()
    shutil.rmtree(gone)
    says(gone, 0, "does not exist")


def test_a_file_that_may_not_be_read(tmp_path):
    (tmp_path / "good.yaml").write_text(WORLD + ROUTE)
    secret = tmp_path / "secret.yaml"
    secret.write_text(ROUTE)
    secret.chmod(0)
    # Root reads everything, unless it gives up the right to.
    prefix = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
    lines = validate(tmp_path, prefix=prefix)
    assert any(f"cannot open {secret}: Permission denied" in line for line in lines), lines
    assert lines[-1] == "4 objects, 1 errors, 0 warnings"


def test_links(tmp_path):
    (tmp_path / "good.yaml").write_text(WORLD + ROUTE)
    (tmp_path / "again").symlink_to(tmp_path)  # a folder in itself: walked once
    assert validate(tmp_path, expect=0) == ["4 objects, 0 errors, 0 warnings"]
    (tmp_path / "loop.yaml").symlink_to("pool.yaml")
    (tmp_path / "pool.yaml").symlink_to("loop.yaml")
    lines = validate(tmp_path)
    assert any(f"{tmp_path}/loop.yaml: Unreadable: Too many levels of symbolic links" in line for line in lines), lines
    assert lines[-1] == "4 objects, 2 errors, 0 warnings"


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")  # to open one for reading would wait for a writer
    (tmp_path / "good.yaml").write_text(WORLD + ROUTE)
    begin = time.monotonic()
    lines = validate(tmp_path)
    assert time.monotonic() - begin < 10
    assert any("pipe.yaml is no regular file" in line for line in lines), lines

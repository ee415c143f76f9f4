"""What docs/user/threat_model.md promises of the gateway and of Limen itself, with attackers' requests."""

import http.server
import json
import pathlib
import socket
import stat
import subprocess

import pytest

from limen import LIMEN, HttpServer, wait_for
from pki import Authority, tls_secret
from test_routes import to
from test_security_policy import KEYS, basic, htpasswd, policy, secret

UNIX_BACKEND = """
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: Backend
metadata: {{name: inside}}
spec:
  endpoints:
  - unix: {{path: {path}}}
"""


def prefix(path, backend="a", **more):
    return {"matches": [{"path": {"type": "PathPrefix", "value": path}}], "backendRefs": [to(backend)], **more}


@pytest.fixture
def guarded(limen, backend):
    """A gateway where /admin wants a key and the rest does not; `limen.backend` is behind both."""
    limen.backend = backend("a")
    limen.gateway()
    limen.write("a.yaml", limen.backend.yaml())
    limen.write("keys.yaml", secret("keys", ann="key-of-ann"))
    limen.route("free", [prefix("/")])
    limen.route("r", [prefix("/admin")])
    limen.write("p.yaml", policy("p", KEYS))
    limen.start()
    limen.wait_status(401, "/admin")
    limen.wait_status(200, "/")
    return limen


def raw(port, text):
    """The first line of the answer to these bytes; "": the connection was closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(text.encode())
        return client.recv(65536).decode(errors="replace").split("\r\n")[0]


PATHS = [
    "/admin", "/admin/", "/admin/x", "//admin", "///admin//x", "/./admin", "/x/../admin", "/x/%2e%2e/admin", "/x/.%2E/admin",
    "/%61dmin", "/%61%64min/x", "/x/..%2fadmin", "/x%2f..%2fadmin", "/x%5c..%5cadmin", "/x\\..\\admin", "/%2fadmin",
    "/admin%2fx", "/admin%2Fx", "/admin?x=/../", "/x/y/../../admin", "/.//admin"]


def test_a_guarded_path_has_no_other_name(guarded):
    """Either the key is asked for, or the request goes nowhere, or another path than the guarded one is what a backend
    sees, however it reads it."""
    for path in PATHS:
        seen = len(guarded.backend.requests)
        answer = guarded.get(path)
        if answer.status == 200:
            at_backend = guarded.backend.requests[seen]["path"].lower()
            assert "admin" not in at_backend.replace("%61", "a").replace("%64", "d"), path
        elif answer.status in (301, 302, 307, 308):  # to the plain name, where the key is asked for
            assert guarded.get(answer.headers["location"].split("localhost", 1)[-1]).status == 401, path
        else:
            assert answer.status in (400, 401, 404), path
            assert len(guarded.backend.requests) == seen, path


AMBIGUOUS = [
    "GET / HTTP/1.1\r\nhost: a\r\nx_client: ann\r\n\r\n",
    "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
    "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
    "GET / HTTP/1.1\r\nhost : a\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n",
    "GET /a b HTTP/1.1\r\nhost: a\r\n\r\n",
    "GET /#admin HTTP/1.1\r\nhost: a\r\n\r\n"]


def test_ambiguous_requests_go_nowhere(guarded):
    seen = len(guarded.backend.requests)
    for text in AMBIGUOUS:
        assert raw(guarded.port, text).split(" ")[1:2] in (["400"], ["501"], []), text
    assert len(guarded.backend.requests) == seen
    assert raw(guarded.port, "GET / HTTP/1.1\r\nhost: a\r\n\r\n") == "HTTP/1.1 200 OK"


def test_two_hosts_are_one_to_everybody(guarded):
    assert raw(guarded.port, "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n") == "HTTP/1.1 200 OK"
    assert guarded.backend.requests[-1]["headers"]["host"] == "a,b"
    guarded.route("free", [prefix("/")], hostnames=["a"])
    guarded.wait_status(404, "/", host="b")
    assert raw(guarded.port, "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n") == "HTTP/1.1 404 Not Found"


def test_the_access_log_says_what_was_sent_and_no_more(guarded):
    agent = 'x" 200 "\\", "response_code": 200}'
    assert guarded.get("/admin?key=wrong-key", headers={"user-agent": agent}).status == 401

    def entries():
        text = next(guarded.state.glob("proxies/*/envoy.log")).read_text()
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    entry = wait_for(lambda: next((each for each in entries() if each["user-agent"] == agent), None))
    assert (entry["response_code"], entry["x-envoy-origin-path"], entry["method"]) == (401, "/admin", "GET")
    assert "wrong-key" not in json.dumps(entry)


def test_no_field_of_the_access_log_can_be_forged(guarded):
    """What clients send is a text in its field, whatever it looks like: each line is one object, and has no other fields."""
    text = b'FORGED"}\\n{"response_code": 200}\\x1b[2J\\u0000%RESPONSE_CODE%\xff\xc0\x80\xed\xa0\x80\t'
    with socket.create_connection(("127.0.0.1", guarded.port), timeout=5) as client:
        client.sendall(b"GET /FORGED%22%7D%0A%7B%22 HTTP/1.1\r\nhost: a\r\nconnection: close\r\nuser-agent: " + text + b"\r\nx-forwarded-for: " + text + b"\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
    log = next(guarded.state.glob("proxies/*/envoy.log"))
    wait_for(lambda: b"FORGED" in log.read_bytes())
    entries = [json.loads(line.decode()) for line in log.read_bytes().splitlines() if line.startswith(b"{")]
    assert len(set(map(frozenset, entries))) == 1
    [forged] = [entry for entry in entries if "FORGED" in json.dumps(entry)]
    assert (forged["method"], forged["response_code"]) == ("GET", 200) and 'FORGED"}\\n{"response_code": 200}' in forged["user-agent"]
    assert log.read_bytes().count(b"\nFORGED") == 0


def test_clients_cannot_say_who_they_are(guarded):
    """Headers that only the gateway may set are replaced or taken away."""
    forged = {"x-client": "root", "x-forwarded-for": "10.0.0.1", "x-envoy-internal": "true", "x-forwarded-client-cert": "By=x",
              "x-envoy-original-path": "/x", "x-envoy-expected-rq-timeout-ms": "1", "x-envoy-upstream-alt-stat-name": "x",
              "x-envoy-external-address": "10.0.0.1"}
    seen = guarded.get("/admin", headers={"x-key": "key-of-ann", **forged}).json["headers"]
    assert seen["x-client"] == "ann"
    assert seen["x-forwarded-for"].startswith("10.0.0.1,")  # what Envoy knows comes last
    assert not seen["x-forwarded-for"].endswith("10.0.0.1")
    for name in ("x-envoy-internal", "x-forwarded-client-cert", "x-envoy-original-path", "x-envoy-upstream-alt-stat-name"):
        assert forged[name] != seen.get(name), name
    assert seen.get("x-envoy-external-address") != "10.0.0.1"


def test_no_route_leads_to_sockets_of_limen_and_envoy(guarded):
    sockets = [path for path in guarded.state.rglob("*") if path.is_socket()]
    assert {path.name for path in sockets} >= {"xds.sock"} and any("admin" in path.parts for path in sockets)
    around = guarded.state.parent / "link.sock"
    guarded.route("inside", [prefix("/inside", "inside")])
    for path in [*sockets, guarded.state / "admin/../xds.sock", f"/proc/self/root{sockets[0]}"]:
        guarded.write("inside.yaml", UNIX_BACKEND.format(path=path))
        wait_for(lambda: str(path) in guarded.status("httproute", "inside", "-o", "yaml"))
        assert guarded.get("/inside/stats").status == 500
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(around))
    server.listen()
    guarded.write("inside.yaml", UNIX_BACKEND.format(path=around))  # any other socket is fine
    wait_for(lambda: "ResolvedRefs=True" in guarded.status("httproute", "inside"))
    server.close()


def test_secrets_stay_inside(guarded, tmp_path):
    authority = Authority(tmp_path)
    files = authority.issue("a.test")
    key = pathlib.Path(files[1]).read_text()
    guarded.flags += ["--log-level", "debug"]
    guarded.write("users.yaml", secret("users", **{".htpasswd": htpasswd(ann="opensesame")}))
    guarded.write("tls.yaml", tls_secret("tls", files))
    guarded.write("q.yaml", policy("q", {"basicAuth": {"users": {"name": "users"}}}, target=("HTTPRoute", "free")))
    guarded.stop()
    guarded.start()
    guarded.wait_status(200, "/", headers=basic("ann", "opensesame"))
    guarded.wait_status(200, "/admin", headers={"x-key": "key-of-ann"})
    guarded.write("keys.yaml", secret("keys", ann="key-of-ann", bob="key\nof-bob"))  # refused
    guarded.wait_status(500, "/admin", headers={"x-key": "key-of-ann"})
    printed = subprocess.run([LIMEN, "translate", "-f", guarded.conf], capture_output=True, text=True)
    validated = subprocess.run([LIMEN, "validate", "-f", guarded.conf], capture_output=True, text=True)
    hash_of_ann = htpasswd(ann="opensesame").split("}")[1].strip()
    shown = [guarded.log.read_text(), guarded.status(), guarded.status("-o", "yaml"), printed.stdout, printed.stderr,
             validated.stdout, validated.stderr, *(path.read_text() for path in guarded.state.rglob("*.log"))]
    assert "SecurityPolicy" in shown[2]
    for text in shown:
        for word in ("key-of-ann", "of-bob", "opensesame", hash_of_ann, key.splitlines()[1]):
            assert word not in text


def test_files_are_for_the_owner_alone(guarded):
    paths = [guarded.state, *guarded.state.rglob("*")]
    assert len(paths) > 5
    for path in paths:
        assert path.is_symlink() or stat.S_IMODE(path.lstat().st_mode) & 0o077 == 0, path


def test_there_are_no_core_files(guarded):
    for pid in [guarded.process.pid, *guarded.envoy_pids()]:
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        line = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        assert line.split()[4:6] == ["0", "0"]


def listening_ports(pid):
    """TCP ports on which a process waits for clients.  Source: proc(5), net/tcp."""
    inodes = {f.readlink().name for f in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
    rows = [line.split() for table in ("tcp", "tcp6") for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
    return {int(row[1].rsplit(":", 1)[1], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes}


def test_the_admin_interface_has_no_port(guarded):
    """Of all that Envoy and Limen listen on, only the Gateway's port is a TCP port."""
    assert json.loads(guarded.admin("/server_info"))["state"] == "LIVE"
    assert set().union(*map(listening_ports, guarded.envoy_pids())) == {guarded.port}
    assert listening_ports(guarded.process.pid) == set()


TEXT = '%REQ(x-key)%\\1\\0"}, {{ .Secret }}: ${HOME} $(id) %DOWNSTREAM_LOCAL_ADDRESS%'  # means something to somebody
PATH = "/%25REQ(x-key)%25/\\1\\0"


def test_texts_of_users_stay_texts(guarded):
    """They are no formats, substitutions or templates to Envoy or to Limen (CVE-2026-11311)."""
    headers = {"set": [{"name": "x-set", "value": TEXT}], "add": [{"name": "x-add", "value": TEXT}]}
    replace = {kind: {"type": "URLRewrite", "urlRewrite": {"path": {"type": kind, field: PATH}}}
               for kind, field in (("ReplaceFullPath", "replaceFullPath"), ("ReplacePrefixMatch", "replacePrefixMatch"))}
    request, response = ({"type": f"{kind}HeaderModifier", f"{kind.lower()}HeaderModifier": headers} for kind in ("Request", "Response"))
    guarded.route("texts", [prefix("/full", filters=[request, response, replace["ReplaceFullPath"]]),
                            prefix("/prefix", filters=[replace["ReplacePrefixMatch"]]),
                            {**prefix("/of-backend"), "backendRefs": [{**to("a"), "filters": [request, response]}]},
                            {**prefix("/to"), "backendRefs": [], "filters": [{"type": "RequestRedirect", "requestRedirect": {
                                "path": {"type": "ReplaceFullPath", "replaceFullPath": PATH}}}]}])
    guarded.write("c.json", json.dumps({
        "apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "ClientTrafficPolicy", "metadata": {"name": "c"},
        "spec": {"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "web"}], "headers": {
            "earlyRequestHeaders": {"set": [{"name": "x-early", "value": TEXT}]},
            "lateResponseHeaders": {"set": [{"name": "x-late", "value": TEXT}]}}}}))
    wait_for(lambda: "x-late" in guarded.get("/full", headers={"x-key": "key-of-ann"}).headers)
    for path in ("/full", "/of-backend"):
        answer = guarded.get(path, headers={"x-key": "key-of-ann"})
        seen = answer.json["headers"]
        assert [seen[name] for name in ("x-set", "x-add", "x-early")] == [TEXT] * 3
        assert [answer.headers[name] for name in ("x-set", "x-add", "x-late")] == [TEXT] * 3
    assert guarded.get("/full", headers={"x-key": "key-of-ann"}).json["path"] == PATH
    assert guarded.get("/prefix/z", headers={"x-key": "key-of-ann"}).json["path"] == PATH + "/z"
    assert guarded.get("/to", headers={"x-key": "key-of-ann"}).headers["location"].endswith(PATH)


class Archives(HttpServer):
    """Counts who comes for a program."""

    def __init__(self):
        self.asked = []
        this = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                this.asked.append(self.path)
                self.send_response(404)
                self.end_headers()

        super().__init__(Handler)


def test_programs_of_users_are_not_run_or_fetched(guarded):
    """Lua and Wasm of an EnvoyExtensionPolicy (CVE-2026-22771, GHSA-wcrf-9vrr, GHSA-8fv2-88gg-hm7q): said to do nothing, and does."""
    archives = Archives()
    target = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "free"}
    lua = f"local f = io.open('{guarded.state.parent}/written', 'w') f:write('x') function envoy_on_request(h) h:respond({{[':status'] = '418'}}) end"
    url = f"http://127.0.0.1:{archives.port}"
    guarded.write("programs.json", json.dumps({
        "apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "EnvoyExtensionPolicy", "metadata": {"name": "programs"},
        "spec": {"targetRefs": [target], "lua": [{"type": "Inline", "inline": lua}], "wasm": [
            {"name": "w", "code": {"type": "HTTP", "http": {"url": f"{url}/w.wasm"}}},
            {"name": "i", "code": {"type": "Image", "image": {"url": f"127.0.0.1:{archives.port}/w:1"}}}]}}))
    guarded.route("after", [prefix("/after")])
    guarded.wait_status(200, "/after")
    assert guarded.get("/").status == 200
    told = "".join(guarded.admin(f"/config_dump?resource=dynamic_{kind}").lower() for kind in ("listeners", "route_configs", "active_clusters"))
    assert "csrf" in told and not any(word in told for word in ("lua", "wasm", "envoy_on_request"))
    assert not (guarded.state.parent / "written").exists() and archives.asked == []
    said = subprocess.run([LIMEN, "validate", "-f", guarded.conf], capture_output=True, text=True).stdout
    assert "EnvoyExtensionPolicy" in said
    archives.close()

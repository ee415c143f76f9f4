"""What Envoy refuses though Limen found it good: the last good version stays, its author is told, all else goes on."""

import os
import signal
import time

from limen import wait_for
from test_run import start, to


def backend_yaml(name, address, port):
    return (f"apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: Backend\nmetadata: {{name: {name}}}\n"
            f"spec: {{endpoints: [{{ip: {{address: '{address}', port: {port}}}}}]}}\n")


def service_yaml(name, external_name, port=80):
    return (f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n"
            f"spec: {{type: ExternalName, externalName: '{external_name}', ports: [{{port: {port}}}]}}\n")


def at(path, *refs):
    return {"matches": [{"path": {"value": path}}], "backendRefs": list(refs)}


def own(name):
    return {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": name}


def service(name, port=80):
    return {"name": name, "port": port}


BAD_ADDRESS = "::::::"  # has the form that the API asks for, and is none


def within_a_second(condition):
    begin = time.monotonic()
    wait_for(condition)
    assert time.monotonic() - begin < 1


def test_refused_endpoints_leave_the_last_good_ones(limen, backend):
    limen.route("r", [to("a")])
    a = backend("a")
    start(limen, a)
    limen.wait_status(200)
    limen.write("backends.yaml", backend_yaml("a", BAD_ADDRESS, 80))
    within_a_second(lambda: "Envoy refuses the endpoints of backend/default/a" in limen.status("backend", "a"))
    assert "ResolvedRefs=False(InvalidBackendRef" in limen.status("httproute", "r")
    assert limen.get().status == 200
    b = backend("b")
    limen.write("b.yaml", b.yaml())
    limen.route("s", [at("/b", own("b"))])
    assert wait_for(lambda: limen.get("/b").json["backend"] == "b")
    limen.write("backends.yaml", a.yaml())
    wait_for(lambda: "Envoy refuses" not in limen.status())
    assert limen.get().status == 200


def test_the_last_good_endpoints_are_what_a_new_envoy_gets(limen, backend):
    limen.route("r", [to("a")])
    start(limen, backend("a"))
    limen.wait_status(200)
    limen.write("backends.yaml", backend_yaml("a", BAD_ADDRESS, 80))
    wait_for(lambda: "Envoy refuses" in limen.status())
    [pid] = limen.envoy_pids()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: limen.envoy_pids() not in ([], [pid]))
    limen.wait_status(200)
    assert "Envoy refuses" in limen.status("backend", "a")


def test_one_refused_backend_among_many_new_ones_harms_no_other(limen, backend):
    a = backend("a")
    names = [f"b{i}" for i in range(12)]
    documents = [a.yaml()] + [backend_yaml(n, BAD_ADDRESS if n == "b7" else "127.0.0.1", a.port) for n in names]
    limen.gateway()
    limen.write("backends.yaml", "---\n".join(documents))
    limen.route("r", [at(f"/{n}/", own(n)) for n in names] + [to("a")])
    limen.route("only-good", [at("/good", own("b1"))])
    limen.start()
    limen.wait_status(200)
    within_a_second(lambda: "Accepted=False" in limen.status("backend", "b7"))
    assert limen.status().count("Envoy refuses the endpoints of backend/default/b7:") == 2  # b7's and r's
    assert "Envoy refuses" not in limen.status("httproute", "only-good")
    assert [n for n in names if limen.get(f"/{n}/").status != 200] == ["b7"]


def test_a_refused_cluster_leaves_the_last_good_one(limen, backend):
    a = backend("a")
    limen.gateway()
    limen.write("a.yaml", a.yaml())
    limen.write("s.yaml", service_yaml("s", "localhost", a.port) + "---\n" + service_yaml("t", "localhost", a.port))
    limen.route("r", [at("/s", service("s", a.port))])
    limen.route("t", [at("/t", service("t", a.port))])
    limen.start()
    limen.wait_status(200, "/s")
    limen.write("s.yaml", service_yaml("s", "", a.port) + "---\n" + service_yaml("t", "127.0.0.1", a.port))
    within_a_second(lambda: "Envoy refuses cluster service/default/s" in limen.status("httproute", "r"))
    assert "Envoy refuses" not in limen.status("httproute", "t")
    assert limen.get("/s").status == 200
    limen.route("more", [at("/more", own("a"))])
    limen.wait_status(200, "/more")
    limen.write("s.yaml", service_yaml("s", "127.0.0.1", a.port))
    wait_for(lambda: "Envoy refuses" not in limen.status())
    limen.wait_status(200, "/s")


def test_a_route_that_envoy_refuses_harms_nobody_else(limen, backend):
    limen.route("r", [to("a")])
    start(limen, backend("a"))
    limen.wait_status(200)
    rewrite = {"type": "URLRewrite",
               "urlRewrite": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/two\nlines"}}}
    limen.route("r", [to("a", filters=[rewrite])])
    wait_for(lambda: "Envoy refuses the route" in limen.status(), timeout=5)
    assert limen.get().status == 200
    limen.route("s", [to("a", matches=[{"path": {"type": "Exact", "value": "/s"}}])])
    wait_for(lambda: limen.get("/s").headers.get("x-from-backend"))
    limen.route("r", [to("a")])
    wait_for(lambda: "Envoy refuses the route" not in limen.status())


def test_a_refusal_after_a_restart_blames_the_edited_route_alone(limen, backend):
    for i in range(8):
        limen.route(f"r{i}", [to("a", matches=[{"path": {"value": f"/{i}"}}])])
    start(limen, backend("a"))
    limen.wait_status(200, "/7")
    limen.kill()
    limen.start()
    wait_for(lambda: "Accepted" in limen.status())
    rewrite = {"type": "URLRewrite",
               "urlRewrite": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/two\nlines"}}}
    limen.route("r3", [to("a", filters=[rewrite])])
    wait_for(lambda: "Envoy refuses the route" in limen.status(), timeout=5)
    assert limen.status().count("Envoy refuses the route") == 1
    assert [limen.get(f"/{i}").status for i in range(8)] == [200] * 8
    assert limen.log.read_text().count("Envoy refuses") == 1

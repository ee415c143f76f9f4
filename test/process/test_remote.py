"""Envoys that Limen did not start: by TCP with mutual TLS, and in all forms of xDS."""

import socket
import subprocess

import pytest

from limen import LIMEN, free_port, start_remote_envoy, wait_for
from test_security_policy import policy, secret
from xds_client import SERVICES, XdsClient


def limen_command(*words):
    return subprocess.run([LIMEN, *words], capture_output=True, text=True)


def to(name, **more):
    return {"backendRefs": [{"group": "gateway.envoyproxy.io", "kind": "Backend", "name": name}], **more}


@pytest.fixture
def remote(limen, backend):
    """Limen with an xDS port, no Envoy of its own, and one route."""
    folder = limen.conf.parent
    limen.certs = folder / "certs"
    limen.xds_port = free_port()
    made = limen_command("certgen", "--dir", limen.certs, "--proxy", "default/web", "--proxy", "default/other")
    assert made.returncode == 0, made.stderr
    limen.gateway()
    limen.write("a.yaml", backend("a").yaml())
    limen.route("r", [to("a")])
    limen.flags = ["--start-envoys", "false", "--xds-address", f"127.0.0.1:{limen.xds_port}", "--xds-certs", limen.certs]
    limen.start()
    wait_for(lambda: "Accepted" in limen.status())
    limen.envoys = []

    def start_envoy(change=lambda config: config, proxy="default/web", flags=()):
        limen.envoys.append(start_remote_envoy(limen, change, proxy, flags))

    limen.start_envoy = start_envoy
    yield limen
    for envoy in limen.envoys:
        envoy.kill()
        envoy.wait()


def works_through_edits(limen):
    assert limen.wait_status(200).json["backend"] == "a"
    limen.route("s", [{"matches": [{"path": {"type": "Exact", "value": "/s"}}], "filters": [
        {"type": "RequestRedirect", "requestRedirect": {"hostname": "elsewhere.test"}}]}])
    limen.wait_status(302, "/s")
    assert limen.get("/").status == 200
    (limen.conf / "route-s.yaml").unlink()
    limen.wait_status(200, "/s")
    (limen.conf / "route-r.yaml").unlink()
    limen.wait_status(404)


def test_an_envoy_of_another_machine_by_mutual_tls(remote):
    remote.start_envoy()
    works_through_edits(remote)


def test_an_envoy_sees_its_own_gateway_alone(remote):
    def ask_for_another(config):
        config["node"]["cluster"] = "default/web"
        return config
    remote.start_envoy(ask_for_another, proxy="default/other")
    wait_for(lambda: "denied" in remote.log.read_text())
    assert "spiffe://limen/proxy/default/web" in remote.log.read_text()
    assert remote.try_get() is None


def test_a_client_without_a_certificate_is_refused(remote):
    def without_certificate(config):
        cluster = config["static_resources"]["clusters"][0]
        del cluster["transport_socket"]["typed_config"]["common_tls_context"]["tls_certificates"]
        return config
    remote.start_envoy(without_certificate)
    wait_for(lambda: "peer did not return a certificate" in remote.log.read_text())
    assert remote.try_get() is None


def with_ads(api_type):
    def change(config):
        config["dynamic_resources"]["ads_config"]["api_type"] = api_type
        return config
    return change


def test_state_of_the_world(remote):
    remote.start_envoy(with_ads("GRPC"))
    works_through_edits(remote)


@pytest.mark.parametrize("api_type", ["GRPC", "DELTA_GRPC"])
def test_a_stream_for_clusters_and_one_for_listeners(remote, api_type):
    def change(config):
        services = config["dynamic_resources"]["ads_config"]["grpc_services"]
        for kind in ("lds_config", "cds_config"):
            config["dynamic_resources"][kind] = {"resource_api_version": "V3", "api_config_source": {
                "api_type": api_type, "transport_api_version": "V3", "grpc_services": services}}
        return with_ads(api_type)(config)
    remote.start_envoy(change)
    works_through_edits(remote)


def admin(remote, path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(remote.conf.parent / "admin.sock"))
        client.sendall(f"POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        return client.recv(1000)


def test_an_envoy_says_whether_it_is_ready(remote):
    port = free_port()
    remote.process.terminate()
    remote.process.wait()
    remote.start_envoy(flags=("--ready-address", f"127.0.0.1:{port}"))
    wait_for(lambda: (remote.conf.parent / "admin.sock").exists())
    assert remote.try_get("/ready", port=port, timeout=2) is None, "it has no configuration yet"
    remote.start()
    remote.wait_status(200, "/ready", port=port)
    assert remote.wait_status(200).json["backend"] == "a"
    assert remote.get("/other", port=port).status == 404
    admin(remote, "/healthcheck/fail")
    assert remote.get("/ready", port=port).status == 503
    admin(remote, "/healthcheck/ok")
    assert remote.get("/ready", port=port).status == 200


def test_the_first_request_of_a_fresh_envoy_is_sent_to_log_in(remote):
    """The secrets of logins are there before it serves, and before it says that it is ready; none of them is lucky."""
    known = {"issuer": "http://idp.test", "authorizationEndpoint": "http://idp.test/auth", "tokenEndpoint": "http://idp.test/token"}
    for i in range(20):
        remote.write(f"client{i}.yaml", secret(f"client{i}", **{"client-secret": f"s{i}"}))
        remote.route(f"r{i}", [{"matches": [{"path": {"value": f"/p{i}"}}], **to("a")}])
        remote.write(f"p{i}.yaml", policy(f"p{i}", {"oidc": {"provider": known, "clientID": "shop", "clientSecret": {"name": f"client{i}"}}},
                                          ("HTTPRoute", f"r{i}")))
    wait_for(lambda: remote.status("securitypolicy").count("Accepted=True") == 20)
    ready = free_port()
    for _ in range(3):
        remote.start_envoy(flags=("--ready-address", f"127.0.0.1:{ready}"))
        first = wait_for(lambda: remote.try_get("/p19")).status
        wait_for(lambda: getattr(remote.try_get("/ready", port=ready), "status", 0) == 200)
        assert [first, *(remote.get(f"/p{i}").status for i in range(20))] == [302] * 21
        envoy = remote.envoys.pop()
        envoy.kill()
        envoy.wait()


def test_prometheus_sees_nothing_else_of_the_admin_interface(remote):
    port = free_port()
    remote.start_envoy(flags=("--stats-address", f"127.0.0.1:{port}", "--memory-limit-mib", "512"))
    text = remote.wait_status(200, "/stats/prometheus", port=port).text
    assert "envoy_server_live" in text and "envoy_overload_envoy_resource_monitors_fixed_heap_pressure" in text
    for path in ("/", "/stats", "/config_dump", "/quitquitquit", "/stats/prometheus/", "/stats/prometheus/../config_dump",
                 "/stats/prometheus%2f..%2f..%2fconfig_dump", "//stats/prometheus/..;/config_dump"):
        assert remote.get(path, port=port).status == 404, path
    assert remote.get("/stats/prometheus", port=port, method="POST").status == 404


def test_certgen_keeps_what_is_there(remote):
    before = {path.name: path.read_bytes() for path in remote.certs.iterdir()}
    assert set(before) == {"ca.crt", "ca.key", "server.crt", "server.key", "default_web.crt", "default_web.key",
                           "default_other.crt", "default_other.key"}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in remote.certs.glob("*.key"))
    assert limen_command("certgen", "--dir", remote.certs, "--proxy", "default/new").returncode == 0
    assert {name: (remote.certs / name).read_bytes() for name in before} == before
    assert limen_command("certgen", "--dir", remote.certs, "--renew").returncode == 0
    assert (remote.certs / "ca.crt").read_bytes() == before["ca.crt"]
    assert (remote.certs / "server.crt").read_bytes() != before["server.crt"]
    bad = limen_command("certgen", "--dir", remote.certs, "--proxy", "a,DNS:evil")
    assert bad.returncode == 3 and "comma" in bad.stderr
    missing = limen_command("bootstrap", "--proxy", "no/such", "--xds-address", "h:1", "--certs", remote.certs)
    assert missing.returncode == 3 and "limen certgen" in missing.stderr
    wrong = limen_command("bootstrap", "--proxy", "default/web", "--xds-address", "h", "--certs", remote.certs)
    assert wrong.returncode == 2 and "HOST:PORT" in wrong.stderr


def test_there_is_no_port_without_certificates(limen):
    done = limen_command("run", "-f", limen.conf, "--state-dir", limen.state, "--xds-address", f"127.0.0.1:{free_port()}")
    assert done.returncode == 2 and "--xds-certs" in done.stderr


def odd_services():
    """Calls of one answer, REST, and names of streams that a judge and a server might read differently."""
    for path, sotw, type_url in SERVICES:
        service, method = path.strip("/").split("/")
        kind = method.removeprefix("Stream" if sotw else "Delta")
        for odd in (f"/{service}/Fetch{kind}", f"/v3/discovery:{kind.lower()}", f"{service}/{method}", f"//{service}/{method}",
                    f"/{service}/{method}/", f"/{service}//{method}", f"/{service}/{method}?a=b", f"/{service}/{method.lower()}",
                    f"/x/../{service}/{method}", f"/{service}/%{ord(method[0]):x}{method[1:]}"):
            yield odd, sotw, type_url


def test_streams_have_no_other_names_and_no_calls_of_one_answer(remote):
    """What a judge of paths may overlook (GHSA-22xc-xg2r-9j7v, CVE-2026-33186): nobody is shown anything, not even his own."""
    ca = (remote.certs / "ca.crt").read_bytes()
    for proxy in ("web", "other"):
        pair = [(remote.certs / f"default_{proxy}.{end}").read_bytes() for end in ("crt", "key")]
        client = XdsClient(remote.xds_port, ca, pair, server_name="localhost")
        assert client.sees() == (proxy == "web")
        for path, sotw, type_url in odd_services():
            assert client.refusal(service=(path, sotw, type_url))[0] == "UNIMPLEMENTED", path
    assert not XdsClient(remote.xds_port, ca, server_name="localhost").sees()

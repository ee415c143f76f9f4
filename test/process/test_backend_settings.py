"""backendSettings of services that SecurityPolicies call, by what the services see and what becomes of requests."""

import http.server
import socket
import struct
import threading
import time

import pytest

from limen import Hammer, HttpServer, backend_yaml, free_port, wait_for
from pki import Authority, SecureServer, config_map
from test_backend_tls import policy as tls_policy
from test_external_auth import GrpcAuth, HttpAuth
from test_jwt import issuer, keys, provider, tokens  # noqa: F401
from test_policy_services import services, to_backend  # noqa: F401
from test_security_policy import listeners_of, policy
from tokens import KeyServer, bearer


def ask(*names, protocol="http", settings=None, http=None, **more):
    service = {"backendRefs": [to_backend(name) for name in names], **(http or {})}
    if settings is not None:
        service["backendSettings"] = settings
    return {"extAuth": {protocol: service, **more}}


def clusters(limen):
    """Names of those that Envoy has."""
    return {line.split("::")[0] for line in limen.admin("/clusters").splitlines()}


def cluster_of(limen, backend):
    return wait_for(lambda: next((c for c in clusters(limen) if c.startswith(f"backend/default/{backend}/settings/")), None))


def stat(limen, name):
    return int(limen.admin(f"/stats?filter=^{name}$").rpartition(":")[2] or 0)


class Flaky(HttpServer):
    """Fails the first requests after failing() was called; at /health it is asked whether it is well."""

    def __init__(self, name):
        self.name, self.asked, self.left, self.well, self.delay = name, [], 0, True, 0
        this = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                this.asked.append(self.path)
                if self.path == "/health":
                    status = 200 if this.well else 500
                else:
                    time.sleep(this.delay)
                    this.left -= 1
                    status = 503 if this.left >= 0 else 200
                self.send_response(status)
                self.send_header("content-length", "0")
                self.send_header("x-user", this.name)
                self.end_headers()

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        super().__init__(Handler)

    def fail(self, times):
        self.asked.clear()
        self.left = times


class ProxyProtocolServer(SecureServer):
    """Makes an HttpServer read the header of the PROXY protocol first; with a certificate, TLS comes after it."""

    def __init__(self, server, pair=None):
        self.headers = []
        if pair is not None:
            super().__init__(server, pair)
            self.after = super().connected
        else:
            self.after = server.server.finish_request
        server.server.finish_request = self.connected
        server.server.handle_error = lambda *_: None

    def connected(self, connection, address):
        start = connection.recv(12, socket.MSG_PEEK | socket.MSG_WAITALL)
        if start.startswith(b"PROXY "):
            line = b""
            while not line.endswith(b"\r\n"):
                line += connection.recv(1)
            self.headers.append(line.decode().strip())
        elif start == b"\r\n\r\n\x00\r\nQUIT\n":
            head = connection.recv(16, socket.MSG_WAITALL)
            connection.recv(struct.unpack("!H", head[14:])[0], socket.MSG_WAITALL)
            self.headers.append("v2")
        else:
            self.headers.append("none")
        self.after(connection, address)


def test_what_fails_is_tried_again(services):
    auth = services.service(Flaky, "auth")
    again = {"numRetries": 2, "retryOn": {"triggers": ["gateway-error"]}, "perRetry": {"backOff": {"baseInterval": "10ms", "maxInterval": "2s"}}}
    services.write("p.yaml", policy("p", ask("auth", settings={"retry": again})))
    services.start()
    services.wait_status(200, "/x")
    auth.fail(2)
    assert services.get("/x").status == 200 and auth.asked == ["/x"] * 3
    auth.fail(3)
    assert services.get("/x").status == 403 and auth.asked == ["/x"] * 3
    # No cluster of its own for that: clusters do not know of retries.
    assert "backend/default/auth" in clusters(services)
    services.write("p.yaml", policy("p", ask("auth", settings={"retry": {**again, "retryOn": {"triggers": ["connect-failure"]}}})))
    auth.fail(0)

    def is_tried_once():
        auth.fail(1)
        return services.get("/x").status == 403
    wait_for(is_tried_once)
    # Where nothing is said of what is tried again, it is what cannot have been worked on, 502, 503 and 504.
    services.write("p.yaml", policy("p", ask("auth", settings={"retry": {"perRetry": {"backOff": {"baseInterval": "10ms"}}}})))

    def is_tried_again():
        auth.fail(1)
        return services.get("/x").status == 200
    wait_for(is_tried_again)


def test_a_service_that_speaks_grpc_is_asked_again(services):
    """One of two backends is not there: nobody sees it."""
    auth = services.service(GrpcAuth, "auth")
    services.write("gone.yaml", backend_yaml("gone", free_port()))
    settings = {"retry": {"numRetries": 5, "perRetry": {"backOff": {"baseInterval": "1ms", "maxInterval": "1s"}}}, "loadBalancer": {"type": "RoundRobin"}}
    services.write("p.yaml", policy("p", ask("auth", "gone", protocol="grpc")))
    services.start()
    services.wait_status(200, "/x")
    wait_for(lambda: {services.get("/x").status for _ in range(8)} == {200, 403})
    services.write("p.yaml", policy("p", ask("auth", "gone", protocol="grpc", settings=settings)))
    wait_for(lambda: {services.get("/x").status for _ in range(8)} == {200})
    assert {services.get("/x").status for _ in range(20)} == {200} and auth.asked


class FailingKeys(KeyServer):
    """Answers the first two requests with 503."""

    left = 2

    @property
    def status(self):
        self.left -= 1
        return 503 if self.left >= 0 else 200

    @status.setter
    def status(self, _):
        pass


def test_keys_are_fetched_again(services, issuer):  # noqa: F811
    """By the retry policy, long before the next fetch."""
    keys = FailingKeys(issuer)  # noqa: F811
    remote = {"uri": keys.uri(), "cacheDuration": "1h", "failedRefetchDuration": "1h",
              "backendSettings": {"retry": {"numRetries": 3, "perRetry": {"backOff": {"baseInterval": "50ms", "maxInterval": "2s"}}}}}
    services.write("p.yaml", tokens(provider(keys, remoteJWKS=remote)))
    services.start()
    services.wait_status(200, "/x", headers=bearer(issuer.token()))
    assert keys.asked >= 3
    keys.close()


def test_only_so_many_requests_at_a_time(services):
    auth = services.service(Flaky, "auth")
    auth.delay = 1
    settings = {"circuitBreaker": {"maxParallelRequests": 1}}
    services.write("p.yaml", policy("p", ask("auth", settings=settings)))
    services.start()
    services.wait_status(200, "/x")

    def of_several():
        statuses = []
        askers = [threading.Thread(target=lambda: statuses.append(services.get("/x").status)) for _ in range(4)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        return sorted(statuses)
    assert of_several() == [200, 403, 403, 403]
    services.write("p.yaml", policy("p", ask("auth", settings=settings, failOpen=True)))
    wait_for(lambda: of_several() == [200] * 4)
    auth.asked.clear()
    assert of_several() == [200] * 4 and len(auth.asked) == 1
    cluster = cluster_of(services, "auth")
    services.write("p.yaml", policy("p", ask("auth", settings={"circuitBreaker": {}})))
    wait_for(lambda: cluster not in clusters(services))
    auth.asked.clear()
    assert of_several() == [200] * 4 and len(auth.asked) == 4


def test_who_is_not_well_is_not_asked(services):
    one, two = services.service(Flaky, "one"), services.service(Flaky, "two")
    check = {"active": {"type": "HTTP", "interval": "100ms", "timeout": "1s", "unhealthyThreshold": 1, "healthyThreshold": 1, "http": {"path": "/health"}}, "panicThreshold": 0}
    services.write("p.yaml", policy("p", ask("one", "two", settings={"healthCheck": check}, http={"headersToBackend": ["x-user"]})))
    services.start()
    services.wait_status(200, "/x")

    def users():
        return {services.get("/x").json["headers"]["x-user"] for _ in range(12)}
    wait_for(lambda: users() == {"one", "two"})
    one.well = False
    wait_for(lambda: users() == {"two"})
    hammer = Hammer(services, path="/x")
    one.well = True
    wait_for(lambda: users() == {"one", "two"})
    two.well = False
    wait_for(lambda: users() == {"one"})
    two.close()  # for good
    wait_for(lambda: hammer.count() > 300)
    assert set(hammer.stop()) == {200}
    one.well = False
    services.wait_status(403, "/x")
    one.well = True
    services.wait_status(200, "/x")


def test_who_fails_is_left_out(services):
    one, two = services.service(Flaky, "one"), services.service(Flaky, "two")
    check = {"passive": {"interval": "100ms", "consecutiveGatewayErrors": 1, "baseEjectionTime": "60s", "maxEjectionPercent": 50}}
    services.write("p.yaml", policy("p", ask("one", "two", settings={"healthCheck": check})))
    services.start()
    services.wait_status(200, "/x")
    one.fail(10 ** 6)
    wait_for(lambda: {services.get("/x").status for _ in range(12)} == {200})
    asked = len(one.asked)
    assert {services.get("/x").status for _ in range(20)} == {200} and len(one.asked) == asked and two.asked


@pytest.mark.parametrize("version, header", [("V1", "PROXY TCP4 127.0.0.1"), ("V2", "v2")])
def test_connections_begin_with_the_proxy_protocol(services, tmp_path, version, header):
    """With plain text and with TLS behind it, in one service of two backends."""
    plain, secure, ca = services.service(HttpAuth, "plain"), services.service(HttpAuth, "secure"), Authority(tmp_path)
    servers = [ProxyProtocolServer(plain), ProxyProtocolServer(secure, ca.issue("auth.test"))]
    services.write("ca.json", config_map("ca", ca.pem))
    services.write("tls.json", tls_policy("auth.test", target=to_backend("secure")))
    services.write("p.yaml", policy("p", ask("plain", "secure", settings={"proxyProtocol": {"version": version}})))
    services.start()
    services.wait_status(200, "/x")
    wait_for(lambda: services.get("/x").status == 200 and plain.asked and secure.asked)
    assert {services.get("/x").status for _ in range(20)} == {200}
    for server in servers:
        assert server.headers and all(line.startswith(header) for line in server.headers)
    services.write("p.yaml", policy("p", ask("secure", settings={"proxyProtocol": {"version": version}})))
    wait_for(lambda: any("backend/default/secure/settings" in c for c in clusters(services)))
    assert services.get("/x").status == 200


def test_a_path_of_its_own(services):
    auth = services.service(HttpAuth, "auth")
    services.write("p.yaml", policy("p", ask("auth", http={"pathOverride": "/check?who=web"})))
    services.start()
    services.wait_status(200, "/x")
    assert services.get("/x/of/ann?a=b").status == 200
    assert auth.asked[-1]["path"] == "/check?who=web"
    services.write("p.yaml", policy("p", ask("auth", http={"path": "/check"})))
    wait_for(lambda: services.get("/x/of/ann?a=b").status == 200 and auth.asked[-1]["path"] == "/check/x/of/ann?a=b")
    services.write("p.yaml", policy("p", ask("auth", http={"pathOverride": "check"})))
    services.wait_status(500, "/x")
    assert "spec.extAuth.http.pathOverride: is not a path" in services.status("securitypolicy", "p")


def test_a_service_that_does_not_answer_is_given_up(services):
    """A queue that is full: the kernel answers no more connections."""
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    waiting = [socket.socket() for _ in range(3)]
    for client in waiting:
        client.setblocking(False)
        client.connect_ex(full.getsockname())
    services.write("full.yaml", backend_yaml("full", full.getsockname()[1]))
    services.write("p.yaml", policy("p", ask("full", settings={"timeout": {"tcp": {"connectTimeout": "200ms"}}})))
    services.start()
    services.wait_status(403, "/x")
    start = time.monotonic()
    assert services.get("/x").status == 403 and time.monotonic() - start < 2
    # The same of an answer that does not come.
    slow = services.service(Flaky, "slow")
    slow.delay = 4
    services.write("p.yaml", policy("p", ask("slow", settings={"timeout": {"http": {"requestTimeout": "300ms"}}})))
    wait_for(lambda: slow.asked or services.get("/x").status == 200)
    start = time.monotonic()
    assert services.get("/x").status == 403 and time.monotonic() - start < 2
    for client in [*waiting, full]:
        client.close()


ACCEPTED = [
    {"loadBalancer": {"type": "Random"}},
    {"loadBalancer": {"type": "RoundRobin", "slowStart": {"window": "1s"}}, "connection": {"preconnect": {"predictivePercent": 200}}},
    {"loadBalancer": {"type": "LeastRequest", "slowStart": {"window": "1s"}, "endpointOverride": {"extractFrom": [{"header": "x-host"}]}}},
    {"loadBalancer": {"type": "BackendUtilization", "backendUtilization": {"outOfBand": {"reportingPeriod": "1s", "port": 9}}}},
    {"loadBalancer": {"type": "ConsistentHash", "consistentHash": {"type": "SourceIP", "tableSize": 11}}},
    {"tcpKeepalive": {}},
    {"tcpKeepalive": {"probes": 3, "idleTime": "30s", "interval": "5s"}},
    {"connection": {"bufferLimit": "64Ki", "socketBufferLimit": "128Ki", "preconnect": {"perEndpointPercent": 150}}},
    {"circuitBreaker": {"maxConnections": 10, "maxRequestsPerConnection": 1, "perEndpoint": {"maxConnections": 2}, "retryBudget": {"percent": {"numerator": 20}}}},
    {"timeout": {"http": {"connectionIdleTimeout": "1s", "maxConnectionDuration": "1s", "maxStreamDuration": "5s"}}},
    {"healthCheck": {"active": {"type": "TCP", "tcp": {}, "interval": "200ms", "healthCheckLog": {"matches": ["Failure", "Success"]}}}},
    {"http2": {"maxConcurrentStreams": 5}, "dns": {"lookupFamily": "IPv4"}},
]


@pytest.mark.parametrize("names", [("auth",), ("auth", "other")], ids=["one", "two"])
def test_settings_in_force(services, names):
    """Each in turn, with one backend and with two."""
    for name in names:
        services.service(HttpAuth, name)
    services.write("p.yaml", policy("p", ask(*names)))
    services.start()
    services.wait_status(200, "/x")
    before = listeners_of(services)
    for settings in ACCEPTED:
        known = {c for c in clusters(services) if "/settings/" in c}
        services.write("p.yaml", policy("p", ask(*names, settings=settings)))
        wait_for(lambda: {c for c in clusters(services) if "/settings/" in c} - known)  # noqa: B023
        services.wait_status(200, "/x")
        assert {services.get("/x").status for _ in range(6)} == {200}, settings
        assert "Accepted=True" in services.status("securitypolicy", "p")
    assert "rejected" not in services.log.read_text()
    assert listeners_of(services) == before


BROKEN = [
    ({"loadBalancer": {"type": "ConsistentHash", "consistentHash": {"type": "SourceIP", "tableSize": 10}}}, "loadBalancer.consistentHash.tableSize: 10 is no prime number"),
    ({"loadBalancer": {"type": "DynamicModule", "dynamicModule": {"name": "m", "lbPolicyName": "l"}}}, "loadBalancer.type: Limen knows no dynamic modules"),
    ({"timeout": {"tcp": {"connectTimeout": "0s"}}}, "timeout.tcp.connectTimeout: "),
    ({"healthCheck": {"active": {"type": "GRPC"}}}, "healthCheck.active.type: "),
    ({"retry": {"retryOn": {"httpStatusCodes": [503]}}}, "retry.retryOn.httpStatusCodes: "),
    ({"retry": {"perRetry": {"timeout": "1s"}}}, "retry.perRetry.timeout: "),
]


def test_broken_settings_close(services):
    services.service(HttpAuth, "auth")
    services.write("p.yaml", policy("p", ask("auth")))
    services.start()
    services.wait_status(200, "/x")
    for settings, why in BROKEN:
        services.write("p.yaml", policy("p", ask("auth", settings=settings)))
        services.wait_status(500, "/x")
        wait_for(lambda: why in services.status("securitypolicy", "p"))  # noqa: B023
        services.write("p.yaml", policy("p", ask("auth", settings={"retry": {}})))
        services.wait_status(200, "/x")
    assert services.get("/free").status == 200
    zone = {"loadBalancer": {"type": "Random", "zoneAware": {"preferLocal": {}}}}
    services.write("p.yaml", policy("p", ask("auth", settings=zone)))
    wait_for(lambda: "without effect: spec.extAuth.http.backendSettings.loadBalancer.zoneAware" in services.status("securitypolicy", "p"))
    services.wait_status(200, "/x")


def test_what_cannot_be_read_closes(services, issuer, keys):  # noqa: F811
    """A new policy, be it of a value that is none or of what is forbidden for keys."""
    services.service(HttpAuth, "auth")
    services.start()

    def of_keys(**retry):
        return tokens(provider(keys, remoteJWKS={"uri": keys.uri(), "backendSettings": {"retry": retry}}))
    for text, why in [(policy("p", ask("auth", settings={"loadBalancer": {"type": "Best"}})), "backendSettings.loadBalancer.type"),
                      (of_keys(perRetry={"timeout": "1s"}), "backendSettings.retry.perRetry.timeout is not supported"),
                      (of_keys(retryOn={"httpStatusCodes": [503]}), "backendSettings.retry.retryOn.httpStatusCodes is not supported")]:
        services.wait_status(200, "/x")
        services.write("p.yaml", text)
        services.wait_status(500, "/x")
        assert why in services.log.read_text() and "Accepted=False" in services.status("securitypolicy", "p")
        services.write("p.yaml", "")
    services.write("p.yaml", of_keys(numRetries=1))
    services.wait_status(401, "/x")
    services.wait_status(200, "/x", headers=bearer(issuer.token()))


def test_settings_of_one_drop_no_connection_of_another(services):
    auth = services.service(HttpAuth, "auth")
    services.write("p.yaml", policy("p", ask("auth", settings={"circuitBreaker": {"maxConnections": 9}}), section="x"))
    services.write("q.yaml", policy("q", ask("auth", settings={"circuitBreaker": {"maxConnections": 9}}), section="y"))
    services.start()
    services.wait_status(200, "/x")
    services.wait_status(200, "/y")
    shared = cluster_of(services, "auth")
    assert len([c for c in clusters(services) if c.startswith("backend/default/auth")]) == 1
    made = stat(services, f"cluster.{shared}.upstream_cx_total")
    hammer = Hammer(services, path="/y")
    for most in range(10, 15):
        services.write("p.yaml", policy("p", ask("auth", settings={"circuitBreaker": {"maxConnections": most}}), section="x"))
        wait_for(lambda: len([c for c in clusters(services) if c.startswith("backend/default/auth")]) == 2)
        services.wait_status(200, "/x")
    assert set(hammer.stop()) == {200} and auth.asked
    assert stat(services, f"cluster.{shared}.upstream_cx_total") - made <= 4  # workers' first ones

"""Logins in Kubernetes: all replicas share the key of cookies, on a real API server."""

import base64
import http.server
import json
import time

import pytest

from browser import Browser
from kube_api import needs_kube, running_api
from kube_limen import backend, gateway, route, running_limen
from limen import Echo, HttpServer, wait_for
from oidc_provider import SECRET, OidcProvider
from test_oidc import ask, log_in

pytestmark = needs_kube


class SlowIssuer(HttpServer):
    """Says of itself what the provider says, after a second."""

    def __init__(self, provider):
        slow = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                time.sleep(1)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps({
                    "issuer": slow.name, "authorization_endpoint": f"{provider.issuer}/auth",
                    "token_endpoint": f"{provider.issuer}/token"}).encode())

            def log_message(self, *_):
                pass

        super().__init__(Handler)
        self.name = f"http://localhost:{self.port}"


def start(limen):
    """With an Envoy; returns what it answers at / until it asks for a login (503: its secrets have not come yet)."""
    limen.start()
    limen.start_envoy()
    answers = set()

    def asks_for_login():
        answer = limen.try_get("/")
        answers.add(answer.status if answer else None)
        return 302 in answers
    wait_for(asks_for_login, 40)
    return answers - {None}


@pytest.fixture
def tab():
    browser = Browser()
    yield browser
    browser.close()


def test_a_login_holds_on_every_replica(tab):
    echo = Echo("a")
    with running_api() as api, running_limen(api) as first, running_limen(api) as second:
        second.port = first.port
        app = second.app = f"http://app.localhost:{first.port}"
        provider = OidcProvider(app).start()
        issuer = SlowIssuer(provider)
        try:
            gateway(api, first.port)
            backend(api, echo)
            route(api, "r", "a")
            api.apply("Secret", "client", type="Opaque",
                      data={"client-secret": base64.b64encode(SECRET.encode()).decode()})
            api.apply("SecurityPolicy", "p", spec={
                "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "r"}],
                "oidc": {"provider": {"issuer": issuer.name}, "clientID": "shop", "clientSecret": {"name": "client"}}})
            assert 500 not in start(first)  # it waits for the provider's answer before it lets Envoys in
            key = base64.b64decode(api.get("Secret", "envoy-oidc-hmac")["data"]["hmac-secret"])
            assert len(key) == 32
            assert log_in(tab, f"{app}/") == (200, f"{app}/")
            wait_for(lambda: any(condition["status"] == "True" and condition["type"] == "Accepted"
                                 for ancestor in api.get("SecurityPolicy", "p").get("status", {}).get("ancestors", [])
                                 for condition in ancestor["conditions"]))
            first.stop()
            assert 500 not in start(second)
            assert tab.open(f"{app}/again") == (200, f"{app}/again")
            assert base64.b64decode(api.get("Secret", "envoy-oidc-hmac")["data"]["hmac-secret"]) == key
            for limen in (first, second):
                assert base64.b64encode(key).decode() not in limen.log.read_text()
                assert (limen.state / "cookie-key").stat().st_mode & 0o777 == 0o600
            # Another key logs everybody out.
            cookies = [f"{name}={cookie['value']}" for name, cookie in tab.cookies(app).items()]
            assert ask(second, "/", cookies)[0] == 200
            api.delete("Secret", "envoy-oidc-hmac")
            wait_for(lambda: ask(second, "/", cookies)[0] == 302)
        finally:
            provider.stop()
            issuer.close()
            echo.close()


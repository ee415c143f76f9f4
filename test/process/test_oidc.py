"""Logins by OpenID Connect: a real browser, a real provider, a real Envoy."""

import base64
import http.client
import http.server
import json
import re
import subprocess
import time
import urllib.parse

import pytest

from browser import Browser
from limen import LIMEN, HttpServer, backend_yaml, wait_for
from oidc_provider import SECRET, OidcProvider
from test_routes import to
from test_security_policy import policy, rule, secret


@pytest.fixture(scope="module")
def tab():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def web(limen, backend, tab):
    """A gateway with an open route, one that policies are about, and a provider that is not started yet."""
    tab.forget()
    a = backend("a")
    limen.gateway()
    limen.write("a.yaml", a.yaml())
    limen.app = f"http://app.localhost:{limen.port}"
    limen.provider = OidcProvider(limen.app)
    limen.write("client.yaml", secret("client", **{"client-secret": SECRET}))
    limen.route("r", [{"matches": [{"path": {"value": "/"}}], "backendRefs": [to("a")]}])
    limen.route("other", [rule("free")])
    yield limen
    limen.provider.stop()


def oidc(web, **more):
    return {"oidc": {"provider": {"issuer": web.provider.issuer}, "clientID": "shop",
                     "clientSecret": {"name": "client"}, **more}}


def serve(web, spec, name="p", **provider):
    """With the policy in force."""
    web.provider.start(**provider)
    web.write(f"{name}.yaml", policy(name, spec))
    web.start()
    web.wait_status(302, "/")


def log_in(tab, url, user="ann"):
    """Opens a page, which the provider's form comes before."""
    status, shown = tab.open(url)
    assert status == 200 and "/interaction/" in shown, (status, shown)
    return tab.show(lambda: tab.run(f"""
        document.querySelector('[name=login]').value = '{user}';
        document.querySelector('[name=password]').value = 'any';
        document.querySelector('form').submit()"""))


def seen(tab):
    """What the backend was asked for the page that is shown."""
    return json.loads(tab.text())


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class FlakyTokens(HttpServer):
    """Leads to the provider's token endpoint, but for the first requests, which it answers with 503."""

    def __init__(self, provider, failures):
        self.asked = 0
        this = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                this.asked += 1
                status, text, kind = 503, b"", "text/plain"
                if this.asked > failures:
                    connection = http.client.HTTPConnection(provider.host, provider.port, timeout=5)
                    names = ("authorization", "content-type")
                    connection.request("POST", "/token", body, {name: self.headers[name] for name in names if name in self.headers})
                    answer = connection.getresponse()
                    status, text, kind = answer.status, answer.read(), answer.getheader("content-type")
                self.send_response(status)
                self.send_header("content-length", str(len(text)))
                self.send_header("content-type", kind)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        super().__init__(Handler)


def test_tokens_are_asked_for_again(web, tab):
    """As backendSettings.retry says; without it a login fails."""
    for settings, status, asked in [({}, 401, 1), ({"retry": {"numRetries": 2, "perRetry": {"backOff": {"baseInterval": "10ms", "maxInterval": "5s"}}}}, 200, 3)]:
        flaky = FlakyTokens(web.provider, 2)
        spec = oidc(web)
        spec["oidc"]["provider"] = {"issuer": web.provider.issuer, "authorizationEndpoint": f"{web.provider.issuer}/auth",
                                    "tokenEndpoint": f"http://127.0.0.1:{flaky.port}/token", "backendSettings": settings}
        if asked == 1:
            serve(web, spec)
        else:
            web.write("p.yaml", policy("p", spec))
            wait_for(lambda: str(flaky.port) in web.admin("/config_dump?resource=dynamic_route_configs"))  # noqa: B023
            tab.forget()
        assert (log_in(tab, f"{web.app}/shop")[0], flaky.asked) == (status, asked)
        flaky.close()


def test_login_stays_over_edits_and_restarts_until_logout(web, tab):
    serve(web, oidc(web, forwardAccessToken=True, forwardIDToken={"header": "x-id-token"}))
    assert log_in(tab, f"{web.app}/shop?q=1") == (200, f"{web.app}/shop?q=1")
    headers = seen(tab)["headers"]
    assert re.fullmatch("Bearer [\\w-]+", headers["authorization"])
    assert claims(headers["x-id-token"])["sub"] == "ann"
    cookies = tab.cookies(web.app)
    kinds = {re.sub("-[0-9a-f]{8}$", "", name) for name in cookies}
    assert kinds == {"AccessToken", "IdToken", "RefreshToken", "OauthHMAC", "OauthExpires"}
    assert all(cookie["httpOnly"] and cookie["secure"] for cookie in cookies.values())
    assert not any(headers["x-id-token"] in cookie["value"] for cookie in cookies.values())  # they are encrypted

    def is_logged_in(path):
        before = len(tab.documents)
        assert tab.open(web.app + path) == (200, web.app + path)
        assert tab.documents[before:] == [(200, web.app + path)]  # the provider was not asked
        assert claims(seen(tab)["headers"]["x-id-token"])["sub"] == "ann"

    is_logged_in("/again")
    # Another policy, and this one, are edited.
    web.write("q.yaml", policy("q", {"authorization": {"defaultAction": "Deny"}}, ("HTTPRoute", "other")))
    web.wait_status(403, "/free")
    is_logged_in("/edited")
    web.write("p.yaml", policy("p", oidc(web, forwardAccessToken=True, forwardIDToken={"header": "x-id-token"},
                                         logoutPath="/bye")))
    wait_for(lambda: "/bye" in web.admin("/config_dump?resource=dynamic_route_configs"))
    is_logged_in("/edited/too")
    # Limen, and then the Envoy, are others.
    web.provider.stop()
    web.stop()
    web.start()
    web.wait_status(302, "/")
    is_logged_in("/restarted")
    assert "Accepted=True" in web.status("securitypolicy", "p")
    web.provider.start()
    assert tab.open(f"{web.app}/bye")[1].startswith(f"{web.provider.issuer}/")
    assert not any(name.startswith(("AccessToken", "OauthHMAC")) for name in tab.cookies(web.app))
    assert SECRET not in web.log.read_text()
    assert (web.state / "cookie-key").stat().st_mode & 0o777 == 0o600


def test_logout_ends_the_providers_session(web, tab):
    spec = oidc(web)
    spec["oidc"]["provider"]["backendRefs"] = [to("idp")]
    web.write("idp.yaml", backend_yaml("idp", web.provider.port))
    serve(web, spec)
    log_in(tab, f"{web.app}/")
    assert "authorization" not in seen(tab)["headers"]
    tab.open(f"{web.app}/logout")
    tab.show(lambda: tab.run("document.querySelector('[name=logout]').click()"))
    assert "/interaction/" in tab.documents[-1][1]  # back at the page /, which asks who it is
    assert log_in(tab, f"{web.app}/", "bob") == (200, f"{web.app}/")


def test_tokens_are_renewed(web, tab):
    serve(web, oidc(web, forwardAccessToken=True), access_token_seconds=2)
    log_in(tab, f"{web.app}/")
    first = seen(tab)["headers"]["authorization"]
    before = len(tab.documents)
    time.sleep(2.2)
    assert tab.open(f"{web.app}/later") == (200, f"{web.app}/later")
    assert seen(tab)["headers"]["authorization"] not in (first, "")
    assert len(tab.documents) == before + 1


def test_calls_that_follow_no_redirect(web):
    serve(web, oidc(web, denyRedirect={"headers": [
        {"name": "x-requested-with", "value": "XMLHttpRequest"},
        {"name": "accept", "type": "RegularExpression", "value": "application/(.*\\+)?json"}]}))
    location = urllib.parse.urlparse(web.get("/a?b=c").headers["location"])
    query = dict(urllib.parse.parse_qsl(location.query))
    assert f"{location.scheme}://{location.netloc}{location.path}" == f"{web.provider.issuer}/auth"
    assert query["client_id"] == "shop" and query["scope"] == "openid" and query["code_challenge_method"] == "S256"
    assert query["redirect_uri"] == "http://localhost/oauth2/callback"
    assert web.get("/a", headers={"x-requested-with": "XMLHttpRequest"}).status == 401
    answer = web.get("/a", method="POST", body="{}", headers={"accept": "application/ld+json"})
    assert answer.status == 401 and "location" not in answer.headers
    assert web.get("/a", headers={"accept": "text/html"}).status == 302
    # Nobody's word for who he is.
    assert web.get("/a", headers={"authorization": "Bearer made.up.token"}).status == 302


def test_who_brings_a_token_needs_no_login(web, tab):
    spec = oidc(web, passThroughAuthHeader=True, forwardIDToken={"header": "x-id-token"})
    serve(web, {**spec, "jwt": {"optional": True, "providers": [
        {"name": "idp", "issuer": web.provider.issuer, "audiences": ["shop"],
         "remoteJWKS": {"uri": f"{web.provider.issuer}/jwks"}}]}})
    log_in(tab, f"{web.app}/")
    token = seen(tab)["headers"]["x-id-token"]
    answer = web.wait_status(200, "/", headers={"authorization": f"Bearer {token}"})
    assert "cookie" not in answer.json["headers"]
    head, _, signature = token.rpartition(".")
    for wrong in (f"{head}.{'A' * len(signature)}", "made.up.token", "x"):
        assert web.get("/", headers={"authorization": f"Bearer {wrong}"}).status == 401, wrong
    for other in ({}, {"authorization": "Basic eDp5"}, {"authorization": ""}):
        assert web.get("/", headers=other).status == 302, other


def test_a_wrong_client_secret(web, tab):
    web.write("client.yaml", secret("client", **{"client-secret": "wrong"}))
    serve(web, oidc(web))
    status, shown = log_in(tab, f"{web.app}/")
    assert status == 401 and shown.startswith(f"{web.app}/oauth2/callback?")
    assert not any(name.startswith(("AccessToken", "OauthHMAC")) for name in tab.cookies(web.app))
    web.write("client.yaml", secret("client", **{"client-secret": SECRET}))
    wait_for(lambda: tab.open(f"{web.app}/") == (200, f"{web.app}/"))  # the provider knows the user


def test_the_provider_comes_later(web, tab):
    web.write("p.yaml", policy("p", oidc(web)))
    web.start()
    web.wait_status(500, "/")
    wait_for(lambda: "spec.oidc.provider.issuer: asking http" in web.status("securitypolicy", "p"))
    assert "Accepted=False(Invalid: " in web.status("securitypolicy", "p")
    assert web.get("/free").status == 200
    web.provider.start()
    web.wait_status(302, "/")
    assert "Accepted=True" in web.status("securitypolicy", "p")
    assert log_in(tab, f"{web.app}/") == (200, f"{web.app}/")


def test_without_a_server_nobody_is_asked(web):
    web.write("p.yaml", policy("p", oidc(web)))
    done = subprocess.run([LIMEN, "validate", "-f", web.conf], capture_output=True, text=True)
    assert done.returncode == 0 and "0 errors, 1 warnings" in done.stdout, done.stdout
    assert "Pending: spec.oidc.provider.issuer: its endpoints are not known yet" in done.stdout
    known = {"authorizationEndpoint": f"{web.provider.issuer}/auth", "tokenEndpoint": f"{web.provider.issuer}/token"}
    spec = oidc(web)
    spec["oidc"]["provider"].update(known)
    web.write("p.yaml", policy("p", spec))
    done = subprocess.run([LIMEN, "translate", "-f", web.conf], capture_output=True, text=True)
    assert done.returncode == 0 and "envoy.filters.http.oauth2" in done.stdout and SECRET not in done.stdout


def ask(web, path, cookies=()):
    """(status, Location, cookies that it sets)"""
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=5)
    connection.request("GET", path, headers={"host": web.app.removeprefix("http://"), "cookie": "; ".join(cookies)})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers["location"], [text.split(";")[0] for text in answer.headers.get_all("set-cookie") or []]


def test_answers_that_were_not_asked_for(web, tab):
    serve(web, oidc(web, refreshToken=False))
    status, location, cookies = ask(web, "/")
    state = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(location).query))["state"]
    other = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(ask(web, "/")[1]).query))["state"]

    def call_back(state, cookies):
        return ask(web, "/oauth2/callback?" + urllib.parse.urlencode({"code": "x", "state": state}), cookies)[0]

    assert call_back(state, []) == 401  # another browser's login
    assert call_back(other, cookies) == 401
    forged = json.loads(base64.urlsafe_b64decode(state + "=" * (-len(state) % 4)))
    forged["csrf_token"] = forged["csrf_token"].split(".")[0] + "." + base64.b64encode(b"x" * 32).decode()
    assert call_back(base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("="), cookies) == 401
    assert call_back("x", cookies) == 401
    # One who is logged in changes a cookie.
    log_in(tab, f"{web.app}/")
    for name in [name for name in tab.cookies(web.app) if name.startswith(("OauthExpires", "OauthHMAC", "IdToken"))]:
        good = tab.cookies(web.app)
        changed = [f"{each}={cookie['value']}" for each, cookie in good.items() if each != name]
        assert ask(web, "/", changed + [f"{name}={good[name]['value']}"])[0] == 200
        wrong = "9" + good[name]["value"][1:] if name.startswith("OauthExpires") else "A" * len(good[name]["value"])
        assert ask(web, "/", changed + [f"{name}={wrong}"])[0] == 302


def test_cookies_of_one_policy_do_not_pass_another(web, tab):
    web.route("staff", [rule("staff")])
    web.write("q.yaml", policy("q", oidc(web, redirectURL=f"{web.app}/staff/callback"), ("HTTPRoute", "staff")))
    serve(web, oidc(web))
    web.wait_status(302, "/staff")
    log_in(tab, f"{web.app}/")
    suffixes = {re.search("OauthNonce-([0-9a-f]{8})", "".join(ask(web, path)[2])).group(1) for path in ("/", "/staff")}
    assert len(suffixes) == 2
    mine = next(iter(tab.cookies(web.app))).rpartition("-")[2]
    theirs = (suffixes - {mine}).pop()
    cookies = [f"{name}={cookie['value']}" for name, cookie in tab.cookies(web.app).items()]
    assert ask(web, "/", cookies)[0] == 200
    assert ask(web, "/staff", cookies)[0] == 302
    assert ask(web, "/staff", [cookie.replace(mine, theirs) for cookie in cookies])[0] == 302

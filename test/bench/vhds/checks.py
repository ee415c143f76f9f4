#!/usr/bin/env python3
"""What VHDS does right and wrong in a real Envoy, each question by real requests.  Prints a line an answer.

Usage: checks.py [WORD]     (only the checks whose name contains WORD)

A line says what came out, and whether it is what RDS gives ("as RDS" or "DIFFERS"); where that is not plain, RDS is
asked too.
"""

import http.server
import socket
import sys
import threading
import time
from contextlib import contextmanager

from ads import Ads
from world import CONFIGURATION, CORS, Envoy, free_port, listener, route_configuration, vhost, wait_for

CHECKS, FLAVOURS = [], ("wildcard", "on demand")


def check(function):
    CHECKS.append(function)
    return function


def say(flavour, question, outcome, right):
    print(f"{'as RDS ' if right else 'DIFFERS'} | {flavour:9} | {question}: {outcome}", flush=True)


@contextmanager
def world(flavour, vhosts, vhds="ads", inline=(), filters=None, backend=9, timeout="15s", **server):
    """An Envoy that serves `vhosts` in that flavour ("RDS": for comparison).  Yields (ads, envoy)."""
    if flavour == "RDS":
        vhds, inline = None, vhosts
    demand = flavour == "on demand"
    ads, port = Ads(all_vhosts=not demand, **server), free_port()
    ads.resources["listener"][CONFIGURATION] = listener(port, filters or (("on_demand", "cors") if demand else ("cors",)))
    ads.resources["routes"][CONFIGURATION] = route_configuration(vhds, inline, timeout=timeout)
    ads.resources["vhost"] = {v.name: v for v in vhosts}
    envoy = Envoy(ads, port, backend)
    try:
        wait_for(lambda: listens(port), 30)
        yield ads, envoy
    finally:
        envoy.stop()
        ads.stop()


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def text(envoy, *arguments, **more):
    """The answer's text, its status if it is not 200, or what went wrong."""
    try:
        answer = envoy.get(*arguments, **more)
        return answer.text if answer.status == 200 else answer.status
    except OSError as error:
        return type(error).__name__


@check
def names_on_the_wire():
    for flavour in FLAVOURS:
        with world(flavour, [vhost("a.test", "a")]) as (ads, envoy):
            found = text(envoy, "a.test")
            say(flavour, "asked for on the wire, in order", f"{ads.asked()} -> {found}", found == "a")


@check
def stream_for_vhosts():
    for vhds in ("ads", "own"):
        for flavour in FLAVOURS:
            with world(flavour, [vhost("a.test", "a")], vhds=vhds) as (ads, envoy):
                found = text(envoy, "a.test")
                own = {o for kind, o, _ in ads.requests if kind == "vhost"}
                say(flavour, f"vhds.config_source: {vhds}", f"{found}; a stream of its own: {own}", found == "a")


@check
def start_with_nothing():
    """A listener is served once its routes are there: when is that, if there is no virtual host yet?"""
    for what, more in [("an empty response", {"placeholder": False}),
                       ("an empty response, initial_fetch_timeout 0s", {"placeholder": False, "timeout": "0s"}),
                       ("an empty response, one inline host", {"placeholder": False, "inline": [vhost("*", "all")]}),
                       ("a resource without content", {}), ("one virtual host", {"vhosts": [vhost("a.test", "a")]})]:
        started = time.monotonic()
        try:
            with world("wildcard", **{"vhosts": [], **more}):
                seconds = time.monotonic() - started
                outcome = f"the listener is served after {seconds:.1f} s"
        except AssertionError:
            seconds, outcome = 30, "the listener is not served within 30 s"
        say("wildcard", f"the first answer is {what}", outcome, seconds < 5)


@check
def hosts():
    """Wildcards, the catch-all, ports, and which of several that match wins."""
    vhosts = [vhost("a.test", "a"), vhost("*.a.test", "wild"), vhost("x.a.test", "exact"), vhost("*", "all")]
    asked = [("a.test", "a"), ("y.a.test", "wild"), ("x.a.test", "exact"), ("other.test", "all"),
             ("a.test:8080", "a"), ("A.Test", "a")]
    for flavour in ("RDS", *FLAVOURS):
        with world(flavour, vhosts) as (ads, envoy):
            for host, right in asked:
                found = text(envoy, host, timeout=2)
                say(flavour, f"{host} among *.a.test, x.a.test, *", found, found == right)
            ads.resources["vhost"][f"{CONFIGURATION}/new.test"] = vhost("new.test", "new")
            if flavour == "wildcard":
                ads.push("vhost", [f"{CONFIGURATION}/new.test"])
            elif flavour == "RDS":
                ads.resources["routes"][CONFIGURATION].virtual_hosts.append(vhost("new.test", "new"))
                ads.push("routes", [CONFIGURATION])
            found = text(envoy, "new.test", timeout=2)
            say(flavour, "new.test, added after a request was answered by *", found, found == "new")
    vhosts = [vhost("a.test", "a"), vhost("*.b.test", "wild"), vhost("x.b.test", "exact")]
    for host in ("a.test", "a.test:8080", "A.Test", "x.b.test", "y.b.test"):
        with world("on demand", vhosts) as (ads, envoy):
            found, right = text(envoy, host, timeout=2), {"x": "exact", "y": "wild"}.get(host[0], "a")
            say("on demand", f"{host} as the first request, no catch-all", f"{found}; asked {ads.asked()[1:]}", found == right)


@check
def removed():
    for same in (True, False):
        for flavour in FLAVOURS:
            one = vhost("a.test", "a", **({} if same else {"name": "another-name"}))
            with world(flavour, []) as (ads, envoy):
                key, asked = f"{CONFIGURATION}/a.test", flavour == "on demand"
                ads.resources["vhost"][key] = one
                if flavour == "wildcard":
                    ads.push("vhost", [key])
                before = text(envoy, "a.test")
                del ads.resources["vhost"][key]
                ads.push("vhost", removed=[key])
                after = text(envoy, "a.test")
                question = "removed; VirtualHost.name is " + ("the resource's name" if same else "another name")
                say(flavour, question, f"{before}, then {after}", (before, after) == ("a", 404))
                ads.resources["vhost"][key] = one
                count = len(ads.asked())
                found = [text(envoy, "a.test", timeout=2)] if asked else []
                if found != ["a"]:  # Envoy did not ask again: it relies on its subscription
                    ads.push("vhost", [key])
                    found.append(text(envoy, "a.test", timeout=2))
                say(flavour, "  added again", f"{found} (before and after it is pushed); asked {len(ads.asked()) - count} times", "a" in found)


@check
def unknown():
    for flavour in FLAVOURS:
        with world(flavour, [vhost("a.test", "a")]) as (ads, envoy):
            before = len(ads.asked())
            found = [text(envoy, "no.test") for _ in range(5)]
            say(flavour, "five requests to a host that does not exist", f"{found}; asked {len(ads.asked()) - before} times",
                found == [404] * 5)
            before = len(ads.asked())
            ads.resources["vhost"][f"{CONFIGURATION}/no.test"] = vhost("no.test", "now")
            found = [text(envoy, "no.test", timeout=2)]
            ads.push("vhost", [f"{CONFIGURATION}/no.test"])
            found.append(text(envoy, "no.test", timeout=2))
            say(flavour, "it is added later, before and after it is pushed", f"{found}; asked {len(ads.asked()) - before} "
                "times", found[1] == "now")


@check
def paths_without_route():
    one = vhost("a.test", "a")
    one.routes[0].match.prefix = "/only"
    with world("on demand", [one]) as (ads, envoy):
        first = text(envoy, "a.test", path="/only")
        before = len(ads.asked())
        found = [text(envoy, "a.test", path="/else") for _ in range(5)]
        say("on demand", "five requests to a path without a route", f"{first}, {found}; asked {len(ads.asked()) - before} "
            "times", found == [404] * 5)


@check
def server_gone():
    with world("on demand", [vhost("a.test", "a")]) as (ads, envoy):
        ads.stop()
        started = time.monotonic()
        found = text(envoy, "a.test", timeout=8)
        say("on demand", "the server is away, a host not yet asked for (RDS: served)",
            f"{found} after {time.monotonic() - started:.0f} s", found == "a")


class Count(http.server.BaseHTTPRequestHandler):
    """Answers how many bytes of body came."""

    def do_GET(self):
        size = int(self.headers.get("content-length", 0))
        self.rfile.read(size)
        if self.headers.get("transfer-encoding") == "chunked":
            while chunk := int(self.rfile.readline(), 16):
                size += len(self.rfile.read(chunk + 2)) - 2
            self.rfile.readline()
        text = str(size).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_GET
    log_message = lambda *_: None


@check
def bodies_and_filters():
    backend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Count)
    threading.Thread(target=backend.serve_forever, daemon=True).start()
    for flavour, filters in [("RDS", ("cors",)), ("wildcard", ("cors",)), ("on demand", ("on_demand", "cors")), ("on demand", ("cors", "on_demand"))]:
        for size, chunked in [(0, False), (10, False), (10, True), (200_000, False), (2_000_000, False), (2_000_000, True)]:
            one = vhost("a.test", typed_per_filter_config=CORS)
            with world(flavour, [one], filters=filters, backend=backend.server_port) as (ads, envoy):
                body = b"x" * size
                sent = (body[i:i + 50_000] for i in range(0, size, 50_000)) if chunked else body or None
                more = {"encode_chunked": True} if chunked else {}
                headers = {"origin": "http://a.test", **({"transfer-encoding": "chunked"} if chunked else {})}
                try:
                    answer = envoy.get("a.test", "POST" if size else "GET", headers=headers, body=sent, **more)
                    whole = answer.status == 200 and int(answer.text) == size
                    allowed = answer.headers.get("access-control-allow-origin") == "http://a.test"
                    outcome = f"{answer.status}, body {'whole' if whole else 'lost'}, CORS {'applied' if allowed else 'LOST'}"
                except OSError as error:
                    whole, allowed, outcome = False, False, type(error).__name__
                say(flavour, f"{'+'.join(filters)}, first request with {size} bytes{' in chunks' if chunked else ''}",
                    outcome, whole and allowed)
    backend.shutdown()


@check
def refusals():
    bad = vhost("bad.test", "bad", routes=[{"match": {"safe_regex": {"regex": "("}}, "direct_response": {"status": 200}}])
    invalid = vhost("bad.test", "bad", domains=[])
    duplicate = vhost("bad.test", "bad", domains=["a.test"])
    for what, wrong in [("a bad regex", bad), ("no domains", invalid), ("a domain twice", duplicate)]:
        with world("wildcard", [vhost("a.test", "a"), vhost("b.test", "b")]) as (ads, envoy):
            keys = [f"{CONFIGURATION}/{h}.test" for h in ("a", "bad", "b")]
            ads.resources["vhost"].update({keys[0]: vhost("a.test", "a2"), keys[1]: wrong, keys[2]: vhost("b.test", "b2")})
            refusal = ads.push("vhost", keys).refusal
            found = [text(envoy, h) for h in ("a.test", "b.test", "bad.test")]
            say("wildcard", f"{what}, one of three in a response", f"{found}; {refusal[-150:]!r}", found == ["a", "b", 404])
            refusals_alone = [bool(ads.push("vhost", [key]).refusal) for key in keys]
            found = [text(envoy, h) for h in ("a.test", "b.test", "bad.test")]
            say("wildcard", f"{what}, one response each", f"{found}; refused {refusals_alone}", found == ["a2", "b2", 404])
    with world("on demand", [bad, vhost("a.test", "a")]) as (ads, envoy):
        started = time.monotonic()
        found = text(envoy, "bad.test", timeout=8)
        say("on demand", "a request to a host whose virtual host is refused (404 wanted)",
            f"{found} after {time.monotonic() - started:.1f} s; then a.test: {text(envoy, 'a.test')}", found == 404)


@check
def reconnect():
    for flavour in FLAVOURS:
        with world(flavour, [vhost("a.test", "a"), vhost("gone.test", "gone"), vhost("late.test", "late")]) as (ads, envoy):
            before = [text(envoy, h) for h in ("a.test", "gone.test")]
            ads.stop()
            during = text(envoy, "a.test")
            later = Ads(all_vhosts=flavour == "wildcard", port=ads.port)
            later.resources = {**ads.resources, "vhost": {v.name: v for v in (vhost("a.test", "a2"), vhost("new.test", "new"))}}
            wait_for(lambda: any(kind == "vhost" for kind, _, _ in later.requests), 60)
            first = next(r for kind, _, r in later.requests if kind == "vhost")
            wait_for(lambda: len([k for k, _, r in later.requests if k == "vhost" and r.response_nonce]) > 0, 10)
            found = [text(envoy, h, timeout=2) for h in ("a.test", "new.test", "gone.test")]
            say(flavour, "after a restart of the server: changed, new, removed without a word",
                f"{before}, {during} meanwhile; asked {list(first.resource_names_subscribe)}, has "
                f"{sorted(first.initial_resource_versions)}; {found}", found == ["a2", "new", 404])
            later.stop()


@check
def route_configuration_changes():
    """Whether the virtual hosts outlive a new version of their route configuration, and a change from RDS to VHDS."""
    with world("wildcard", [vhost("a.test", "a")]) as (ads, envoy):
        ads.resources["routes"][CONFIGURATION].most_specific_header_mutations_wins = True
        ads.push("routes", [CONFIGURATION])
        found = text(envoy, "a.test")
        say("wildcard", "a new version of the route configuration", found, found == "a")
    with world("wildcard", [vhost("a.test", "by VHDS")], vhds=None, inline=[vhost("a.test", "by RDS")]) as (ads, envoy):
        ads.resources["routes"][CONFIGURATION] = route_configuration("ads")
        sender = threading.Thread(target=ads.push, args=("routes", [CONFIGURATION]))
        seen, deadline = {text(envoy, "a.test"): 1}, time.monotonic() + 20
        sender.start()
        while "by VHDS" not in seen and time.monotonic() < deadline:
            found = text(envoy, "a.test")
            seen[found] = seen.get(found, 0) + 1
        sender.join()
        say("wildcard", "from RDS to VHDS under way, answers seen", seen, set(seen) <= {"by RDS", "by VHDS"})


@check
def two_route_configurations():
    other, second = "default/web/http-2", free_port()
    vhosts = [vhost("a.test", "a1"), vhost("a.test", "a2", other)]
    for vhds in ("ads", "own"):
        for flavour in FLAVOURS:
            with world(flavour, vhosts, vhds=vhds) as (ads, envoy):
                filters = ("on_demand", "cors") if flavour == "on demand" else ("cors",)
                ads.resources["listener"][other] = listener(second, filters, other)
                ads.resources["routes"][other] = route_configuration(vhds, name=other)
                started = time.monotonic()
                ads.push("listener", [other])
                wait_for(lambda: listens(second), 40)
                seconds = time.monotonic() - started
                found = [text(envoy, "a.test", timeout=2), text(envoy, "a.test", port=second, timeout=2)]
                say(flavour, f"a second listener comes later, {vhds}", f"served after {seconds:.1f} s; {found}; asked "
                    f"{ads.asked()}", found == ["a1", "a2"] and seconds < 5)
    # The way round it: the server sends the virtual hosts unasked, once their route configuration is acknowledged.
    with world("wildcard", vhosts) as (ads, envoy):
        ads.resources["listener"][other] = listener(second, ("cors",), other)
        ads.resources["routes"][other] = route_configuration("ads", name=other)
        started, before = time.monotonic(), len(ads.requests)
        ads.push("listener", [other])
        wait_for(lambda: [r for kind, _, r in ads.requests[before:] if kind == "routes" and r.response_nonce])
        ads.push("vhost", [f"{other}/a.test"])
        wait_for(lambda: listens(second), 40)
        seconds, found = time.monotonic() - started, text(envoy, "a.test", port=second)
        say("wildcard", "  its virtual hosts are sent unasked, ads", f"served after {seconds:.1f} s; {found}",
            found == "a2" and seconds < 5)


if __name__ == "__main__":
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    for function in CHECKS:
        if word in function.__name__:
            print(f"== {function.__name__.replace('_', ' ')}", flush=True)
            try:
                function()
            except Exception as error:  # the other questions want an answer too
                print(f"FAILED  | {type(error).__name__}: {error}", flush=True)

#!/usr/bin/env python3
"""RDS against VHDS in a real Envoy: what one changed virtual host costs among N.  Prints tables in Markdown.

Usage: measure.py [--changes K] [N ...]
"""

import argparse
import statistics
import threading
import time

from ads import Ads
from world import CONFIGURATION, Envoy, free_port, listener, route_configuration, vhost

MODES = ("RDS", "VHDS", "VHDS on demand")  # the last: the server answers the first "*" with nothing


def host(i):
    return f"h{i}.example.com"


def name(i):
    return f"{CONFIGURATION}/{host(i)}"


class Trial:
    """One Envoy with N virtual hosts, of which the middle one changes."""

    def __init__(self, mode, count):
        self.mode, self.number = mode, count // 2
        vhosts = [vhost(host(i)) for i in range(count)]
        vhosts[self.number] = vhost(host(self.number), "first")
        self.ads = Ads(all_vhosts=mode != MODES[2])
        port = free_port()
        filters = ("on_demand", "cors") if mode == MODES[2] else ("cors",)
        self.ads.resources["listener"][CONFIGURATION] = listener(port, filters)
        if mode == "RDS":
            self.ads.resources["routes"][CONFIGURATION] = route_configuration(None, vhosts)
        else:
            self.ads.resources["routes"][CONFIGURATION] = route_configuration("ads")
            self.ads.resources["vhost"] = {v.name: v for v in vhosts}
        self.envoy = Envoy(self.ads, port)
        self.envoy.wait_text(host(self.number), "first")
        self.start_cpu, self.start_rss = self.envoy.cpu_at_rest(), self.envoy.rss()

    def change(self, text):
        changed = vhost(host(self.number), text)
        if self.mode == "RDS":
            self.ads.resources["routes"][CONFIGURATION].virtual_hosts[self.number].CopyFrom(changed)
            pushed = self.ads.push("routes", [CONFIGURATION])
        else:
            self.ads.resources["vhost"][name(self.number)] = changed
            pushed = self.ads.push("vhost", [name(self.number)])
        assert not pushed.refusal, pushed.refusal
        return pushed

    def changes(self, count):
        """(bytes, median seconds to the acknowledgement, Envoy's processor seconds a change)"""
        before = self.envoy.cpu_at_rest()
        done = [self.change(f"a{i}") for i in range(count)]
        cpu = (self.envoy.cpu_at_rest() - before) / count
        return done[-1].size, statistics.median(p.answered - p.sent for p in done), cpu

    def seen(self, text):
        """Seconds until a request on a kept connection sees the change, while it is asked without a pause."""
        pushed = []
        sender = threading.Thread(target=lambda: pushed.append(self.change(text)))
        sender.start()
        while self.envoy.get(host(self.number)).text != text:
            pass
        at = time.perf_counter()
        sender.join()
        return at - pushed[0].sent

    def first_requests(self, count):
        """Of hosts that Envoy has to ask for: (median seconds, Envoy's processor seconds each)."""
        before, times = self.envoy.cpu_at_rest(), []
        for i in range(count):
            started = time.perf_counter()
            assert self.envoy.get(host(i)).status == 503  # no backend listens: the route is found
            times.append(time.perf_counter() - started)
        return statistics.median(times), (self.envoy.cpu_at_rest() - before) / count

    def stop(self):
        self.envoy.stop()
        self.ads.stop()


def per_change(count, changes):
    for mode in MODES:
        trial = Trial(mode, count)
        try:
            on_demand = ""
            if mode == MODES[2]:
                seconds, cpu = trial.first_requests(min(50, trial.number))
                on_demand = f"first request {seconds * 1e3:.1f} ms, {cpu * 1e3:.1f} ms CPU"
            size, acknowledged, cpu = trial.changes(changes)
            seen = statistics.median(trial.seen(f"b{i}") for i in range(min(changes, 20)))
            print(f"| {count} | {mode} | {size} | {acknowledged * 1e3:.1f} | {seen * 1e3:.1f} | {cpu * 1e3:.2f} "
                  f"| {trial.start_cpu * 1e3:.0f} | {trial.start_rss / 1e6:.0f} | {trial.envoy.rss() / 1e6:.0f} "
                  f"| {on_demand} |", flush=True)
        finally:
            trial.stop()


def alone_or_together(count, batch=100):
    """What it costs to send one virtual host a response, as refusals that name the one at fault would need it."""
    trial = Trial("VHDS", count)
    try:
        names = [name(i) for i in range(min(batch, trial.number))]
        before = trial.envoy.cpu_at_rest()
        assert not trial.ads.push("vhost", names).refusal
        together = trial.envoy.cpu_at_rest() - before
        for one in names:
            assert not trial.ads.push("vhost", [one]).refusal
        alone = trial.envoy.cpu_at_rest() - before - together
        print(f"| {count} | {len(names)} | {together * 1e3:.0f} | {alone * 1e3:.0f} |", flush=True)
    finally:
        trial.stop()


def on_demand_among(count):
    """The first request to a host, when half of all virtual hosts are loaded already."""
    trial = Trial(MODES[2], count)
    try:
        assert not trial.ads.push("vhost", [name(i) for i in range(trial.number, count)]).refusal
        seconds, cpu = trial.first_requests(min(50, trial.number))
        print(f"| {count - trial.number} | {seconds * 1e3:.1f} | {cpu * 1e3:.2f} |", flush=True)
    finally:
        trial.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=50)
    parser.add_argument("counts", metavar="N", type=int, nargs="*")
    arguments = parser.parse_args()
    counts = arguments.counts or [100, 1000, 10000]
    print("| virtual hosts | mode | bytes a change | to the ACK, ms | to a request, ms | Envoy CPU a change, ms "
          "| CPU of the start, ms | RSS after the start, MB | RSS at the end, MB | on demand |")
    print("|" + "---|" * 10)
    for count in counts:
        per_change(count, arguments.changes)
    print("\n| virtual hosts | changed | Envoy CPU, all in one response, ms | one response each, ms |\n|---|---|---|---|")
    for count in counts:
        alone_or_together(count)
    print("\n| virtual hosts loaded | first request on demand, ms | Envoy CPU each, ms |\n|---|---|---|")
    for count in counts:
        on_demand_among(count)


if __name__ == "__main__":
    main()

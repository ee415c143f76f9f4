"""Pebble: a real ACME server for tests, with a DNS server for which every name is this machine."""

import http.client
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import urllib.request

import pytest

from limen import free_port, wait_for
from pki import Authority

needs_pebble = pytest.mark.skipif(shutil.which("pebble") is None,
                                  reason="pebble is not installed: tools/setup.sh")
# One with renewal information and profiles, which Debian's has not.
RECENT = pathlib.Path(os.environ.get("LIMEN_PEBBLE_BIN", pathlib.Path.home() / ".cache/limen/pebble")) / "pebble"
needs_recent_pebble = pytest.mark.skipif(not RECENT.exists(),
                                         reason=f"no pebble in {RECENT.parent}: test/pebble/build.sh builds it")
EXTERNAL_KEYS = {"kid-1": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"}


class Pebble:
    """`settings` are members of its configuration; `environment`: its failure modes."""

    def __init__(self, folder, http_port, tls_port, settings=None, environment=None, name="pebble", program="pebble"):
        self.folder = folder / name
        self.folder.mkdir()
        self.ca = Authority(self.folder)  # of its own server certificate
        certificate, key = self.ca.issue("localhost", ["DNS:localhost", "IP:127.0.0.1"])
        self.port, self.management, self.dns, self.dns_management = (free_port() for _ in range(4))
        self.directory = f"https://localhost:{self.port}/dir"
        self.log = self.folder / "log"
        (self.folder / "config.json").write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{self.management}",
            "certificate": str(certificate), "privateKey": str(key), "httpPort": http_port, "tlsPort": tls_port,
            "ocspResponderURL": "", "externalAccountBindingRequired": False, **(settings or {})}}))
        self.environment = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0",
                            **(environment or {})}
        self.program = program
        self.processes = []

    def start(self):
        commands = [["pebble-challtestsrv", "-defaultIPv6", "", "-dns01", f"127.0.0.1:{self.dns}", "-http01", "",
                     "-https01", "", "-tlsalpn01", "", "-management", f"127.0.0.1:{self.dns_management}"],
                    [self.program, "-config", str(self.folder / "config.json"), "-dnsserver", f"127.0.0.1:{self.dns}"]]
        with open(self.log, "ab") as log:
            for command in commands:
                self.processes.append(subprocess.Popen(
                    [shutil.which(command[0]), *command[1:]], stdout=log, stderr=log,
                    env={"PATH": os.environ["PATH"], **self.environment}))
        wait_for(lambda: self.try_read("roots/0"))
        return self

    def try_read(self, path):
        context = ssl.create_default_context(cadata=self.ca.pem.decode())
        try:
            with urllib.request.urlopen(f"https://localhost:{self.management}/{path}", context=context) as answer:
                return answer.read()
        except OSError:
            return None

    def manage(self, path, message):
        context = ssl.create_default_context(cadata=self.ca.pem.decode())
        urllib.request.urlopen(f"https://localhost:{self.management}/{path}", json.dumps(message).encode(), context=context).close()

    @property
    def root(self):
        """The CA of the certificates that it issues; another one after each start."""
        return self.try_read("roots/0").decode()

    def count(self, path):
        """How often it was asked."""
        return sum(path in line for line in self.log.read_text().splitlines())

    @property
    def orders(self):
        return self.count("POST /order-plz")

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()
        self.processes = []


class Client:
    """One TLS connection, verified by the CA."""

    def __init__(self, limen, root, host="a.example"):
        self.host = host
        plain = socket.create_connection(("127.0.0.1", limen.https_port), timeout=5)
        self.tls = ssl.create_default_context(cadata=root).wrap_socket(plain, server_hostname=host)
        self.connection = http.client.HTTPConnection(host)
        self.connection.sock = self.tls

    def ask(self, path="/"):
        self.connection.request("GET", path, headers={"host": self.host})
        answer = self.connection.getresponse()
        answer.read()
        return answer.status

    @property
    def serial(self):
        return self.tls.getpeercert()["serialNumber"]


def connect(limen, root, host="a.example"):
    try:
        return Client(limen, root, host)
    except OSError:
        return None

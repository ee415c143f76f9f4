"""SPIRE for tests: a server, and an agent whose Unix socket gives the processes of this machine their identities.

test/spire/build.sh builds both.  The agent's socket is the Workload API, and SDS for Envoy: secrets are named by SPIFFE ids,
the bundle by the trust domain's id.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from limen import free_port, wait_for

BINARIES = pathlib.Path(os.environ.get("LIMEN_SPIRE_BIN", pathlib.Path.home() / ".cache/limen/spire"))
needs_spire = pytest.mark.skipif(not (BINARIES / "spire-agent").exists(),
                                 reason=f"no spire-agent in {BINARIES}: test/spire/build.sh builds it")

SERVER = """
server {{
  bind_address = "127.0.0.1"
  bind_port = "{port}"
  socket_path = "{folder}/server.sock"
  data_dir = "{folder}"
  trust_domain = "{domain}"
  ca_ttl = "24h"
  default_x509_svid_ttl = "{ttl}s"
  log_level = "INFO"
  experimental {{ cache_reload_interval = "1s" }}
}}
plugins {{
  DataStore "sql" {{ plugin_data {{ database_type = "sqlite3", connection_string = "{folder}/data.sqlite3" }} }}
  NodeAttestor "join_token" {{ plugin_data {{}} }}
  KeyManager "memory" {{ plugin_data {{}} }}
}}
"""
AGENT = """
agent {{
  server_address = "127.0.0.1"
  server_port = "{port}"
  socket_path = "{folder}/agent.sock"
  data_dir = "{folder}/agent"
  trust_domain = "{domain}"
  trust_bundle_path = "{folder}/bundle.pem"
  log_level = "INFO"
  experimental {{ sync_interval = "1s" }}
  sds {{ disable_spiffe_cert_validation = {plain} }}
}}
plugins {{
  NodeAttestor "join_token" {{ plugin_data {{}} }}
  KeyManager "memory" {{ plugin_data {{}} }}
  WorkloadAttestor "unix" {{ plugin_data {{}} }}
}}
"""


class Spire:
    """A trust domain; `ttl`: how many seconds its SVIDs last; `plain`: bundles go to Envoy as CAs, and not for its SPIFFE
    validator."""

    def __init__(self, domain="example.org", ttl=3600, plain=False):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="spire"))  # short: sockets are in it
        self.domain, self.id, self.socket = domain, f"spiffe://{domain}", self.folder / "agent.sock"
        self.log, self.processes = self.folder / "log", []
        words = {"folder": self.folder, "domain": domain, "ttl": ttl, "port": free_port(), "plain": str(plain).lower()}
        for name, text in (("server.conf", SERVER), ("agent.conf", AGENT)):
            (self.folder / name).write_text(text.format(**words))

    def start(self):
        self.run("spire-server", "run", "-config", self.folder / "server.conf")
        wait_for(lambda: self.is_healthy("spire-server", "server.sock"))
        (self.folder / "bundle.pem").write_text(self.server("bundle", "show"))
        token = self.server("token", "generate", "-spiffeID", f"{self.id}/node").split()[-1]
        self.run("spire-agent", "run", "-config", self.folder / "agent.conf", "-joinToken", token)
        wait_for(lambda: self.is_healthy("spire-agent", "agent.sock"))
        return self

    def run(self, name, *words):
        with open(self.log, "ab") as log:
            self.processes.append(subprocess.Popen([BINARIES / name, *words], stdout=log, stderr=log))

    def is_healthy(self, name, socket):
        return subprocess.run([BINARIES / name, "healthcheck", "-socketPath", self.folder / socket],
                              capture_output=True).returncode == 0

    def server(self, *words):
        return subprocess.run([BINARIES / "spire-server", *words, "-socketPath", self.folder / "server.sock"],
                              check=True, capture_output=True, text=True).stdout

    def register(self, name):
        """An identity that processes of this user may have; its SPIFFE id."""
        spiffe_id = f"{self.id}/{name}"
        self.server("entry", "create", "-parentID", f"{self.id}/node", "-spiffeID", spiffe_id,
                    "-selector", f"unix:uid:{os.getuid()}")
        wait_for(lambda: spiffe_id in self.ids())
        return spiffe_id

    def fetch(self, *words):
        return subprocess.run([BINARIES / "spire-agent", "api", "fetch", "x509", "-socketPath", self.socket, *words],
                              capture_output=True, text=True).stdout

    def ids(self):
        return [line.split()[-1] for line in self.fetch().splitlines() if line.startswith("SPIFFE ID:")]

    def svid(self, spiffe_id):
        """The paths of a certificate and its key, as the agent has them now."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        at = [line.split()[-1] for line in self.fetch("-write", folder).splitlines()
              if line.startswith("SPIFFE ID:")].index(spiffe_id)
        return folder / f"svid.{at}.pem", folder / f"svid.{at}.key"

    @property
    def pem(self):
        """The trust bundle."""
        return self.server("bundle", "show").encode()

    def authorities(self):
        """Ids of the server's own CAs: "active", "prepared", "old"."""
        shown = json.loads(self.server("localauthority", "x509", "show", "-output", "json"))
        return {kind: each["authority_id"] for kind, each in shown.items()}

    def authority(self, step, kind=None):
        """prepare, activate (the prepared one), taint, revoke (the old one)."""
        self.server("localauthority", "x509", step, *(["-authorityID", self.authorities()[kind]] if kind else []))

    def stop_agent(self):
        agent = self.processes.pop()
        agent.terminate()
        agent.wait()

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait()
        shutil.rmtree(self.folder)

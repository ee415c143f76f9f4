"""A real OpenID provider: the npm package oidc-provider, which tools/setup.sh installs."""

import json
import pathlib
import subprocess

from limen import free_port

FOLDER = pathlib.Path(__file__).parent / "oidc"
SECRET = "s3cret.of_the-shop"  # Envoy sends it as it is, where RFC 6749, 2.3.1, wants it encoded


class OidcProvider:
    """Knows one client, "shop", which lives at `app`."""

    def __init__(self, app, tls=None):
        self.app, self.tls = app, tls
        self.port = free_port()
        self.process = None
        self.host = "localhost"
        self.issuer = f"{'https' if tls else 'http'}://{self.host}:{self.port}"

    def start(self, access_token_seconds=3600):
        options = {
            "host": self.host, "port": self.port, "tls": self.tls, "accessTokenSeconds": access_token_seconds,
            "client": {"client_id": "shop", "client_secret": SECRET, "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
                       "redirect_uris": [f"{self.app}/oauth2/callback"], "post_logout_redirect_uris": [f"{self.app}/"]}}
        self.process = subprocess.Popen(["node", FOLDER / "provider.js", json.dumps(options)], cwd=FOLDER,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in self.process.stdout:
            if line.strip() == "ready":
                return self
        raise AssertionError("the OpenID provider ended")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
            self.process.stdout.close()
            self.process = None

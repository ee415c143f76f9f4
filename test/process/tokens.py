"""JSON Web Tokens, who issues them, and a server of their keys."""

import base64
import http.server
import json
import subprocess
import time

from limen import HttpServer


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """An RSA key that signs (RS256)."""

    def __init__(self, folder, kid):
        self.kid, self.file = kid, folder / f"{kid}.key"
        subprocess.run(["openssl", "genrsa", "-out", self.file, "2048"], check=True, capture_output=True)

    def jwk(self):
        modulus = subprocess.run(["openssl", "rsa", "-in", self.file, "-noout", "-modulus"], check=True, capture_output=True,
                                 text=True).stdout.strip().removeprefix("Modulus=")
        return {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.kid, "n": base64url(bytes.fromhex(modulus)),
                "e": base64url((65537).to_bytes(3, "big"))}

    def sign(self, data):
        return subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.file], input=data, check=True,
                              capture_output=True).stdout


class Issuer:
    """Issues tokens, by default ones that are good for an hour, in its name and for audience "shop"."""

    def __init__(self, folder, name="https://issuer.test"):
        self.folder, self.name, self.keys = folder, name, []
        self.rotate()

    def rotate(self):
        """From now on another key signs, and it is the only one in the set."""
        self.keys.append(Key(self.folder, f"key-{len(self.keys)}-{len(list(self.folder.iterdir()))}"))

    def jwks(self):
        return json.dumps({"keys": [self.keys[-1].jwk()]})

    def token(self, key=None, header=None, **claims):
        key = key or self.keys[-1]
        header = {"alg": "RS256", "kid": key.kid, **(header or {})}
        claims = {"iss": self.name, "aud": "shop", "sub": "ann", "exp": int(time.time()) + 3600, **claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        signature = b"" if header["alg"] == "none" else key.sign(text.encode())
        return f"{text}.{base64url(signature)}"


def bearer(token):
    return {"authorization": f"Bearer {token}"}


class KeyServer(HttpServer):
    """Serves an issuer's keys at /keys; `status` is its answer otherwise, `asked` counts."""

    def __init__(self, issuer, port=0):
        self.issuer, self.status, self.asked = issuer, 200, 0
        this = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                this.asked += 1
                status = this.status if self.path == "/keys" else 404
                text = this.issuer.jwks().encode() if status == 200 else b""
                self.send_response(status)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        super().__init__(Handler, port)

    def uri(self, scheme="http", host="127.0.0.1"):
        return f"{scheme}://{host}:{self.port}/keys"

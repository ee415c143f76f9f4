"""Certificate authorities, their certificates, and servers that show them."""

import base64
import http.client
import json
import socket
import ssl
import subprocess

CONFIGURATION = """
[ca]
default_ca = this
[this]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


class Authority:
    """A CA in a folder of its own."""

    def __init__(self, folder, name="ca"):
        self.folder = folder / name
        self.folder.mkdir()
        (self.folder / "index").touch()
        (self.folder / "ca.cnf").write_text(CONFIGURATION.format(folder=self.folder))
        openssl("req", "-x509", *KEY, "-days", "2", "-subj", f"/CN={name}",
                "-keyout", self.folder / "ca.key", "-out", self.folder / "ca.crt")
        self.pem = (self.folder / "ca.crt").read_bytes()

    def issue(self, name, names=None, expired=False):
        """The paths of a certificate and its key.  `names`: SANs such as URI:spiffe://x; else DNS:<name>."""
        base = self.folder / f"{name}-{len(list(self.folder.iterdir()))}"
        request, certificate, key = (base.with_suffix(suffix) for suffix in (".csr", ".crt", ".key"))
        openssl("req", *KEY, "-subj", f"/CN={name}", "-addext", "subjectAltName=" + ",".join(names or [f"DNS:{name}"]),
                "-keyout", key, "-out", request)
        dates = ["-startdate", "20200101000000Z", "-enddate", "20210101000000Z"] if expired else ["-days", "2"]
        openssl("ca", "-batch", "-notext", "-config", self.folder / "ca.cnf", "-cert", self.folder / "ca.crt",
                "-keyfile", self.folder / "ca.key", *dates, "-in", request, "-out", certificate)
        return certificate, key

    def intermediate(self, folder, name):
        """An Authority in a folder of its own, whose certificate is one of this one's."""
        below = Authority(folder, name)
        request = below.folder / "ca.csr"
        openssl("req", "-new", "-key", below.folder / "ca.key", "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE",
                "-out", request)
        self.sign("-batch", "-notext", "-days", "2", "-in", request, "-out", below.folder / "ca.crt")
        below.pem = (below.folder / "ca.crt").read_bytes()
        return below

    def sign(self, *words):
        """`openssl ca` with this CA's key."""
        openssl("ca", "-config", self.folder / "ca.cnf", "-cert", self.folder / "ca.crt", "-keyfile", self.folder / "ca.key",
                *words)

    def revoke(self, pair):
        self.sign("-revoke", pair[0])

    def crl(self):
        """The list of what was revoked so far (PEM)."""
        self.sign("-gencrl", "-crldays", "2", "-out", self.folder / "ca.crl")
        return (self.folder / "ca.crl").read_bytes()

    def staple(self, pair, days=1):
        """An OCSP response about a certificate (DER)."""
        request, response = self.folder / "ocsp.req", self.folder / "ocsp.der"
        ca = self.folder / "ca.crt"
        openssl("ocsp", "-issuer", ca, "-cert", pair[0], "-no_nonce", "-reqout", request)
        openssl("ocsp", "-index", self.folder / "index", "-CA", ca, "-rsigner", ca, "-rkey", self.folder / "ca.key",
                "-reqin", request, "-respout", response, "-ndays", str(days))
        return response.read_bytes()


def config_map(name, pem, key="ca.crt"):
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name},
                       "data": {key: pem.decode()}})


def tls_secret(name, pair, staple=None):
    data = {key: base64.b64encode(path.read_bytes()).decode() for key, path in zip(("tls.crt", "tls.key"), pair)}
    if staple is not None:
        data["tls.ocsp-staple"] = base64.b64encode(staple).decode()
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
                       "metadata": {"name": name}, "data": data})


class TlsClient:
    """A connection to a port of this machine, for a server name, and with a client's certificate if `pair` is set.
    `tune` changes its SSLContext."""

    def __init__(self, port, ca, server_name, pair=None, tune=None):
        context = ssl.create_default_context(cadata=ca.pem.decode())
        if pair is not None:
            context.load_cert_chain(*pair)
        if tune is not None:
            tune(context)
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.connection.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=5),
                                                   server_hostname=server_name)

    def ask(self, host, path="/", headers=None):
        """The status; `text` is the body."""
        self.connection.request("GET", path, headers={"host": host, **(headers or {})})
        answer = self.connection.getresponse()
        self.text = answer.read().decode(errors="replace")
        return answer.status


def ask_once(port, ca, server_name, pair=None, host=None, tune=None):
    """The status of one request; None: there is no connection."""
    try:
        client = TlsClient(port, ca, server_name, pair, tune)
    except OSError:
        return None
    try:
        return client.ask(host or server_name)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        client.connection.close()


class SecureServer:
    """Makes an Echo speak TLS, and plain HTTP too if `plain` is set.  What clients ask for stands in `names` (SNI) and
    `clients` (their certificates); `plain_connections` counts."""

    def __init__(self, echo, pair, client_ca=None, plain=False):
        self.echo, self.names, self.clients, self.plain_connections = echo, [], [], 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*pair)
        self.context.sni_callback = lambda _, name, __: self.names.append(name)
        if client_ca is not None:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(cadata=client_ca.decode())
        server, self.allows_plain = echo.server, plain
        self.serve = server.finish_request
        server.finish_request = self.connected
        server.handle_error = lambda *_: None  # a handshake that fails is what some tests want

    def show(self, pair):
        """From now on, another certificate."""
        self.context.load_cert_chain(*pair)

    def connected(self, connection, address):
        if self.allows_plain and connection.recv(1, 2) not in (b"\x16", b""):  # 2: MSG_PEEK
            self.plain_connections += 1
            return self.serve(connection, address)
        with self.context.wrap_socket(connection, server_side=True) as tls:
            self.clients.append(tls.getpeercert())
            return self.serve(tls, address)

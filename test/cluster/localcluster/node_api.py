"""The node's own HTTPS server: GET /containerLogs/NAMESPACE/POD/CONTAINER, for `kubectl logs`."""

import http.server
import os
import socketserver
import ssl
import time
from urllib.parse import parse_qs, urlparse

from .clock import text_of

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    node = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urlparse(self.path)
        parts = url.path.strip("/").split("/")
        if parts[0] != "containerLogs" or len(parts) != 4:
            return self.answer(404, b"this node serves logs of containers only\n")
        pod = self.node.find(parts[1], parts[2])
        container = pod and pod.container(parts[3])
        if not container:
            return self.answer(404, b"there is no such container\n")
        wanted = {key: values[0] for key, values in parse_qs(url.query).items()}
        path = container.log_path(container.restarts)
        if wanted.get("previous") == "true" or not os.path.exists(path):  # it waits to be started again
            path = container.log_path(container.restarts - 1)
        if not os.path.exists(path):
            return self.answer(200, b"")
        with open(path, "rb") as log:
            body = self.selected(log, wanted)
            if wanted.get("follow") != "true":
                return self.answer(200, body)
            self.follow(body, log, container, wanted)

    @staticmethod
    def shown(line, wanted):
        return line if wanted.get("timestamps") == "true" else line.split(b" ", 1)[1]

    def selected(self, log, wanted):
        since = wanted.get("sinceTime", "").replace("Z", "")
        if "sinceSeconds" in wanted:
            since = text_of(time.time() - int(wanted["sinceSeconds"]))
        lines = [line for line in log if line[:len(since)] >= since.encode()]
        if "tailLines" in wanted:
            lines = lines[max(len(lines) - int(wanted["tailLines"]), 0):]
        body = b"".join(self.shown(line, wanted) for line in lines)
        return body[:int(wanted["limitBytes"])] if "limitBytes" in wanted else body

    def follow(self, body, log, container, wanted):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            self.wfile.write(body)
            while True:
                line = log.readline()
                if line.endswith(b"\n"):
                    self.wfile.write(self.shown(line, wanted))
                elif container.exited.is_set() or self.node.closing:
                    return
                else:
                    self.wfile.flush()
                    time.sleep(0.2)
        except OSError:
            pass  # the client has gone

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(socketserver.ThreadingTCPServer):  # http.server.HTTPServer asks the DNS for its own name first, for seconds
    allow_reuse_address = True
    daemon_threads = True


def serve(node):
    Handler.node = node
    certificates = node.config.certificates
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "node.crt", certificates / "node.key")
    context.load_verify_locations(certificates / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    server = Server((node.config.node, node.port), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()

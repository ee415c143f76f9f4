"""Between limen and a real API server: a TLS proxy that makes faults which a real server can't be made to make."""

import contextlib
import select
import socket
import ssl
import threading


def send(to, piece):
    to.setblocking(True)
    to.sendall(piece)
    to.setblocking(False)


class FaultProxy:
    """Passes on whole connections; `fault` says what happens to them.

    It is asked with the request's first line, e.g. "GET /apis/...?watch=true HTTP/1.1", and returns None or one of
    ("answer", bytes): that instead of the server; ("cut", text): the connection ends in the middle of the first piece
    of the response that holds `text`; ("mute", text): from then on nothing comes, and the connection stays.
    """

    def __init__(self, api, authority):
        self.api = api
        self.fault = lambda line: None
        self.requests = []  # first lines
        certificate, key = authority.issue("proxy", ["IP:127.0.0.1"])
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self.listener.getsockname()[1]
        self.sockets = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError), \
                self.context.wrap_socket(client, server_side=True) as near, \
                self.api.tls.wrap_socket(socket.create_connection(("127.0.0.1", self.api.port)),
                                         server_hostname="127.0.0.1") as far:
            self.sockets += [near, far]
            for each in (near, far):
                each.setblocking(False)
            self.pass_on(near, far)

    def pass_on(self, near, far):
        """In one thread, for a TLS connection is not to be read and written by two."""
        fault = None
        while True:
            ready = [each for each in (near, far) if each.pending()] or select.select([near, far], [], [])[0]
            for each in ready:
                try:
                    piece = each.recv(65536)
                except ssl.SSLWantReadError:  # nothing of use yet
                    continue
                if not piece:
                    return
                if each is near:
                    fault = self.take_request(piece, near, far)
                else:
                    fault = self.take_answer(piece, near, fault)
                    if fault == "end":
                        return

    def take_request(self, piece, near, far):
        # Limen sends a request in one piece, and the next when it has the answer.
        line = piece.split(b"\r\n", 1)[0].decode()
        self.requests.append(line)
        fault = self.fault(line)
        if fault and fault[0] == "answer":
            send(near, fault[1])
        else:
            send(far, piece)
        return fault

    @staticmethod
    def take_answer(piece, near, fault):
        """What is to be done with what follows."""
        kind, text = fault or (None, b"")
        if kind == "cut" and text in piece:
            send(near, piece[:piece.index(text) + len(text)])
            return "end"
        if kind == "mute" and text in piece:
            return ("mute", b"")
        send(near, piece)
        return fault

    def close(self):
        self.listener.close()
        for each in self.sockets:
            each.close()


def answer(status, text, *headers):
    """("answer", ...) of that status and JSON text."""
    head = [f"HTTP/1.1 {status} Whatever", "content-type: application/json", f"content-length: {len(text)}", *headers]
    return ("answer", ("\r\n".join(head) + "\r\n\r\n" + text).encode())

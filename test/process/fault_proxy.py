"""Between limen and a real API server: a TLS proxy that makes faults which a real server can't be made to make."""

import socket
import ssl
import threading


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
        try:
            with self.context.wrap_socket(client, server_side=True) as near, \
                    self.api.tls.wrap_socket(socket.create_connection(("127.0.0.1", self.api.port)),
                                             server_hostname="127.0.0.1") as far:
                self.sockets += [near, far]
                state = {"fault": None}
                answers = threading.Thread(target=self.pass_answers, args=(near, far, state), daemon=True)
                answers.start()
                self.pass_requests(near, far, state)
                answers.join()
        except OSError:
            pass

    def pass_requests(self, near, far, state):
        # Limen sends a request in one piece, and the next when it has the answer.
        while piece := near.recv(65536):
            line = piece.split(b"\r\n", 1)[0].decode()
            self.requests.append(line)
            state["fault"] = self.fault(line)
            if state["fault"] and state["fault"][0] == "answer":
                near.sendall(state["fault"][1])
            else:
                far.sendall(piece)
        far.close()

    @staticmethod
    def pass_answers(near, far, state):
        try:
            while piece := far.recv(65536):
                kind, text = state["fault"] or (None, b"")
                if kind == "cut" and text in piece:
                    near.sendall(piece[:piece.index(text) + len(text)])
                    near.shutdown(socket.SHUT_RDWR)
                    return
                if kind == "mute" and (text in piece or "muted" in state):
                    state["muted"] = True
                    continue
                near.sendall(piece)
        except OSError:
            pass

    def close(self):
        self.listener.close()
        for each in self.sockets:
            each.close()


def answer(status, text, *headers):
    """("answer", ...) of that status and JSON text."""
    head = [f"HTTP/1.1 {status} Whatever", "content-type: application/json", f"content-length: {len(text)}", *headers]
    return ("answer", ("\r\n".join(head) + "\r\n\r\n" + text).encode())

"""A backend that speaks HTTP/2 without TLS and nothing else, for tests."""

import json
import socket
import threading

import h2.config
import h2.connection
import h2.events
import h2.exceptions


class H2cEcho:
    """Answers its name and the path that it was asked for."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        state.initiate_connection()
        with connection:
            try:
                while data := self.exchange(connection, state):
                    for event in state.receive_data(data):
                        if isinstance(event, h2.events.RequestReceived):
                            self.answer(state, event)
            except (OSError, h2.exceptions.ProtocolError):
                pass

    @staticmethod
    def exchange(connection, state):
        connection.sendall(state.data_to_send())
        return connection.recv(65536)

    def answer(self, state, event):
        path = dict(event.headers)[":path"]
        body = json.dumps({"backend": self.name, "path": path, "protocol": "h2c"}).encode()
        state.send_headers(event.stream_id, [(":status", "200"), ("content-length", str(len(body)))])
        state.send_data(event.stream_id, body, end_stream=True)

    def close(self):
        self.socket.close()

"""HTTP/2 for tests: a backend that speaks nothing else, without TLS, and a client over TLS."""

import json
import socket
import ssl
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


class H2Client:
    """One HTTP/2 connection over TLS, as a browser has: requests to any host go over it."""

    def __init__(self, port, ca_pem, server_name):
        context = ssl.create_default_context(cadata=ca_pem.decode())
        context.set_alpn_protocols(["h2"])
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=5),
                                          server_hostname=server_name)
        assert self.socket.selected_alpn_protocol() == "h2"
        self.state = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.state.initiate_connection()

    def ask(self, host, path="/"):
        """The status."""
        stream = self.state.get_next_available_stream_id()
        self.state.send_headers(stream, [(":method", "GET"), (":scheme", "https"), (":authority", host), (":path", path)],
                                end_stream=True)
        status = None
        while True:
            self.socket.sendall(self.state.data_to_send())
            data = self.socket.recv(65536)
            assert data, "the connection was closed"
            for event in self.state.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    status = int(dict(event.headers)[":status"])
                elif isinstance(event, h2.events.DataReceived):
                    self.state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    return status

    def close(self):
        self.socket.close()

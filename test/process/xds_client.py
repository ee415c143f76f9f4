"""An xDS client that shows what it is told to, and asks any of the services that are served."""

import threading

import grpc
from envoy.service.discovery.v3 import ads_pb2  # noqa: F401  (first: discovery_pb2 imports it in a circle)
from envoy.service.discovery.v3 import discovery_pb2

TYPES = {"Cluster": "config.cluster.v3.Cluster", "Endpoint": "config.endpoint.v3.ClusterLoadAssignment",
         "Listener": "config.listener.v3.Listener", "Route": "config.route.v3.RouteConfiguration",
         "Secret": "extensions.transport_sockets.tls.v3.Secret"}
# Path, whether it is of the older form, type URL.
SERVICES = [(f"/envoy.service.{package.lower()}.v3.{name}DiscoveryService/{form}{name}{plural}", form == "Stream",
             f"type.googleapis.com/envoy.{TYPES[kind]}")
            for package, name, plural, kind in [("discovery", "Aggregated", "Resources", "Listener")]
            + [(kind, kind, "s", kind) for kind in TYPES]
            for form in ("Delta", "Stream")]
ADS = SERVICES[0]


class XdsClient:
    def __init__(self, port, ca, pair=None, token=None, server_name="limen"):
        """`ca`: PEM; `pair`: PEM of a certificate and its key."""
        certificate, key = pair or (None, None)
        self.channel = grpc.secure_channel(
            f"127.0.0.1:{port}", grpc.ssl_channel_credentials(ca, key, certificate),
            [("grpc.ssl_target_name_override", server_name), ("grpc.use_local_subchannel_pool", 1)])
        self.metadata = [("authorization", f"Bearer {token}")] if token else []

    def ask(self, proxy="default/web", service=ADS, timeout=10):
        """The first answer to a wildcard request; else the code and the details of the refusal."""
        path, sotw, type_url = service
        request = (discovery_pb2.DiscoveryRequest if sotw else discovery_pb2.DeltaDiscoveryRequest)(type_url=type_url)
        request.node.cluster, request.node.id = proxy, "test"
        answer_type = discovery_pb2.DiscoveryResponse if sotw else discovery_pb2.DeltaDiscoveryResponse
        call = self.channel.stream_stream(path, lambda it: it.SerializeToString(), answer_type.FromString)
        answered = threading.Event()

        def requests():
            yield request
            answered.wait()  # the end of the requests would end the stream
        answers = call(requests(), metadata=self.metadata, timeout=timeout)
        try:
            return next(answers)
        except grpc.RpcError as error:
            return error.code().name, error.details()
        finally:
            answered.set()
            answers.cancel()

    def sees(self, **more):
        return not isinstance(self.ask(**more), tuple)

    def refusal(self, **more):
        """Code and details."""
        answer = self.ask(**more)
        assert isinstance(answer, tuple), answer
        return answer

"""An incremental xDS stream to `limen server`, as an Envoy has it: for measuring when a response is there."""

import queue
import threading

import grpc
from envoy.config.core.v3 import base_pb2
from envoy.service.discovery.v3 import ads_pb2_grpc, discovery_pb2

TYPES = "type.googleapis.com/envoy.config."
CLUSTERS, LISTENERS = TYPES + "cluster.v3.Cluster", TYPES + "listener.v3.Listener"
ROUTES = TYPES + "route.v3.RouteConfiguration"
ENDPOINTS = TYPES + "endpoint.v3.ClusterLoadAssignment"


class XdsStream:
    """Asks for all clusters and listeners, and for `routes` by name; accepts everything."""

    def __init__(self, limen, routes, proxy="default_web"):
        def read(name):
            return (limen.certs / name).read_bytes()
        self.awaited = None  # bytes
        self.found = threading.Event()
        self.requests = queue.Queue()
        credentials = grpc.ssl_channel_credentials(read("ca.crt"), read(f"{proxy}.key"), read(f"{proxy}.crt"))
        self.channel = grpc.secure_channel(f"127.0.0.1:{limen.xds_port}", credentials,
                                           [("grpc.max_receive_message_length", -1)])
        self.node = base_pb2.Node(id="bench", cluster=proxy.replace("_", "/"))
        for kind, names in ((CLUSTERS, []), (LISTENERS, []), (ROUTES, routes)):
            self.requests.put(discovery_pb2.DeltaDiscoveryRequest(node=self.node, type_url=kind, resource_names_subscribe=names))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        try:
            for response in ads_pb2_grpc.AggregatedDiscoveryServiceStub(self.channel).DeltaAggregatedResources(
                    iter(self.requests.get, None)):
                awaited = self.awaited
                if awaited and any(awaited in resource.resource.value for resource in response.resources):
                    self.found.set()
                request = discovery_pb2.DeltaDiscoveryRequest(type_url=response.type_url, response_nonce=response.nonce)
                self.requests.put(request)
                if response.type_url == CLUSTERS:  # as Envoy does: endpoints of each
                    self.requests.put(discovery_pb2.DeltaDiscoveryRequest(
                        type_url=ENDPOINTS, resource_names_subscribe=[resource.name for resource in response.resources]))
        except grpc.RpcError:
            pass

    def expect(self, awaited):
        self.found.clear()
        self.awaited = awaited

    def await_expected(self):
        if not self.found.wait(30):
            raise AssertionError(f"{self.awaited} did not come")

    def close(self):
        self.requests.put(None)
        self.channel.close()

"""A minimal incremental xDS server for the VHDS experiment: what it is told to send, it sends, and it keeps a log.

It serves the aggregated stream and the stream for virtual hosts alone (`own_stream`).  Responses are bytes that are
ready before the clock starts, so that times are Envoy's and gRPC's.  gRPC's threads run `_handle`, one a stream.
"""

import itertools
import queue
import threading
import time
import typing
from concurrent import futures

import grpc
from envoy.service.discovery.v3 import discovery_pb2

TYPES = {
    "cluster": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    "listener": "type.googleapis.com/envoy.config.listener.v3.Listener",
    "routes": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
    "vhost": "type.googleapis.com/envoy.config.route.v3.VirtualHost",
}
KINDS = {url: kind for kind, url in TYPES.items()}
METHODS = ("/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources",
           "/envoy.service.route.v3.VirtualHostDiscoveryService/DeltaVirtualHosts")


class Pushed(typing.NamedTuple):
    size: int  # bytes of the response
    sent: float  # when it was given to gRPC
    answered: float
    refusal: str  # Envoy's message; "": it accepts


class Ads(grpc.GenericRpcHandler):
    """`all_vhosts`: the "*" that Envoy asks for first is answered with every virtual host; else with none.

    `placeholder`: in the place of none one resource without content is sent, as Envoy does not take "none" for an answer.
    """

    def __init__(self, all_vhosts=True, port=0, placeholder=True):
        self.all_vhosts, self.placeholder = all_vhosts, placeholder
        self.resources = {kind: {} for kind in TYPES}  # name -> message
        self.versions = itertools.count(1)
        self.requests = []  # (kind, own_stream, request), in order
        self.answers = {}  # nonce -> (time, refusal)
        self.streams = []  # (queue, own_stream, kinds asked for)
        self.changed = threading.Condition()
        self.server = grpc.server(futures.ThreadPoolExecutor(16), handlers=[self],
                                  options=[("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)])
        self.port = self.server.add_insecure_port(f"127.0.0.1:{port}")
        self.server.start()

    def service(self, details):
        if details.method not in METHODS:
            return None
        own = details.method == METHODS[1]
        return grpc.stream_stream_rpc_method_handler(
            lambda requests, context: self._handle(requests, context, own),
            discovery_pb2.DeltaDiscoveryRequest.FromString, lambda ready: ready)

    def _handle(self, requests, context, own):
        out, kinds = queue.SimpleQueue(), set()
        stream = (out, own, kinds)
        self.streams.append(stream)

        def read():
            try:
                for request in requests:
                    self._take(request, stream)
            except grpc.RpcError:
                pass
            finally:
                out.put(None)

        threading.Thread(target=read, daemon=True).start()
        for item in iter(out.get, None):
            ready, on_sent = item
            on_sent()
            yield ready
        self.streams.remove(stream)

    def _take(self, request, stream):
        out, own, kinds = stream
        now, kind = time.perf_counter(), KINDS.get(request.type_url)
        first = kind not in kinds
        with self.changed:
            self.requests.append((kind, own, request))
            if request.response_nonce:
                self.answers[request.response_nonce] = (now, request.error_detail.message)
            kinds.add(kind)
            self.changed.notify_all()
        names = [name for name in request.resource_names_subscribe if name != "*"]
        if not kind or not (names or first):
            return
        removed = [n for n in request.initial_resource_versions if n not in self.resources[kind]]
        if kind == "vhost" and names:
            resources = [self._on_demand(name) for name in names if name not in removed]
        elif kind == "vhost" and not self.all_vhosts:
            resources = []
        else:
            resources = [self.resource(kind, n) for n in names or self.resources[kind] if n in self.resources[kind]]
        if kind == "vhost" and not resources and self.placeholder:
            resources = [discovery_pb2.Resource(name=f"{n}/-", aliases=[f"{n}/-"]) for n in self.resources["routes"]]
        out.put((self.response(kind, resources, removed)[0], lambda: None))

    def _on_demand(self, name):
        """The virtual host for the host that was asked for; one without content if there is none (Envoy's protocol)."""
        configuration, host = name.rsplit("/", 1)
        host = host.partition(":")[0]  # Envoy asks with the port, also where it ignores ports in matching
        labels = host.split(".")
        for domain in (host, *("*." + ".".join(labels[i:]) for i in range(1, len(labels))), "*"):
            if f"{configuration}/{domain}" in self.resources["vhost"]:
                break
        else:
            return discovery_pb2.Resource(name=name, aliases=[name])
        resource = self.resource("vhost", f"{configuration}/{domain}")
        resource.aliases.append(name)
        return resource

    def resource(self, kind, name):
        resource = discovery_pb2.Resource(name=name, version=str(next(self.versions)))
        resource.resource.Pack(self.resources[kind][name])
        return resource

    def response(self, kind, resources, removed=()):
        nonce = str(next(self.versions))
        response = discovery_pb2.DeltaDiscoveryResponse(type_url=TYPES[kind], nonce=nonce, resources=resources,
                                                        removed_resources=removed, system_version_info=nonce)
        return response.SerializeToString(), nonce

    def push(self, kind, names=(), removed=(), timeout=120):
        """Sends one response and waits for its answer."""
        ready, nonce = self.response(kind, [self.resource(kind, name) for name in names], removed)
        sent = []
        with self.changed:
            for out, _, kinds in self.streams:
                if kind in kinds:
                    out.put((ready, lambda: sent.append(time.perf_counter())))
            if not self.changed.wait_for(lambda: nonce in self.answers, timeout):
                raise AssertionError(f"no answer to {kind} {names} within {timeout} s")
            answered, refusal = self.answers[nonce]
        return Pushed(len(ready), sent[0], answered, refusal)

    def asked(self, kind="vhost"):
        """The names of that kind that were asked for, one list a request that asked or gave up something."""
        return [list(r.resource_names_subscribe) + ["-" + n for n in r.resource_names_unsubscribe]
                for k, _, r in self.requests if k == kind and (r.resource_names_subscribe or r.resource_names_unsubscribe
                                                              or not r.response_nonce)]

    def stop(self):
        self.server.stop(None).wait()

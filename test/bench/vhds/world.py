"""The world of the VHDS experiment: resources in Limen's shape, and a real Envoy that takes them."""

import http.client
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("LIMEN", "")  # test/process/limen.py wants it; no Limen runs here
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "process"))

from google.protobuf import json_format  # noqa: E402
from envoy.config.listener.v3 import listener_pb2  # noqa: E402
from envoy.config.route.v3 import route_components_pb2, route_pb2  # noqa: E402
from envoy.extensions.filters.http.cors.v3 import cors_pb2  # noqa: E402,F401
from envoy.extensions.filters.http.on_demand.v3 import on_demand_pb2  # noqa: E402,F401
from envoy.extensions.filters.http.router.v3 import router_pb2  # noqa: E402,F401
from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2  # noqa: E402,F401

from limen import Answer, free_port, wait_for  # noqa: E402

ROOT = pathlib.Path(__file__).parents[3]
CONFIGURATION = "default/web/http"  # as Limen names a listener's route configuration
EXTENSION = "type.googleapis.com/envoy.extensions.filters.http."
CORS = {"envoy.filters.http.cors": {"@type": EXTENSION + "cors.v3.CorsPolicy",
                                    "allow_origin_string_match": [{"exact": "http://a.test"}]}}

BOOTSTRAP = """
node: {{id: experiment, cluster: experiment}}
admin: {{address: {{pipe: {{path: {folder}/admin}}}}}}
dynamic_resources:
  ads_config: &xds
    api_type: DELTA_GRPC
    transport_api_version: V3
    grpc_services: [{{envoy_grpc: {{cluster_name: xds}}}}]
  lds_config: {{ads: {{}}, resource_api_version: V3}}
static_resources:
  clusters:
  - name: xds
    load_assignment: {{cluster_name: xds, endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address:
      {{address: 127.0.0.1, port_value: {ads}}}}}}}}}]}}]}}
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {{http2_protocol_options: {{}}}}
  - name: backend/default/b
    load_assignment: {{cluster_name: b, endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address:
      {{address: 127.0.0.1, port_value: {backend}}}}}}}}}]}}]}}
"""


def vhost(host, body=None, configuration=CONFIGURATION, **further):
    """A virtual host as Limen makes it; with `body` it answers that itself, else it routes to the backend."""
    route = {"match": {"prefix": "/"}, "name": f"httproute/default/r/rule/0/match/0/{host}",
             "metadata": {"filter_metadata": {"envoy-gateway": {"resources": [
                 {"kind": "HTTPRoute", "namespace": "default", "name": host}]}}}}
    if body is None:
        route["route"] = {"cluster": "backend/default/b", "cluster_not_found_response_code": "INTERNAL_SERVER_ERROR",
                          "upgrade_configs": [{"upgrade_type": "websocket"}]}
    else:
        route["direct_response"] = {"status": 200, "body": {"inline_string": body}}
    return json_format.ParseDict({"name": f"{configuration}/{host}", "domains": [host], "routes": [route], **further},
                                 route_components_pb2.VirtualHost())


def route_configuration(vhds=None, vhosts=(), name=CONFIGURATION, timeout="15s"):
    """`vhds`: None, "ads", or "own": a stream of its own.  `timeout`: of the first answer; Envoy's default."""
    result = route_pb2.RouteConfiguration(name=name, virtual_hosts=vhosts, ignore_port_in_host_matching=True)
    if vhds:
        source = {"resource_api_version": "V3", "initial_fetch_timeout": timeout}
        if vhds == "ads":
            source["ads"] = {}
        else:
            source["api_config_source"] = {"api_type": "DELTA_GRPC", "transport_api_version": "V3",
                                           "grpc_services": [{"envoy_grpc": {"cluster_name": "xds"}}]}
        json_format.ParseDict({"config_source": source}, result.vhds)
    return result


def listener(port, filters=("cors",), configuration=CONFIGURATION):
    messages = {"cors": "cors.v3.Cors", "on_demand": "on_demand.v3.OnDemand", "router": "router.v3.Router"}
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "http", "rds": {"route_config_name": configuration,
                                       "config_source": {"ads": {}, "resource_api_version": "V3"}},
        "http_filters": [{"name": "envoy.filters.http." + f, "typed_config": {"@type": EXTENSION + messages[f]}}
                         for f in (*filters, "router")]}
    return json_format.ParseDict(
        {"name": configuration, "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
         "filter_chains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager",
                                         "typed_config": manager}]}]}, listener_pb2.Listener())


class Envoy:
    """One Envoy with two workers; `get` uses a connection that is kept."""

    def __init__(self, ads, port, backend=9):
        self.port, self.connection = port, None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vhds"))
        (self.folder / "envoy.yaml").write_text(BOOTSTRAP.format(folder=self.folder, ads=ads.port, backend=backend))
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(
            [os.environ.get("ENVOY", ROOT / ".venv/bin/envoy"), "-c", self.folder / "envoy.yaml", "--concurrency", "2",
             "--disable-hot-restart", "--log-level", "warning"], stdout=self.log, stderr=self.log)

    def get(self, host, method="GET", path="/", headers=None, body=None, port=None, timeout=5, **more):
        if self.connection is None or port:
            self.connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=timeout)
        try:
            self.connection.request(method, path, body=body, headers={"host": host, **(headers or {})}, **more)
            answer = Answer(self.connection.getresponse())
        except (OSError, http.client.HTTPException):
            self.connection = None
            raise
        if port:
            self.connection = None
        return answer

    def try_get(self, *arguments, **more):
        try:
            return self.get(*arguments, **more)
        except (OSError, http.client.HTTPException):
            return None

    def wait_text(self, host, text, **more):
        def there():
            answer = self.try_get(host, **more)
            return answer is not None and answer.text == text
        return wait_for(there, 120)

    def cpu(self):
        """Seconds of processor time, of all threads; to the nanosecond."""
        files = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(file.read_text().split()[0]) for file in files) / 1e9

    def cpu_at_rest(self):
        """As `cpu`, once what is under way (old configurations are freed late) is done."""
        before = self.cpu()
        while True:
            time.sleep(0.1)
            now = self.cpu()
            if now - before < 0.003:
                return now
            before = now

    def rss(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder)

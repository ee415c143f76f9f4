"""`limen server` on an API server, with an Envoy from `limen bootstrap`, for tests."""

import base64
import contextlib
import json
import pathlib
import shutil
import subprocess
import tempfile

from limen import LIMEN, Limen, free_port, start_remote_envoy, wait_for

CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"


class ServerLimen(Limen):
    """Serves the Gateway default/web."""

    def __init__(self, folder, api):
        super().__init__(folder)
        self.api = api
        self.certs = folder / "certs"
        self.certs_flags = ["--xds-certs", self.certs]  # none: certificates out of Secrets
        self.xds_port = free_port()
        self.envoys = []
        subprocess.run([LIMEN, "certgen", "--dir", self.certs, "--proxy", "default/web"], check=True)

    def start(self, *flags, kubeconfig=None, envoys=False, image="limen:test"):
        """`envoys`: it makes them, as pods; else they run here, see start_envoy()."""
        here = ["--start-envoys=false", "--addresses", "127.0.0.1", *self.certs_flags]
        pods = ["--image", image, "--xds-service", f"127.0.0.1:{self.xds_port}"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [LIMEN, "server", "--kubeconfig", kubeconfig or self.api.kubeconfig(), "--state-dir", self.state,
                 "--xds-address", f"127.0.0.1:{self.xds_port}", *(pods if envoys else here), *flags],
                stdout=log, stderr=log)

    @staticmethod
    def pod(folder, files, secret):
        """A folder with what a pod's volumes have, the paths in it changed to be those here."""
        places = {"/etc/limen": folder / "config", "/certs": folder / "certs", "/var/run/limen": folder}
        for place in places.values():
            place.mkdir(exist_ok=True)
        for name, text in files.items():
            for path, place in places.items():
                text = text.replace(f'"{path}', f'"{place}')
            (places["/etc/limen"] / name).write_text(text.replace("0.0.0.0", "127.0.0.1"))
        for name, data in secret.items():
            (places["/certs"] / name).write_bytes(base64.b64decode(data))
        return places["/etc/limen"]

    def start_envoy(self, *flags):
        self.envoys.append(start_remote_envoy(self, flags=flags))

    def stop(self):
        for envoy in self.envoys:
            envoy.kill()
            envoy.wait()
        super().stop()

    def config_dump(self):
        """All that the last Envoy has by xDS, with versions, without times."""
        text = subprocess.run(["curl", "-s", "--unix-socket", self.conf.parent / "admin.sock", "http://envoy/config_dump?include_eds"],
                              check=True, capture_output=True, text=True).stdout

        def without_times(value):
            if isinstance(value, list):
                return [without_times(each) for each in value]
            if isinstance(value, dict):
                return {name: without_times(each) for name, each in value.items() if name != "last_updated"}
            return value
        sections = [section for section in json.loads(text)["configs"] if "Bootstrap" not in section["@type"]]
        return without_times([{name: value for name, value in section.items() if not name.startswith("static_")}
                              for section in sections])

    def says(self, text):
        return text in self.log.read_text()

    def objects(self):
        """Kind and name of all that has a status."""
        text = self.status("-o", "json")
        items = json.loads(text).get("items", [json.loads(text)]) if text.startswith("{") else []
        return {f"{item['kind']}/{item['metadata']['name']}" for item in items if "metadata" in item}

    def await_objects(self, *names):
        return wait_for(lambda: set(names) <= self.objects(), timeout=30)


@contextlib.contextmanager
def running_limen(api):
    """One that is not started yet, and ended afterwards."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="limen"))
    instance = ServerLimen(folder, api)
    try:
        yield instance
    finally:
        instance.stop()
        shutil.rmtree(folder)


def gateway(api, port, name="web", parameters=None):
    """`parameters`: the name of its EnvoyProxy."""
    api.apply("GatewayClass", "limen", spec={"controllerName": CONTROLLER})
    infrastructure = {"infrastructure": {"parametersRef": {
        "group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": parameters}}}
    api.apply("Gateway", name, spec={"gatewayClassName": "limen", "listeners": [
        {"name": "http", "port": port, "protocol": "HTTP"}], **(infrastructure if parameters else {})})


def backend(api, echo):
    api.apply("Backend", echo.name, spec={"endpoints": [{"ip": {"address": "127.0.0.1", "port": echo.port}}]})


def route(api, name, to, path="/", gateways=("web",)):
    return api.apply("HTTPRoute", name, spec={
        "parentRefs": [{"name": gateway} for gateway in gateways],
        "rules": [{"matches": [{"path": {"type": "PathPrefix", "value": path}}],
                   "backendRefs": [{"group": "gateway.envoyproxy.io", "kind": "Backend", "name": to}]}]})

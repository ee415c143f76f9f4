"""The commands of test/cluster/cluster."""

import argparse
import os
import pathlib
import shlex
import shutil
import signal
import sys
import time

from . import control_plane, daemons, network
from .api import Client
from .config import Config, known_files
from .container import record_name
from .images import entry


def fail(text):
    sys.exit(f"cluster: {text}")


def up(arguments):
    if os.geteuid():
        fail("up needs root, for network and mount namespaces")
    if (arguments.state / "config.json").exists():
        fail(f"there is one in {arguments.state} already")
    for tool in ("ip", "nft", "nsenter", "unshare", "openssl"):
        if not shutil.which(tool):
            fail(f"{tool} is missing: apt-get install iproute2 nftables util-linux openssl")
    config = Config(arguments.name, arguments.net, arguments.state, known_files(), arguments.max_grace, arguments.nodes)
    missing = [part for part in control_plane.PARTS if not (config.binaries / part).exists()]
    if missing:
        fail(f"{config.binaries} lacks {', '.join(missing)}: test/cluster/build.sh {config.binaries} all")
    begin = time.monotonic()
    try:
        network.check_free(config)
    except RuntimeError as error:
        fail(str(error))
    config.save()  # from here on `down` ends what there is
    try:
        network.create_cluster(config)
        control_plane.make_credentials(config)
        control_plane.start_all(config)
    except (RuntimeError, control_plane.NotReady) as error:
        fail(f"{error}; `cluster down` ends what was started")
    print(f"cluster {config.name} is up after {time.monotonic() - begin:.1f} s: export KUBECONFIG={config.kubeconfig}")


def load(arguments):
    if not (arguments.state / "config.json").exists():
        fail(f"there is none in {arguments.state}: `cluster up` starts one")
    return Config.load(arguments.state)


def down(arguments):
    config = load(arguments)
    begin = time.monotonic()
    daemons.stop([config.run / f"{node}.json" for node in config.nodes], 20)
    daemons.stop(sorted(config.run.glob("*.json")), 1)
    network.delete_cluster(config)
    if arguments.keep_logs:
        shutil.rmtree(config.state / "etcd", ignore_errors=True)
        (config.state / "config.json").unlink()
    else:
        shutil.rmtree(config.state)
    print(f"cluster {config.name} is down after {time.monotonic() - begin:.1f} s")


def check(part, parts):
    if part not in parts:
        fail(f"there is no {part}, but {', '.join(parts)}")


def kill_node(arguments):
    """As when a machine loses power: its connections do not even end.  The pods' folders stay, as on its disks."""
    config = load(arguments)
    check(arguments.node, config.nodes)
    daemons.stop([config.run / f"{arguments.node}.json"], 0)
    namespaces = network.cut_off(config, arguments.node)
    daemons.stop(sorted(config.run.glob(record_name(arguments.node, "*", "*") + ".json")), 0)
    for netns in namespaces:
        network.run("ip", "netns", "del", netns)


def stop(arguments):
    control_plane.stop(load(arguments), arguments.parts, 0 if arguments.kill else 10)


def start(arguments):
    config = load(arguments)
    for part in arguments.parts:
        check(part, [*control_plane.ORDER, *config.nodes])
        if daemons.pid_of(config.run / f"{part}.json") is None:
            control_plane.start(config, part)


def status(arguments):
    config = load(arguments)
    for name in [*control_plane.ORDER, *config.nodes]:
        pid = daemons.pid_of(config.run / f"{name}.json")
        print(f"{name:26} {f'runs, process {pid}' if pid else 'ENDED'}")
    running = sum(daemons.pid_of(path) is not None for path in config.run.glob("container-*.json"))
    print(f"{'containers':26} {running}")


def env(arguments):
    config = load(arguments)
    for name, value in {"KUBECONFIG": config.kubeconfig, "LIMEN_CLUSTER": config.state, "LIMEN_CLUSTER_NETNS": config.name,
                        "LIMEN_CLUSTER_NODE": config.node, "LIMEN_CLUSTER_MACHINE": config.machine,
                        "LIMEN_CLUSTER_SPARE": f"{config.net}.129.10"}.items():
        print(f"export {name}={shlex.quote(str(value))}")
    print(f"export PATH={shlex.quote(str(config.binaries))}:$PATH")


def kubectl(arguments):
    config = load(arguments)
    os.execve(config.binaries / "kubectl", ["kubectl", *arguments.rest], {**os.environ, "KUBECONFIG": str(config.kubeconfig)})


def first_process(config, place):
    """Of [NAMESPACE/]POD[:CONTAINER]; this machine's id, as text."""
    namespace, _, name = place.rpartition("/")
    name, _, container = name.partition(":")
    pod = Client(config).get(f"/api/v1/namespaces/{namespace or 'default'}/pods/{name}")
    container = container or pod["spec"]["containers"][0]["name"]
    pid = daemons.pid_of(config.run / f"{record_name(pod['spec']['nodeName'], pod['metadata']['uid'], container)}.json")
    if pid is None:
        fail(f"{place} does not run")
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]


def execute(arguments):
    config = load(arguments)
    words = arguments.rest[1:] if arguments.rest[:1] == ["--"] else arguments.rest
    if not arguments.pod:
        os.execvp("nsenter", daemons.inside(config.name, *words))
    first = first_process(config, arguments.pod)
    environment = pathlib.Path(f"/proc/{first}/environ").read_bytes().decode(errors="replace").split("\0")
    os.execvpe("nsenter", ["nsenter", "-t", first, "-m", "-u", "-i", "-n", "-p", "-r", "-w", "--", *words],
               dict(pair.split("=", 1) for pair in environment if "=" in pair))


def kill(arguments):
    os.kill(int(first_process(load(arguments), arguments.pod)), signal.SIGKILL)


def image(arguments):
    config = load(arguments)
    binary = pathlib.Path(arguments.binary).resolve()
    files = {f"/usr/local/bin/{binary.name}": str(binary)}
    for pair in arguments.file:
        inside, _, outside = pair.partition("=")
        files[inside] = str(pathlib.Path(outside).resolve())
    for path in files.values():
        if not os.path.exists(path):
            fail(f"{path} does not exist")
    folder = config.state / "images"
    folder.mkdir(exist_ok=True)
    (folder / f"{time.time_ns()}.toml").write_text(entry(arguments.match, [binary.name], files))


def parser():
    result = argparse.ArgumentParser(prog="cluster", description="Limen's test cluster; see README.md beside it.")
    result.add_argument("--state", type=pathlib.Path, help="its folder (default: $LIMEN_CLUSTER or /tmp/limen-cluster)",
                        default=pathlib.Path(os.environ.get("LIMEN_CLUSTER", "/tmp/limen-cluster")))
    commands = result.add_subparsers(dest="command", required=True)

    def command(name, does, text):
        added = commands.add_parser(name, help=text)
        added.set_defaults(does=does)
        return added

    made = command("up", up, "start one")
    made.add_argument("--name", default="lc", help="begins its network namespaces' names; at most 8 letters")
    made.add_argument("--net", default="10.210", help="the first half of the /16 that it uses")
    made.add_argument("--max-grace", type=int, default=20, help="the longest end of a pod in seconds, whatever it asks for")
    made.add_argument("--nodes", type=int, choices=range(1, Config.MOST_NODES + 1), default=1, help="how many it has")
    command("down", down, "end all that `up` started").add_argument("--keep-logs", action="store_true")
    command("status", status, "its processes")
    command("env", env, "exports for a shell")
    command("kubectl", kubectl, "kubectl on this cluster")
    made = command("stop", stop, "end parts of the control plane")
    made.add_argument("--kill", action="store_true", help="at once")
    made.add_argument("parts", nargs="+", choices=control_plane.ORDER)
    command("start", start, "start them, or nodes, again").add_argument("parts", nargs="+")
    command("kill-node", kill_node, "end a node and its pods at once, as when it loses power").add_argument("node")
    made = command("exec", execute, "run a command in the node's network, or in a container")
    made.add_argument("--pod", metavar="[NAMESPACE/]POD[:CONTAINER]")
    made.add_argument("rest", nargs=argparse.REMAINDER)
    command("kill", kill, "end a container at once").add_argument("pod", metavar="[NAMESPACE/]POD[:CONTAINER]")
    made = command("image", image, "let a binary of this machine stand in for an image")
    made.add_argument("match", help="shell pattern of the image's reference")
    made.add_argument("binary", help="the entrypoint, in /usr/local/bin")
    made.add_argument("--file", action="append", default=[], metavar="INSIDE=OUTSIDE", help="a further file or folder")
    return result


def main():
    words, rest = sys.argv[1:], []
    if "kubectl" in words:  # what follows is kubectl's
        at = words.index("kubectl") + 1
        words, rest = words[:at], words[at:]
    arguments = parser().parse_args(words)
    arguments.rest = rest or getattr(arguments, "rest", [])
    arguments.state = arguments.state.resolve()
    arguments.does(arguments)

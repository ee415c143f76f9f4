"""Network namespaces. All of the cluster lives in namespaces of its own, so that netfilter rules and routes of the
machine stay what they are, but for one link and one route:

    the machine --veth-- the node's namespace --veth each-- namespaces of pods
"""

import json
import os
import subprocess

from .daemons import inside


def run(*command, check=True, stdin=None):
    done = subprocess.run(list(map(str, command)), input=stdin, text=True, capture_output=True)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done


def ip_batch(lines, netns=None):
    """Many `ip` commands in one process."""
    run("ip", *(["-n", netns] if netns else []), "-batch", "-", stdin="\n".join(lines) + "\n")


def write_sysctls(netns, settings):
    run(*inside(netns, "sh", "-c", "".join(f"echo {value} > /proc/sys/net/ipv4/{key};" for key, value in settings)))


def check_free(config):
    """RuntimeError: another cluster has the name or the addresses."""
    if os.path.exists(f"/run/netns/{config.name}"):
        raise RuntimeError(f"there is a network namespace {config.name} already: try another --name")
    taken = run("ip", "route", "show", "root", config.all_addresses).stdout.strip()
    if taken:
        raise RuntimeError(f"{config.all_addresses} is in use on this machine ({taken.splitlines()[0]}): try another --net")


def create_cluster(config):
    ip_batch([f"netns add {config.name}",
              f"link add {config.link} type veth peer name uplink netns {config.name}",
              f"addr add {config.machine}/30 dev {config.link}",
              f"link set {config.link} up"])
    ip_batch(["link set lo up",
              f"addr add {config.node}/30 dev uplink",
              "link set uplink up",
              f"route add default via {config.machine}",
              # Addresses of Services want a route before kube-proxy translates them; a bridge without ports stands in
              # for a dummy link, which not every kernel has.
              "link add services type bridge",
              "link set services up",
              f"route add {config.services} dev services src {config.node}",
              f"route add {config.outside} dev services src {config.node}"], config.name)
    ip_batch([f"route add {config.all_addresses} via {config.node}"])
    write_sysctls(config.name, [("ip_forward", 1), ("ip_unprivileged_port_start", 0)] +
                  [(f"conf/{scope}/{key}", 0) for scope in ("all", "default") for key in ("rp_filter", "send_redirects")])
    refuse_untranslated(config)


def refuse_untranslated(config):
    """What kube-proxy did not translate is refused at once, instead of getting lost on the bridge."""
    rules = f"""
        ip daddr {{ {config.services}, {config.outside} }} meta l4proto tcp reject with tcp reset
        ip daddr {{ {config.services}, {config.outside} }} reject"""
    run(*inside(config.name, "nft", "-f", "-"), stdin=f"""
table inet localcluster {{
    chain forward {{ type filter hook forward priority 10; {rules}
    }}
    chain output {{ type filter hook output priority 10; {rules}
    }}
}}
""")


def delete_cluster(config):
    for netns in sorted(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else []:
        if netns == config.name or netns.startswith(config.name + "-pod-"):
            run("ip", "netns", "del", netns, check=False)
    run("ip", "link", "del", config.link, check=False)


def pod_netns(config, number):
    return f"{config.name}-pod-{number}"


def pod_link(number):
    return f"p{number}"


def create_pod(config, netns, link, address):
    ip_batch([f"netns add {netns}",
              f"link add {link} netns {config.name} type veth peer name eth0 netns {netns}"])
    ip_batch([f"link set {link} up", f"route replace {address}/32 dev {link} src {config.node}"], config.name)
    ip_batch(["link set lo up", f"addr add {address}/32 dev eth0", "link set eth0 up",
              f"route add {config.node} dev eth0 scope link", f"route add default via {config.node}"], netns)
    write_sysctls(netns, [("ip_unprivileged_port_start", 0)])


def cut_off(config, node):
    """What is sent to the node's pods from now on is lost, and nobody is told so.  Names of their network namespaces."""
    routes = json.loads(run("ip", "-n", config.name, "-j", "route", "show", "root", config.addresses_of(node)).stdout)
    links = {route["dst"]: route["dev"] for route in routes if route.get("dev", "").startswith("p")}
    ip_batch([line for address, link in links.items()
              for line in (f"route replace blackhole {address}/32", f"link del {link}")], config.name)
    return [pod_netns(config, config.pod_number(address)) for address in links]


def delete_pod(config, netns, link):
    run("ip", "-n", config.name, "link", "del", link, check=False)
    run("ip", "netns", "del", netns, check=False)

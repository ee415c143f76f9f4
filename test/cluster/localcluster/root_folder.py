"""The script that makes a container of a fresh mount namespace, and becomes its command: its root folder is made of
bind mounts (this machine's /usr, read-only; an /etc, /tmp, /var and so on of its own)."""

import os
import shlex

from .environment import expand

OF_MACHINE = ["usr/bin", "usr/sbin", "usr/lib", "usr/lib32", "usr/lib64", "usr/libexec", "usr/share"]
OWN = ["etc", "proc", "sys", "dev", "tmp", "run", "var/tmp", "var/run", "var/lib", "root", "home", "opt", "usr/local/bin",
       "usr/local/lib"]
OF_ETC = ["ssl", "ca-certificates", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "protocols",
          "services"]
DEVICES = """mount -t proc proc ./proc
mount -t sysfs -o ro sysfs ./sys
mount -t tmpfs -o mode=755 tmpfs ./dev
mkdir ./dev/shm ./dev/pts ./dev/mqueue
mount -t tmpfs -o mode=1777 tmpfs ./dev/shm
for d in null zero full random urandom tty; do touch ./dev/$d; mount --bind /dev/$d ./dev/$d; done
ln -s /proc/self/fd ./dev/fd
ln -s /proc/self/fd/0 ./dev/stdin
ln -s /proc/self/fd/1 ./dev/stdout
ln -s /proc/self/fd/2 ./dev/stderr"""


def script(container, image, variables):
    """Shell.  Makes the folder `root` in the container's."""
    pod, spec, root = container.pod, container.spec, os.path.join(container.folder, "root")
    lines = ["set -e", "mount --make-rprivate /", f"mount --bind {shlex.quote(root)} {shlex.quote(root)}",
             f"cd {shlex.quote(root)}", *machine_folders(root), *etc(pod, f"{root}/etc"), DEVICES]
    lines += [bind(source, target) for target, source in image.files.items()]
    lines += volume_mounts(pod, spec, variables)
    message = os.path.join(container.folder, "termination-log")
    open(message, "w").close()
    lines += [bind(message, "/dev/termination-log", read_only=False), f"hostname {shlex.quote(pod.hostname)}",
              command(spec, image, variables)]
    return "\n".join(lines) + "\n"


def machine_folders(root):
    for name in OWN:
        os.makedirs(f"{root}/{name}", exist_ok=True)
    os.chmod(f"{root}/tmp", 0o1777)
    for name in [*OF_MACHINE, "bin", "sbin", "lib", "lib32", "lib64"]:
        if os.path.islink(f"/{name}"):
            os.symlink(os.readlink(f"/{name}"), f"{root}/{name}")
        elif os.path.isdir(f"/{name}"):
            yield bind(f"/{name}", f"/{name}")


def bind(source, target, read_only=True):
    inside = shlex.quote("." + os.path.normpath(target))
    parent = shlex.quote("." + os.path.dirname(os.path.normpath(target)))
    make = f"mkdir -p {inside}" if os.path.isdir(source) else f"mkdir -p {parent}; [ -e {inside} ] || touch {inside}"
    return f"{make}; mount --bind{' -o ro' if read_only else ''} {shlex.quote(source)} {inside}"


def etc(pod, folder):
    def write(name, text):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    write("passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\nnonroot:x:65532:65532::/:/bin/false\n")
    write("group", "root:x:0:\nnogroup:x:65534:\nnonroot:x:65532:\n")
    write("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
    write("hostname", pod.hostname + "\n")
    write("hosts", f"127.0.0.1 localhost\n::1 localhost\n{pod.address} {pod.hostname}\n" + "".join(
        f"{alias['ip']} {' '.join(alias.get('hostnames', []))}\n" for alias in pod.item["spec"].get("hostAliases") or []))
    write("resolv.conf", resolver(pod))
    return [bind(os.path.realpath(f"/etc/{name}"), f"/etc/{name}") for name in OF_ETC if os.path.exists(f"/etc/{name}")]


def resolver(pod):
    own = pod.item["spec"].get("dnsConfig") or {}
    servers, searches = list(own.get("nameservers") or []), list(own.get("searches") or [])
    options = [f"{option['name']}:{option['value']}" if "value" in option else option["name"]
               for option in own.get("options") or []]
    if pod.item["spec"].get("dnsPolicy", "ClusterFirst") != "None":
        servers.insert(0, pod.node.config.node)
        searches = [f"{pod.namespace}.svc.cluster.local", "svc.cluster.local", "cluster.local", *searches]
        options.insert(0, "ndots:5")
    return "".join(f"nameserver {server}\n" for server in servers) + \
        f"search {' '.join(searches)}\noptions {' '.join(options)}\n"


def volume_mounts(pod, spec, variables):
    """Short paths first: others may lie inside of them."""
    for mount in sorted(spec.get("volumeMounts") or [], key=lambda mount: len(mount["mountPath"])):
        source = pod.volumes.path(mount["name"])
        inside = mount.get("subPath") or expand(mount.get("subPathExpr", ""), variables)
        if inside:
            source = os.path.join(source, inside)
            if not os.path.exists(source):
                os.makedirs(source)
        if inside or os.path.islink(source):
            source = os.path.realpath(source)
        yield bind(source, mount["mountPath"], mount.get("readOnly", False))


def command(spec, image, variables):
    words = [expand(word, variables) for word in spec.get("command") or []]
    arguments = [expand(word, variables) for word in spec.get("args") or []]
    if not words:
        words, arguments = image.entrypoint, arguments or image.args
    folder = spec.get("workingDir") or image.workdir
    return shlex.join(["exec", "chroot", ".", "/usr/bin/env", "-i", *(["-C", folder] if folder != "/" else []),
                       *(f"{name}={value}" for name, value in variables.items()), *words, *arguments])

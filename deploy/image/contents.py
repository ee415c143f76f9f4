"""What is in the image: paths and their bytes, and the Debian packages that they come from."""

import dataclasses
import functools
import pathlib
import re
import subprocess
import tempfile

USER = 65532
BINARY = "usr/bin/limen"
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
# As merged /usr has it: programs name /lib and /lib64.
LINKS = {"lib": "usr/lib", "lib64": "usr/lib64", "bin": "usr/bin"}
TEXTS = {
    "etc/passwd": f"root:x:0:0:root:/:/sbin/nologin\nlimen:x:{USER}:{USER}:limen:/var/lib/limen:/sbin/nologin\n",
    "etc/group": f"root:x:0:\nlimen:x:{USER}:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",  # else DNS comes before /etc/hosts
}
# Limen's own, so that it runs without a volume, too.
OWN_FOLDERS = {"var/lib/limen": 0o700}


@dataclasses.dataclass(frozen=True)
class Package:
    name: str
    source: str
    version: str
    architecture: str
    maintainer: str
    homepage: str

    @property
    def copyright(self) -> pathlib.Path:
        return pathlib.Path("/usr/share/doc") / self.name / "copyright"


@dataclasses.dataclass(frozen=True)
class File:
    path: str  # in the image, without a leading /
    data: bytes
    mode: int
    package: Package | None  # None: Limen's own


def run(*command) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@functools.cache
def package(name: str) -> Package:
    fields = "${Package}\t${source:Package}\t${Version}\t${Architecture}\t${Maintainer}\t${Homepage}"
    return Package(*run("dpkg-query", "-W", f"-f={fields}", name).split("\t"))


def owner(path: str) -> Package:
    """The package that a file of this machine belongs to."""
    for known in (path, path.removeprefix("/usr"), "/usr" + path):
        found = subprocess.run(["dpkg-query", "-S", known], capture_output=True, text=True)
        if found.returncode == 0:
            return package(found.stdout.split(": ")[0].split(",")[0])
    raise SystemExit(f"image: {path} is of no Debian package, so nobody would know what it is")


def libraries(binary: pathlib.Path) -> dict[str, str]:
    """The shared libraries that the dynamic linker would load: name in the image -> file of this machine."""
    found = {}
    for line in run("ldd", binary).splitlines():
        if "not found" in line:
            raise SystemExit(f"image: {line.strip()}")
        if match := re.search(r"(/\S+) \(0x", line):
            path = match.group(1)
            place = path.lstrip("/") if path.startswith("/usr/") else "usr" + path
            found[place] = str(pathlib.Path(path).resolve())
    return found


def stripped(binary: pathlib.Path) -> bytes:
    with tempfile.NamedTemporaryFile() as out:
        run("strip", "-o", out.name, binary)
        return pathlib.Path(out.name).read_bytes()


def certificates() -> bytes:
    """Mozilla's, as Debian ships them: /etc/ssl/certs may hold others that this machine's owner added."""
    folder = pathlib.Path("/usr/share/ca-certificates/mozilla")
    return b"".join(path.read_bytes().rstrip() + b"\n" for path in sorted(folder.glob("*.crt")))


def base_files(binary: pathlib.Path) -> list[File]:
    """All but Limen and what is built into it: changes when Debian's packages do."""
    files = [File(path, text.encode(), 0o644, None) for path, text in TEXTS.items()]
    files.append(File(CERTIFICATES, certificates(), 0o644, package("ca-certificates")))
    for place, path in libraries(binary).items():
        files.append(File(place, pathlib.Path(path).read_bytes(), 0o755, owner(path)))
    return files + licences(packages(files))


def own_files(binary: pathlib.Path, built_in: list[Package]) -> list[File]:
    return [File(BINARY, stripped(binary), 0o755, None), *licences(built_in)]


def licences(of: list[Package]) -> list[File]:
    """Their texts, which they ask to be shipped with their code."""
    return [File(str(each.copyright).lstrip("/"), each.copyright.read_bytes(), 0o644, each) for each in of]


def packages(files: list[File]) -> list[Package]:
    return sorted({file.package for file in files if file.package}, key=lambda each: each.name)

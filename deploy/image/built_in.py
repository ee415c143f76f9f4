"""Packages whose code is in the binary itself: header-only or static libraries, by what the build says that it read."""

import pathlib
import re
import subprocess

import contents

REQUIREMENTS = pathlib.Path(__file__).parents[2] / "tools/requirements.txt"
# Declarations of the kernel's interface: nothing of it becomes code.
WITHOUT_CODE = {"linux-libc-dev"}


def ninja(binary: pathlib.Path, *words) -> str:
    folder = binary.resolve().parents[2]  # BUILD/src/ctl/limen
    if not (folder / "build.ninja").exists():
        raise SystemExit(f"image: {folder} is no build folder, so nobody would know what is in {binary}")
    return contents.run("ninja", "-C", str(folder), *words)


def read_by_the_build(binary: pathlib.Path) -> set[str]:
    inputs = ninja(binary, "-t", "inputs", "src/ctl/limen").splitlines()
    objects = [path for path in inputs if path.endswith(".o")]
    headers = set(re.findall(r"^ +(/usr/\S+)$", ninja(binary, "-t", "deps", *objects), re.MULTILINE))
    archives = {path for path in inputs if path.startswith("/usr/") and path.endswith(".a")}
    return {str(pathlib.Path(path).resolve()) for path in headers | archives}


def owners(paths: set[str]) -> set[contents.Package]:
    """Those of Debian's; a file under /usr that no package knows is the machine owner's own and is not meant."""
    found = subprocess.run(["dpkg-query", "-S", *sorted(paths)], capture_output=True, text=True).stdout
    return {contents.package(line.split(": ")[0].split(",")[0]) for line in found.splitlines()}


def packages(binary: pathlib.Path, libraries: list[contents.Package]) -> list[contents.Package]:
    """Without those whose shared library is in the image, which is made from the same source."""
    shared = {package.source for package in libraries}
    found = [package for package in owners(read_by_the_build(binary))
             if package.source not in shared and package.name not in WITHOUT_CODE]
    return sorted(found, key=lambda each: each.name)


def definitions() -> tuple[str, str]:
    """Name and version of the Python package that the xDS classes are generated from (cmake/xds_protos.cmake)."""
    version = re.search(r"^xds-protos==(\S+)$", REQUIREMENTS.read_text(), re.MULTILINE).group(1)
    return "xds-protos", version

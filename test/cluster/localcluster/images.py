"""The image map: which host files and which command stand in for a container image.

TOML files with [[image]] tables; in a file the first that matches is taken:

    [[image]]
    match      = "*envoyproxy/envoy:*"          # shell pattern of the whole reference
    entrypoint = ["envoy"]                       # of a container that sets no command
    args       = []                              # of a container that sets neither command nor args
    env        = { NAME = "value" }              # the pod's own are stronger
    workdir    = "/"
    files      = { "/usr/local/bin/envoy" = "${ENVOY}" }   # path in the container = host file or folder

${PARTS} is the folder of test/cluster/build.sh; ${LIMEN} and ${ENVOY} are of the environment of `cluster up`.
"""

import dataclasses
import fnmatch
import os
import re
import tomllib

from .config import IMAGES


class ImageError(Exception):
    pass


@dataclasses.dataclass
class Image:
    match: str
    entrypoint: list = dataclasses.field(default_factory=list)
    args: list = dataclasses.field(default_factory=list)
    env: dict = dataclasses.field(default_factory=dict)
    workdir: str = "/"
    files: dict = dataclasses.field(default_factory=dict)


class ImageMap:
    def __init__(self, config):
        self.config = config

    def find(self, reference):
        """With host files that exist.  The map is read each time: entries may come while the cluster runs, and the
        latest comes first."""
        for path in [*sorted((self.config.state / "images").glob("*.toml"), reverse=True), IMAGES]:
            for table in tomllib.loads(path.read_text()).get("image", []):
                if fnmatch.fnmatchcase(reference, table["match"]):
                    return self.resolved(Image(**table))
        raise ImageError(f"nothing in the image map matches {reference}")

    def resolved(self, image):
        files = {inside: re.sub(r"\$\{(\w+)\}", lambda found: self.named(found[1]), outside)
                 for inside, outside in image.files.items()}
        for path in files.values():
            if not os.path.exists(path):
                raise ImageError(f"{path}, of the image map's {image.match}, does not exist")
        return dataclasses.replace(image, files={inside: os.path.realpath(path) for inside, path in files.items()})

    def named(self, variable):
        if variable not in self.config.files:
            raise ImageError(f"${variable} was not set when the cluster was started")
        return self.config.files[variable]


def entry(match, entrypoint, files):
    """As TOML."""
    def quoted(text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    pairs = ", ".join(f"{quoted(inside)} = {quoted(outside)}" for inside, outside in files.items())
    return (f"[[image]]\nmatch = {quoted(match)}\nentrypoint = [{', '.join(map(quoted, entrypoint))}]\n"
            f"files = {{ {pairs} }}\n")

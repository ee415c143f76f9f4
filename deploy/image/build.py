#!/usr/bin/env python3
"""Makes the container image, without a container engine: deploy/image/build.py LIMEN [FOLDER].

LIMEN is the binary of a release build.  In FOLDER (build/image) come to be:

  layout/                     an OCI image layout, for `skopeo copy oci:` and `crane push`
  limen-VERSION.tar           the same as one file, for `docker load`, `ctr image import` and `skopeo copy docker-archive:`
  limen-VERSION.spdx.json     its software bill of materials

It holds the binary, the shared libraries that it loads, Mozilla's certificates and two users; no shell and no package
manager.  One architecture: that of this machine.  Equal input gives an equal digest; times are SOURCE_DATE_EPOCH, or that
of the last commit.
"""

import argparse
import datetime
import json
import os
import pathlib
import shutil
import sys

import built_in
import contents
import oci
import sbom

ROOT = pathlib.Path(__file__).resolve().parents[2]


def epoch() -> int:
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or contents.run("git", "-C", str(ROOT), "log", "-1", "--format=%ct"))


def config(version: str, created: str) -> dict:
    labels = {"org.opencontainers.image.title": "limen", "org.opencontainers.image.version": version,
              "org.opencontainers.image.description": "A control plane for Envoy that speaks the Kubernetes Gateway API"}
    return {"created": created, "os": "linux", "architecture": contents.run("dpkg", "--print-architecture").strip(),
            "config": {"User": f"{contents.USER}:{contents.USER}", "Entrypoint": ["/" + contents.BINARY],
                       "Env": ["PATH=/usr/bin"], "WorkingDir": "/", "ExposedPorts": {"18000/tcp": {}}, "Labels": labels},
            "history": [{"created": created, "created_by": "deploy/image/build.py", "comment": comment}
                        for comment in ("Debian's libraries, certificates, users", "limen")]}


def main():
    parser = argparse.ArgumentParser(description="Makes Limen's container image.")
    parser.add_argument("limen", type=pathlib.Path, help="the binary of a release build")
    parser.add_argument("folder", type=pathlib.Path, nargs="?", default=ROOT / "build/image")
    parser.add_argument("--name", default="docker.io/limen/limen", help="without tag")
    options = parser.parse_args()
    version = contents.run(options.limen, "version").split()[1]
    seconds = epoch()
    created = datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    base = contents.base_files(options.limen)
    inside = built_in.packages(options.limen, contents.packages(base))
    own = contents.own_files(options.limen, inside)
    layers = [oci.Layer(base, seconds, contents.LINKS, contents.OWN_FOLDERS, contents.USER), oci.Layer(own, seconds)]
    image = oci.Image(layers, config(version, created), {"org.opencontainers.image.version": version})
    shutil.rmtree(options.folder / "layout", ignore_errors=True)
    options.folder.mkdir(parents=True, exist_ok=True)
    archive = options.folder / f"limen-{version}.tar"
    image.write(options.folder / "layout", archive, f"{options.name}:{version}", seconds)

    files = base + own
    release = contents.run("sh", "-c", ". /etc/os-release; echo $ID-$VERSION_ID").strip()
    bill = sbom.document(version, image.manifest["digest"], files, inside, built_in.definitions(), release,
                         created)
    (options.folder / f"limen-{version}.spdx.json").write_text(json.dumps(bill, indent=1) + "\n")
    unpacked = sum(len(layer.tar) for layer in layers)
    print(f"{options.name}:{version} {image.manifest['digest']}")
    print(f"{archive}: {image.size / 1e6:.1f} MB to pull, {unpacked / 1e6:.1f} MB unpacked, {len(files)} files of "
          f"{len(contents.packages(files))} Debian packages and Limen")


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    main()

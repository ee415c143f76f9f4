"""An image in the OCI layout, and the same as one archive for `docker load` and skopeo.  Equal input gives equal bytes."""

import gzip
import hashlib
import io
import json
import pathlib
import tarfile

MEDIA = "application/vnd.oci.image."


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def entry(path: str, epoch: int, mode: int, kind=tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.mtime, info.mode, info.type = epoch, mode, kind
    return info


def parents(paths) -> list[str]:
    folders = {str(folder) for path in paths for folder in pathlib.PurePosixPath(path).parents}
    return sorted(folders - {"."})


class Layer:
    """A layer of files, links and folders, sorted by path."""

    def __init__(self, files, epoch: int, links=None, own_folders=None, user: int = 0):
        links, own_folders = links or {}, own_folders or {}
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for folder in parents([file.path for file in files] + list(own_folders)):
                tar.addfile(entry(folder, epoch, 0o755, tarfile.DIRTYPE))
            for folder, mode in sorted(own_folders.items()):
                info = entry(folder, epoch, mode, tarfile.DIRTYPE)
                info.uid = info.gid = user
                tar.addfile(info)
            for path, target in sorted(links.items()):
                info = entry(path, epoch, 0o777, tarfile.SYMTYPE)
                info.linkname = target
                tar.addfile(info)
            for file in sorted(files, key=lambda each: each.path):
                info = entry(file.path, epoch, file.mode)
                info.size = len(file.data)
                tar.addfile(info, io.BytesIO(file.data))
        self.tar = data.getvalue()
        self.blob = gzip.compress(self.tar, 9, mtime=0)


class Image:
    def __init__(self, layers: list[Layer], config: dict, annotations: dict):
        self.blobs = {}
        config = config | {"rootfs": {"type": "layers", "diff_ids": [digest(layer.tar) for layer in layers]}}
        self.config = self.add("config.v1+json", json.dumps(config, sort_keys=True).encode())
        self.layers = [self.add("layer.v1.tar+gzip", layer.blob) for layer in layers]
        manifest = {"schemaVersion": 2, "mediaType": MEDIA + "manifest.v1+json", "config": self.config,
                    "layers": self.layers, "annotations": annotations}
        self.manifest = self.add("manifest.v1+json", json.dumps(manifest, sort_keys=True).encode())

    def add(self, kind: str, data: bytes) -> dict:
        self.blobs[digest(data)] = data
        return {"mediaType": MEDIA + kind, "digest": digest(data), "size": len(data)}

    @property
    def size(self) -> int:
        """Bytes to pull."""
        return sum(blob["size"] for blob in [self.manifest, self.config, *self.layers])

    def members(self, name: str) -> dict[str, bytes]:
        """The files of the layout.  manifest.json is what `docker load` reads, in place of index.json."""
        def blob(of):
            return "blobs/" + of["digest"].replace(":", "/")
        named = self.manifest | {"annotations": {"io.containerd.image.name": name,
                                                 "org.opencontainers.image.ref.name": name.rpartition(":")[2]}}
        texts = {"oci-layout": {"imageLayoutVersion": "1.0.0"},
                 "index.json": {"schemaVersion": 2, "mediaType": MEDIA + "index.v1+json", "manifests": [named]},
                 "manifest.json": [{"Config": blob(self.config), "RepoTags": [name],
                                    "Layers": [blob(layer) for layer in self.layers]}]}
        return {path: json.dumps(text, sort_keys=True).encode() for path, text in texts.items()} | {
            "blobs/" + key.replace(":", "/"): data for key, data in self.blobs.items()}

    def write(self, folder: pathlib.Path, archive: pathlib.Path, name: str, epoch: int):
        with tarfile.open(archive, "w", format=tarfile.USTAR_FORMAT) as tar:
            for path, data in sorted(self.members(name).items()):
                place = folder / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
                info = entry(path, epoch, 0o644)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))

"""Files as the kubelet puts them into a pod."""

import itertools
import os


class Volume:
    """A Secret's or a token's volume: its files are links through `..data`, which is replaced as a whole."""

    def __init__(self, folder):
        self.folder = folder
        self.versions = itertools.count()
        folder.mkdir()

    def put(self, files):
        """Bytes by name."""
        data = self.folder / f"..version-{next(self.versions)}"
        data.mkdir()
        for name, content in files.items():
            (data / name).write_bytes(content)
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(f"..data/{name}")
        (self.folder / "..data_tmp").symlink_to(data.name)
        os.rename(self.folder / "..data_tmp", self.folder / "..data")

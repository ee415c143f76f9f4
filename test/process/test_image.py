"""deploy/image: the OCI layout is what it says, the same twice, and limen runs in it."""

import gzip
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

import pytest

from kube_api import KubeApi, needs_kube
from limen import LIMEN, free_port

CHROOT = shutil.which("chroot", path="/usr/sbin:/usr/bin")
BUILD = pathlib.Path(__file__).parents[2] / "deploy/image/build.py"
VERSION = subprocess.run([LIMEN, "version"], capture_output=True, text=True).stdout.split()[1]

needs_debian = pytest.mark.skipif(not pathlib.Path("/var/lib/dpkg/status").exists(), reason="no Debian: no dpkg")
pytestmark = needs_debian


def build(folder):
    subprocess.run([sys.executable, BUILD, LIMEN, folder], check=True, capture_output=True,
                   env=os.environ | {"SOURCE_DATE_EPOCH": "1700000000"})
    return folder


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return build(tmp_path_factory.mktemp("image"))


def blob(image, descriptor):
    data = (image / "layout/blobs" / descriptor["digest"].replace(":", "/")).read_bytes()
    assert len(data) == descriptor["size"]
    assert "sha256:" + hashlib.sha256(data).hexdigest() == descriptor["digest"]
    return data


def manifest_of(image):
    assert json.loads((image / "layout/oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    [descriptor] = json.loads((image / "layout/index.json").read_text())["manifests"]
    return json.loads(blob(image, descriptor)), descriptor


def layers_of(image):
    manifest, _ = manifest_of(image)
    return [tarfile.open(fileobj=io.BytesIO(blob(image, layer)), mode="r:gz") for layer in manifest["layers"]]


@pytest.fixture(scope="module")
def root(image, tmp_path_factory):
    folder = tmp_path_factory.mktemp("root")
    for layer in layers_of(image):
        layer.extractall(folder, numeric_owner=True)
    folder.chmod(0o755)
    return folder


def test_every_digest_and_size_is_right(image):
    manifest, _ = manifest_of(image)
    config = json.loads(blob(image, manifest["config"]))
    unpacked = ["sha256:" + hashlib.sha256(gzip.decompress(blob(image, layer))).hexdigest() for layer in manifest["layers"]]
    assert config["rootfs"] == {"type": "layers", "diff_ids": unpacked}
    named = {entry["digest"] for entry in [manifest["config"], *manifest["layers"], manifest_of(image)[1]]}
    stored = {f"sha256:{path.name}" for path in (image / "layout/blobs/sha256").iterdir()}
    assert stored == named


def test_the_config_is_of_a_user_without_rights(image):
    config = json.loads(blob(image, manifest_of(image)[0]["config"]))
    assert config["config"]["User"] == "65532:65532" and config["config"]["Entrypoint"] == ["/usr/bin/limen"]
    assert (config["os"], config["architecture"], config["created"]) == ("linux", "amd64", "2023-11-14T22:13:20Z")


def test_the_archive_is_the_layout(image):
    with tarfile.open(image / f"limen-{VERSION}.tar") as archive:
        packed = {member.name: archive.extractfile(member).read() for member in archive}
    layout = image / "layout"
    assert packed == {str(path.relative_to(layout)): path.read_bytes() for path in layout.rglob("*") if path.is_file()}
    [for_docker] = json.loads(packed["manifest.json"])
    assert for_docker["RepoTags"] == [f"docker.io/limen/limen:{VERSION}"]
    assert {for_docker["Config"], *for_docker["Layers"]} <= set(packed)


def test_the_same_twice(image, tmp_path):
    again = build(tmp_path / "again")
    assert manifest_of(again)[1]["digest"] == manifest_of(image)[1]["digest"]
    name = f"limen-{VERSION}.tar"
    assert (again / name).read_bytes() == (image / name).read_bytes()


def test_there_is_nothing_but_limen_and_what_it_loads(image):
    members = [member for layer in layers_of(image) for member in layer]
    assert {member.uid for member in members if not member.name.startswith("var/lib/limen")} == {0}
    assert not [member.name for member in members if member.mode & 0o7022 and not member.issym()]
    folders = ("usr/lib/", "usr/lib64/", "usr/share/doc/")
    files = {member.name for member in members if member.isfile() and not member.name.startswith(folders)}
    assert files == {"usr/bin/limen", "etc/passwd", "etc/group", "etc/nsswitch.conf", "etc/ssl/certs/ca-certificates.crt"}
    assert all(".so" in member.name for member in members if member.isfile() and member.name.startswith(folders[:2]))


def inside(root, *command, user="65532:65532", seconds=60):
    """As in a container: another root, another user, nothing of this machine but the kernel; files cannot be written.

    After `seconds` it gets a SIGTERM.
    """
    shell = f"mount --bind {root} {root} && mount -o remount,ro,bind {root} && mount -t tmpfs -o mode=1777 none {root}/var/lib"
    return subprocess.run(["unshare", "--mount", "sh", "-c", f"{shell} && exec timeout --preserve-status {seconds} env -i {CHROOT} --userspec={user} {root} \"$@\"",
                           "sh", *command], capture_output=True, text=True, timeout=seconds + 30)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="not root: no chroot")


@needs_root
def test_limen_runs_in_it(root):
    ran = inside(root, "/usr/bin/limen", "version")
    assert (ran.returncode, ran.stdout) == (0, f"limen {VERSION}\n"), ran.stderr
    assert inside(root, "/usr/bin/limen", "crds", "gateway").returncode == 0


@needs_root
def test_the_server_makes_its_folder_there(root):
    """As the chart mounts it: /var/lib is anybody's, the rest read-only.  There is no API server to be found."""
    ran = inside(root, "/usr/bin/limen", "server", "--xds-address=0.0.0.0:18000", "--state-dir=/var/lib/limen",
                 "--xds-certs=/none")
    assert ran.returncode == 3 and "state" not in ran.stderr, ran.stderr
    assert "kubeconfig" in ran.stderr or "API server" in ran.stderr, ran.stderr


@needs_root
@needs_kube
def test_the_server_reads_an_api_server_from_within(root, tmp_path):
    api = KubeApi(tmp_path)
    own = root / "etc/limen"
    own.mkdir()
    try:
        api.start_all()
        (own / "kubeconfig").write_bytes(api.kubeconfig().read_bytes())
        subprocess.run(["chown", "-R", "65532:65532", own], check=True)
        ran = inside(root, "/usr/bin/limen", "server", "--kubeconfig=/etc/limen/kubeconfig", "--state-dir=/var/lib/limen",
                     f"--xds-address=127.0.0.1:{free_port()}", seconds=20)
    finally:
        api.stop()
    assert "all kinds are listed" in ran.stderr and "this is the leader now" in ran.stderr, ran.stderr
    assert ran.returncode == 0  # SIGTERM ends it in order


def test_the_bill_of_materials_is_spdx_and_complete(image):
    parse = pytest.importorskip("spdx_tools.spdx.parser.parse_anything", reason="no spdx-tools: tools/setup.sh installs it")
    validator = pytest.importorskip("spdx_tools.spdx.validation.document_validator")
    path = image / f"limen-{VERSION}.spdx.json"
    document = parse.parse_file(str(path))
    assert [message.validation_message for message in validator.validate_full_spdx_document(document)] == []
    listed = {file.name.removeprefix("./"): {sum.algorithm.name: sum.value for sum in file.checksums}["SHA256"]
              for file in document.files}
    held = {member.name: hashlib.sha256(layer.extractfile(member).read()).hexdigest()
            for layer in layers_of(image) for member in layer if member.isfile()}
    assert listed == held
    names = {package.name: package for package in document.packages}
    assert {"limen", "xds-protos", "libboost1.81-dev", "libcli11-dev", "libc6", "libssl3", "libgrpc++1.51", "ca-certificates"} <= set(names)
    assert not [name for name in names if "gtest" in name or "benchmark" in name]
    libc = subprocess.run(["dpkg-query", "-W", "-f=${Version}", "libc6"], capture_output=True, text=True).stdout
    assert names["libc6"].version == libc

"""A Kubernetes cluster of plain processes on one machine; see ../README.md."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "process"))  # kube_parts and pki are shared

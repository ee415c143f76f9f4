#!/usr/bin/env bash
# The experiment behind docs/decisions/0001-vhds.md: figures, then answers to questions of correctness.
# Usage: test/bench/vhds/run.sh [N ...]      (virtual hosts; 100 1000 10000)
set -euo pipefail
cd "$(dirname "$0")"
python=../../../.venv/bin/python
$python measure.py "$@"
$python checks.py

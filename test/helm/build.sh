#!/usr/bin/env bash
# Builds the Helm that process/test_chart.py and deploy/generate.sh use, a Go module: test/helm/build.sh [FOLDER].  The
# folder is ~/.cache/limen/helm unless named; what is there already is left alone.  About 2 minutes on two cores.
set -euo pipefail
HELM=v4.3.1
out=${1:-$HOME/.cache/limen/helm}
mkdir -p "$out"
out=$(realpath "$out")
command -v go >/dev/null || { echo "build: there is no go on PATH" >&2; exit 3; }
[ -x "$out/helm" ] || GOBIN=$out GOFLAGS="-mod=mod -buildvcs=false" go install -ldflags "-s -w" "helm.sh/helm/v4/cmd/helm@$HELM"
echo "build: helm $HELM is in $out"

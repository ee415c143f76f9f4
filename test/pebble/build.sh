#!/usr/bin/env bash
# Builds the Pebble of test/process/test_acme_proposals.py, a Go module: it has renewal information and profiles, which
# Debian's has not.  test/pebble/build.sh [FOLDER]; the folder is $LIMEN_PEBBLE_BIN or ~/.cache/limen/pebble unless
# named; what is there already is left alone.  Half a minute on two cores.
set -euo pipefail
PEBBLE=v2.10.3
out=${1:-${LIMEN_PEBBLE_BIN:-$HOME/.cache/limen/pebble}}
mkdir -p "$out"
out=$(realpath "$out")
command -v go >/dev/null || { echo "build: there is no go on PATH" >&2; exit 3; }
[ -x "$out/pebble" ] || GOBIN=$out GOFLAGS="-mod=mod -buildvcs=false" \
  go install -ldflags "-s -w" "github.com/letsencrypt/pebble/v2/cmd/pebble@$PEBBLE"
echo "build: Pebble $PEBBLE is in $out"

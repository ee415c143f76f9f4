#!/usr/bin/env bash
# Builds SPIRE's server and agent for test/process/test_spire.py, Go modules: test/spire/build.sh [FOLDER].  The folder is
# $LIMEN_SPIRE_BIN or ~/.cache/limen/spire unless named; what is there already is left alone.  About 6 minutes on two cores.
set -euo pipefail
SPIRE=v1.13.3
out=${1:-${LIMEN_SPIRE_BIN:-$HOME/.cache/limen/spire}}
mkdir -p "$out"
out=$(realpath "$out")
command -v go >/dev/null || { echo "build: there is no go on PATH" >&2; exit 3; }
export GOFLAGS="-mod=mod -buildvcs=false"
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
cd "$scratch"
go mod init limen/spire 2>/dev/null
for part in spire-server spire-agent; do
  [ -x "$out/$part" ] && continue
  go get -tool "github.com/spiffe/spire/cmd/$part@$SPIRE"
  go build -ldflags "-s -w" -o "$out/$part" "github.com/spiffe/spire/cmd/$part"
done
echo "build: SPIRE $SPIRE is in $out"

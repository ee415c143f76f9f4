#!/usr/bin/env bash
# Asks Kubernetes' own code about what `limen crds` prints: test/crds/run.sh LIMEN API_TEST.  Exits 77
# (skipped) where there is no Go that can build it.
set -euo pipefail
limen=$(realpath "$1")
api_test=$(realpath "$2")
cd "$(dirname "$0")"
skip() { echo "crds: skipped: $1; it takes go $wanted"; exit 77; }

wanted=$(awk '$1 == "go" { print $2 }' go.mod)
command -v go >/dev/null || skip "there is no go on PATH"
# Here, beside go.mod: a go from 1.21 on fetches the version that stands there, unless it is told not to.
have=$(go env GOVERSION) || skip "go can't get the version that go.mod names"
[ "$(printf '%s\n' "$wanted" "${have#go}" | sort -V | head -1)" = "$wanted" ] || skip "go is ${have#go}"
export LIMEN_BROKEN_RULES=$(mktemp)
trap 'rm -f "$LIMEN_BROKEN_RULES"' EXIT
"$api_test" --gtest_filter=Rules.WriteThemDown --gtest_brief=1
LIMEN=$limen go test -count=1 -mod=readonly -v ./...

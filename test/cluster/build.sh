#!/usr/bin/env bash
# Builds what tests against a real API server need, from Go modules: test/cluster/build.sh [FOLDER].  The folder is
# $LIMEN_KUBE_BIN or ~/.cache/limen/kube unless named; what is there already is left alone.  kube-apiserver takes
# about 8 minutes on two cores, etcd half a minute.
set -euo pipefail
KUBERNETES=v1.37.2
ETCD=v3.7.3
out=${1:-${LIMEN_KUBE_BIN:-$HOME/.cache/limen/kube}}
mkdir -p "$out"
out=$(realpath "$out")
command -v go >/dev/null || { echo "build: there is no go on PATH" >&2; exit 3; }
export GOFLAGS="-mod=mod -buildvcs=false"
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT

# A module that depends on the main package $1, at the version that go.mod names.
module() {
  printf 'module limen/cluster\n\ngo %s\n' "$(go env GOVERSION | sed 's/^go//;s/-.*//')"
}
make() {
  printf '//go:build tools\n\npackage tools\n\nimport _ "%s"\n' "$1" > tools.go
  go mod tidy
  go build -ldflags "${2:-} -s -w" -o "$out/$(basename "${3:-$1}")" "$1"
}

if [ ! -x "$out/etcd" ]; then
  mkdir "$scratch/etcd" && cd "$scratch/etcd"
  { module; printf '\nrequire go.etcd.io/etcd/server/v3 %s\n' "$ETCD"; } > go.mod
  make go.etcd.io/etcd/server/v3 "" etcd
fi
if [ ! -x "$out/kube-apiserver" ]; then
  mkdir "$scratch/kube" && cd "$scratch/kube"
  module > go.mod
  sources=$(go mod download -json "k8s.io/kubernetes@$KUBERNETES" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  # Kubernetes names its own parts as v0.0.0: they are published as v0.<minor>.<patch>.
  { printf '\nrequire k8s.io/kubernetes %s\n\nreplace (\n' "$KUBERNETES"
    grep -oE '^\s+k8s\.io/\S+ v0\.0\.0$' "$sources/go.mod" | sort -u |
      awk -v v="v0.${KUBERNETES#v1.}" '{ print "\t" $1 " => " $1 " " v }'
    printf ')\n'; } >> go.mod
  version=k8s.io/component-base/version
  minor=${KUBERNETES#v1.}
  make k8s.io/kubernetes/cmd/kube-apiserver \
    "-X $version.gitVersion=$KUBERNETES -X $version.gitMajor=1 -X $version.gitMinor=${minor%%.*}"
fi
echo "build: etcd $ETCD and kube-apiserver $KUBERNETES are in $out"

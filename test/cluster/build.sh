#!/usr/bin/env bash
# Builds the parts of a Kubernetes cluster from Go modules: test/cluster/build.sh [FOLDER [PART...]].  The folder is
# $LIMEN_KUBE_BIN or ~/.cache/limen/kube unless named; what is there already is left alone.  Without parts: etcd and
# kube-apiserver, for test/process/test_kube*; "all": what test/cluster/cluster starts, too.  With two cores
# kube-apiserver takes about 8 minutes, the other parts of Kubernetes 3 together, the rest 4.
set -euo pipefail
KUBERNETES=v1.37.2
ETCD=v3.7.3
COREDNS=v1.14.7
GATEWAY_API=v1.6.3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-${LIMEN_KUBE_BIN:-$HOME/.cache/limen/kube}}
mkdir -p "$out"
out=$(realpath "$out")
parts=("${@:2}")
[ ${#parts[@]} -gt 0 ] || parts=(etcd kube-apiserver)
[ "${parts[*]}" != all ] || parts=(etcd kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubectl coredns
                                   echo-basic helm)
command -v go >/dev/null || { echo "build: there is no go on PATH" >&2; exit 3; }
export GOFLAGS="-mod=mod -buildvcs=false"
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT

# Goes to a new module; what stands in its go.mod comes on stdin.
module() {
  mkdir "$scratch/$1" && cd "$scratch/$1"
  { printf 'module limen/cluster\n\ngo %s\n\n' "$(go env GOVERSION | sed 's/^go//;s/-.*//')"; cat; } > go.mod
}
# Builds main packages at the versions that go.mod names; $1: flags of the linker.
make() {
  { printf '//go:build tools\n\npackage tools\n\nimport (\n'; printf '\t_ "%s"\n' "${@:2}"; printf ')\n'; } > tools.go
  go mod tidy
  for package in "${@:2}"; do
    case $package in */v3) name=etcd ;; *) name=${package##*/} ;; esac
    go build -ldflags "$1 -s -w" -o "$out/$name" "$package"
  done
}

etcd() {
  module etcd <<< "require go.etcd.io/etcd/server/v3 $ETCD"
  make "" go.etcd.io/etcd/server/v3
}
kubernetes() {
  cd "$scratch"
  local sources minor=${KUBERNETES#v1.} version=k8s.io/component-base/version
  sources=$(go mod download -json "k8s.io/kubernetes@$KUBERNETES" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  # Kubernetes names its own parts as v0.0.0: they are published as v0.<minor>.<patch>.
  module kubernetes < <(
    printf 'require k8s.io/kubernetes %s\n\nreplace (\n' "$KUBERNETES"
    grep -oE '^\s+k8s\.io/\S+ v0\.0\.0$' "$sources/go.mod" | sort -u |
      awk -v v="v0.${KUBERNETES#v1.}" '{ print "\t" $1 " => " $1 " " v }'
    printf ')\n')
  make "-X $version.gitVersion=$KUBERNETES -X $version.gitMajor=1 -X $version.gitMinor=${minor%%.*}" \
    "${@/#/k8s.io/kubernetes/cmd/}"
}
coredns() {
  module coredns <<< "require github.com/coredns/coredns $COREDNS"
  cp "$here/coredns/main.go" .
  go mod tidy
  go build -ldflags "-s -w" -o "$out/coredns" .
}
echo-basic() {  # what answers behind the conformance suite's Services; later releases don't have it
  module echo-basic <<< "require sigs.k8s.io/gateway-api/conformance $GATEWAY_API

replace sigs.k8s.io/gateway-api => sigs.k8s.io/gateway-api $GATEWAY_API"
  CGO_ENABLED=0 make "" sigs.k8s.io/gateway-api/conformance/echo-basic
}

kubernetes=()
for part in "${parts[@]}"; do
  [ -x "$out/$part" ] && continue
  case $part in
    kube-*|kubectl) kubernetes+=("$part") ;;
    etcd|coredns|echo-basic) ("$part") ;;
    helm) "$here/../helm/build.sh" "$out" ;;
    *) echo "build: there is no part $part" >&2; exit 2 ;;
  esac
done
[ ${#kubernetes[@]} = 0 ] || (kubernetes "${kubernetes[@]}")
echo "build: ${parts[*]} are in $out"

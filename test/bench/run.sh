#!/usr/bin/env bash
# All figures of docs/performance.md: a release build, on a machine where nothing else runs.
# Usage: test/bench/run.sh [N]      (routes; 10000)
set -euo pipefail
cd "$(dirname "$0")/../.."
count=${1:-10000}
cmake --preset release >/dev/null
ninja -C build/release limen stream_bench
limen=$PWD/build/release/src/ctl/limen
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for shape in hosts paths; do
  for streams in 1 100; do
    # A hundred streams take the whole route configuration each: a tenth of the routes shows as much.
    routes=$count
    [ "$streams" = 1 ] || routes=$((count / 10))
    rm -rf "$folder/conf"
    python3 test/bench/make_routes.py "$folder/conf" "$routes" "$shape" 18080
    echo "== $routes routes, $shape, $streams stream(s)"
    build/release/test/stream_bench "$limen" "$folder/conf" "$streams" 100
  done
done
LIMEN=$limen .venv/bin/python test/bench/edits_under_load.py 1000

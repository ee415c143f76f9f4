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
# measure ROUTES SHAPE STREAMS EDITS
measure() {
  rm -rf "$folder/conf"
  python3 test/bench/make_routes.py "$folder/conf" "$1" "$2" 18080
  echo "== $1 routes, $2, $3 stream(s)"
  build/release/test/stream_bench "$limen" "$folder/conf" "$3" "$4"
}
for shape in hosts paths; do
  measure "$count" "$shape" 1 100
  measure $((count / 10)) "$shape" 100 100
done
measure "$count" hosts 100 20
measure $((count * 4)) sets 1 40
LIMEN=$limen .venv/bin/python test/bench/edits_under_load.py 1000

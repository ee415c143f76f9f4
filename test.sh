#!/usr/bin/env bash
# Sets up, builds and runs all tests.  The last line is ctest's; arguments are for it, and leave the sanitizers out.
set -euo pipefail
cd "$(dirname "$0")"
./tools/setup.sh
echo "test: building"
cmake --preset dev >/dev/null
ninja -C build/dev
[ $# -gt 0 ] || ./tools/sanitize.sh
ctest --test-dir build/dev --output-on-failure --no-tests=error "$@"

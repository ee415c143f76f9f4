#!/usr/bin/env bash
# Unit tests, text cases and short fuzz runs with AddressSanitizer and UndefinedBehaviorSanitizer, and what has threads
# of its own with ThreadSanitizer.  Only our code is instrumented, not the generated xDS code: build/dev must be built.
set -euo pipefail
cd "$(dirname "$0")/.."
export UBSAN_OPTIONS=print_stacktrace=1
echo "sanitize: address, undefined: building"
cmake --preset asan >/dev/null
ninja -C build/asan quick_tests
ctest --test-dir build/asan --output-on-failure --no-tests=error -R '^(unit|cases|fuzz)'
echo "sanitize: thread: building"
cmake --preset tsan >/dev/null
ninja -C build/tsan base_test
build/tsan/src/base/base_test --gtest_brief=1 --gtest_filter='EventLoop.*'

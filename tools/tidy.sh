#!/usr/bin/env bash
# clang-tidy with the list of .clang-tidy, all errors.  By default over the sources that this branch, or on main the
# last commit, changed, because one source costs 5 to 15 seconds; `--all` examines every one, FILE... those.
# Needs build/dev configured (its compile commands and the generated xDS headers).
set -euo pipefail
cd "$(dirname "$0")/.."
changed() {
  local base
  base=$(git merge-base HEAD main 2>/dev/null || true)
  if [ -z "$base" ] || [ "$base" = "$(git rev-parse HEAD)" ]; then base=HEAD~1; fi
  git rev-parse -q --verify "$base" >/dev/null || return 0
  git diff --name-only --diff-filter=d "$base" -- 'src/*.cc' 'api/*.cc'
}
most=24  # what a test run can bear
case "${1:-}" in
  --all) mapfile -t sources < <(find src api -name '*.cc' ! -name '*_fuzz.cc'); most=${#sources[@]} ;;
  "") mapfile -t sources < <(changed) ;;
  *) sources=("$@") most=$# ;;
esac
[ ${#sources[@]} -gt 0 ] || { echo "tidy: nothing changed"; exit 0; }
[ ${#sources[@]} -le "$most" ] || echo "tidy: ${#sources[@]} sources changed, the first $most are examined; --all for all"
sources=("${sources[@]:0:$most}")
# Headers that GCC has precompiled are read as they are.
mkdir -p build/dev/tidy
sed -E 's/ -Winvalid-pch//g; s/ -fpch-preprocess//g; s/ -include [^ "]*cmake_pch\.hxx//g' \
  build/dev/compile_commands.json > build/dev/tidy/compile_commands.json
# GCC's options that clang does not know are no finding.
printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy-14 -p build/dev/tidy --quiet \
  --extra-arg=-Wno-unknown-warning-option 2> >(grep -v 'warnings generated' >&2 || true)
echo "tidy: ${#sources[@]} sources are in order"

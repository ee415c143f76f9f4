#!/usr/bin/env bash
# Checks what a reader should not have to: formatting (clang-format), functions of at most 60 lines and not too
# many branches (lizard), files of at most 500 lines.  `tools/lint.sh --fix` formats.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t sources < <(find src api test -name '*.cc' -o -name '*.h')
if [ "${1:-}" = --fix ]; then
  clang-format-14 -i "${sources[@]}"
else
  clang-format-14 --dry-run -Werror "${sources[@]}"
fi
.venv/bin/lizard -l cpp -L 60 -C 25 -w src api test
mapfile -t texts < <(find src api test tools deploy \( -name '*.cc' -o -name '*.h' -o -name '*.py' -o -name '*.sh' \))
long=$(wc -l "${texts[@]}" | awk '$1 > 500 && $2 != "total"')
[ -z "$long" ] || { echo "lint: longer than 500 lines: $long"; exit 1; }
echo "lint: ${#sources[@]} files are in order"

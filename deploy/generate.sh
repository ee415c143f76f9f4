#!/usr/bin/env bash
# Writes the generated files of deploy/: deploy/generate.sh LIMEN.  With --check it says which are out of date instead, and
# does without Helm: then the manifest is current if the chart that it was made of is the same.
#   chart/files/rbac*.json   `limen rbac`
#   chart/crds/limen.yaml    `limen crds`; half a megabyte, so it is not committed
#   manifest/limen.yaml      the chart with default values; needs Helm (test/helm/build.sh)
set -euo pipefail
cd "$(dirname "$0")"
limen=${1:?usage: deploy/generate.sh LIMEN [--check]}
check=${2:-}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
stale=()

# File $1 is to hold standard input.
put() {
  cat > "$scratch/new"
  if [ -z "$check" ]; then
    cp "$scratch/new" "$1"
  elif ! cmp -s "$scratch/new" "$1"; then
    stale+=("$1")
  fi
}

# Of all that decides what the manifest says.
chart_hash() {
  find chart -type f ! -name README.md ! -name NOTES.txt ! -path 'chart/crds/*' | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-64
}

helm_binary() {
  local cached=$HOME/.cache/limen/helm/helm
  if [ -n "${LIMEN_HELM:-}" ]; then echo "$LIMEN_HELM"; elif [ -x "$cached" ]; then echo "$cached"; else echo helm; fi
}

manifest() {
  command -v "$(helm_binary)" >/dev/null || { echo "deploy: no Helm for manifest/limen.yaml: test/helm/build.sh builds it" >&2; exit 3; }
  cat <<HEAD
# Limen in the namespace limen-system, without CustomResourceDefinitions (those are: limen crds).
# Made by deploy/generate.sh from deploy/chart with its default values; not to be edited.
# chart: $(chart_hash)
HEAD
  "$(helm_binary)" template limen chart -n limen-system --skip-crds --set createNamespace=true |
    grep -vE '^# Source: |^ +(helm\.sh/chart|app\.kubernetes\.io/(managed-by|instance)): '
}

version=$("$limen" version | cut -d' ' -f2)
sed -E "s/^(version|appVersion): .*/\1: $version/" chart/Chart.yaml | put chart/Chart.yaml
for mode in "" gateway-namespace-mode; do
  for acme in "" acme; do
    flags=(${mode:+--$mode} ${acme:+--acme})
    name=chart/files/rbac${mode:+-$mode}${acme:+-$acme}
    "$limen" rbac -o json "${flags[@]}" | put "$name.json"
    "$limen" rbac -o json "${flags[@]}" --namespaces watched-namespace | put "$name-namespaces.json"
  done
done
if [ -z "$check" ]; then
  mkdir -p chart/crds
  "$limen" crds > chart/crds/limen.yaml
  manifest > "$scratch/manifest"
  cp "$scratch/manifest" manifest/limen.yaml
elif ! grep -qx "# chart: $(chart_hash)" manifest/limen.yaml; then
  stale+=(manifest/limen.yaml)
fi
[ ${#stale[@]} = 0 ] || { echo "deploy: out of date: ${stale[*]}; write them anew: deploy/generate.sh LIMEN" >&2; exit 1; }

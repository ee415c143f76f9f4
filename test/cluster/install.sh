#!/usr/bin/env bash
# Installs Limen in a running test cluster, and waits for it: test/cluster/install.sh [REPLICAS [FLAG...]].  $LIMEN is the
# program, $LIMEN_CLUSTER the cluster's folder; the flags are further ones of `limen server`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
replicas=${1:-1}
kubectl() { "$here/cluster" kubectl "$@"; }

kubectl get namespace limen-system >/dev/null 2>&1 || kubectl create namespace limen-system
"$LIMEN" crds | kubectl apply --server-side -f - >/dev/null
kubectl wait --for=condition=Established --all crd --timeout=30s >/dev/null
if ! kubectl -n limen-system get secret limen-certs >/dev/null 2>&1; then
  certificates=$(mktemp -d)
  trap 'rm -r "$certificates"' EXIT
  "$LIMEN" certgen --dir "$certificates" >/dev/null
  kubectl -n limen-system create secret generic limen-certs --from-file="$certificates" >/dev/null
fi
"$LIMEN" rbac -n limen-system | kubectl apply -f - >/dev/null
kubectl apply -f "$here/limen.yaml" >/dev/null
patch=$(printf ',{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "%s"}' "${@:2}")
[ $# -gt 1 ] || patch=
kubectl -n limen-system patch deployment limen --type=json \
  -p "[{\"op\": \"replace\", \"path\": \"/spec/replicas\", \"value\": $replicas}$patch]" >/dev/null
kubectl -n limen-system rollout status deployment/limen --timeout=60s
kubectl wait --for=condition=Accepted gatewayclass/limen --timeout=60s

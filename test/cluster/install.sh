#!/usr/bin/env bash
# Installs Limen in a running test cluster by its chart, and waits for it: test/cluster/install.sh [FLAG...].  $LIMEN is
# the program, $LIMEN_CLUSTER the cluster's folder; the flags are helm's, for example --set deployment.replicas=2.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
eval "$("$here/cluster" env)"

"$LIMEN" crds | kubectl apply --server-side -f - >/dev/null
kubectl wait --for=condition=Established --all crd --timeout=30s >/dev/null
helm upgrade --install limen "$here/../../deploy/chart" --namespace limen-system --create-namespace \
  --set gatewayClass.create=true "$@" >/dev/null
kubectl -n limen-system rollout status deployment/limen --timeout=60s
kubectl wait --for=condition=Accepted gatewayclass/limen --timeout=60s

#!/usr/bin/env bash
# Runs the Gateway API's conformance suite against Limen, in a test cluster of its own:
#
#   LIMEN=build/release/src/ctl/limen test/conformance/run.sh [--release v1.7.0] [--mode MODE] [--test NAME] [FLAG...]
#
# What is missing is built first.  MODE says where the Envoys run: "default", in Limen's namespace, or
# "gateway-namespace".  A whole run writes report/RELEASE-MODE.yaml; --test runs one test, and writes none.  With
# $LIMEN_CLUSTER, the cluster that runs there is taken, and stays.  Further flags are the suite's.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LIMEN=${LIMEN:-$here/../../build/release/src/ctl/limen} LIMEN_KUBE_BIN=${LIMEN_KUBE_BIN:-$HOME/.cache/limen/kube}
release=v1.7.0 mode=default test='' profiles=GATEWAY-HTTP,GATEWAY-GRPC,GATEWAY-TLS,GATEWAY-TCP,GATEWAY-UDP
while [ $# -gt 0 ]; do
  case $1 in
    --release) release=$2; shift 2 ;;
    --mode) mode=$2; shift 2 ;;
    --test) test=$2; shift 2 ;;
    *) break ;;
  esac
done

"$here/../cluster/build.sh" "$LIMEN_KUBE_BIN" all
"$here/build.sh" "$LIMEN_KUBE_BIN" "$release"
log=$(mktemp /tmp/conformance.XXXXXX)
if [ -z "${LIMEN_CLUSTER:-}" ]; then
  export LIMEN_CLUSTER=$log.cluster
  trap '"$here/../cluster/cluster" down --keep-logs; echo "logs of the cluster: $LIMEN_CLUSTER/logs"' EXIT
  "$here/../cluster/cluster" up --name lcc --net 10.212
fi
eval "$("$here/../cluster/cluster" env)"
install=() skipped=''
case $mode in  # README.md says why a test is skipped
  default) skipped=GatewayInfrastructureMetadata ;;
  gateway-namespace)
    install=(--set config.envoyGateway.provider.kubernetes.deploy.type=GatewayNamespace)
    set -- -timeout-config-overrides=DeleteTimeout:300 "$@" ;;
  *) echo "conformance: there is no mode $mode" >&2; exit 2 ;;
esac
"$here/../cluster/install.sh" "${install[@]}"

report=$here/report/$release-$mode.yaml
arguments=(-test.v -test.timeout=90m -gateway-class=limen "-mode=$mode" "-skip-tests=$skipped" "-conformance-profiles=$profiles"
           "-usable-address=$LIMEN_CLUSTER_SPARE" -unusable-address=unusable.example.com)
[ "$release" = v1.7.0 ] || arguments+=(-allow-crds-mismatch)  # `limen crds` are those of v1.7.0
if [ -n "$test" ]; then  # the suite asks the GatewayClass for its features in whole runs only
  arguments+=("-run-test=$test" "-supported-features=$(kubectl get gatewayclass limen \
    -o jsonpath='{range .status.supportedFeatures[*]}{.name},{end}' | sed 's/,$//')")
else
  mkdir -p "$here/report"
  arguments+=("-report-output=$report" -organization=limen -project=limen
              "-version=$("$LIMEN" version | awk '{ print $NF }')" -url=https://example.com/limen -contact=none)
fi
result=0
cd /tmp
"$LIMEN_KUBE_BIN/gateway-api-conformance-$release" "${arguments[@]}" "$@" > "$log" 2>&1 || result=$?
[ -n "$test" ] || chmod 644 "$report"
count() { grep -cE "^    --- $1: TestConformance/[^/]+ " "$log" || true; }
echo "$(count PASS) passed, $(count FAIL) failed, $(count SKIP) skipped; log: $log"
grep -E '^ +--- FAIL:' "$log" || true
exit $result

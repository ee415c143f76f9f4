// What an Envoy in a pod has besides: listeners for Prometheus and for the kubelet's probes, and
// limits.  Parts of bootstrap.h.  Pure.
//
// Names as Envoy Gateway's, so that dashboards and patches go on working.
#pragma once

#include "xds/bootstrap/bootstrap.h"

namespace limen::xds {

// Those of settings.stats, settings.ready and settings.memory_limit that are set.
void add_pod_parts(const BootstrapSettings& settings, Json& config);

}  // namespace limen::xds

// EnvoyProxy.spec.bootstrap: a user's changes to what Envoy starts with.  Pure.
#pragma once

#include "api/envoy/envoy_proxy.h"
#include "base/json.h"
#include "base/result.h"

namespace limen::xds {

// What Limen needs to reach the Envoy stays as it is: node.id, node.cluster, admin.address,
// dynamic_resources (but for initial_fetch_timeout) and the xds_cluster's load_assignment.  Merge
// and JSONPatch that change them are errors; Replace has them put back, and Limen's static clusters
// and listeners where it has none of their names.
Result<Json> patch_bootstrap(const Json& base, const api::ProxyBootstrap& patch);

// Whether patch_bootstrap() would do; the error is for users.
Status check_bootstrap(const api::ProxyBootstrap& patch);

}  // namespace limen::xds

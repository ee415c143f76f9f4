// A new version of Limen has a new image for the container beside Envoy, which alone is no reason
// to replace pods.  Pure.
#pragma once

#include "base/json.h"

namespace limen::infra {

inline constexpr char kSidecar[] = "shutdown-manager";

// Leaves that image in `workload` (a Deployment or DaemonSet) as it is in `pods`, the template of
// the one that is there, if there is no other difference.
void keep_sidecar(const Json& pods, Json& workload);

}  // namespace limen::infra

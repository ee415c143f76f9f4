// Kubernetes' strategic merge patch, for the objects that are made here.  Pure.
//
// Source: Kubernetes, "Update API Objects in Place Using kubectl patch" (patchStrategy,
// patchMergeKey, and the directives $patch and $deleteFromPrimitiveList).
#pragma once

#include "api/envoy/kubernetes_provider.h"
#include "base/json.h"

namespace limen::infra {

// Members are merged, null removes one; lists of what has a key (containers by name) are merged by
// it, other lists replaced.
void strategic_merge(Json& into, const Json& patch);

// RFC 7386.
void json_merge(Json& into, const Json& patch);

// As the patch says; without one, nothing.
void apply_patch(const std::optional<api::KubernetesPatch>& patch, Json& object);

}  // namespace limen::infra

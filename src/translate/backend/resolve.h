// backendRefs -> clusters, or why not.
#pragma once

#include "translate/world.h"

namespace limen::translate {

struct ResolvedBackend {
  Verdict verdict;
  ClusterRef cluster;  // iff verdict.ok
};

// A backendRef of the route `from`.
ResolvedBackend resolve_backend(flow::Reads& reads, World& world, const RouteKey& from,
                                const api::BackendObjectReference& ref);

}  // namespace limen::translate

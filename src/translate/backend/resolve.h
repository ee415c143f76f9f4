// backendRefs -> clusters, or why not.
#pragma once

#include "translate/world.h"

namespace limen::translate {

struct ResolvedBackend {
  Verdict verdict;
  ClusterRef cluster;  // iff verdict.ok
};

// A backendRef of an HTTPRoute in namespace `from`.
ResolvedBackend resolve_backend(flow::Reads& reads, World& world, const std::string& from,
                                const api::BackendObjectReference& ref);

}  // namespace limen::translate

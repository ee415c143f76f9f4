// ClusterSettings as the part of a cluster's identity that they are: canonical JSON.  Pure.
#pragma once

#include <optional>

#include "api/envoy/cluster_settings.h"
#include "translate/backend_model.h"

namespace limen::translate {

// Equal for settings of which a cluster knows no difference; empty: it knows nothing of them.
Text settings_text(const api::ClusterSettings& settings);

// The inverse; nullopt: the cluster has none.
std::optional<api::ClusterSettings> settings_of(const ClusterRef& cluster);

}  // namespace limen::translate

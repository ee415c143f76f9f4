// GatewayClass.status.supportedFeatures: the one list of what works.  The names are those of
// Gateway API v1.7 (pkg/features); a name belongs here only with a test that shows it.
#pragma once

#include <span>
#include <string_view>

#include "translate/translator.h"

namespace limen::translate {

// Sorted, unique.
std::span<const std::string_view> supported_features();

// Whether such a one is supported there, too: GatewayInfrastructure means objects in the namespace
// of the Gateway.  GEP-1762
bool is_supported_on(const Options& options, std::string_view feature);

}  // namespace limen::translate

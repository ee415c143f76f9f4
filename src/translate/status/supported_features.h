// GatewayClass.status.supportedFeatures: the one list of what works.  The names are those of
// Gateway API v1.7 (pkg/features); a name belongs here only with a test that shows it.
#pragma once

#include <span>
#include <string_view>

namespace limen::translate {

// Sorted, unique.
std::span<const std::string_view> supported_features();

}  // namespace limen::translate

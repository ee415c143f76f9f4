// Serialised xDS resources -> JSON, for people.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "xds/resources/resource.h"

namespace limen::xds {

// With "@type".  Private keys and passwords are replaced by "[redacted]" unless `show_secrets`.
Result<Json> to_json(ResourceType type, const Fragment& fragment, bool show_secrets);

}  // namespace limen::xds

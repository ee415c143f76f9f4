// Why an object is changed, in words.  Pure.
#pragma once

#include <string>

#include "base/json.h"

namespace limen::infra {

// Where `actual` is not as `wanted` says, which need not say all: "spec.containers[envoy].image,
// spec.volumes[2]"; at most five places; "": nowhere.
std::string differences(const Json& wanted, const Json& actual);

}  // namespace limen::infra

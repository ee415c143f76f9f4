// How YAML 1.2's core schema reads a plain (unquoted) scalar.  Pure functions.
#pragma once

#include <string_view>

#include "base/json.h"

namespace limen {

// null, a boolean, a number or, for all else, a string.
Json plain_scalar(std::string_view text);

}  // namespace limen

// JSON text -> Json, for what machines write (RFC 8259); what people write goes through yaml.h.  By
// Boost.JSON's parser, several times faster than YAML's.  Pure; any thread.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace limen {

// The one value that `text` holds, without lines.  At most 200 levels deep; of a repeated key in an
// object the last value counts, as in Go's encoding/json, which Kubernetes uses.  A number that no
// double can hold is refused.
Result<Json> parse_json(std::string_view text);

}  // namespace limen

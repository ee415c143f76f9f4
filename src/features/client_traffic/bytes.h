// Numbers of bytes as the API writes them.  Within this folder only.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "base/problem.h"

namespace limen::features {

struct ByteRange {
  uint64_t least, most;
};

// nullopt: unset, or a problem was added: no number, or out of range.
std::optional<uint32_t> bytes_of(const Json& value, const ByteRange& range, const char* path,
                                 Problems& problems);

}  // namespace limen::features

#include <fmt/format.h>

#include "base/quantity.h"
#include "features/connection.h"

namespace limen::features {

std::optional<uint32_t> bytes_of(const Json& value, const ByteRange& range, const std::string& path,
                                 Problems& problems) {
  if (value.is_null()) return std::nullopt;
  std::optional<uint64_t> bytes;
  if (value.is_string()) bytes = parse_quantity(value.as_string());
  if (value.is_integer() && value.as_integer() >= 0)
    bytes = static_cast<uint64_t>(value.as_integer());
  if (bytes && *bytes >= range.least && *bytes <= range.most) return static_cast<uint32_t>(*bytes);
  problems.push_back({"Invalid", path,
                      fmt::format("it must be a number of bytes from {} to {}, such as 64Ki",
                                  range.least, range.most)});
  return std::nullopt;
}

}  // namespace limen::features

// Kubernetes quantities ("512Mi", "1.5G", "2e9").  Source: apimachinery resource.Quantity.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace limen {

// Rounded down to whole units; nullopt: no quantity, or none that fits.
std::optional<uint64_t> parse_quantity(std::string_view text);

}  // namespace limen

// The discovery services that are served: aggregated, and one a type; each in both forms.
#pragma once

#include <optional>
#include <string_view>

#include "xds/resources/resource.h"

namespace limen::xds {

struct Method {
  std::string_view path;             // gRPC's
  bool sotw = false;                 // state of the world, else incremental
  std::optional<ResourceType> only;  // nullopt: aggregated, any type
};

// nullptr: not served.
const Method* find_method(std::string_view path);

}  // namespace limen::xds

// The one place that decides whether an object may refer into another namespace.
// Source: Gateway API ReferenceGrant.
#pragma once

#include "translate/world.h"

namespace limen::translate {

struct Referrer {
  std::string_view group;
  std::string_view kind;
  std::string_view name_space;
};

// Whether `from` may refer to the object `to` of that group and kind: in its own namespace always,
// in another if a ReferenceGrant there says so.
bool may_refer(flow::Reads& reads, World& world, const Referrer& from, std::string_view to_group,
               std::string_view to_kind, const ObjectKey& to);

}  // namespace limen::translate

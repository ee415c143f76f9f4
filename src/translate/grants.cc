#include "translate/grants.h"

#include <algorithm>

namespace limen::translate {
namespace {

bool is_from(const api::ReferenceGrantFrom& entry, const Referrer& from) {
  return entry.group == from.group && entry.kind == from.kind &&
         entry.name_space == from.name_space;
}

bool is_to(const api::ReferenceGrantTo& entry, std::string_view group, std::string_view kind,
           std::string_view name) {
  return entry.group == group && entry.kind == kind && (!entry.name || *entry.name == name);
}

}  // namespace

bool may_refer(flow::Reads& reads, World& world, const Referrer& from, std::string_view to_group,
               std::string_view to_kind, const ObjectKey& to) {
  if (from.name_space == to.name_space) return true;
  for (const auto& [key, grant] : world.grants_of.get(reads, to.name_space)) {
    const auto& [froms, tos] = grant.spec;
    const bool opens =
        std::any_of(froms.begin(), froms.end(), [&](const auto& x) { return is_from(x, from); }) &&
        std::any_of(tos.begin(), tos.end(),
                    [&](const auto& x) { return is_to(x, to_group, to_kind, to.name); });
    if (opens) return true;
  }
  return false;
}

}  // namespace limen::translate

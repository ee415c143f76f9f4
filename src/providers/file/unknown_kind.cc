#include "providers/file/unknown_kind.h"

#include <fmt/format.h>

#include <vector>

#include "api/kinds.h"
#include "base/strings.h"

namespace limen::providers {
namespace {

std::string api_version_of(const api::KindInfo& kind) {
  return kind.group.empty() ? std::string(kind.versions[0])
                            : fmt::format("{}/{}", kind.group, kind.versions[0]);
}

const api::KindInfo* named(std::string_view name) {
  for (const api::KindInfo& kind : api::all_kinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

// A kind of the same group whose name is like it.  Other groups' kinds are no typing mistakes.
const api::KindInfo* similar(std::string_view api_version, std::string_view name) {
  const std::string_view group = api_version.substr(0, api_version.find('/'));
  std::vector<std::string_view> names;
  for (const api::KindInfo& kind : api::all_kinds()) {
    if (kind.group == group || (kind.group.empty() && api_version == "v1"))
      names.push_back(kind.name);
  }
  const auto guess = nearest(name, names);
  return guess ? named(*guess) : nullptr;
}

}  // namespace

std::string unknown_kind(std::string_view api_version, std::string_view kind) {
  if (kind == "List")
    return "a List needs 'items', and a List within a List is not read: put its items in the outer one";
  if (const api::KindInfo* same = named(kind)) {
    return fmt::format("{} is left out, because its apiVersion is {}: write {}", kind, api_version,
                       api_version_of(*same));
  }
  const std::string left_out =
      fmt::format("{} of {} is not known here and is left out", kind, api_version);
  const api::KindInfo* guess = similar(api_version, kind);
  return guess == nullptr ? left_out : fmt::format("{}; did you mean '{}'?", left_out, guess->name);
}

}  // namespace limen::providers

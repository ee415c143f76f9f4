#include "providers/kube/refusal.h"

#include <fmt/format.h>

#include <algorithm>

namespace limen::providers {
namespace {

// As the kinds' specifications have them.
const char* reason_of(api::Kind kind) {
  if (api::is_route(kind)) return "UnsupportedValue";
  return kind == api::Kind::kGatewayClass ? "Unsupported" : "Invalid";
}

Json condition_of(api::Kind kind, const Refusal& refusal) {
  return Json::Object{{"type", "Accepted"},
                      {"status", "False"},
                      {"observedGeneration", refusal.generation},
                      {"reason", reason_of(kind)},
                      {"message", refusal.message}};
}

// Among the conditions of `owner`.
void set_condition(Json& owner, const Json& condition) {
  if (owner.find("conditions") == nullptr) owner.set("conditions", Json::Array{});
  Json::Array& conditions = owner.find("conditions")->as_array();
  const auto it = std::ranges::find_if(
      conditions, [](const Json& each) { return each.text("type") == "Accepted"; });
  if (it == conditions.end())
    conditions.push_back(condition);
  else
    *it = condition;
}

bool is_same_parent(const Json& a, const Json& b) {
  const auto same = [&](std::string_view name) {
    const Json *x = a.find(name), *y = b.find(name);
    return x == nullptr || y == nullptr ? x == y : *x == *y;
  };
  return same("name") && same("namespace") && same("sectionName") && same("port");
}

void set_parents(Json& status, const Refusal& refusal, const Json& condition,
                 std::string_view controller) {
  if (status.find("parents") == nullptr) status.set("parents", Json::Array{});
  Json::Array& parents = status.find("parents")->as_array();
  for (const Json& reference : refusal.parents) {
    const bool known = std::ranges::any_of(parents, [&](const Json& each) {
      const Json* ref = each.find("parentRef");
      return ref != nullptr && is_same_parent(*ref, reference);
    });
    if (!known)
      parents.push_back(Json::Object{{"parentRef", reference}, {"controllerName", controller}});
  }
  for (Json& parent : parents) set_condition(parent, condition);
}

}  // namespace

Refusal refusal_of(const Json& object, const Problems& problems, bool in_force,
                   Json::Array parents) {
  Refusal refusal;
  refusal.parents = std::move(parents);
  const Json* metadata = object.find("metadata");
  const Json* generation = metadata == nullptr ? nullptr : metadata->find("generation");
  if (generation != nullptr && generation->is_integer())
    refusal.generation = generation->as_integer();
  const Problem& first = problems.front();
  refusal.message = fmt::format("{}: {}", first.path, first.message);
  if (problems.size() > 1) refusal.message += fmt::format("; and {} more", problems.size() - 1);
  refusal.message += in_force ? "; the version before stays in force" : "; it is not in force";
  return refusal;
}

Json refused_status(api::Kind kind, Json status, const Refusal& refusal,
                    std::string_view controller) {
  if (status.is_null()) status = Json::Object{};
  const Json condition = condition_of(kind, refusal);
  if (api::is_route(kind)) {
    set_parents(status, refusal, condition, controller);
  } else if (kind == api::Kind::kBackendTlsPolicy || kind == api::Kind::kSecurityPolicy ||
             kind == api::Kind::kClientTrafficPolicy ||
             kind == api::Kind::kCertificatePolicy) {  // whose Gateways only translation knows
    if (Json* ancestors = status.find("ancestors"); ancestors != nullptr) {
      for (Json& ancestor : ancestors->as_array()) set_condition(ancestor, condition);
    }
  } else {
    set_condition(status, condition);
  }
  return status;
}

}  // namespace limen::providers

#include "providers/file/stand_in.h"

#include "api/objects.h"

namespace limen::providers {
namespace {

using Security = std::shared_ptr<const api::SecurityPolicy>;
using Client = std::shared_ptr<const api::ClientTrafficPolicy>;

template <class Policy>
api::AnyObject closed(const std::shared_ptr<const Policy>& policy) {
  if (policy == nullptr) return {};
  auto result = std::make_shared<Policy>(*policy);
  result->is_stand_in = true;
  return std::shared_ptr<const Policy>(std::move(result));
}

}  // namespace

api::AnyObject stand_in_for(api::Kind kind, const Json& value) {
  const Json* spec = value.find("spec");
  if (kind != api::Kind::kSecurityPolicy && kind != api::Kind::kClientTrafficPolicy) return {};
  if (spec == nullptr) return {};
  Json::Object targets;
  for (const char* field : {"targetRef", "targetRefs", "targetSelectors"}) {
    if (const Json* part = spec->find(field)) targets.emplace_back(field, *part);
  }
  Json bare = value;
  bare.set("spec", std::move(targets));
  const api::ParsedObject parsed = api::parse_object(bare);
  if (const auto* policy = std::get_if<Security>(&parsed.object)) return closed(*policy);
  if (const auto* policy = std::get_if<Client>(&parsed.object)) return closed(*policy);
  return {};
}

bool is_stand_in(const api::AnyObject& object) {
  if (const auto* policy = std::get_if<Security>(&object)) return (*policy)->is_stand_in;
  if (const auto* policy = std::get_if<Client>(&object)) return (*policy)->is_stand_in;
  return false;
}

}  // namespace limen::providers

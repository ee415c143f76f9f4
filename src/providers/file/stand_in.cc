#include "providers/file/stand_in.h"

#include "api/objects.h"

namespace limen::providers {

api::AnyObject stand_in_for(api::Kind kind, const Json& value) {
  const Json* spec = value.find("spec");
  if (kind != api::Kind::kSecurityPolicy || spec == nullptr) return {};
  Json::Object targets;
  for (const char* field : {"targetRef", "targetRefs", "targetSelectors"}) {
    if (const Json* part = spec->find(field)) targets.emplace_back(field, *part);
  }
  Json bare = value;
  bare.set("spec", std::move(targets));
  const api::ParsedObject parsed = api::parse_object(bare);
  const auto* policy = std::get_if<std::shared_ptr<const api::SecurityPolicy>>(&parsed.object);
  if (policy == nullptr || *policy == nullptr) return {};
  auto closed = std::make_shared<api::SecurityPolicy>(**policy);
  closed->is_stand_in = true;
  return std::shared_ptr<const api::SecurityPolicy>(std::move(closed));
}

bool is_stand_in(const api::AnyObject& object) {
  const auto* policy = std::get_if<std::shared_ptr<const api::SecurityPolicy>>(&object);
  return policy != nullptr && (*policy)->is_stand_in;
}

}  // namespace limen::providers

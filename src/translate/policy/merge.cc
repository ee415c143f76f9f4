// mergeType: a route's policy over the closest one of its listener.  What comes of it is read like
// any other policy; only references need to know whose they are.
#include "translate/policy/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "api/objects.h"
#include "schema/emit.h"
#include "translate/policy/rules.h"

namespace limen::translate {
namespace {

// No object's name has one.
constexpr char kOver = '+';
constexpr char kContext[] = "contextExtensions";

bool is_target(const std::string& field) {
  return field == "targetRef" || field == "targetRefs" || field == "targetSelectors" ||
         field == "mergeType";
}

// Takes away what is as it would be had nobody said it: a struct does not tell.
void drop_defaults(Json& said, const Json& defaults) {
  if (!said.is_object()) return;
  std::erase_if(said.as_object(), [&](Json::Member& member) {
    const Json* usual = defaults.find(member.first);
    if (usual == nullptr) return false;
    drop_defaults(member.second, *usual);
    return !usual->is_object() && member.second == *usual;
  });
}

// The same features, with nothing said.
api::SecurityPolicySpec defaults_of(const api::SecurityPolicySpec& spec) {
  api::SecurityPolicySpec defaults;
  if (spec.api_key_auth) defaults.api_key_auth.emplace();
  if (spec.jwt) defaults.jwt.emplace();
  if (spec.oidc) defaults.oidc.emplace();
  if (spec.ext_auth) defaults.ext_auth.emplace();
  return defaults;
}

Json spec_of(const api::SecurityPolicySpec& spec) {
  api::SecurityPolicy policy;
  policy.spec = spec;
  Json object = schema::emit(api::info(api::Kind::kSecurityPolicy).schema(), &policy);
  Json* said = object.find("spec");
  return said == nullptr ? Json(Json::Object()) : std::move(*said);
}

Json features_of(const api::SecurityPolicySpec& spec) {
  Json features = spec_of(spec);
  std::erase_if(features.as_object(), [](const auto& member) { return is_target(member.first); });
  drop_defaults(features, spec_of(defaults_of(spec)));
  return features;
}

// Lists are replaced, but for contextExtensions, which have names.
Json merged_context(const Json& over, const Json& under) {
  Json::Array result = over.as_array();
  for (const Json& item : under.as_array()) {
    const bool replaced = std::any_of(result.begin(), result.end(), [&](const Json& other) {
      return other.text("name") == item.text("name");
    });
    if (!replaced) result.push_back(item);
  }
  return result;
}

void merge_over(const Json& over, bool strategic, Json& under) {
  for (const auto& [name, value] : over.as_object()) {
    Json* other = under.find(name);
    if (other != nullptr && value.is_object() && other->is_object())
      merge_over(value, strategic, *other);
    else if (other != nullptr && strategic && name == kContext)
      *other = merged_context(value, *other);
    else
      under.set(name, value);
  }
}

void add_fields(const Json& value, const std::string& path,
                std::set<std::string, std::less<>>& out) {
  for (const auto& [name, member] : value.as_object()) {
    const std::string field = path + (path.empty() ? "" : ".") + name;
    out.insert(field);
    if (member.is_object()) add_fields(member, field, out);
    if (name != kContext) continue;
    for (const Json& item : member.as_array())
      out.insert(fmt::format("{}.{}", field, item.text("name")));
  }
}

// What a policy of another namespace refers to is not told to a service that the child names.
Problems leaks_of(const MergedPolicy& merged) {
  const auto& own = merged.own;
  const api::SecurityPolicySpec& spec = merged.policy.spec;
  if (merged.child.name_space == merged.parent.name_space || !spec.ext_auth) return {};
  if (!own.contains("extAuth.grpc")) return {};
  for (const api::ContextExtension& extension : spec.ext_auth->context_extensions) {
    if (extension.value_ref && !own.contains("extAuth.contextExtensions." + extension.name))
      return {{"Invalid", "spec.extAuth.grpc",
               "would be told what another namespace's policy refers to in contextExtensions"}};
  }
  return {};
}

// What parts a policy is merged of.
std::pair<ObjectKey, ObjectKey> parts_of(const ObjectKey& merged) {
  const std::string_view name = merged.name;
  const size_t over = name.find(kOver);
  const std::string_view parent = name.substr(over + 1);
  const size_t slash = parent.find('/');
  return {{merged.name_space, name.substr(0, over)},
          {parent.substr(0, slash), parent.substr(slash + 1)}};
}

}  // namespace

ObjectKey merged_key(const ObjectKey& child, const ObjectKey& parent) {
  return {child.name_space, fmt::format("{}{}{}", child.name, kOver, parent.text())};
}

bool is_merged(const ObjectKey& key) {
  return key.name.view().find(kOver) != std::string_view::npos;
}

std::shared_ptr<const MergedPolicy> merge_policies(flow::Reads& reads, World& world,
                                                   const ObjectKey& key) {
  auto result = std::make_shared<MergedPolicy>();
  std::tie(result->child, result->parent) = parts_of(key);
  const auto* child = world.security_policies.get(reads, result->child);
  const auto* parent = world.security_policies.get(reads, result->parent);
  if (child == nullptr || parent == nullptr) return nullptr;
  const Json own = features_of(child->spec);
  Json spec = features_of(parent->spec);
  merge_over(own, child->spec.merge_type == api::MergeType::kStrategicMerge, spec);
  add_fields(own, "", result->own);
  // Its targets are those that the child has: any that the rules of the table take.
  spec.set("targetRefs", Json::Array{Json::Object{
                             {"group", api::kGatewayGroup}, {"kind", "HTTPRoute"}, {"name", "r"}}});
  const api::ParsedObject parsed =
      api::parse_object(Json::Object{{"apiVersion", "gateway.envoyproxy.io/v1alpha1"},
                                     {"kind", "SecurityPolicy"},
                                     {"metadata", Json::Object{{"name", "merged"}}},
                                     {"spec", std::move(spec)}});
  result->problems = parsed.problems;
  if (const auto* policy = std::get_if<std::shared_ptr<const api::SecurityPolicy>>(&parsed.object))
    result->policy.spec = (*policy)->spec;
  if (result->problems.empty()) result->problems = leaks_of(*result);
  result->policy.metadata = child->metadata;
  result->policy.is_stand_in = child->is_stand_in || parent->is_stand_in;
  return result;
}

PolicyText find_policy(flow::Reads& reads, World& world, const ObjectKey& key) {
  if (!is_merged(key)) return {world.security_policies.get(reads, key), nullptr};
  const MergedPolicy* merged = world.merged_policies.get(reads, key);
  return {merged == nullptr ? nullptr : &merged->policy, merged};
}

const SecurityModel* security_of(flow::Reads& reads, World& world, const ObjectKey& key) {
  return (is_merged(key) ? world.merged_security : world.security).get(reads, key);
}

const Text& PolicyText::name_space_of(std::string_view field) const {
  if (merged == nullptr) return policy->metadata.name_space;
  return merged->own.contains(field) ? merged->child.name_space : merged->parent.name_space;
}

}  // namespace limen::translate

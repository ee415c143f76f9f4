// The filters of jwt_authn, joined out of what policies need: one a route configuration.  With
// thousands of policies such a filter is megabytes, so nothing of it is parsed.
#include <absl/container/flat_hash_set.h>
#include <envoy/config/core/v3/extension.pb.h>
#include <envoy/extensions/filters/http/jwt_authn/v3/config.pb.h>

#include "features/jwt.h"
#include "translate/policy/merge.h"
#include "translate/policy/rules.h"
#include "xds/resources/wire.h"

namespace limen::translate {
namespace {

using envoy::config::core::v3::TypedExtensionConfig;
using Seen = absl::flat_hash_set<std::string_view>;

constexpr uint32_t kProviders = features::JwtAuthentication::kProvidersFieldNumber;
constexpr uint32_t kRequirements = features::JwtAuthentication::kRequirementMapFieldNumber;

// `filter`: a serialised JwtAuthentication.
FragmentPtr config_of(const std::string& name, std::string filter) {
  TypedExtensionConfig config;
  config.set_name(name);
  auto& typed = *config.mutable_typed_config();
  typed.set_type_url("type.googleapis.com/" +
                     features::JwtAuthentication::descriptor()->full_name());
  typed.set_value(std::move(filter));
  return xds::fragment_of(config);
}

// The entries of one of its maps that have none of these names are added.  False: there are none.
bool add_missing(uint32_t map, const std::vector<xds::WireField>& from,
                 const std::vector<xds::WireField>& to, std::string& out) {
  Seen names;
  for (const xds::WireField& entry : to) {
    if (entry.number == map) names.insert(entry.key);
  }
  bool added = false;
  for (const xds::WireField& entry : from) {
    if (entry.number != map || names.contains(entry.key)) continue;
    out += entry.bytes;
    added = true;
  }
  return added;
}

}  // namespace

std::shared_ptr<const xds::Fragment> jwt_of_use(flow::Reads& reads, World& world,
                                                const JwtUse& use) {
  auto& jwts = is_merged(use.policy) ? world.merged_jwts : world.jwts;
  const PolicyJwt* jwt = jwts.get(reads, use.policy);
  return jwt == nullptr ? nullptr : jwt->filter;
}

std::shared_ptr<const xds::Fragment> join_jwt_filter(flow::Reads& reads, World& world,
                                                     const ProxyName& key) {
  std::string filter;
  Seen seen;  // a provider's name has a hash of what it is
  for (const auto& [use, part] : world.jwt_uses_of.get(reads, key).shared()) {
    for (const xds::WireField& field : xds::fields_of(part->bytes)) {
      if (seen.insert(field.bytes).second) filter += field.bytes;
    }
  }
  return config_of(features::jwt_filter(key.name), std::move(filter));
}

FragmentPtr jwt_filter_between(const FragmentPtr& before, const FragmentPtr& after) {
  if (before == nullptr || after == nullptr) return nullptr;
  TypedExtensionConfig old_config, new_config;
  old_config.ParseFromString(xds::serialise(*before));
  new_config.ParseFromString(xds::serialise(*after));
  std::string filter = new_config.typed_config().value();
  const std::vector had = xds::fields_of(old_config.typed_config().value());
  const std::vector has = xds::fields_of(new_config.typed_config().value());
  if (!add_missing(kRequirements, had, has, filter)) return nullptr;
  add_missing(kProviders, had, has, filter);
  return config_of(new_config.name(), std::move(filter));
}

}  // namespace limen::translate

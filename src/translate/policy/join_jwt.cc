// The filters of jwt_authn, joined out of what policies need: one a route configuration.
#include <envoy/config/core/v3/extension.pb.h>
#include <envoy/extensions/filters/http/jwt_authn/v3/config.pb.h>

#include "features/jwt.h"
#include "translate/policy/merge.h"
#include "translate/policy/rules.h"
#include "xds/resources/pack.h"

namespace limen::translate {
namespace {

envoy::config::core::v3::TypedExtensionConfig config_of(const std::string& name,
                                                        const features::JwtAuthentication& filter) {
  envoy::config::core::v3::TypedExtensionConfig config;
  config.set_name(name);
  xds::pack(filter, *config.mutable_typed_config());
  return config;
}

// False: there was nothing to add.
bool add_missing(const auto& from, auto& to) {
  bool added = false;
  for (const auto& [name, value] : from) {
    if (to.contains(name)) continue;
    to[name] = value;
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
  features::JwtAuthentication filter;
  for (const auto& [use, part] : world.jwt_uses_of.get(reads, key).shared()) {
    features::JwtAuthentication needed;
    needed.ParseFromString(xds::serialise(*part));
    filter.MergeFrom(needed);  // a provider's name has a hash of what it is
  }
  return xds::fragment_of(config_of(features::jwt_filter(key.name), filter));
}

FragmentPtr jwt_filter_between(const FragmentPtr& before, const FragmentPtr& after) {
  if (before == nullptr || after == nullptr) return nullptr;
  envoy::config::core::v3::TypedExtensionConfig old_config, new_config;
  old_config.ParseFromString(xds::serialise(*before));
  new_config.ParseFromString(xds::serialise(*after));
  features::JwtAuthentication had, has;
  old_config.typed_config().UnpackTo(&had);
  new_config.typed_config().UnpackTo(&has);
  if (!add_missing(had.requirement_map(), *has.mutable_requirement_map())) return nullptr;
  add_missing(had.providers(), *has.mutable_providers());
  return xds::fragment_of(config_of(new_config.name(), has));
}

}  // namespace limen::translate

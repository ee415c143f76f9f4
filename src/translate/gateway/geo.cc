// How a proxy finds out where its clients are.
#include <envoy/config/core/v3/extension.pb.h>

#include "features/geo.h"
#include "translate/gateway/rules.h"

namespace limen::translate {

const api::MaxMindDatabases* databases_of(const ProxyModel& proxy) {
  if (proxy.settings == nullptr || !proxy.settings->geo_ip) return nullptr;
  const auto& databases = proxy.settings->geo_ip->provider.max_mind;
  return databases ? &*databases : nullptr;
}

std::shared_ptr<const GeoLookup> geo_lookup_of(flow::Reads& reads, World& world,
                                               const std::string& key) {
  const ProxyModel* proxy = world.proxies.get(reads, key);
  const api::MaxMindDatabases* databases = proxy == nullptr ? nullptr : databases_of(*proxy);
  if (databases == nullptr) return nullptr;
  envoy::config::core::v3::TypedExtensionConfig config;
  features::write_geo_lookup(*databases, config);
  return std::make_shared<GeoLookup>(
      GeoLookup{features::facts_known(*databases), xds::fragment_of(config)});
}

}  // namespace limen::translate

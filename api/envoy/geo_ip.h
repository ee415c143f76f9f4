// Databases that say where an address is: a part of EnvoyProxy.  Source:
// gateway.envoyproxy.io/v1alpha1.
#pragma once

#include <optional>
#include <string>

namespace limen::api {

struct LocalGeoIpDatabase {
  std::string path;  // where Envoy finds it
  bool operator==(const LocalGeoIpDatabase&) const = default;
};

struct GeoIpDatabaseSource {
  LocalGeoIpDatabase local;
  bool operator==(const GeoIpDatabaseSource&) const = default;
};

// At least one is set.
struct MaxMindDatabases {
  std::optional<GeoIpDatabaseSource> city, country, asn, isp, anonymous_ip;
  bool operator==(const MaxMindDatabases&) const = default;
};

enum class GeoIpProviderType { kMaxMind };

struct GeoIpProvider {
  GeoIpProviderType type = GeoIpProviderType::kMaxMind;
  std::optional<MaxMindDatabases> max_mind;  // set, as the rules of its table want
  bool operator==(const GeoIpProvider&) const = default;
};

struct GeoIp {
  GeoIpProvider provider;
  bool operator==(const GeoIp&) const = default;
};

}  // namespace limen::api

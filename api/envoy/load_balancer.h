// Which endpoint a request goes to: part of ClusterSettings.  Source:
// gateway.envoyproxy.io/v1alpha1.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/meta/meta.h"
#include "base/json.h"

namespace limen::api {

enum class LoadBalancerType {
  kConsistentHash,
  kLeastRequest,
  kRandom,
  kRoundRobin,
  kBackendUtilization,
  kDynamicModule,
};

enum class ConsistentHashType { kSourceIp, kHeader, kHeaders, kCookie, kQueryParams };

struct HashedName {
  std::string name;
  bool operator==(const HashedName&) const = default;
};

struct HashedCookie {
  std::string name;
  std::optional<Duration> ttl;
  std::map<std::string, std::string> attributes;
  bool operator==(const HashedCookie&) const = default;
};

// Of header, headers, cookie and queryParams the one that `type` names is set.
struct ConsistentHash {
  ConsistentHashType type = ConsistentHashType::kSourceIp;
  std::optional<HashedName> header;  // deprecated
  std::vector<HashedName> headers;
  std::optional<HashedCookie> cookie;
  std::vector<HashedName> query_params;
  int64_t table_size = 65537;  // a prime number
  bool operator==(const ConsistentHash&) const = default;
};

struct OutOfBandReports {
  std::optional<Duration> reporting_period;
  std::optional<int32_t> port;
  std::optional<std::string> authority;
  bool operator==(const OutOfBandReports&) const = default;
};

// Endpoints say how busy they are (ORCA).  Unset: Envoy's defaults.
struct BackendUtilization {
  std::optional<Duration> blackout_period, weight_expiration_period, weight_update_period;
  std::optional<int64_t> error_utilization_penalty_percent;
  std::vector<std::string> metric_names_for_computing_utilization;
  bool keep_response_headers = false;
  std::optional<OutOfBandReports> out_of_band;
  bool operator==(const BackendUtilization&) const = default;
};

struct DynamicModuleLoadBalancer {
  std::string name, lb_policy_name;
  Json config;
  bool operator==(const DynamicModuleLoadBalancer&) const = default;
};

struct EndpointOverrideSource {
  std::optional<std::string> header;  // "192.0.2.1:80,192.0.2.2:80"
  bool operator==(const EndpointOverrideSource&) const = default;
};

struct EndpointOverride {
  std::vector<EndpointOverrideSource> extract_from;
  bool operator==(const EndpointOverride&) const = default;
};

// A new endpoint gets its share little by little.
struct SlowStart {
  Duration window;
  bool operator==(const SlowStart&) const = default;
};

struct ForceLocalZone {
  std::optional<int64_t> min_endpoints_in_zone_threshold;
  bool operator==(const ForceLocalZone&) const = default;
};

struct PreferLocalZone {
  std::optional<ForceLocalZone> force;
  std::optional<int64_t> min_endpoints_threshold;
  std::optional<int32_t> percentage_enabled;
  bool operator==(const PreferLocalZone&) const = default;
};

struct WeightedZone {
  std::string zone;
  int64_t weight = 1;
  bool operator==(const WeightedZone&) const = default;
};

struct ZoneAware {
  std::optional<PreferLocalZone> prefer_local;
  std::vector<WeightedZone> weighted_zones;
  bool operator==(const ZoneAware&) const = default;
};

struct LoadBalancer {
  LoadBalancerType type = LoadBalancerType::kLeastRequest;
  std::optional<ConsistentHash> consistent_hash;            // iff type says so
  std::optional<BackendUtilization> backend_utilization;    // the same
  std::optional<DynamicModuleLoadBalancer> dynamic_module;  // the same
  std::optional<EndpointOverride> endpoint_override;
  std::optional<SlowStart> slow_start;
  std::optional<ZoneAware> zone_aware;
  bool operator==(const LoadBalancer&) const = default;
};

}  // namespace limen::api

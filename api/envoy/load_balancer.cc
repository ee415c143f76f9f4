#include "api/envoy/tables.h"

namespace limen::api {

using schema::items;
using schema::length;
using schema::max;
using schema::min;
using schema::object;
using schema::pattern;
using schema::required;
using schema::unique_by;

namespace {

constexpr double kMostUint32 = 4294967295;

}  // namespace

std::vector<std::string_view> names_of(const LoadBalancerType*) {
  return {"ConsistentHash", "LeastRequest",       "Random",
          "RoundRobin",     "BackendUtilization", "DynamicModule"};
}
std::vector<std::string_view> names_of(const ConsistentHashType*) {
  return {"SourceIP", "Header", "Headers", "Cookie", "QueryParams"};
}

const Schema& schema_of(const HashedName*) {
  static const Schema schema =
      object<HashedName>("HashedName", "A header or query parameter.")
          .field<&HashedName::name>("name", "Its name.", required(), length(1, 256));
  return schema;
}

const Schema& schema_of(const HashedCookie*) {
  static const Schema schema =
      object<HashedCookie>("HashedCookie", "A cookie; where a request has none it is set.")
          .field<&HashedCookie::name>("name", "Its name.", required(), length(1, 256))
          .field<&HashedCookie::ttl>("ttl", "How long it lasts; for the session where unset.")
          .field<&HashedCookie::attributes>("attributes", "More attributes of it.");
  return schema;
}

const Schema& schema_of(const ConsistentHash*) {
  static const Schema schema =
      object<ConsistentHash>("ConsistentHash", "Equal requests go to the same endpoint (Maglev).")
          .field<&ConsistentHash::type>("type", "What must be equal.", required())
          .field<&ConsistentHash::header>("header", "The header. Deprecated: use headers.")
          .field<&ConsistentHash::headers>("headers", "The headers.", items(1, 64))
          .field<&ConsistentHash::cookie>("cookie", "The cookie.")
          .field<&ConsistentHash::query_params>("queryParams", "The query parameters.",
                                                items(1, 64))
          .field<&ConsistentHash::table_size>("tableSize", "Size of the table, a prime number.",
                                              min(2), max(5000011))
          .rule("has(self.header) == (self.type == 'Header')",
                "set header where type is Header, and only there")
          .rule("has(self.headers) == (self.type == 'Headers')",
                "set headers where type is Headers, and only there")
          .rule("has(self.cookie) == (self.type == 'Cookie')",
                "set cookie where type is Cookie, and only there")
          .rule("has(self.queryParams) == (self.type == 'QueryParams')",
                "set queryParams where type is QueryParams, and only there");
  return schema;
}

const Schema& schema_of(const OutOfBandReports*) {
  static const Schema schema =
      object<OutOfBandReports>("OutOfBandReports", "Endpoints are asked on a stream of its own.")
          .field<&OutOfBandReports::reporting_period>("reportingPeriod",
                                                      "Between two reports; 10s where unset.")
          .field<&OutOfBandReports::port>("port", "Port; the endpoint's where unset.", min(1),
                                          max(65535))
          .field<&OutOfBandReports::authority>("authority", "What they find in :authority.",
                                               length(1, 259),
                                               pattern({R"(^[^\x00\r\n]+$)", "a host"}));
  return schema;
}

const Schema& schema_of(const BackendUtilization*) {
  static const Schema schema =
      object<BackendUtilization>("BackendUtilization",
                                 "Endpoints that are less busy get more. ORCA.")
          .field<&BackendUtilization::blackout_period>(
              "blackoutPeriod", "How long a report must have been coming in; 10s where unset.")
          .field<&BackendUtilization::weight_expiration_period>(
              "weightExpirationPeriod", "How long a report counts; 3m where unset.")
          .field<&BackendUtilization::weight_update_period>(
              "weightUpdatePeriod", "How often weights are computed; 1s where unset.")
          .field<&BackendUtilization::error_utilization_penalty_percent>(
              "errorUtilizationPenaltyPercent", "How much errors count; 100 is one to one.", min(0),
              max(kMostUint32))
          .field<&BackendUtilization::metric_names_for_computing_utilization>(
              "metricNamesForComputingUtilization", "Metrics that count besides.", items(0, 64))
          .field<&BackendUtilization::keep_response_headers>("keepResponseHeaders",
                                                             "Whether clients see the reports.")
          .field<&BackendUtilization::out_of_band>("outOfBand",
                                                   "Reports do not come with responses.");
  return schema;
}

const Schema& schema_of(const DynamicModuleLoadBalancer*) {
  static const Schema schema =
      object<DynamicModuleLoadBalancer>("DynamicModuleLoadBalancer", "A load balancer of a module.")
          .field<&DynamicModuleLoadBalancer::name>(
              "name", "The module.", required(), length(1, 253),
              pattern({"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", "a name of a module"}))
          .field<&DynamicModuleLoadBalancer::lb_policy_name>("lbPolicyName", "Its load balancer.",
                                                             required(), length(1, 253))
          .field<&DynamicModuleLoadBalancer::config>("config", "What it is told.");
  return schema;
}

const Schema& schema_of(const EndpointOverrideSource*) {
  static const Schema schema =
      object<EndpointOverrideSource>("EndpointOverrideExtractFrom", "Where an endpoint is named.")
          .field<&EndpointOverrideSource::header>(
              "header", "Header with addresses such as 192.0.2.1:80, with commas between them.",
              length(1, 256), pattern(kTokenPattern));
  return schema;
}

const Schema& schema_of(const EndpointOverride*) {
  static const Schema schema =
      object<EndpointOverride>("EndpointOverride", "Requests may name their endpoint.")
          .field<&EndpointOverride::extract_from>("extractFrom", "Where; the first counts.",
                                                  required(), items(1, 10));
  return schema;
}

const Schema& schema_of(const SlowStart*) {
  static const Schema schema =
      object<SlowStart>("SlowStart", "A new endpoint gets its share little by little.")
          .field<&SlowStart::window>("window", "For how long.", required());
  return schema;
}

const Schema& schema_of(const ForceLocalZone*) {
  static const Schema schema =
      object<ForceLocalZone>("ForceLocalZone", "All requests stay in the zone.")
          .field<&ForceLocalZone::min_endpoints_in_zone_threshold>("minEndpointsInZoneThreshold",
                                                                   "If it has so many endpoints.",
                                                                   min(0), max(kMostUint32));
  return schema;
}

const Schema& schema_of(const PreferLocalZone*) {
  static const Schema schema =
      object<PreferLocalZone>("PreferLocalZone", "Requests stay in the zone where that is fair.")
          .field<&PreferLocalZone::force>("force", "All requests stay in the zone.")
          .field<&PreferLocalZone::min_endpoints_threshold>(
              "minEndpointsThreshold", "If there are so many endpoints.", min(0))
          .field<&PreferLocalZone::percentage_enabled>(
              "percentageEnabled", "Share of the requests for which.", min(0), max(100));
  return schema;
}

const Schema& schema_of(const WeightedZone*) {
  static const Schema schema =
      object<WeightedZone>("WeightedZone", "The share of a zone.")
          .field<&WeightedZone::zone>("zone", "The zone.", required(), length(1, 253))
          .field<&WeightedZone::weight>("weight", "Its share; of others it is 1.", required(),
                                        min(0), max(kMostUint32));
  return schema;
}

const Schema& schema_of(const ZoneAware*) {
  static const Schema schema =
      object<ZoneAware>("ZoneAware", "Zones count.")
          .field<&ZoneAware::prefer_local>("preferLocal", "Envoy's own comes first.")
          .field<&ZoneAware::weighted_zones>("weightedZones", "Each has a share.", items(0, 64),
                                             unique_by({"zone"}))
          .rule("!(has(self.preferLocal) && has(self.weightedZones))",
                "set only one of preferLocal and weightedZones");
  return schema;
}

const Schema& schema_of(const LoadBalancer*) {
  static const Schema schema =
      object<LoadBalancer>("LoadBalancer", "Which endpoint a request goes to.")
          .field<&LoadBalancer::type>("type", "How it is chosen.", required())
          .field<&LoadBalancer::consistent_hash>("consistentHash", "For type ConsistentHash.")
          .field<&LoadBalancer::backend_utilization>("backendUtilization",
                                                     "For type BackendUtilization.")
          .field<&LoadBalancer::dynamic_module>("dynamicModule", "For type DynamicModule.")
          .field<&LoadBalancer::endpoint_override>("endpointOverride",
                                                   "Requests may name their endpoint.")
          .field<&LoadBalancer::slow_start>("slowStart",
                                            "A new endpoint gets its share little by little.")
          .field<&LoadBalancer::zone_aware>("zoneAware", "Zones count.")
          .rule("has(self.consistentHash) == (self.type == 'ConsistentHash')",
                "set consistentHash where type is ConsistentHash, and only there")
          .rule("!has(self.backendUtilization) || self.type == 'BackendUtilization'",
                "backendUtilization is for type BackendUtilization")
          .rule("has(self.dynamicModule) == (self.type == 'DynamicModule')",
                "set dynamicModule where type is DynamicModule, and only there")
          .rule(
              "!has(self.slowStart) || self.type in ['RoundRobin', 'LeastRequest', 'BackendUtilization']",
              "slowStart is for types RoundRobin, LeastRequest and BackendUtilization")
          .rule(
              "!has(self.zoneAware) || !has(self.zoneAware.preferLocal) || !(self.type in ['ConsistentHash', 'BackendUtilization'])",
              "zoneAware.preferLocal is not for types ConsistentHash and BackendUtilization")
          .rule(
              "self.type != 'DynamicModule' || (!has(self.zoneAware) && !has(self.endpointOverride))",
              "zoneAware and endpointOverride are not for type DynamicModule");
  return schema;
}

}  // namespace limen::api

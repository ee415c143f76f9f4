#include <envoy/config/core/v3/extension.pb.h>
#include <envoy/extensions/filters/http/filter_chain/v3/filter_chain.pb.h>
#include <envoy/extensions/filters/http/geoip/v3/geoip.pb.h>
#include <envoy/extensions/filters/http/header_mutation/v3/header_mutation.pb.h>
#include <envoy/extensions/filters/http/set_metadata/v3/set_metadata.pb.h>
#include <envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h>
#include <envoy/extensions/geoip_providers/maxmind/v3/maxmind.pb.h>

#include "features/geo.h"
#include "features/geo/headers.h"
#include "xds/resources/pack.h"

namespace limen::features {
namespace {

namespace http_v3 = envoy::extensions::filters::http;
using envoy::config::core::v3::TypedExtensionConfig;
using envoy::extensions::geoip_providers::maxmind::v3::MaxMindConfig;
using FilterChain = http_v3::filter_chain::v3::FilterChainConfig;

// Nothing that came with the request.
http_v3::header_mutation::v3::HeaderMutation without_headers() {
  http_v3::header_mutation::v3::HeaderMutation mutation;
  mutation.mutable_mutations()
      ->add_request_mutations()
      ->mutable_remove_on_match()
      ->mutable_key_matcher()
      ->set_prefix(kGeoHeaders);
  return mutation;
}

void write_paths(const api::MaxMindDatabases& from, MaxMindConfig& out) {
  if (from.city) out.set_city_db_path(from.city->local.path);
  if (from.country) out.set_country_db_path(from.country->local.path);
  if (from.asn) out.set_asn_db_path(from.asn->local.path);
  if (from.isp) out.set_isp_db_path(from.isp->local.path);
  if (from.anonymous_ip) out.set_anon_db_path(from.anonymous_ip->local.path);
}

// Envoy wants no key without a database that has the fact.
void write_keys(GeoFacts known, MaxMindConfig& out) {
  auto& keys = *out.mutable_common_provider_config()->mutable_geo_field_keys();
  if ((known & kCountry) != 0) keys.set_country(geo_header("country"));
  if ((known & kRegion) != 0) keys.set_region(geo_header("region"));
  if ((known & kCity) != 0) keys.set_city(geo_header("city"));
  if ((known & kAsn) != 0) keys.set_asn(geo_header("asn"));
  if ((known & kIsp) != 0) keys.set_isp(geo_header("isp"));
  if ((known & kAnonymous) == 0) return;
  keys.set_anon(geo_header("anonymous"));
  keys.set_anon_vpn(geo_header("vpn"));
  keys.set_anon_hosting(geo_header("hosting"));
  keys.set_anon_tor(geo_header("tor"));
  keys.set_anon_proxy(geo_header("proxy"));
}

http_v3::geoip::v3::Geoip lookup_in(const api::MaxMindDatabases& databases) {
  MaxMindConfig config;
  write_paths(databases, config);
  write_keys(facts_known(databases), config);
  http_v3::geoip::v3::Geoip lookup;
  lookup.mutable_provider()->set_name("envoy.geoip_providers.maxmind");
  lookup.mutable_provider()->mutable_typed_config()->PackFrom(config);
  return lookup;
}

http_v3::set_metadata::v3::Config facts_in_metadata(GeoFacts known) {
  http_v3::set_metadata::v3::Config config;
  auto& metadata = *config.add_metadata();
  metadata.set_metadata_namespace(kGeoFilter);
  for (const auto& [fact, name] : kGeoFacts) {
    if ((known & fact) != 0)
      (*metadata.mutable_value()->mutable_fields())[name].set_string_value(kLookedUp);
  }
  return config;
}

void add(const char* name, const google::protobuf::Message& config, FilterChain& out) {
  TypedExtensionConfig& filter = *out.mutable_default_filter_chain()->add_filters();
  filter.set_name(name);
  xds::pack(config, *filter.mutable_typed_config());
}

}  // namespace

void write_geo_lookup(const api::MaxMindDatabases& databases, TypedExtensionConfig& out) {
  FilterChain chain;
  add("envoy.filters.http.header_mutation", without_headers(), chain);
  add(kGeoFilter, lookup_in(databases), chain);
  add("envoy.filters.http.set_metadata", facts_in_metadata(facts_known(databases)), chain);
  out.set_name(kGeoFilter);
  xds::pack(chain, *out.mutable_typed_config());
}

void add_geo_filter(Hcm& hcm) {
  auto& filter = *hcm.add_http_filters();
  filter.set_name(kGeoFilter);
  auto& discovery = *filter.mutable_config_discovery();
  discovery.mutable_config_source()->set_resource_api_version(envoy::config::core::v3::V3);
  discovery.mutable_config_source()->mutable_ads();
  discovery.mutable_default_config()->PackFrom(FilterChain());
  discovery.add_type_urls(discovery.default_config().type_url());
}

void add_geo_cleaner(Hcm& hcm) {
  auto& filter = *hcm.add_http_filters();
  filter.set_name(std::string("envoy.filters.http.header_mutation/geoip"));
  filter.mutable_typed_config()->PackFrom(without_headers());
}

}  // namespace limen::features

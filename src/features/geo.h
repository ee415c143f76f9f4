// geo/: where clients are, by databases in MaxMind's format (EnvoyProxy.spec.geoIP), for
// clientIPGeoLocations of SecurityPolicies.
//
// The listeners of proxies with databases have a place for Envoy's geoip filter ahead of
// authorization.  Its configuration comes by discovery (ECDS), one for the whole proxy: another
// file changes no xDS listener, and one that Envoy cannot open leaves all else as it is.  The
// address is the one that all else takes for the client's.  What is found goes to authorization as
// headers, of which neither clients nor backends see any; which facts are looked up at all goes as
// dynamic metadata, which clients cannot forge: a policy that asks for others lets nobody through.
// Source: Envoy, geoip_providers.maxmind; Envoy Gateway's SecurityPolicy.  Pure.
#pragma once

#include <vector>

#include "api/envoy/authorization.h"
#include "api/envoy/geo_ip.h"
#include "features/geo_facts.h"
#include "features/security/predicates.h"

namespace envoy::config::core::v3 {
class TypedExtensionConfig;
}
namespace envoy::extensions::filters::network::http_connection_manager::v3 {
class HttpConnectionManager;
}

namespace limen::features {

// What the databases have, and what rules ask for.
GeoFacts facts_known(const api::MaxMindDatabases& databases);
GeoFacts facts_asked(const api::Authorization& authorization);

// The name of the filter and of the resource that configures it.
inline constexpr char kGeoFilter[] = "envoy.filters.http.geoip";
void write_geo_lookup(const api::MaxMindDatabases& databases,
                      envoy::config::core::v3::TypedExtensionConfig& out);

// Ahead of authorization, and behind it.
using Hcm = envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
void add_geo_filter(Hcm& hcm);
void add_geo_cleaner(Hcm& hcm);

// Conditions of authorization.
Predicate lacks_facts(GeoFacts facts);  // some are not looked up
Predicate client_at(const std::vector<api::GeoLocation>& places);

}  // namespace limen::features

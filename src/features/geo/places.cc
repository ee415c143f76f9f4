#include "features/geo.h"
#include "features/geo/headers.h"

namespace limen::features {
namespace {

GeoFacts facts_of(const api::GeoLocation& place) {
  GeoFacts facts = 0;
  if (place.country) facts |= kCountry;
  if (place.region) facts |= kRegion;
  if (place.city) facts |= kCity;
  if (place.asn) facts |= kAsn;
  if (place.isp) facts |= kIsp;
  if (place.anonymous) facts |= kAnonymous;
  return facts;
}

// Upper and lower case are the same.
Predicate name_is(const char* name, const std::string& value) {
  ::xds::type::matcher::v3::StringMatcher match;
  match.set_exact(value);
  match.set_ignore_case(true);
  return header_matches(geo_header(name), std::move(match));
}

// Databases of such networks have no others: an address that is not in them is none of these.
void add_network(const std::optional<bool>& wanted, const char* name, std::vector<Predicate>& out) {
  if (!wanted) return;
  Predicate is_one = header_is(geo_header(name), {"true"});
  out.push_back(*wanted ? std::move(is_one) : none_of({std::move(is_one)}));
}

// REQUIRES: it says something, as the rules of its table want; else nobody is there.
Predicate client_at(const api::GeoLocation& place) {
  std::vector<Predicate> parts;
  if (place.country) parts.push_back(name_is("country", *place.country));
  if (place.region) parts.push_back(name_is("region", *place.region));
  if (place.city) parts.push_back(name_is("city", *place.city));
  if (place.asn) parts.push_back(header_is(geo_header("asn"), {std::to_string(*place.asn)}));
  if (place.isp) parts.push_back(name_is("isp", *place.isp));
  if (place.anonymous) {
    add_network(place.anonymous->is_anonymous, "anonymous", parts);
    add_network(place.anonymous->is_vpn, "vpn", parts);
    add_network(place.anonymous->is_hosting, "hosting", parts);
    add_network(place.anonymous->is_tor, "tor", parts);
    add_network(place.anonymous->is_proxy, "proxy", parts);
  }
  return all_of(std::move(parts));
}

}  // namespace

std::string words_of(GeoFacts facts) {
  std::string words;
  for (const auto& [fact, name] : kGeoFacts) {
    if ((facts & fact) != 0) words += (words.empty() ? "" : ", ") + std::string(name);
  }
  return words;
}

GeoFacts facts_known(const api::MaxMindDatabases& databases) {
  GeoFacts facts = 0;
  if (databases.city) facts |= kCountry | kRegion | kCity;
  if (databases.country) facts |= kCountry;
  if (databases.asn) facts |= kAsn;
  if (databases.isp) facts |= kAsn | kIsp;
  if (databases.anonymous_ip) facts |= kAnonymous;
  return facts;
}

GeoFacts facts_asked(const api::Authorization& authorization) {
  GeoFacts facts = 0;
  for (const api::AuthorizationRule& rule : authorization.rules) {
    if (!rule.principal) continue;
    for (const api::GeoLocation& place : rule.principal->client_ip_geo_locations)
      facts |= facts_of(place);
  }
  return facts;
}

Predicate lacks_facts(GeoFacts facts) {
  std::vector<Predicate> looked_up;
  for (const auto& [fact, name] : kGeoFacts) {
    if ((facts & fact) != 0)
      looked_up.push_back(metadata_is({kGeoFilter, {name}}, false, kLookedUp));
  }
  return none_of({all_of(std::move(looked_up))});
}

Predicate client_at(const std::vector<api::GeoLocation>& places) {
  std::vector<Predicate> parts;
  parts.reserve(places.size());
  for (const api::GeoLocation& place : places) parts.push_back(client_at(place));
  return any_of(std::move(parts));
}

}  // namespace limen::features

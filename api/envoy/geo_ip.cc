#include "api/envoy/geo_ip.h"

#include "api/envoy/tables.h"

namespace limen::api {

using schema::length;
using schema::object;
using schema::pattern;
using schema::required;

std::vector<std::string_view> names_of(const GeoIpProviderType*) { return {"MaxMind"}; }

const Schema& schema_of(const LocalGeoIpDatabase*) {
  static const Schema schema =
      object<LocalGeoIpDatabase>("LocalGeoIPDBSource", "A file.")
          .field<&LocalGeoIpDatabase::path>(
              "path", "Where Envoy finds it; it reads it anew when another takes its place.",
              required(), length(1, 4096),
              pattern(schema::Form{R"(^.*\.mmdb$)", "a path that ends in .mmdb"}));
  return schema;
}

const Schema& schema_of(const GeoIpDatabaseSource*) {
  static const Schema schema =
      object<GeoIpDatabaseSource>("GeoIPDBSource", "A database.")
          .field<&GeoIpDatabaseSource::local>("local", "A file.", required());
  return schema;
}

const Schema& schema_of(const MaxMindDatabases*) {
  static const Schema schema =
      object<MaxMindDatabases>("GeoIPMaxMind", "Databases in MaxMind's format.")
          .field<&MaxMindDatabases::city>("cityDbSource", "Cities, regions and countries.")
          .field<&MaxMindDatabases::country>("countryDbSource", "Countries.")
          .field<&MaxMindDatabases::asn>("asnDbSource", "Autonomous systems.")
          .field<&MaxMindDatabases::isp>("ispDbSource", "Providers and autonomous systems.")
          .field<&MaxMindDatabases::anonymous_ip>("anonymousIpDbSource",
                                                  "Networks that hide who a client is.")
          .rule(
              "has(self.cityDbSource) || has(self.countryDbSource) || has(self.asnDbSource) || has(self.ispDbSource) || has(self.anonymousIpDbSource)",
              "there must be a database");
  return schema;
}

const Schema& schema_of(const GeoIpProvider*) {
  static const Schema schema =
      object<GeoIpProvider>("GeoIPProvider", "Where it is looked up.")
          .field<&GeoIpProvider::type>("type", "MaxMind.", required())
          .field<&GeoIpProvider::max_mind>("maxMind", "Databases in MaxMind's format.")
          .rule("self.type != 'MaxMind' || has(self.maxMind)",
                "maxMind must be set where type is MaxMind");
  return schema;
}

const Schema& schema_of(const GeoIp*) {
  static const Schema schema =
      object<GeoIp>("EnvoyProxyGeoIP", "Where clients are, for clientIPGeoLocations.")
          .field<&GeoIp::provider>("provider", "Where it is looked up.", required());
  return schema;
}

}  // namespace limen::api

#include "api/envoy/tables.h"

namespace limen::api {

using schema::each;
using schema::items;
using schema::length;
using schema::max;
using schema::min;
using schema::not_in_effect;
using schema::object;
using schema::pattern;
using schema::required;
using schema::unique_by;

constexpr schema::Form kCountryPattern = {"^[A-Za-z]{2}$", "two letters"};

std::vector<std::string_view> names_of(const ContextExtensionType*) {
  return {"Value", "ValueRef"};
}
std::vector<std::string_view> names_of(const AuthorizationAction*) { return {"Allow", "Deny"}; }
std::vector<std::string_view> names_of(const JwtClaimValueType*) {
  return {"String", "StringArray"};
}

const Schema& schema_of(const GrpcExtAuthService*) {
  static const Schema schema =
      object<GrpcExtAuthService>("GRPCExtAuthService", "A service that speaks Envoy's ext_authz.")
          .base<BackendCluster>("The service.");
  return schema;
}

const Schema& schema_of(const HttpExtAuthService*) {
  static const Schema schema =
      object<HttpExtAuthService>("HTTPExtAuthService", "A service that answers HTTP requests.")
          .base<BackendCluster>("The service.")
          .field<&HttpExtAuthService::path>("path", "Put before the path of requests.")
          .field<&HttpExtAuthService::path_override>("pathOverride",
                                                     "The path of all its requests.")
          .field<&HttpExtAuthService::headers_to_backend>(
              "headersToBackend", "Headers of its answers that the backend gets.",
              each(length(1, 256), pattern(kTokenPattern)))
          .rule("!(has(self.path) && has(self.pathOverride))",
                "set only one of path and pathOverride");
  return schema;
}

const Schema& schema_of(const BodyToExtAuth*) {
  static const Schema schema =
      object<BodyToExtAuth>("BodyToExtAuth", "Shows the service the body.")
          .field<&BodyToExtAuth::max_request_bytes>(
              "maxRequestBytes", "Longest body; requests with longer ones get 413.", required(),
              min(1), max(4294967295));
  return schema;
}

const Schema& schema_of(const ContextExtension*) {
  static const Schema schema =
      object<ContextExtension>("ContextExtension", "Something that the service is told.")
          .field<&ContextExtension::name>("name", "Its name.", required(), length(1, 253))
          .field<&ContextExtension::type>("type", "Value or ValueRef.")
          .field<&ContextExtension::value>("value", "What.")
          .field<&ContextExtension::value_ref>("valueRef", "What, under a key of an object.")
          .rule(
              "(!has(self.type) || self.type == 'Value') ? has(self.value) && !has(self.valueRef) : has(self.valueRef) && !has(self.value)",
              "set value where type is Value, and valueRef where it is ValueRef");
  return schema;
}

const Schema& schema_of(const ExtAuth*) {
  static const Schema schema =
      object<ExtAuth>("ExtAuth", "A service decides.")
          .field<&ExtAuth::grpc>("grpc", "One that speaks Envoy's ext_authz.")
          .field<&ExtAuth::http>("http", "One that answers HTTP requests.")
          .field<&ExtAuth::headers_to_ext_auth>(
              "headersToExtAuth",
              "Headers that it sees; where unset, over gRPC all, over HTTP only Host, "
              "Authorization and what tells method, path and length.",
              each(length(1, 256), pattern(kTokenPattern)))
          .field<&ExtAuth::body_to_ext_auth>("bodyToExtAuth", "Shows it the body.")
          .field<&ExtAuth::timeout>("timeout", "Longest time for its answer; 10s where unset.")
          .field<&ExtAuth::fail_open>("failOpen", "Whether requests pass where it fails.")
          .field<&ExtAuth::recompute_route>(
              "recomputeRoute", "Whether headers that it sets may choose another route.")
          .field<&ExtAuth::include_route_metadata>("includeRouteMetadata",
                                                   "Whether it is told which route it is.")
          .field<&ExtAuth::context_extensions>("contextExtensions", "What else it is told.",
                                               unique_by({"name"}))
          .field<&ExtAuth::status_on_error>(
              "statusOnError", "Status where it fails; 403 where unset.", min(400), max(599))
          .rule("has(self.grpc) != has(self.http)", "set exactly one of grpc and http");
  return schema;
}

const Schema& schema_of(const Operation*) {
  static const Schema schema =
      object<Operation>("Operation", "Which requests.")
          .field<&Operation::methods>("methods", "With one of these methods.", items(1, 16))
          .field<&Operation::path>("path", "With such a path.")
          .rule("has(self.methods) || has(self.path)", "set methods, path or both");
  return schema;
}

const Schema& schema_of(const AuthorizationHeaderMatch*) {
  static const Schema schema =
      object<AuthorizationHeaderMatch>("AuthorizationHeaderMatch", "A header.")
          .field<&AuthorizationHeaderMatch::name>("name", "The header.", required(), length(1, 256),
                                                  pattern(kTokenPattern))
          .field<&AuthorizationHeaderMatch::values>("values", "It must be one of these.",
                                                    required(), items(1, 256));
  return schema;
}

const Schema& schema_of(const JwtClaim*) {
  static const Schema schema =
      object<JwtClaim>("JWTClaim", "A claim.")
          .field<&JwtClaim::name>("name", "The claim; a path with dots.", required(),
                                  length(1, 253))
          .field<&JwtClaim::value_type>("valueType", "What it is.")
          .field<&JwtClaim::values>("values", "It must be, or have, one of these.", required(),
                                    items(1, 128));
  return schema;
}

const Schema& schema_of(const JwtPrincipal*) {
  static const Schema schema =
      object<JwtPrincipal>("JWTPrincipal", "A token.")
          .field<&JwtPrincipal::provider>("provider", "Whose; a name in spec.jwt.", required(),
                                          length(1, 253))
          .field<&JwtPrincipal::claims>("claims", "Claims that it must have, all.", items(1, 16))
          .field<&JwtPrincipal::scopes>("scopes", "Scopes that it must have, all.", items(1, 16),
                                        each(length(1, 253)))
          .rule("has(self.claims) || has(self.scopes)", "set claims, scopes or both");
  return schema;
}

const Schema& schema_of(const AnonymousNetwork*) {
  static const Schema schema =
      object<AnonymousNetwork>("GeoIPAnonymousMatch", "Networks that hide who a client is.")
          .field<&AnonymousNetwork::is_anonymous>("isAnonymous", "Any.")
          .field<&AnonymousNetwork::is_vpn>("isVPN", "A VPN.")
          .field<&AnonymousNetwork::is_hosting>("isHosting", "A hosting provider.")
          .field<&AnonymousNetwork::is_tor>("isTor", "Tor.")
          .field<&AnonymousNetwork::is_proxy>("isProxy", "A proxy.")
          .rule(
              "has(self.isAnonymous) || has(self.isVPN) || has(self.isHosting) || has(self.isTor) || has(self.isProxy)",
              "anonymous must say something");
  return schema;
}

const Schema& schema_of(const GeoLocation*) {
  static const Schema schema =
      object<GeoLocation>("ClientIPGeoLocation", "Where a client is; all that is set must hold.")
          .field<&GeoLocation::country>("country", "Country, ISO 3166-1 alpha-2.", length(2, 2),
                                        pattern(kCountryPattern))
          .field<&GeoLocation::region>("region", "Region, ISO 3166-2 without the country.",
                                       length(1, 16))
          .field<&GeoLocation::city>("city", "City, its English name.", length(1, 128))
          .field<&GeoLocation::asn>("asn", "Autonomous system.", min(1), max(4294967295))
          .field<&GeoLocation::isp>("isp", "Provider.", length(1, 256))
          .field<&GeoLocation::anonymous>("anonymous", "Networks that hide who a client is.")
          .rule(
              "has(self.country) || has(self.region) || has(self.city) || has(self.asn) || has(self.isp) || has(self.anonymous)",
              "a location must say something");
  return schema;
}

const Schema& schema_of(const Principal*) {
  static const Schema schema =
      object<Principal>("Principal", "Which clients; all that is set must hold.")
          .field<&Principal::client_cidrs>("clientCIDRs", "With an address in one of these.",
                                           items(1, 256),
                                           each(length(1, 64), pattern(kCidrPattern)))
          .field<&Principal::jwt>("jwt", "With such a token.")
          .field<&Principal::headers>("headers", "With all of these headers.", items(1, 256))
          .field<&Principal::client_ip_geo_locations>(
              "clientIPGeoLocations",
              "In one of these places, by the databases of EnvoyProxy.spec.geoIP.", items(1, 256))
          .rule(
              "has(self.clientCIDRs) || has(self.jwt) || has(self.headers) || has(self.clientIPGeoLocations)",
              "a principal must say something");
  return schema;
}

const Schema& schema_of(const AuthorizationRule*) {
  static const Schema schema =
      object<AuthorizationRule>("AuthorizationRule", "Who may do what, or may not.")
          .field<&AuthorizationRule::name>("name", "A name for it, seen in access logs.",
                                           length(1, 253))
          .field<&AuthorizationRule::action>("action", "Allow or Deny.", required())
          .field<&AuthorizationRule::operation>("operation", "Which requests; all where unset.")
          .field<&AuthorizationRule::principal>("principal", "Which clients.")
          .field<&AuthorizationRule::cel>("cel", "Which requests, in CEL over Envoy's attributes.",
                                          length(1, 4096))
          .rule("has(self.principal) || has(self.cel)", "set principal, cel or both");
  return schema;
}

const Schema& schema_of(const Authorization*) {
  static const Schema schema =
      object<Authorization>("Authorization", "The first rule that matches decides.")
          // The API server counts what rules of the tables cost for the longest list.
          .field<&Authorization::rules>("rules", "In this order.", items(0, 1024))
          .field<&Authorization::default_action>("defaultAction",
                                                 "Where none matches; Deny where unset.");
  return schema;
}

}  // namespace limen::api

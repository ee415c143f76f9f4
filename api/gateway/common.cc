#include "api/meta/tables.h"

namespace limen::api {

using schema::items;
using schema::length;
using schema::min;
using schema::object;
using schema::pattern;
using schema::required;
using schema::unique_by;

std::vector<std::string_view> names_of(const CookieLifetime*) { return {"Permanent", "Session"}; }
std::vector<std::string_view> names_of(const SessionPersistenceType*) {
  return {"Cookie", "Header"};
}
std::vector<std::string_view> names_of(const GatewayDefaultScope*) { return {"All", "None"}; }

const Schema& schema_of(const Fraction*) {
  static const Schema schema =
      object<Fraction>("Fraction", "A share.")
          .field<&Fraction::numerator>("numerator", "Parts.", required(), min(0))
          .field<&Fraction::denominator>("denominator", "Of how many.", min(1))
          .rule("self.numerator <= (has(self.denominator) ? self.denominator : 100)",
                "numerator must not be above denominator");
  return schema;
}

const Schema& schema_of(const CookieConfig*) {
  static const Schema schema =
      object<CookieConfig>("CookieConfig", "Settings of a session cookie.")
          .field<&CookieConfig::name>("name", "Name; the implementation's choice where unset.",
                                      length(1, 256), pattern(kTokenPattern))
          .field<&CookieConfig::path>("path", "Paths that the browser sends it for.",
                                      length(0, 1024))
          .field<&CookieConfig::lifetime_type>("lifetimeType",
                                               "Whether the cookie outlives the browser.");
  return schema;
}

const Schema& schema_of(const HeaderConfig*) {
  static const Schema schema =
      object<HeaderConfig>("HeaderConfig", "Settings of a session header.")
          .field<&HeaderConfig::name>("name", "Name.", required(), length(1, 256),
                                      pattern(kTokenPattern));
  return schema;
}

const Schema& schema_of(const SessionPersistence*) {
  static const Schema schema =
      object<SessionPersistence>("SessionPersistence",
                                 "Sends a client's requests to the same endpoint. GEP-1619.")
          .field<&SessionPersistence::absolute_timeout>("absoluteTimeout",
                                                        "How long a session lasts.")
          .field<&SessionPersistence::type>("type", "By cookie or by header.")
          .field<&SessionPersistence::cookie>("cookie", "Settings of the cookie.")
          .field<&SessionPersistence::header>("header", "Settings of the header.")
          .rule(
              "!has(self.cookie) || !has(self.cookie.lifetimeType) || self.cookie.lifetimeType != 'Permanent' || has(self.absoluteTimeout)",
              "absoluteTimeout must be set where cookie.lifetimeType is Permanent")
          .rule("has(self.cookie) == (!has(self.type) || self.type == 'Cookie')",
                "cookie must be set where type is Cookie, and only there")
          .rule("has(self.header) == (has(self.type) && self.type == 'Header')",
                "header must be set where type is Header, and only there");
  return schema;
}

// The rules take over those of Gateway API, less comparisons with "" and 0: these are refused as
// values already.
const Schema& schema_of(const CommonRouteSpec*) {
  static const Schema schema =
      object<CommonRouteSpec>("CommonRouteSpec", "What all routes have.")
          .field<&CommonRouteSpec::parent_refs>("parentRefs", "Gateways to attach to.",
                                                items(0, 32))
          .field<&CommonRouteSpec::use_default_gateways>(
              "useDefaultGateways", "Whether to attach to default Gateways too. GEP-3793.",
              schema::not_in_effect())
          .rule(
              "!has(self.parentRefs) || self.parentRefs.all(p1, self.parentRefs.all(p2, (p1.group == p2.group && p1.kind == p2.kind && p1.name == p2.name && has(p1.__namespace__) == has(p2.__namespace__) && (!has(p1.__namespace__) || p1.__namespace__ == p2.__namespace__)) ? (has(p1.sectionName) == has(p2.sectionName) && has(p1.port) == has(p2.port)) : true))",
              "parentRefs to the same parent must all set sectionName, or port, or both")
          .rule(
              "!has(self.parentRefs) || self.parentRefs.all(p1, self.parentRefs.exists_one(p2, p1.group == p2.group && p1.kind == p2.kind && p1.name == p2.name && has(p1.__namespace__) == has(p2.__namespace__) && (!has(p1.__namespace__) || p1.__namespace__ == p2.__namespace__) && has(p1.sectionName) == has(p2.sectionName) && (!has(p1.sectionName) || p1.sectionName == p2.sectionName) && has(p1.port) == has(p2.port) && (!has(p1.port) || p1.port == p2.port)))",
              "parentRefs to the same parent must differ in sectionName or port");
  return schema;
}

const Schema& schema_of(const RouteParentStatus*) {
  static const Schema schema =
      object<RouteParentStatus>("RouteParentStatus", "What a parent says of the route.")
          .field<&RouteParentStatus::parent_ref>(
              "parentRef", "The parentRef of the spec that this is about.", required())
          .field<&RouteParentStatus::controller_name>("controllerName", "Who wrote this entry.",
                                                      required(), length(1, 253),
                                                      pattern(kControllerPattern))
          .field<&RouteParentStatus::conditions>("conditions",
                                                 "Accepted, ResolvedRefs, PartiallyInvalid.",
                                                 required(), items(1, 8), unique_by({"type"}));
  return schema;
}

const Schema& schema_of(const RouteStatus*) {
  static const Schema schema =
      object<RouteStatus>("RouteStatus", "State of a route, per parent.")
          .field<&RouteStatus::parents>("parents", "One entry a parent of ours.", items(0, 32),
                                        schema::keep_empty());
  return schema;
}

}  // namespace limen::api

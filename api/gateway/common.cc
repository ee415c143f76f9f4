#include "api/meta/tables.h"

namespace limen::api {

using schema::length;
using schema::max;
using schema::min;
using schema::object;
using schema::pattern;
using schema::required;

std::vector<std::string_view> names_of(const CookieLifetime*) { return {"Permanent", "Session"}; }
std::vector<std::string_view> names_of(const SessionPersistenceType*) {
  return {"Cookie", "Header"};
}

const Schema& schema_of(const ParentReference*) {
  static const Schema schema =
      object<ParentReference>("ParentReference", "A Gateway that a route wants to attach to.")
          .field<&ParentReference::group>("group", "Group of the parent.", length(0, 253))
          .field<&ParentReference::kind>("kind", "Kind of the parent.", length(1, 63))
          .field<&ParentReference::name_space>(
              "namespace", "Namespace of the parent; the route's where unset.", length(1, 63))
          .field<&ParentReference::name>("name", "Name of the parent.", required(), length(1, 253))
          .field<&ParentReference::section_name>("sectionName", "Only the listener of this name.",
                                                 length(1, 253), pattern(kSectionPattern))
          .field<&ParentReference::port>("port", "Only listeners of this port.", min(1),
                                         max(65535));
  return schema;
}

const Schema& schema_of(const BackendObjectReference*) {
  static const Schema schema =
      object<BackendObjectReference>("BackendObjectReference", "A backend.")
          .field<&BackendObjectReference::group>("group", "Group of the backend; empty for core.",
                                                 length(0, 253), schema::keep_empty())
          .field<&BackendObjectReference::kind>("kind", "Kind of the backend.", length(1, 63))
          .field<&BackendObjectReference::name>("name", "Name of the backend.", required(),
                                                length(1, 253))
          .field<&BackendObjectReference::name_space>(
              "namespace",
              "Namespace of the backend; another one than the route's needs a ReferenceGrant there.",
              length(1, 63))
          .field<&BackendObjectReference::port>("port", "Port of the backend; a Service needs one.",
                                                min(1), max(65535))
          .rule("(size(self.group) == 0 && self.kind == 'Service') ? has(self.port) : true",
                "a reference to a Service needs a port");
  return schema;
}

const Schema& schema_of(const SecretObjectReference*) {
  static const Schema schema =
      object<SecretObjectReference>("SecretObjectReference", "A Secret.")
          .field<&SecretObjectReference::group>("group", "Group; empty for core.", length(0, 253),
                                                schema::keep_empty())
          .field<&SecretObjectReference::kind>("kind", "Kind.", length(1, 63))
          .field<&SecretObjectReference::name>("name", "Name.", required(), length(1, 253))
          .field<&SecretObjectReference::name_space>(
              "namespace", "Namespace; another one needs a ReferenceGrant there.", length(1, 63));
  return schema;
}

const Schema& schema_of(const LocalObjectReference*) {
  static const Schema schema =
      object<LocalObjectReference>("LocalObjectReference", "An object of the same namespace.")
          .field<&LocalObjectReference::group>("group", "Group.", required(), length(0, 253))
          .field<&LocalObjectReference::kind>("kind", "Kind.", required(), length(1, 63))
          .field<&LocalObjectReference::name>("name", "Name.", required(), length(1, 253));
  return schema;
}

const Schema& schema_of(const ParametersReference*) {
  static const Schema schema =
      object<ParametersReference>("ParametersReference", "An object with further settings.")
          .field<&ParametersReference::group>("group", "Group.", required(), length(0, 253))
          .field<&ParametersReference::kind>("kind", "Kind.", required(), length(1, 63))
          .field<&ParametersReference::name>("name", "Name.", required(), length(1, 253))
          .field<&ParametersReference::name_space>("namespace", "Namespace.", length(1, 63));
  return schema;
}

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
  static const Schema schema = object<CookieConfig>("CookieConfig", "Settings of a session cookie.")
                                   .field<&CookieConfig::lifetime_type>(
                                       "lifetimeType", "Whether the cookie outlives the browser.");
  return schema;
}

const Schema& schema_of(const SessionPersistence*) {
  static const Schema schema =
      object<SessionPersistence>("SessionPersistence",
                                 "Sends a client's requests to the same endpoint. GEP-1619.")
          .field<&SessionPersistence::session_name>("sessionName", "Name of the cookie or header.",
                                                    length(0, 128))
          .field<&SessionPersistence::absolute_timeout>("absoluteTimeout",
                                                        "How long a session lasts.")
          .field<&SessionPersistence::idle_timeout>("idleTimeout",
                                                    "How long an unused session lasts.")
          .field<&SessionPersistence::type>("type", "By cookie or by header.")
          .field<&SessionPersistence::cookie_config>("cookieConfig", "Settings of the cookie.")
          .rule(
              "!has(self.cookieConfig) || !has(self.cookieConfig.lifetimeType) || self.cookieConfig.lifetimeType != 'Permanent' || has(self.absoluteTimeout)",
              "absoluteTimeout must be set where cookieConfig.lifetimeType is Permanent");
  return schema;
}

const Schema& schema_of(const RouteParentStatus*) {
  static const Schema schema =
      object<RouteParentStatus>("RouteParentStatus", "What a parent says of the route.")
          .field<&RouteParentStatus::parent_ref>(
              "parentRef", "The parentRef of the spec that this is about.", required())
          .field<&RouteParentStatus::controller_name>("controllerName", "Who wrote this entry.",
                                                      required())
          .field<&RouteParentStatus::conditions>("conditions",
                                                 "Accepted, ResolvedRefs, PartiallyInvalid.");
  return schema;
}

const Schema& schema_of(const RouteStatus*) {
  static const Schema schema =
      object<RouteStatus>("RouteStatus", "State of a route, per parent.")
          .field<&RouteStatus::parents>("parents", "One entry a parent of ours.",
                                        schema::keep_empty());
  return schema;
}

}  // namespace limen::api

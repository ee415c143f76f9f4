#include "api/envoy/tables.h"

namespace limen::api {

using schema::each;
using schema::items;
using schema::length;
using schema::object;
using schema::pattern;
using schema::required;

namespace {

constexpr schema::Form kOrigin = {
    R"(^(\*|[A-Za-z][A-Za-z0-9+.-]*://(\*|(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9a-fA-F:.]+\])(:([0-9]{1,5}|\*))?)$)",
    "an origin such as https://shop.example.com, https://*.example.com:8443 or *"};

}  // namespace

const Schema& schema_of(const Cors*) {
  static const Schema schema =
      object<Cors>("CORS", "Lets pages of other origins call.")
          .field<&Cors::allow_origins>("allowOrigins", "Origins; `*` stands for labels.",
                                       each(length(1, 253), pattern(kOrigin)))
          .field<&Cors::allow_methods>("allowMethods", "Methods.",
                                       each(length(1, 256), pattern(kTokenPattern)))
          .field<&Cors::allow_headers>("allowHeaders", "Request headers.",
                                       each(length(1, 256), pattern(kTokenPattern)))
          .field<&Cors::expose_headers>("exposeHeaders", "Response headers that scripts may read.",
                                        each(length(1, 256), pattern(kTokenPattern)))
          .field<&Cors::max_age>("maxAge", "How long a browser may remember this.")
          .field<&Cors::allow_credentials>("allowCredentials", "Whether cookies may be sent.");
  return schema;
}

const Schema& schema_of(const Csrf*) {
  static const Schema schema =
      object<Csrf>("CSRF", "Refuses requests that change something from pages of other origins.")
          .field<&Csrf::shadow_fraction>("shadowFraction",
                                         "Share of requests that pass and are only counted.")
          .field<&Csrf::additional_origins>("additionalOrigins", "Origins that may.", items(0, 16),
                                            each(length(1, 253), pattern(kOrigin)));
  return schema;
}

const Schema& schema_of(const SecurityPolicySpec*) {
  static const Schema schema =
      object<SecurityPolicySpec>("SecurityPolicySpec", "Who may do what, and where.")
          .base<PolicyTargetReferences>("Where.")
          .field<&SecurityPolicySpec::merge_type>(
              "mergeType", "How it goes together with the Gateway's; where unset, it replaces it.")
          .field<&SecurityPolicySpec::api_key_auth>("apiKeyAuth", "Clients show a key.")
          .field<&SecurityPolicySpec::cors>("cors", "Lets pages of other origins call.")
          .field<&SecurityPolicySpec::csrf>(
              "csrf", "Refuses requests that change something from pages of other origins.")
          .field<&SecurityPolicySpec::basic_auth>("basicAuth",
                                                  "Clients show a user name and password.")
          .field<&SecurityPolicySpec::jwt>("jwt", "Clients show a JSON Web Token.")
          .field<&SecurityPolicySpec::oidc>("oidc", "Users log in with OpenID Connect.")
          .field<&SecurityPolicySpec::ext_auth>("extAuth", "A service decides.")
          .field<&SecurityPolicySpec::authorization>("authorization", "Rules decide.")
          .rule(
              "(!has(self.targetRef) || self.targetRef.kind in ['Gateway', 'ListenerSet', 'HTTPRoute', 'GRPCRoute', 'TCPRoute']) && (!has(self.targetRefs) || self.targetRefs.all(r, r.kind in ['Gateway', 'ListenerSet', 'HTTPRoute', 'GRPCRoute', 'TCPRoute'])) && (!has(self.targetSelectors) || self.targetSelectors.all(r, r.kind in ['Gateway', 'ListenerSet', 'HTTPRoute', 'GRPCRoute', 'TCPRoute']))",
              "a target must be a Gateway, ListenerSet, HTTPRoute, GRPCRoute or TCPRoute")
          .rule("!has(self.mergeType) || self.mergeType != 'Replace'",
                "mergeType must be StrategicMerge or JSONMerge; without it, a policy replaces")
          .rule(
              "!has(self.mergeType) || ((!has(self.targetRef) || self.targetRef.kind.endsWith('Route')) && (!has(self.targetRefs) || self.targetRefs.all(r, r.kind.endsWith('Route'))) && (!has(self.targetSelectors) || self.targetSelectors.all(r, r.kind.endsWith('Route'))))",
              "mergeType is for policies whose targets are routes")
          .rule(
              "has(self.jwt) || !has(self.authorization) || !has(self.authorization.rules) || !self.authorization.rules.exists(r, has(r.principal) && has(r.principal.jwt))",
              "a rule with principal.jwt needs jwt");
  return schema;
}

const Schema& schema_of(const SecurityPolicy*) {
  static const Schema schema =
      object<SecurityPolicy>("SecurityPolicy",
                             "Who may use a Gateway, a listener, a route or one of its rules.")
          .field<&SecurityPolicy::metadata>("metadata", kMetadata, required())
          .field<&SecurityPolicy::spec>("spec", "Who may do what, and where.", required())
          .field<&SecurityPolicy::status>("status", "Written by the controller.");
  return schema;
}

}  // namespace limen::api

#include "api/envoy/tables.h"

namespace limen::api {

using schema::length;
using schema::not_in_effect;
using schema::object;
using schema::pattern;
using schema::required;

const Schema& schema_of(const ClientCredentials*) {
  static const Schema schema =
      object<ClientCredentials>("ClientCredentials",
                                "A token by the client credentials grant. RFC 6749, 4.4. Not a "
                                "field of Envoy Gateway's.")
          .base<BackendCluster>("The service; where unset, what tokenEndpoint names.")
          .field<&ClientCredentials::token_endpoint>("tokenEndpoint", "URL that gives tokens.",
                                                     required(), length(1, 1024))
          .field<&ClientCredentials::client_id>("clientID", "The name of this client.", required(),
                                                length(1, 1024))
          .field<&ClientCredentials::client_secret>(
              "clientSecret", "Secret with the client's secret, under key client-secret.",
              required())
          .field<&ClientCredentials::scopes>("scopes", "Scopes to ask for.")
          .rule("!has(self.backendRef)", "clientCredentials: use backendRefs, not backendRef");
  return schema;
}

const Schema& schema_of(const InjectedCredential*) {
  static const Schema schema =
      object<InjectedCredential>("InjectedCredential", "What the backend is shown.")
          .field<&InjectedCredential::value_ref>("valueRef",
                                                 "Secret with it, under key credential.")
          .field<&InjectedCredential::client_credentials>(
              "clientCredentials", "A token that the proxy asks for and renews.")
          .rule("has(self.valueRef) != has(self.clientCredentials)",
                "set exactly one of valueRef and clientCredentials");
  return schema;
}

const Schema& schema_of(const CredentialInjection*) {
  static const Schema schema =
      object<CredentialInjection>("HTTPCredentialInjectionFilter",
                                  "Shows the backend a credential that clients do not have.")
          .field<&CredentialInjection::header>("header", "In which header.", length(1, 256),
                                               pattern(kTokenPattern))
          .field<&CredentialInjection::overwrite>("overwrite",
                                                  "Whether it replaces what a client sent.")
          .field<&CredentialInjection::credential>("credential", "Which.", required());
  return schema;
}

const Schema& schema_of(const RouteFilterSpec*) {
  static const Schema schema =
      object<RouteFilterSpec>("HTTPRouteFilterSpec", "What becomes of requests.")
          .field<&RouteFilterSpec::credential_injection>(
              "credentialInjection", "Shows the backend a credential that clients do not have.")
          .field<&RouteFilterSpec::url_rewrite>("urlRewrite", "Changes host or path.",
                                                not_in_effect())
          .field<&RouteFilterSpec::direct_response>(
              "directResponse", "Answers without asking a backend.", not_in_effect())
          .field<&RouteFilterSpec::matches>("matches", "Further conditions of the rule.",
                                            not_in_effect());
  return schema;
}

const Schema& schema_of(const RouteFilter*) {
  static const Schema schema =
      object<RouteFilter>("HTTPRouteFilter",
                          "A step that rules of HTTPRoutes and GRPCRoutes name by extensionRef.")
          .field<&RouteFilter::metadata>("metadata", kMetadata, required())
          .field<&RouteFilter::spec>("spec", "What becomes of requests.", required());
  return schema;
}

}  // namespace limen::api

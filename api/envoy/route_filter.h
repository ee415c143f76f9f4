// HTTPRouteFilter: what a rule of an HTTPRoute or GRPCRoute names by extensionRef. (HttpRouteFilter
// is Gateway API's own: the entry in which it is named.)  Source: gateway.envoyproxy.io/v1alpha1.
#pragma once

#include "api/envoy/policy.h"
#include "base/json.h"

namespace limen::api {

// Tokens by the client credentials grant.  RFC 6749, section 4.4.  Limen's own: Envoy Gateway has
// no such field.
struct ClientCredentials : BackendCluster {  // empty: the server of tokenEndpoint
  std::string token_endpoint;                // its URL
  std::string client_id;
  SecretObjectReference client_secret;  // key client-secret
  std::vector<std::string> scopes;
  bool operator==(const ClientCredentials&) const = default;
};

// Exactly one of the members.
struct InjectedCredential {
  std::optional<SecretObjectReference> value_ref;  // key credential
  std::optional<ClientCredentials> client_credentials;
  bool operator==(const InjectedCredential&) const = default;
};

struct CredentialInjection {
  std::string header = "Authorization";
  bool overwrite = false;  // of what the client sent
  InjectedCredential credential;
  bool operator==(const CredentialInjection&) const = default;
};

struct RouteFilterSpec {
  std::optional<CredentialInjection> credential_injection;
  Json url_rewrite, direct_response, matches;  // kept as they are: have no effect yet
  bool operator==(const RouteFilterSpec&) const = default;
};

struct RouteFilter {
  ObjectMeta metadata;
  RouteFilterSpec spec;
  bool operator==(const RouteFilter&) const = default;
};

}  // namespace limen::api

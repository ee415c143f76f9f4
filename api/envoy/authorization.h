// What a client may do: parts of SecurityPolicy.  Source: gateway.envoyproxy.io/v1alpha1.
#pragma once

#include "api/envoy/policy.h"
#include "api/gateway/http_route.h"

namespace limen::api {

struct GrpcExtAuthService : BackendCluster {
  bool operator==(const GrpcExtAuthService&) const = default;
};

struct HttpExtAuthService : BackendCluster {
  std::optional<std::string> path;           // put before the request's path
  std::optional<std::string> path_override;  // instead of it
  std::vector<std::string> headers_to_backend;
  bool operator==(const HttpExtAuthService&) const = default;
};

struct BodyToExtAuth {
  int64_t max_request_bytes = 0;
  bool operator==(const BodyToExtAuth&) const = default;
};

enum class ContextExtensionType { kValue, kValueRef };

struct ContextExtension {
  std::string name;
  ContextExtensionType type = ContextExtensionType::kValue;
  std::optional<std::string> value;
  std::optional<LocalSecretOrConfigMapKey> value_ref;
  bool operator==(const ContextExtension&) const = default;
};

// Exactly one of the services is set.
struct ExtAuth {
  std::optional<GrpcExtAuthService> grpc;
  std::optional<HttpExtAuthService> http;
  std::vector<std::string> headers_to_ext_auth;
  std::optional<BodyToExtAuth> body_to_ext_auth;
  std::optional<Duration> timeout;
  bool fail_open = false;
  bool recompute_route = false;
  bool include_route_metadata = false;
  std::vector<ContextExtension> context_extensions;
  std::optional<int32_t> status_on_error;
  bool operator==(const ExtAuth&) const = default;
};

enum class AuthorizationAction { kAllow, kDeny };
enum class JwtClaimValueType { kString, kStringArray };

struct Operation {
  std::vector<HttpMethod> methods;
  std::optional<HttpPathMatch> path;
  bool operator==(const Operation&) const = default;
};

struct AuthorizationHeaderMatch {
  std::string name;
  std::vector<std::string> values;  // one must be equal
  bool operator==(const AuthorizationHeaderMatch&) const = default;
};

struct JwtClaim {
  std::string name;  // a path with dots
  JwtClaimValueType value_type = JwtClaimValueType::kString;
  std::vector<std::string> values;
  bool operator==(const JwtClaim&) const = default;
};

struct JwtPrincipal {
  std::string provider;
  std::vector<JwtClaim> claims;
  std::vector<std::string> scopes;
  bool operator==(const JwtPrincipal&) const = default;
};

struct AnonymousNetwork {
  std::optional<bool> is_anonymous, is_vpn, is_hosting, is_tor, is_proxy;
  bool operator==(const AnonymousNetwork&) const = default;
};

struct GeoLocation {
  std::optional<std::string> country, region, city, isp;
  std::optional<int64_t> asn;
  std::optional<AnonymousNetwork> anonymous;
  bool operator==(const GeoLocation&) const = default;
};

// All that is set must hold.
struct Principal {
  std::vector<std::string> client_cidrs;  // one of them
  std::optional<JwtPrincipal> jwt;
  std::vector<AuthorizationHeaderMatch> headers;
  std::vector<GeoLocation> client_ip_geo_locations;
  bool operator==(const Principal&) const = default;
};

struct AuthorizationRule {
  std::optional<std::string> name;
  AuthorizationAction action = AuthorizationAction::kAllow;
  std::optional<Operation> operation;
  std::optional<Principal> principal;
  std::optional<std::string> cel;
  bool operator==(const AuthorizationRule&) const = default;
};

// The first rule that matches decides.
struct Authorization {
  std::vector<AuthorizationRule> rules;
  std::optional<AuthorizationAction> default_action;  // unset: Deny
  bool operator==(const Authorization&) const = default;
};

}  // namespace limen::api

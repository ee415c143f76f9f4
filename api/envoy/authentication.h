// Who a client is: parts of SecurityPolicy.  Source: gateway.envoyproxy.io/v1alpha1.
#pragma once

#include "api/envoy/policy.h"

namespace limen::api {

// Where a key is looked for.  Exactly one member is set.
struct ExtractFrom {
  std::vector<std::string> headers;
  std::vector<std::string> params;
  std::vector<std::string> cookies;
  bool operator==(const ExtractFrom&) const = default;
};

struct ApiKeyAuth {
  std::vector<SecretObjectReference> credential_refs;  // of each: client -> key
  std::vector<ExtractFrom> extract_from;
  std::optional<std::string> forward_client_id_header;
  bool sanitize = false;  // the backend does not see the key
  bool operator==(const ApiKeyAuth&) const = default;
};

struct BasicAuth {
  SecretObjectReference users;  // key .htpasswd
  std::optional<std::string> forward_username_header;
  bool operator==(const BasicAuth&) const = default;
};

struct RemoteJwks : BackendCluster {
  std::string uri;
  Duration cache_duration{std::chrono::seconds(300)};
  std::optional<Duration> failed_refetch_duration;
  bool operator==(const RemoteJwks&) const = default;
};

// The member that `type` names is set.
struct LocalJwks {
  ValueSource type = ValueSource::kInline;
  std::optional<std::string> inline_text;
  std::optional<LocalObjectReference> value_ref;  // ConfigMap, key jwks or else the first
  bool operator==(const LocalJwks&) const = default;
};

struct ClaimToHeader {
  std::string header;
  std::string claim;
  bool operator==(const ClaimToHeader&) const = default;
};

struct JwtHeaderExtractor {
  std::string name;
  std::optional<std::string> value_prefix;
  bool operator==(const JwtHeaderExtractor&) const = default;
};

struct JwtExtractor {
  std::vector<JwtHeaderExtractor> headers;
  std::vector<std::string> cookies;
  std::vector<std::string> params;
  bool operator==(const JwtExtractor&) const = default;
};

// Either of the JWKS is set.
struct JwtProvider {
  std::string name;
  std::optional<std::string> issuer;
  std::vector<std::string> audiences;
  std::optional<RemoteJwks> remote_jwks;
  std::optional<LocalJwks> local_jwks;
  std::vector<ClaimToHeader> claim_to_headers;
  bool recompute_route = false;
  std::optional<JwtExtractor> extract_from;
  bool operator==(const JwtProvider&) const = default;
};

struct Jwt {
  bool optional = false;   // requests without a token pass
  bool fail_open = false;  // and those with a wrong one
  std::vector<JwtProvider> providers;
  bool operator==(const Jwt&) const = default;
};

struct OidcProvider : BackendCluster {
  std::string issuer;
  std::optional<std::string> authorization_endpoint, token_endpoint, end_session_endpoint;
  bool operator==(const OidcProvider&) const = default;
};

struct OidcCookieNames {
  std::optional<std::string> access_token, id_token;
  bool operator==(const OidcCookieNames&) const = default;
};

struct OidcCookieConfig {
  std::optional<std::string> same_site;  // Lax, Strict, None
  bool operator==(const OidcCookieConfig&) const = default;
};

struct OidcDenyRedirectHeader : StringMatch {
  std::string name;
  bool operator==(const OidcDenyRedirectHeader&) const = default;
};

struct OidcDenyRedirect {
  std::vector<OidcDenyRedirectHeader> headers;
  bool operator==(const OidcDenyRedirect&) const = default;
};

struct OidcForwardIdToken {
  std::string header;
  bool operator==(const OidcForwardIdToken&) const = default;
};

struct Oidc {
  OidcProvider provider;
  std::optional<std::string> client_id;
  std::optional<SecretObjectReference> client_id_ref;  // key client-id
  SecretObjectReference client_secret;                 // key client-secret
  std::optional<OidcCookieNames> cookie_names;
  std::optional<OidcCookieConfig> cookie_config;
  std::optional<std::string> cookie_domain;
  std::vector<std::string> scopes, resources;
  std::optional<std::string> redirect_url;
  std::optional<OidcDenyRedirect> deny_redirect;
  std::optional<std::string> logout_path;
  bool forward_access_token = false;
  std::optional<OidcForwardIdToken> forward_id_token;
  std::optional<Duration> default_token_ttl;
  bool refresh_token = true;
  std::optional<Duration> default_refresh_token_ttl;
  std::optional<Duration> csrf_token_ttl;
  bool disable_token_encryption = false;
  bool pass_through_auth_header = false;
  bool operator==(const Oidc&) const = default;
};

}  // namespace limen::api

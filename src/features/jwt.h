// security/jwt: tokens in Envoy's jwt_authn.
//
// The filter of a listener gets its configuration by discovery (ECDS), so that a policy changes no
// xDS listener: it holds all providers that routes of the listener need, each once, and by name
// what they require of a token.  A route has an entry with such a name; one that the filter does
// not know lets nobody through (403).  Source: Envoy Gateway's SecurityPolicy.spec.jwt.  Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "features/security.h"

namespace envoy::extensions::filters::http::jwt_authn::v3 {
class JwtAuthentication;
}

namespace limen::features {

using envoy::extensions::filters::http::jwt_authn::v3::JwtAuthentication;

// The name of the filter, and of the resource that configures it, in listeners with that route
// configuration.
std::string jwt_filter(std::string_view route_configuration);
void write_jwt_filter(const std::string& route_configuration, HttpFilter& out);

// Claims that are lists of scopes: a text with blanks in them is taken apart.  RFC 8693.
inline constexpr const char* kScopeClaims[] = {"scope", "scp"};

// The keys of a provider: the cluster that leads to its remoteJWKS, or its localJWKS.
struct JwtKeys {
  std::string cluster, local;
};
// REQUIRES: `keys` are those of jwt.providers.  `requirement`: what this policy's is called.
Problems write_jwt(const api::Jwt& jwt, const std::vector<JwtKeys>& keys,
                   const std::string& requirement, JwtAuthentication& out);
// What is wrong with a JSON Web Key Set; "": Envoy can use it.
std::string mistake_in_jwks(const std::string& text);

// A route's entry; "": no token is asked for.
google::protobuf::Any require_jwt(const std::string& requirement);

}  // namespace limen::features

// Steps that routes and listeners take with requests.  Source: gateway.networking.k8s.io/v1 of
// Gateway API v1.7 (httproute_types.go), experimental channel.
#pragma once

#include "api/gateway/common.h"

namespace limen::api {

struct HttpHeader {
  std::string name;
  std::string value;
  bool operator==(const HttpHeader&) const = default;
};

struct HttpHeaderFilter {
  std::vector<HttpHeader> set;
  std::vector<HttpHeader> add;
  std::vector<std::string> remove;
  bool operator==(const HttpHeaderFilter&) const = default;
};

enum class PathModifierType { kReplaceFullPath, kReplacePrefixMatch };

struct HttpPathModifier {
  PathModifierType type = PathModifierType::kReplaceFullPath;
  std::optional<std::string> replace_full_path;
  std::optional<std::string> replace_prefix_match;
  bool operator==(const HttpPathModifier&) const = default;
};

struct HttpRequestRedirectFilter {
  std::optional<std::string> scheme;  // http or https
  std::optional<std::string> hostname;
  std::optional<HttpPathModifier> path;
  std::optional<int32_t> port;
  int32_t status_code = 302;  // 301, 302, 303, 307, 308
  bool operator==(const HttpRequestRedirectFilter&) const = default;
};

struct HttpUrlRewriteFilter {
  std::optional<std::string> hostname;
  std::optional<HttpPathModifier> path;
  bool operator==(const HttpUrlRewriteFilter&) const = default;
};

struct HttpRequestMirrorFilter {
  BackendObjectReference backend_ref;
  std::optional<int32_t> percent;  // percent xor fraction; neither: all requests
  std::optional<Fraction> fraction;
  bool operator==(const HttpRequestMirrorFilter&) const = default;
};

// GEP-1767.
struct HttpCorsFilter {
  std::vector<std::string> allow_origins;
  std::optional<bool> allow_credentials;
  std::vector<std::string> allow_methods;
  std::vector<std::string> allow_headers;
  std::vector<std::string> expose_headers;
  int32_t max_age = 5;  // seconds
  bool operator==(const HttpCorsFilter&) const = default;
};

enum class ExternalAuthProtocol { kHttp, kGrpc };

// Of an authorisation service that speaks HTTP.
struct HttpAuthConfig {
  std::string path;                                   // put before the request's path
  std::vector<std::string> allowed_headers;           // of the request, sent to the service
  std::vector<std::string> allowed_response_headers;  // of its answer, sent to the backend
  bool operator==(const HttpAuthConfig&) const = default;
};

// Of one that speaks Envoy's ext_authz over gRPC.
struct GrpcAuthConfig {
  std::vector<std::string> allowed_headers;  // empty: all
  bool operator==(const GrpcAuthConfig&) const = default;
};

struct ForwardBodyConfig {
  int32_t max_size = 0;  // bytes; 0: the body isn't sent
  bool operator==(const ForwardBodyConfig&) const = default;
};

// GEP-1494.
struct HttpExternalAuthFilter {
  ExternalAuthProtocol protocol = ExternalAuthProtocol::kHttp;
  BackendObjectReference backend_ref;
  std::optional<GrpcAuthConfig> grpc;  // iff protocol says so
  std::optional<HttpAuthConfig> http;
  std::optional<ForwardBodyConfig> forward_body;
  bool operator==(const HttpExternalAuthFilter&) const = default;
};

enum class HttpFilterType {
  kRequestHeaderModifier,
  kResponseHeaderModifier,
  kRequestMirror,
  kRequestRedirect,
  kUrlRewrite,
  kExtensionRef,
  kCors,
  kExternalAuth,
};

// Exactly the member that `type` names is set.
struct HttpRouteFilter {
  HttpFilterType type = HttpFilterType::kRequestHeaderModifier;
  std::optional<HttpHeaderFilter> request_header_modifier;
  std::optional<HttpHeaderFilter> response_header_modifier;
  std::optional<HttpRequestMirrorFilter> request_mirror;
  std::optional<HttpRequestRedirectFilter> request_redirect;
  std::optional<HttpUrlRewriteFilter> url_rewrite;
  std::optional<HttpCorsFilter> cors;
  std::optional<HttpExternalAuthFilter> external_auth;
  std::optional<LocalObjectReference> extension_ref;
  bool operator==(const HttpRouteFilter&) const = default;
};

}  // namespace limen::api

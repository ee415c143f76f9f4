// HTTPRoute.  Source: gateway.networking.k8s.io/v1, experimental channel (retry,
// sessionPersistence, cors included).
#pragma once

#include "api/gateway/common.h"

namespace limen::api {

enum class PathMatchType { kExact, kPathPrefix, kRegularExpression };
enum class ValueMatchType { kExact, kRegularExpression };  // headers and query parameters
enum class HttpMethod { kGet, kHead, kPost, kPut, kDelete, kConnect, kOptions, kTrace, kPatch };

struct HttpPathMatch {
  PathMatchType type = PathMatchType::kPathPrefix;
  std::string value = "/";
  bool operator==(const HttpPathMatch&) const = default;
};

struct HttpHeaderMatch {
  ValueMatchType type = ValueMatchType::kExact;
  std::string name;  // without regard to case; of equal names the first counts
  std::string value;
  bool operator==(const HttpHeaderMatch&) const = default;
};

struct HttpQueryParamMatch {
  ValueMatchType type = ValueMatchType::kExact;
  std::string name;
  std::string value;
  bool operator==(const HttpQueryParamMatch&) const = default;
};

struct HttpRouteMatch {
  HttpPathMatch path;
  std::vector<HttpHeaderMatch> headers;
  std::vector<HttpQueryParamMatch> query_params;
  std::optional<HttpMethod> method;
  bool operator==(const HttpRouteMatch&) const = default;
};

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
  std::optional<LocalObjectReference> extension_ref;
  bool operator==(const HttpRouteFilter&) const = default;
};

struct HttpBackendRef {
  BackendObjectReference ref;  // its members stand in the same JSON object
  int32_t weight = 1;
  std::vector<HttpRouteFilter> filters;
  bool operator==(const HttpBackendRef&) const = default;
};

// GEP-1742.  Zero means no timeout.
struct HttpRouteTimeouts {
  std::optional<Duration> request;
  std::optional<Duration> backend_request;
  bool operator==(const HttpRouteTimeouts&) const = default;
};

// GEP-1731.
struct HttpRouteRetry {
  std::vector<int32_t> codes;
  std::optional<int32_t> attempts;
  std::optional<Duration> backoff;
  bool operator==(const HttpRouteRetry&) const = default;
};

struct HttpRouteRule {
  std::optional<Text> name;
  std::vector<HttpRouteMatch> matches;  // ORed; empty: every request
  std::vector<HttpRouteFilter> filters;
  std::vector<HttpBackendRef> backend_refs;
  std::optional<HttpRouteTimeouts> timeouts;
  std::optional<HttpRouteRetry> retry;
  std::optional<SessionPersistence> session_persistence;
  bool operator==(const HttpRouteRule&) const = default;
};

struct HttpRouteSpec {
  std::vector<ParentReference> parent_refs;
  std::vector<Text> hostnames;
  std::vector<HttpRouteRule> rules;
  bool operator==(const HttpRouteSpec&) const = default;
};

struct HttpRoute {
  ObjectMeta metadata;
  HttpRouteSpec spec;
  RouteStatus status;
  bool operator==(const HttpRoute&) const = default;
};

}  // namespace limen::api

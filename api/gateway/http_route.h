// HTTPRoute.  Source: gateway.networking.k8s.io/v1 of Gateway API v1.7, experimental channel.
#pragma once

#include "api/gateway/http_filters.h"
#include "base/box.h"

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

struct HttpBackendRef : BackendRef {
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
  int32_t attempts = 1;
  std::optional<Duration> backoff;
  bool operator==(const HttpRouteRetry&) const = default;
};

struct HttpRouteRule {
  std::optional<Text> name;
  std::vector<HttpRouteMatch> matches;  // ORed; empty: every request
  std::vector<HttpRouteFilter> filters;
  std::vector<HttpBackendRef> backend_refs;
  Box<HttpRouteTimeouts> timeouts;
  Box<HttpRouteRetry> retry;
  Box<SessionPersistence> session_persistence;
  bool operator==(const HttpRouteRule&) const = default;
};

struct HttpRouteSpec : CommonRouteSpec {
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

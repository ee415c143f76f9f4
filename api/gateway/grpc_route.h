// GRPCRoute.  Source: gateway.networking.k8s.io/v1 of Gateway API v1.7 (grpcroute_types.go).
#pragma once

#include "api/gateway/http_filters.h"

namespace limen::api {

enum class GrpcMatchType { kExact, kRegularExpression };  // methods and headers

// Service or method or both are set; what is unset matches everything.
struct GrpcMethodMatch {
  GrpcMatchType type = GrpcMatchType::kExact;
  std::optional<std::string> service;
  std::optional<std::string> method;
  bool operator==(const GrpcMethodMatch&) const = default;
};

struct GrpcHeaderMatch {
  GrpcMatchType type = GrpcMatchType::kExact;
  std::string name;  // without regard to case
  std::string value;
  bool operator==(const GrpcHeaderMatch&) const = default;
};

struct GrpcRouteMatch {
  std::optional<GrpcMethodMatch> method;
  std::vector<GrpcHeaderMatch> headers;
  bool operator==(const GrpcRouteMatch&) const = default;
};

enum class GrpcFilterType {
  kResponseHeaderModifier,
  kRequestHeaderModifier,
  kRequestMirror,
  kExtensionRef,
};

// Exactly the member that `type` names is set.
struct GrpcRouteFilter {
  GrpcFilterType type = GrpcFilterType::kRequestHeaderModifier;
  std::optional<HttpHeaderFilter> request_header_modifier;
  std::optional<HttpHeaderFilter> response_header_modifier;
  std::optional<HttpRequestMirrorFilter> request_mirror;
  std::optional<LocalObjectReference> extension_ref;
  bool operator==(const GrpcRouteFilter&) const = default;
};

struct GrpcBackendRef : BackendRef {
  std::vector<GrpcRouteFilter> filters;
  bool operator==(const GrpcBackendRef&) const = default;
};

struct GrpcRouteRule {
  std::optional<Text> name;
  std::vector<GrpcRouteMatch> matches;  // ORed; empty: every call
  std::vector<GrpcRouteFilter> filters;
  std::vector<GrpcBackendRef> backend_refs;
  std::optional<SessionPersistence> session_persistence;
  bool operator==(const GrpcRouteRule&) const = default;
};

struct GrpcRouteSpec : CommonRouteSpec {
  std::vector<Text> hostnames;
  std::vector<GrpcRouteRule> rules;
  bool operator==(const GrpcRouteSpec&) const = default;
};

struct GrpcRoute {
  ObjectMeta metadata;
  GrpcRouteSpec spec;
  RouteStatus status;
  bool operator==(const GrpcRoute&) const = default;
};

}  // namespace limen::api

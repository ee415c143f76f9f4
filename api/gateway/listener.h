// Listeners of Gateways and ListenerSets.  Source: gateway.networking.k8s.io/v1 of Gateway API v1.7
// (gateway_types.go, listenerset_types.go), experimental channel.
#pragma once

#include "api/gateway/http_filters.h"

namespace limen::api {

enum class TlsMode { kTerminate, kPassthrough };
enum class FromNamespaces { kAll, kSelector, kSame };

struct RouteGroupKind {
  std::string group = kGatewayGroup;
  std::string kind;
  bool operator==(const RouteGroupKind&) const = default;
};

struct RouteNamespaces {
  FromNamespaces from = FromNamespaces::kSame;
  std::optional<LabelSelector> selector;  // iff from == kSelector
  bool operator==(const RouteNamespaces&) const = default;
};

struct AllowedRoutes {
  RouteNamespaces namespaces;
  std::vector<RouteGroupKind> kinds;  // empty: what the protocol implies
  bool operator==(const AllowedRoutes&) const = default;
};

struct ListenerTlsConfig {
  TlsMode mode = TlsMode::kTerminate;
  std::vector<SecretObjectReference> certificate_refs;
  std::map<std::string, std::string> options;
  bool operator==(const ListenerTlsConfig&) const = default;
};

enum class ListenerFilterType { kExternalAuth, kExtensionRef };

// Exactly the member that `type` names is set.
struct ListenerFilter {
  ListenerFilterType type = ListenerFilterType::kExternalAuth;
  std::optional<HttpExternalAuthFilter> external_auth;
  std::optional<LocalObjectReference> extension_ref;
  bool operator==(const ListenerFilter&) const = default;
};

// Of all requests, before those of the routes.
struct ListenerFilters {
  std::vector<ListenerFilter> requests;
  bool operator==(const ListenerFilters&) const = default;
};

// Gateway API's Listener, and its ListenerEntry, which has the same members.
struct Listener {
  std::string name;
  std::optional<std::string> hostname;  // unset: every host
  int32_t port = 0;
  std::string protocol;  // HTTP, HTTPS, TLS, TCP, UDP or a domain-prefixed one
  std::optional<ListenerTlsConfig> tls;
  AllowedRoutes allowed_routes;
  std::optional<ListenerFilters> filters;
  bool operator==(const Listener&) const = default;
};

// Gateway API's ListenerStatus, and its ListenerEntryStatus, which has the same members.
struct ListenerStatus {
  std::string name;
  std::vector<RouteGroupKind> supported_kinds;
  int32_t attached_routes = 0;
  std::vector<Condition> conditions;
  bool operator==(const ListenerStatus&) const = default;
};

}  // namespace limen::api

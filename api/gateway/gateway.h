// Gateway.  Source: gateway.networking.k8s.io/v1.
#pragma once

#include "api/gateway/common.h"

namespace limen::api {

enum class TlsMode { kTerminate, kPassthrough };
enum class FromNamespaces { kAll, kSelector, kSame, kNone };

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
  std::optional<TlsMode> mode;  // unset: Terminate
  std::vector<SecretObjectReference> certificate_refs;
  std::map<std::string, std::string> options;
  bool operator==(const ListenerTlsConfig&) const = default;
};

struct Listener {
  std::string name;
  std::optional<std::string> hostname;  // unset or "": every host
  int32_t port = 0;
  std::string protocol;  // HTTP, HTTPS, TLS, TCP, UDP or a domain-prefixed one
  std::optional<ListenerTlsConfig> tls;
  AllowedRoutes allowed_routes;
  bool operator==(const Listener&) const = default;
};

struct GatewaySpecAddress {
  std::string type = "IPAddress";
  std::string value;
  bool operator==(const GatewaySpecAddress&) const = default;
};

struct GatewayInfrastructure {
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::optional<LocalObjectReference> parameters_ref;
  bool operator==(const GatewayInfrastructure&) const = default;
};

struct GatewaySpec {
  std::string gateway_class_name;
  std::vector<Listener> listeners;
  std::vector<GatewaySpecAddress> addresses;
  std::optional<GatewayInfrastructure> infrastructure;
  bool operator==(const GatewaySpec&) const = default;
};

struct GatewayStatusAddress {
  std::string type = "IPAddress";
  std::string value;
  bool operator==(const GatewayStatusAddress&) const = default;
};

struct ListenerStatus {
  std::string name;
  std::vector<RouteGroupKind> supported_kinds;
  int32_t attached_routes = 0;
  std::vector<Condition> conditions;
  bool operator==(const ListenerStatus&) const = default;
};

struct GatewayStatus {
  std::vector<GatewayStatusAddress> addresses;
  std::vector<Condition> conditions;
  std::vector<ListenerStatus> listeners;
  bool operator==(const GatewayStatus&) const = default;
};

struct Gateway {
  ObjectMeta metadata;
  GatewaySpec spec;
  GatewayStatus status;
  bool operator==(const Gateway&) const = default;
};

}  // namespace limen::api

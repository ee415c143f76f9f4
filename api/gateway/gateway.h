// Gateway.  Source: gateway.networking.k8s.io/v1 of Gateway API v1.7 (gateway_types.go),
// experimental channel.
#pragma once

#include "api/gateway/gateway_tls.h"
#include "api/gateway/listener.h"

namespace limen::api {

struct GatewaySpecAddress {
  std::string type = "IPAddress";
  std::string value;        // "": any address of the type
  std::string routability;  // "", Cluster or a domain-prefixed one.  GEP-1651
  bool operator==(const GatewaySpecAddress&) const = default;
};

struct GatewayInfrastructure {
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::optional<LocalObjectReference> parameters_ref;
  bool operator==(const GatewayInfrastructure&) const = default;
};

enum class ListenerSetsFrom { kAll, kSelector, kSame, kNone };

// Namespaces of the ListenerSets that may attach.
struct ListenerNamespaces {
  ListenerSetsFrom from = ListenerSetsFrom::kNone;
  std::optional<LabelSelector> selector;  // iff from == kSelector
  bool operator==(const ListenerNamespaces&) const = default;
};

struct AllowedListeners {
  ListenerNamespaces namespaces;
  bool operator==(const AllowedListeners&) const = default;
};

struct GatewaySpec {
  std::string gateway_class_name;
  std::vector<Listener> listeners;
  std::vector<GatewaySpecAddress> addresses;
  std::optional<GatewayInfrastructure> infrastructure;
  std::optional<AllowedListeners> allowed_listeners;  // unset: none
  std::optional<GatewayTlsConfig> tls;
  std::optional<GatewayDefaultScope> default_scope;
  bool operator==(const GatewaySpec&) const = default;
};

struct GatewayStatusAddress {
  std::string type = "IPAddress";
  std::string value;
  std::optional<std::string> routability;
  bool operator==(const GatewayStatusAddress&) const = default;
};

struct GatewayStatus {
  std::vector<GatewayStatusAddress> addresses;
  std::vector<Condition> conditions;
  std::vector<ListenerStatus> listeners;
  std::optional<int32_t> attached_listener_sets;
  bool operator==(const GatewayStatus&) const = default;
};

struct Gateway {
  ObjectMeta metadata;
  GatewaySpec spec;
  GatewayStatus status;
  bool operator==(const Gateway&) const = default;
};

}  // namespace limen::api

// Types that several Gateway API kinds share.  Source: gateway.networking.k8s.io/v1 of Gateway API
// v1.7 (shared_types.go, object_reference_types.go), experimental channel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/meta/meta.h"

namespace limen::api {

inline constexpr char kGatewayGroup[] = "gateway.networking.k8s.io";
inline constexpr char kEnvoyGroup[] = "gateway.envoyproxy.io";

// Which listener(s) of which Gateway a route wants to attach to.
struct ParentReference {
  Text group = kGatewayGroup;
  Text kind = "Gateway";
  std::optional<Text> name_space;  // unset: the route's
  Text name;
  std::optional<Text> section_name;
  std::optional<int32_t> port;
  bool operator==(const ParentReference&) const = default;
  template <class H>
  friend H AbslHashValue(H hash, const ParentReference& ref) {
    return H::combine(std::move(hash), ref.group, ref.kind, ref.name_space.value_or(Text()),
                      ref.name, ref.section_name.value_or(Text()), ref.port.value_or(0));
  }
};

// The Gateway that a ListenerSet belongs to.
struct ParentGatewayReference {
  std::string group = kGatewayGroup;
  std::string kind = "Gateway";
  std::string name;
  std::optional<std::string> name_space;  // unset: the ListenerSet's
  bool operator==(const ParentGatewayReference&) const = default;
};

// A backend; as embedded in routes and mirrors.
struct BackendObjectReference {
  Text group;  // "" is core
  Text kind = "Service";
  Text name;
  std::optional<Text> name_space;
  std::optional<int32_t> port;
  bool operator==(const BackendObjectReference&) const = default;
};

// A backend and its share of requests or connections.
struct BackendRef {
  BackendObjectReference ref;  // its members stand in the same JSON object
  int32_t weight = 1;
  bool operator==(const BackendRef&) const = default;
};

struct SecretObjectReference {
  std::string group;
  std::string kind = "Secret";
  std::string name;
  std::optional<std::string> name_space;
  bool operator==(const SecretObjectReference&) const = default;
};

struct LocalObjectReference {
  std::string group;
  std::string kind;
  std::string name;
  bool operator==(const LocalObjectReference&) const = default;
};

// An object of any kind: CA certificates of Gateways.
struct ObjectReference {
  std::string group;
  std::string kind;
  std::string name;
  std::optional<std::string> name_space;
  bool operator==(const ObjectReference&) const = default;
};

// GatewayClass.spec.parametersRef; Gateway.spec.infrastructure.parametersRef has no namespace.
struct ParametersReference : ObjectReference {
  bool operator==(const ParametersReference&) const = default;
};

// numerator/denominator; a share of requests.
struct Fraction {
  int32_t numerator = 0;
  int32_t denominator = 100;
  bool operator==(const Fraction&) const = default;
};

enum class CookieLifetime { kPermanent, kSession };
enum class SessionPersistenceType { kCookie, kHeader };

struct CookieConfig {
  std::optional<std::string> name;  // unset: the implementation chooses
  std::string path = "/";
  CookieLifetime lifetime_type = CookieLifetime::kSession;
  bool operator==(const CookieConfig&) const = default;
};

struct HeaderConfig {
  std::string name;
  bool operator==(const HeaderConfig&) const = default;
};

// GEP-1619.  The member that `type` names is set.
struct SessionPersistence {
  std::optional<Duration> absolute_timeout;
  SessionPersistenceType type = SessionPersistenceType::kCookie;
  std::optional<CookieConfig> cookie;
  std::optional<HeaderConfig> header;
  bool operator==(const SessionPersistence&) const = default;
};

// Which routes a default Gateway takes; which default Gateways a route uses.  GEP-3793.
enum class GatewayDefaultScope { kAll, kNone };

// What the specs of all routes have.
struct CommonRouteSpec {
  std::vector<ParentReference> parent_refs;
  std::optional<GatewayDefaultScope> use_default_gateways;
  bool operator==(const CommonRouteSpec&) const = default;
};

// One parent's part of a route's status.
struct RouteParentStatus {
  ParentReference parent_ref;
  Text controller_name;
  std::vector<Condition> conditions;
  bool operator==(const RouteParentStatus&) const = default;
  template <class H>
  friend H AbslHashValue(H hash, const RouteParentStatus& status) {
    return H::combine(std::move(hash), status.parent_ref, status.controller_name,
                      status.conditions);
  }
};

struct RouteStatus {
  std::vector<RouteParentStatus> parents;
  bool operator==(const RouteStatus&) const = default;
  template <class H>
  friend H AbslHashValue(H hash, const RouteStatus& status) {
    return H::combine(std::move(hash), status.parents);
  }
};

}  // namespace limen::api

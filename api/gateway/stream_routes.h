// TLSRoute, TCPRoute and UDPRoute: routes of connections and datagrams.  Source:
// gateway.networking.k8s.io/v1 of Gateway API v1.7 (tlsroute_types.go, tcproute_types.go,
// udproute_types.go).
#pragma once

#include "api/gateway/common.h"

namespace limen::api {

// The rule of all three kinds: there is nothing to match on.
struct StreamRouteRule {
  std::optional<Text> name;
  std::vector<BackendRef> backend_refs;
  bool operator==(const StreamRouteRule&) const = default;
};

struct TlsRouteSpec : CommonRouteSpec {
  std::vector<Text> hostnames;  // compared with the client's SNI
  std::vector<StreamRouteRule> rules;
  bool operator==(const TlsRouteSpec&) const = default;
};

struct TlsRoute {
  ObjectMeta metadata;
  TlsRouteSpec spec;
  RouteStatus status;
  bool operator==(const TlsRoute&) const = default;
};

struct TcpRouteSpec : CommonRouteSpec {
  std::vector<StreamRouteRule> rules;
  bool operator==(const TcpRouteSpec&) const = default;
};

struct TcpRoute {
  ObjectMeta metadata;
  TcpRouteSpec spec;
  RouteStatus status;
  bool operator==(const TcpRoute&) const = default;
};

struct UdpRouteSpec : CommonRouteSpec {
  std::vector<StreamRouteRule> rules;
  bool operator==(const UdpRouteSpec&) const = default;
};

struct UdpRoute {
  ObjectMeta metadata;
  UdpRouteSpec spec;
  RouteStatus status;
  bool operator==(const UdpRoute&) const = default;
};

}  // namespace limen::api

// ListenerSet: further listeners for a Gateway.  GEP-1713.  Source: gateway.networking.k8s.io/v1 of
// Gateway API v1.7 (listenerset_types.go).
#pragma once

#include "api/gateway/listener.h"

namespace limen::api {

struct ListenerSetSpec {
  ParentGatewayReference parent_ref;
  std::vector<Listener> listeners;
  bool operator==(const ListenerSetSpec&) const = default;
};

struct ListenerSetStatus {
  std::vector<Condition> conditions;
  std::vector<ListenerStatus> listeners;
  bool operator==(const ListenerSetStatus&) const = default;
};

struct ListenerSet {
  ObjectMeta metadata;
  ListenerSetSpec spec;
  ListenerSetStatus status;
  bool operator==(const ListenerSet&) const = default;
};

}  // namespace limen::api

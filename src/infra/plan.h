// What the infrastructure has to provide for one group of proxies, as translation decides it.
// A value; made by translate/, carried out by infra/host (processes) and later infra/kube.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/envoy/envoy_proxy.h"

namespace limen::infra {

struct PlanPort {
  std::string listener;   // xDS listener name
  int32_t port = 0;       // as the Gateway says
  int32_t bind_port = 0;  // as Envoy binds it: the same, or shifted where it is privileged
  std::string protocol;   // of the port's first listener: http, https, tls, tcp or udp
  bool operator==(const PlanPort&) const = default;
  bool is_udp() const { return protocol == "udp"; }
};

// Whom what is made for a proxy belongs to.
struct PlanOwner {
  api::ObjectKey key;
  Text uid;  // empty in file mode
  bool operator==(const PlanOwner&) const = default;
};

struct ProxyPlan {
  std::string proxy;             // Envoy's node.cluster, see xds::ResourceChange
  api::EnvoyProxySpec settings;  // merged; defaults where no EnvoyProxy says anything
  std::vector<PlanPort> ports;
  // Gateway.spec.infrastructure: a process carries them in its node's metadata.
  std::map<std::string, std::string> labels, annotations;
  PlanOwner gateway_class;
  std::vector<PlanOwner> gateways;     // one, or many where they are merged; the oldest first
  std::vector<std::string> addresses;  // IP addresses that they ask for
  bool cluster_only = false;           // they are not to be reached from outside of the cluster
  bool operator==(const ProxyPlan&) const = default;
  bool is_merged() const { return settings.merge_gateways; }
};

struct PlanChange {
  std::string proxy;
  std::shared_ptr<const ProxyPlan> plan;  // nullptr: no longer wanted; drain and stop
};

}  // namespace limen::infra

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
  bool udp = false;
  bool operator==(const PlanPort&) const = default;
};

struct ProxyPlan {
  std::string proxy;             // Envoy's node.cluster, see xds::ResourceChange
  api::EnvoyProxySpec settings;  // merged; defaults where no EnvoyProxy says anything
  std::vector<PlanPort> ports;
  // Gateway.spec.infrastructure: a process carries them in its node's metadata.
  std::map<std::string, std::string> labels, annotations;
  bool operator==(const ProxyPlan&) const = default;
};

struct PlanChange {
  std::string proxy;
  std::shared_ptr<const ProxyPlan> plan;  // nullptr: no longer wanted; drain and stop
};

}  // namespace limen::infra

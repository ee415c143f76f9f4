#include "infra/kube/proxy_watch.h"

#include <fmt/format.h>

namespace limen::infra {
namespace {

int64_t number(const Json* object, std::string_view member) {
  const Json* found = object == nullptr ? nullptr : object->find(member);
  return found != nullptr && found->is_integer() ? found->as_integer() : 0;
}

// Why a Deployment does not come up, as its controller says it.
std::string trouble_of(const Json* status) {
  const Json* conditions = status == nullptr ? nullptr : status->find("conditions");
  if (conditions == nullptr || !conditions->is_array()) return {};
  for (const Json& condition : conditions->as_array()) {
    const std::string_view type = condition.text("type"), value = condition.text("status");
    const bool bad = (type == "ReplicaFailure" && value == "True") ||
                     (type == "Progressing" && value == "False");
    if (bad) return std::string(condition.text("message"));
  }
  return {};
}

const Json* path(const Json& object, std::string_view first, std::string_view second) {
  const Json* found = object.find(first);
  return found == nullptr ? nullptr : found->find(second);
}

std::vector<std::string> texts(const Json* list) {
  std::vector<std::string> result;
  if (list == nullptr || !list->is_array()) return result;
  for (const Json& each : list->as_array()) {
    if (each.is_string() && each.as_string() != "None") result.push_back(each.as_string());
  }
  return result;
}

std::vector<api::GatewayStatusAddress> ingress_of(const Json& service) {
  std::vector<api::GatewayStatusAddress> addresses;
  const Json* balancer = path(service, "status", "loadBalancer");
  const Json* ingress = balancer == nullptr ? nullptr : balancer->find("ingress");
  if (ingress == nullptr || !ingress->is_array()) return addresses;
  for (const Json& each : ingress->as_array()) {
    if (const std::string_view ip = each.text("ip"); !ip.empty())
      addresses.push_back({"IPAddress", std::string(ip), {}});
    if (const std::string_view name = each.text("hostname"); !name.empty())
      addresses.push_back({"Hostname", std::string(name), {}});
  }
  return addresses;
}

}  // namespace

std::vector<api::GatewayStatusAddress> addresses_of_node(const Json& node) {
  std::vector<api::GatewayStatusAddress> external, internal;
  const Json* addresses = path(node, "status", "addresses");
  if (addresses == nullptr || !addresses->is_array()) return {};
  for (const Json& each : addresses->as_array()) {
    const std::string_view type = each.text("type");
    if (type == "ExternalIP")
      external.push_back({"IPAddress", std::string(each.text("address")), {}});
    if (type == "InternalIP")
      internal.push_back({"IPAddress", std::string(each.text("address")), {}});
  }
  return external.empty() ? internal : external;
}

bool ProxyWatch::is_on_nodes(const std::string& proxy) const {
  const auto it = proxies_.find(proxy);
  return it != proxies_.end() && it->second.on_nodes;
}

void ProxyWatch::see(const std::string& proxy, ObjectKind kind, const Json* object) {
  Proxy& seen = proxies_[proxy];
  if (kind == ObjectKind::kDeployment || kind == ObjectKind::kDaemonSet) {
    const bool daemons = kind == ObjectKind::kDaemonSet;
    seen.has_workload = object != nullptr;
    seen.workload = {};
    if (object != nullptr) {
      const Json* status = object->find("status");
      seen.workload.wanted = daemons ? number(status, "desiredNumberScheduled")
                                     : number(object->find("spec"), "replicas");
      seen.workload.available = number(status, daemons ? "numberAvailable" : "availableReplicas");
      seen.workload.message = trouble_of(status);
    }
  } else {
    seen.has_service = object != nullptr;
    seen.addresses.clear();
    seen.cluster_addresses.clear();
    seen.on_nodes = false;
    if (object != nullptr) {
      const Json* spec = object->find("spec");
      const std::string_view type = spec == nullptr ? std::string_view() : spec->text("type");
      seen.cluster_addresses = texts(path(*object, "spec", "clusterIPs"));
      seen.on_nodes = type == "NodePort";
      if (type == "LoadBalancer") seen.addresses = ingress_of(*object);
      if (type == "ClusterIP") {
        for (const std::string& address : seen.cluster_addresses)
          seen.addresses.push_back({"IPAddress", address, {}});
      }
    }
  }
  tell(proxy, seen);
}

void ProxyWatch::set_trouble(const std::string& proxy, std::string trouble) {
  Proxy& seen = proxies_[proxy];
  seen.trouble = std::move(trouble);
  tell(proxy, seen);
}

void ProxyWatch::begin(const std::string& proxy) {
  Proxy& seen = proxies_[proxy];
  if (seen.told) return;
  seen.told = true;
  seen.state = {};
  tell(proxy, seen);
}

void ProxyWatch::set_nodes(std::vector<api::GatewayStatusAddress> addresses) {
  if (addresses == nodes_) return;
  nodes_ = std::move(addresses);
  for (auto& [name, proxy] : proxies_) {
    if (proxy.on_nodes) tell(name, proxy);
  }
}

void ProxyWatch::tell(const std::string& name, Proxy& proxy) {
  if (!proxy.told) return;
  KubeProxyState state;
  state.proxy = name;
  state.running = proxy.workload.available > 0;
  state.addresses = proxy.on_nodes ? nodes_ : proxy.addresses;
  state.cluster_addresses = proxy.cluster_addresses;
  if (!proxy.trouble.empty()) {
    state.message = proxy.trouble;
  } else if (!state.running) {
    const std::string& why = proxy.workload.message;
    state.message = fmt::format("0 of {} Envoys are available{}{}", proxy.workload.wanted,
                                why.empty() ? "" : ": ", why);
  }
  if (state == proxy.state) return;
  proxy.state = state;
  on_state_(state);
}

}  // namespace limen::infra

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "translate/gateway/rules.h"

namespace limen::translate {
namespace {

bool is_valid(const ListenerModel& listener) {
  return listener.accepted.ok && listener.programmed.ok;
}

const char* name_of(Protocol protocol) { return protocol == Protocol::kHttps ? "HTTPS" : "HTTP"; }

// Same port, another protocol: within one Gateway all lose, between merged Gateways the older one
// keeps the port. Same port and hostname: the first wins.  Source: Gateway API Listener ("Distinct
// Listeners").
void decide(ListenerModel& listener, const std::vector<ListenerModel>& all, size_t index) {
  for (size_t i = 0; i < all.size(); ++i) {
    const ListenerModel& other = all[i];
    if (i == index || other.port != listener.port || !is_valid(other)) continue;
    const bool older = i < index;
    if (other.protocol != listener.protocol && (older || other.gateway == listener.gateway)) {
      listener.conflicted = Verdict::no(
          "ProtocolConflict", fmt::format("port {} is asked for with protocol {} by listener {}",
                                          listener.port, name_of(other.protocol), other.ir_name()));
      return;
    }
    if (other.protocol == listener.protocol && other.hostname == listener.hostname && older) {
      listener.conflicted = Verdict::no(
          "HostnameConflict", fmt::format("port {} and hostname {} are taken by listener {}",
                                          listener.port, listener.hostname, other.ir_name()));
      return;
    }
  }
}

void decide_conflicts(std::vector<ListenerModel>& listeners) {
  const std::vector<ListenerModel> all = listeners;
  for (size_t i = 0; i < listeners.size(); ++i) {
    if (is_valid(listeners[i])) decide(listeners[i], all, i);
  }
}

std::vector<PortModel> form_ports(const std::vector<ListenerModel>& listeners,
                                  int32_t first_unprivileged_port) {
  std::map<int32_t, PortModel> ports;
  for (const ListenerModel& listener : listeners) {
    if (!listener.ready()) continue;
    PortModel& port = ports[listener.port];
    if (port.listeners.empty()) {
      constexpr int32_t kShift = 10000;
      port.name = listener.ir_name();
      port.port = listener.port;
      port.bind_port =
          listener.port < first_unprivileged_port ? listener.port + kShift : listener.port;
      port.protocol = listener.protocol;
    }
    port.listeners.push_back(listener);
  }
  std::vector<PortModel> result;
  for (auto& [number, port] : ports) result.push_back(std::move(port));
  return result;
}

}  // namespace

std::shared_ptr<const ProxyModel> form_proxy(flow::Reads& reads, World& world,
                                             const std::string& proxy) {
  auto model = std::make_shared<ProxyModel>();
  for (const auto& [key, gateway] : world.gateways_of_proxy.get(reads, proxy)) {
    if (!gateway.accepted.ok) continue;
    if (model->settings == nullptr) model->settings = gateway.settings;
    model->listeners.insert(model->listeners.end(), gateway.listeners.begin(),
                            gateway.listeners.end());
  }
  decide_conflicts(model->listeners);
  model->ports = form_ports(model->listeners, world.options.first_unprivileged_port);
  return model;
}

std::shared_ptr<const GatewayModel> settle_gateway(flow::Reads& reads, World& world,
                                                   const ObjectKey& key) {
  const GatewayModel* spec = world.gateway_specs.get(reads, key);
  if (spec == nullptr) return nullptr;
  const ProxyModel* proxy = world.proxies.get(reads, spec->proxy);
  auto model = std::make_shared<GatewayModel>(*spec);
  if (proxy == nullptr || !spec->accepted.ok) return model;
  model->listeners.clear();
  std::copy_if(proxy->listeners.begin(), proxy->listeners.end(),
               std::back_inserter(model->listeners),
               [&](const ListenerModel& listener) { return listener.gateway == key; });
  return model;
}

std::shared_ptr<const infra::ProxyPlan> plan_proxy(flow::Reads& reads, World& world,
                                                   const std::string& proxy) {
  const ProxyModel* model = world.proxies.get(reads, proxy);
  if (model == nullptr) return nullptr;
  auto plan = std::make_shared<infra::ProxyPlan>();
  plan->proxy = proxy;
  if (model->settings != nullptr) plan->settings = *model->settings;
  for (const PortModel& port : model->ports)
    plan->ports.push_back({port.name, port.port, port.bind_port});
  return plan;
}

}  // namespace limen::translate

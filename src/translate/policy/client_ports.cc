// Which ClientTrafficPolicy holds where.  Listeners of plain HTTP that share a port are one to
// Envoy, and so is a socket to all listeners on it: there, only a policy of all of them can hold.
// Source: Envoy Gateway refuses one that is a single listener's.
#include <fmt/format.h>

#include <algorithm>

#include "features/client_traffic.h"
#include "translate/policy/rules.h"

namespace limen::translate {
namespace {

using Policies = flow::Index<ProxyName, ObjectKey, PolicyListeners, PolicyRank>::Group;

class Port {
 public:
  Port(flow::Reads& reads, World& world, const PortKey& key, const PortModel& port)
      : reads_(reads), world_(world), key_(key), port_(port) {}

  PortPolicies settle() {
    PortPolicies result;
    result.common = find_common();
    for (const ListenerModel& listener : port_.listeners) {
      const auto& policies = of(listener);
      if (policies.empty()) continue;
      const auto [rank, policy, listeners] = *policies.sorted().begin();
      result.listeners.emplace(listener.ir_name(),
                               settle(listener, policy, rank.level, result.common));
    }
    return result;
  }

 private:
  const Policies& of(const ListenerModel& listener) {
    return world_.client_policies_of_listener.get(reads_, {key_.proxy, listener.ir_name()});
  }

  bool is_of_all(const ObjectKey& policy) {
    return std::all_of(port_.listeners.begin(), port_.listeners.end(), [&](const auto& listener) {
      for (const auto& [key, listeners] : of(listener)) {
        if (key == policy) return true;
      }
      return false;
    });
  }

  // The one that prevails among those of all listeners.
  std::optional<ObjectKey> find_common() {
    for (const auto& [rank, policy, listeners] : of(port_.listeners.front()).sorted()) {
      if (is_of_all(policy)) return policy;
    }
    return std::nullopt;
  }

  ListenerPolicy settle(const ListenerModel& listener, const ObjectKey& policy, int level,
                        const std::optional<ObjectKey>& common) {
    ListenerPolicy result;
    result.policy = policy;
    const ClientPolicy* model = world_.client_policies.get(reads_, policy);
    if (model == nullptr) return result;
    const bool ends_tls = !listener.secrets.empty();
    if (const std::string why = why_not(listener, *model, level, policy == common); !why.empty()) {
      result.in_force = Verdict::no("Invalid", why);
      result.closes_requests = listener.protocol == Protocol::kHttp;
      result.closes_connections = !result.closes_requests;
      return result;
    }
    const bool http = serves_http(listener.protocol);
    result.closes_requests = model->closes_requests && http;
    result.closes_connections =
        (model->closes_tls && ends_tls) || (model->closes_requests && !http);
    return result;
  }

  // "": it can hold.
  static std::string why_not(const ListenerModel& listener, const ClientPolicy& policy, int level,
                             bool is_common) {
    const bool plain = listener.protocol == Protocol::kHttp;
    if (!is_common && plain)
      return fmt::format(
          "listener {} shares port {} with listeners that have another policy or "
          "none, and over plain HTTP they cannot differ; all requests to it are "
          "answered with 500",
          listener.ir_name(), listener.port);
    if (!is_common && features::is_about_socket(*policy.spec))
      return fmt::format(
          "listener {} shares port {} with listeners that have another policy or "
          "none, which proxyProtocol, tcpKeepalive, connectionInspectionTimeout and "
          "buffers would concern, too; it serves no connection",
          listener.ir_name(), listener.port);
    if (!policy.checks_clients()) return {};
    if (level == 0 && listener.secrets.empty())
      return fmt::format("spec.tls.clientValidation: listener {} does not end TLS; it is closed",
                         listener.ir_name());
    if (level < 2 && !listener.set.name.empty() && !listener.client_ca.empty())
      return fmt::format(
          "spec.tls.clientValidation: how clients of listener {} are checked is said "
          "by spec.tls.frontend of Gateway {}; it serves no connection",
          listener.ir_name(), listener.gateway.text());
    return {};
  }

  flow::Reads& reads_;
  World& world_;
  const PortKey& key_;
  const PortModel& port_;
};

}  // namespace

std::shared_ptr<const PortPolicies> settle_port_policies(flow::Reads& reads, World& world,
                                                         const PortKey& key) {
  const ProxyModel* proxy = world.proxies.get(reads, key.proxy);
  const PortModel* port = proxy == nullptr ? nullptr : proxy->port_at(key.transport, key.port);
  if (port == nullptr || port->listeners.empty()) return nullptr;
  auto result = std::make_shared<PortPolicies>(Port(reads, world, key, *port).settle());
  return result->listeners.empty() ? nullptr : result;
}

ListenerRule rule_of(flow::Reads& reads, World& world, const PortKey& port,
                     const std::string& listener) {
  const PortPolicies* policies = world.port_policies.get(reads, port);
  if (policies == nullptr) return {};
  const auto it = policies->listeners.find(listener);
  if (it == policies->listeners.end()) return {};
  const ListenerPolicy& governing = it->second;
  const ClientPolicy* policy = world.client_policies.get(reads, governing.policy);
  if (policy == nullptr) return {};
  ListenerRule rule;
  rule.policy = governing.policy;
  rule.closed = governing.closes_connections;
  if (!governing.in_force.ok) return rule;
  if (!policy->closes_tls) rule.tls = policy;
  if (!policy->closes_requests) rule.http = policy;
  return rule;
}

const ClientPolicy* policy_of_socket(flow::Reads& reads, World& world, const PortKey& port) {
  const PortPolicies* policies = world.port_policies.get(reads, port);
  if (policies == nullptr || !policies->common) return nullptr;
  const ClientPolicy* policy = world.client_policies.get(reads, *policies->common);
  return policy == nullptr || policy->closes_requests ? nullptr : policy;
}

}  // namespace limen::translate

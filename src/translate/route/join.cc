// Virtual hosts and route configurations, joined out of fragments that are ready.
#include <envoy/config/route/v3/route.pb.h>
#include <fmt/format.h>

#include <map>

#include "translate/hostnames.h"
#include "translate/route/rules.h"

namespace limen::translate {
namespace {

namespace route_v3 = envoy::config::route::v3;

route_v3::VirtualHost empty_virtual_host(std::string_view listener, std::string_view host) {
  route_v3::VirtualHost message;
  message.set_name(fmt::format("{}/{}", listener, underscored(host)));
  message.add_domains(std::string(host));
  return message;
}

// The listeners that a route configuration serves.
std::vector<const ListenerModel*> listeners_of(const ProxyModel& proxy, std::string_view name) {
  std::vector<const ListenerModel*> result;
  const auto it = proxy.route_configurations.find(name);
  if (it == proxy.route_configurations.end()) return result;
  for (const size_t index : it->second) result.push_back(&proxy.listeners[index]);
  return result;
}

}  // namespace

std::shared_ptr<const xds::Fragment> join_virtual_host(flow::Reads& reads, World& world,
                                                       const VirtualHostKey& key) {
  const auto& members = world.routes_of_virtual_host.get(reads, key);
  xds::FragmentBuilder joined(empty_virtual_host(key.listener, key.host),
                              route_v3::VirtualHost::kRoutesFieldNumber, members.size());
  for (const auto& [order, route_key, route] : members.sorted())
    joined.add(route.entries[order.entry].route);
  return std::move(joined).take();
}

std::shared_ptr<const xds::Fragment> join_route_configuration(flow::Reads& reads, World& world,
                                                              const ProxyName& key) {
  const ProxyModel* proxy = world.proxies.get(reads, key.proxy);
  if (proxy == nullptr) return nullptr;
  route_v3::RouteConfiguration head;
  head.set_name(key.name);
  head.set_ignore_port_in_host_matching(true);
  const auto& members = world.virtual_hosts_of.get(reads, key);
  xds::FragmentBuilder joined(head, route_v3::RouteConfiguration::kVirtualHostsFieldNumber,
                              members.size());
  // A listener without routes for its own hostname answers 404 there and leaves nothing to a less
  // specific one.
  std::map<std::string_view, const ListenerModel*> unserved;
  for (const ListenerModel* listener : listeners_of(*proxy, key.name))
    unserved.emplace(listener->hostname, listener);
  for (const auto& [host, virtual_host] : members.shared()) {
    joined.add(virtual_host);
    if (!unserved.empty()) unserved.erase(host.host);
  }
  for (const auto& [hostname, listener] : unserved)
    joined.add(xds::fragment_of(empty_virtual_host(listener->ir_name(), hostname)));
  for (const ListenerModel* listener : listeners_of(*proxy, key.name)) {
    if (FragmentPtr elsewhere = misdirected_requests(*proxy, *listener))
      joined.add(std::move(elsewhere));
  }
  return std::move(joined).take();
}

}  // namespace limen::translate

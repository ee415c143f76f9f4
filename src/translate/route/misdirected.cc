// Requests that came over a connection of the wrong HTTPS listener: its server name (SNI) picked
// one listener, and their Host is another's.  Source: Gateway API Listener.hostname (GEP-3567), RFC
// 9110 section 15.5.20.
#include <envoy/config/route/v3/route.pb.h>
#include <fmt/format.h>

#include <algorithm>

#include "translate/hostnames.h"
#include "translate/route/rules.h"

namespace limen::translate {
namespace {

constexpr uint32_t kMisdirected = 421;

// The hosts of the port's other listeners that this one does not cover.  Each listener's list names
// the others: where there are many, "*" stands for them.
std::vector<std::string> hosts_elsewhere(const PortModel& port, const ListenerModel& listener) {
  std::vector<std::string> hosts;
  for (const ListenerModel& other : port.listeners) {
    if (other.protocol != Protocol::kHttps || covers(listener.hostname, other.hostname)) continue;
    if (other.hostname == "*" || hosts.size() == kMostHostsElsewhere) return {"*"};
    hosts.push_back(other.hostname);
  }
  std::sort(hosts.begin(), hosts.end());
  return hosts;
}

}  // namespace

FragmentPtr misdirected_requests(const ProxyModel& proxy, const ListenerModel& listener) {
  const PortModel* port = proxy.port_at(Transport::kTcp, listener.port);
  if (port == nullptr || listener.protocol != Protocol::kHttps) return nullptr;
  envoy::config::route::v3::VirtualHost message;
  for (const std::string& host : listener.more_specific) message.add_domains(host);
  for (const std::string& host : hosts_elsewhere(*port, listener)) message.add_domains(host);
  if (message.domains().empty()) return nullptr;
  message.set_name(fmt::format("{}/_misdirected", listener.ir_name()));
  auto* route = message.add_routes();
  route->mutable_match()->set_prefix("/");
  route->mutable_direct_response()->set_status(kMisdirected);
  return xds::fragment_of(message);
}

std::shared_ptr<const xds::Fragment> refuse_misdirected(flow::Reads& reads, World& world,
                                                        const ProxyName& key) {
  const ProxyModel* proxy = world.proxies.get(reads, key.proxy);
  if (proxy == nullptr) return nullptr;
  const auto it = proxy->route_configurations.find(std::string_view(key.name));
  if (it == proxy->route_configurations.end()) return nullptr;
  return misdirected_requests(*proxy, proxy->listeners[it->second]);
}

}  // namespace limen::translate

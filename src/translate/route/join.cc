// Virtual hosts and route configurations, joined out of fragments that are ready.
#include <envoy/config/route/v3/route.pb.h>
#include <fmt/format.h>

#include "features/features.h"
#include "translate/hostnames.h"
#include "translate/route/rules.h"

namespace limen::translate {
namespace {

namespace route_v3 = envoy::config::route::v3;

route_v3::VirtualHost empty_virtual_host(const VirtualHostKey& key, const ListenerGuard* guard) {
  route_v3::VirtualHost message;
  if (guard != nullptr) message.ParseFromString(xds::serialise(*guard->virtual_host));
  message.set_name(fmt::format("{}/{}", std::string_view(key.listener), underscored(key.host)));
  message.add_domains(std::string(key.host));
  return message;
}

void add_rest(const ListenerGuard* guard, xds::FragmentBuilder& joined) {
  if (guard == nullptr) return;
  for (const FragmentPtr& route : guard->rest) joined.add(route);
}

// Adds all members: one by one, or in runs where they are many.  elements(range, out) adds those of
// a range.
template <class Group, class Elements>
void join(const Group& members, int element_field, Elements elements, xds::FragmentBuilder& out) {
  const bool folded = members.fold(
      [&](const auto& range) {
        xds::FragmentBuilder run(element_field, range.size());
        elements(range, run);
        return std::move(run).take();
      },
      [&](const xds::FragmentPtr& run) { out.add_run(run); });
  if (!folded) elements(members.all(), out);
}

}  // namespace

std::shared_ptr<const xds::Fragment> join_virtual_host(flow::Reads& reads, World& world,
                                                       const VirtualHostKey& key) {
  constexpr int kField = route_v3::VirtualHost::kRoutesFieldNumber;
  const auto& members = world.routes_of_virtual_host.get(reads, key);
  const ListenerGuard* guard = world.listener_guards.get(reads, {key.proxy, key.listener});
  xds::FragmentBuilder joined(empty_virtual_host(key, guard), kField, members.size() + 2);
  const auto elements = [](const auto& range, xds::FragmentBuilder& out) {
    for (const auto& [order, route_key, route] : range.sorted())
      out.add(route.entries[order.entry].route);
  };
  add_challenges(reads, world, key, guard, joined);
  if (guard == nullptr || !guard->closed) join(members, kField, elements, joined);
  add_rest(guard, joined);
  return std::move(joined).take();
}

std::shared_ptr<const xds::Fragment> join_route_configuration(flow::Reads& reads, World& world,
                                                              const ProxyName& key) {
  constexpr int kField = route_v3::RouteConfiguration::kVirtualHostsFieldNumber;
  route_v3::RouteConfiguration head;
  head.set_name(key.name);
  head.set_ignore_port_in_host_matching(true);
  // A service behind HTTPRoutes may speak gRPC-Web itself.
  if (world.grpc_routes_of.get(reads, key).empty()) features::turn_off_grpc_web(head);
  const auto& members = world.virtual_hosts_of.get(reads, key);
  const auto& unserved = world.unserved_hosts_of.get(reads, key);
  xds::FragmentBuilder joined(head, kField, members.size() + unserved.size() + 1);
  const auto elements = [](const auto& range, xds::FragmentBuilder& out) {
    for (const auto& [host, virtual_host] : range.shared()) out.add(virtual_host);
  };
  join(members, kField, elements, joined);
  join(unserved, kField, elements, joined);
  add_challenge_hosts(reads, world, key, joined);
  if (auto elsewhere = world.misdirected.share(reads, key)) joined.add(std::move(elsewhere));
  return std::move(joined).take();
}

std::shared_ptr<const xds::Fragment> hold_unserved_host(flow::Reads& reads, World& world,
                                                        const VirtualHostKey& key) {
  if (world.virtual_hosts.get(reads, key) != nullptr) return nullptr;
  const ListenerGuard* guard = world.listener_guards.get(reads, {key.proxy, key.listener});
  xds::FragmentBuilder joined(empty_virtual_host(key, guard),
                              route_v3::VirtualHost::kRoutesFieldNumber, 1);
  add_challenges(reads, world, key, guard, joined);
  add_rest(guard, joined);
  return std::move(joined).take();
}

}  // namespace limen::translate

// Filters of a listener (GEP-5224) in Envoy: its virtual hosts configure them.  Envoy looks at a
// virtual host's configuration only through a route, so each has one for what no other route takes.
#include <envoy/config/route/v3/route_components.pb.h>

#include "features/features.h"
#include "translate/route/rules.h"

namespace limen::translate {
namespace {

namespace route_v3 = envoy::config::route::v3;

constexpr uint32_t kNotFound = 404;
constexpr uint32_t kClosed = 500;

FragmentPtr rest_of(const ListenerModel& listener, bool closed) {
  route_v3::Route rest;
  rest.set_name(listener.ir_name() + (closed ? "/_closed" : kUnrouted));
  rest.mutable_match()->set_prefix("/");
  rest.mutable_direct_response()->set_status(closed ? kClosed : kNotFound);
  return xds::fragment_of(rest);
}

}  // namespace

std::shared_ptr<const ListenerGuard> guard_listener(flow::Reads& reads, World& world,
                                                    const ProxyName& key) {
  const ProxyModel* proxy = world.proxies.get(reads, key.proxy);
  if (proxy == nullptr) return nullptr;
  const auto it = proxy->guarded_listeners.find(std::string_view(key.name));
  if (it == proxy->guarded_listeners.end()) return nullptr;
  const ListenerModel& listener = proxy->listeners[it->second];

  auto guard = std::make_shared<ListenerGuard>();
  route_v3::VirtualHost part;
  for (size_t i = 0; i < listener.auths.size(); ++i) {
    const auto& [filter, cluster] = listener.auths[i];
    guard->closed |= !cluster;
    if (cluster)
      (*part.mutable_typed_per_filter_config())[features::listener_auth(i)] =
          features::external_auth(filter, cluster->text(), features::AuthPhase::kBeforeRouting);
  }
  if (guard->closed)
    part.Clear();
  else
    features::await_rerouting(part);
  guard->virtual_host = xds::fragment_of(part);
  guard->rest = rest_of(listener, guard->closed);
  return guard;
}

}  // namespace limen::translate

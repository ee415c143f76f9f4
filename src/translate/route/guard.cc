// Filters of a listener (GEP-5224) and SecurityPolicies of listeners in Envoy: their virtual hosts
// configure them; and those of a listener whose ClientTrafficPolicy cannot hold.  Envoy looks at a
// virtual host's configuration only through a route, so a guarded one has routes for what no other
// route takes.
#include <envoy/config/route/v3/route_components.pb.h>

#include <algorithm>

#include "features/features.h"
#include "features/jwt.h"
#include "translate/backend/resolve.h"
#include "translate/route/rules.h"

namespace limen::translate {
namespace {

namespace route_v3 = envoy::config::route::v3;

constexpr uint32_t kNotFound = 404;
constexpr uint32_t kClosed = 500;

FragmentPtr rest_of(const ProxyName& key, bool closed) {
  route_v3::Route rest;
  rest.set_name(key.name.str() + (closed ? "/_closed" : kUnrouted));
  rest.mutable_match()->set_prefix("/");
  rest.mutable_direct_response()->set_status(closed ? kClosed : kNotFound);
  return xds::fragment_of(rest);
}

// A browser's question ahead of a request whose route takes only that request's method.  Envoy's
// CORS filter answers only for routes that lead to a cluster; this one's does not exist.
FragmentPtr preflight_of(const ProxyName& key) {
  route_v3::Route route;
  route.set_name(key.name.str() + "/_preflight");
  features::write_preflight_match({}, "", *route.mutable_match());
  auto& action = *route.mutable_route();
  action.set_cluster(kInvalidBackend);
  action.set_cluster_not_found_response_code(route_v3::RouteAction::NOT_FOUND);
  return xds::fragment_of(route);
}

// nullptr: it has no filters.
const ListenerModel* listener_with_filters(flow::Reads& reads, World& world, const ProxyName& key) {
  if (world.guarded_listeners.get(reads, key).empty()) return nullptr;
  const ProxyModel* proxy = world.proxies.get(reads, key.proxy);
  if (proxy == nullptr) return nullptr;
  const auto it = proxy->guarded_listeners.find(std::string_view(key.name));
  return it == proxy->guarded_listeners.end() ? nullptr : &proxy->listeners[it->second];
}

void add_auths(const ListenerModel& listener, route_v3::VirtualHost& part, ListenerGuard& guard) {
  guard.gateway = listener.gateway;
  for (size_t i = 0; i < listener.auths.size(); ++i) {
    const auto& [filter, cluster] = listener.auths[i];
    guard.closed |= !cluster;
    if (!cluster) continue;
    guard.clusters.push_back(*cluster);
    (*part.mutable_typed_per_filter_config())[features::listener_auth(i)] =
        features::external_auth(filter, cluster->text(), features::AuthPhase::kBeforeRouting);
  }
}

void await_rerouting(const Text& route_configuration, route_v3::VirtualHost& part) {
  auto& filters = *part.mutable_typed_per_filter_config();
  features::await_rerouting(filters);
  const std::string jwt = features::jwt_filter(route_configuration);
  if (!filters.contains(jwt)) filters[jwt] = features::require_jwt("");
}

// Of the policy that prevails.  Whether it has to do with requests that no route takes.
bool add_policy(flow::Reads& reads, World& world, const ProxyName& key, route_v3::VirtualHost& part,
                ListenerGuard& guard) {
  const auto& policies = world.policies_of_listener.get(reads, key);
  if (policies.empty()) return false;
  const auto [rank, policy, listeners] = *policies.sorted().begin();
  const PolicyListeners::Place& place = listeners.places.at(key);
  guard.gateway = place.gateway;
  const SecurityModel* security = world.security.get(reads, policy);
  if (security == nullptr) return false;
  route_v3::Route entries;
  entries.ParseFromString(xds::serialise(*security->filters));
  features::use_in_virtual_host(*entries.mutable_typed_per_filter_config());
  for (auto& [name, entry] : *entries.mutable_typed_per_filter_config()) {
    if (name == features::kListenerCors && !features::does_nothing(name, entry))
      guard.rest.push_back(preflight_of(key));
    if (!features::does_nothing(name, entry))
      (*part.mutable_typed_per_filter_config())[name] = std::move(entry);
  }
  guard.clusters.insert(guard.clusters.end(), security->clusters.begin(), security->clusters.end());
  if (security->asks_tokens) {
    guard.jwt = JwtUse{key.proxy, place.route_configuration, policy};
    (*part.mutable_typed_per_filter_config())[features::jwt_filter(place.route_configuration)] =
        features::require_jwt(security->requirement());
  }
  if (security->reroutes) await_rerouting(place.route_configuration, part);
  if (security->login) guard.needs.add(*security->login);
  return security->login.has_value();  // the callback need not be a path of any route
}

}  // namespace

std::shared_ptr<const ListenerGuard> guard_listener(flow::Reads& reads, World& world,
                                                    const ProxyName& key) {
  auto guard = std::make_shared<ListenerGuard>();
  route_v3::VirtualHost part;
  bool has_rest = add_policy(reads, world, key, part, *guard);
  if (const ListenerModel* listener = listener_with_filters(reads, world, key)) {
    add_auths(*listener, part, *guard);
    if (guard->closed) {
      part.Clear();
      guard->rest.clear();
    } else {
      await_rerouting(listener->route_configuration, part);
    }
    has_rest = true;
  }
  if (!world.closed_listeners.get(reads, key).empty()) {
    const ObjectKey gateway = guard->gateway;
    *guard = ListenerGuard();
    guard->gateway = gateway;
    guard->closed = true;
    part.Clear();
    has_rest = true;
  }
  if (has_rest) guard->rest.push_back(rest_of(key, guard->closed));
  guard->virtual_host = xds::fragment_of(part);
  std::sort(guard->clusters.begin(), guard->clusters.end());
  guard->clusters.erase(std::unique(guard->clusters.begin(), guard->clusters.end()),
                        guard->clusters.end());
  return guard;
}

}  // namespace limen::translate

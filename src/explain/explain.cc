#include "explain/explain.h"

#include <absl/strings/match.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <envoy/config/endpoint/v3/endpoint.pb.h>
#include <envoy/config/listener/v3/listener.pb.h>
#include <envoy/config/route/v3/route.pb.h>
#include <envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h>
#include <envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "explain/match.h"
#include "explain/route_text.h"
#include "features/security.h"
#include "translate/backend/resolve.h"
#include "translate/route/rules.h"

namespace limen::explain {
namespace {

namespace listener_v3 = envoy::config::listener::v3;
namespace route_v3 = envoy::config::route::v3;
using Hcm = envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;

constexpr size_t kMostNearMisses = 5;

// "httproute/default/shop/rule/0/match/1/host" -> HTTPRoute/default/shop, spec.rules[0].matches[1];
// "grpcroute/..." -> GRPCRoute/...
Source source_of(const std::string& route_name) {
  const std::vector<std::string> parts = absl::StrSplit(route_name, '/');
  constexpr size_t kRule = 4, kMatch = 6;
  if (parts.size() <= kMatch) return {route_name, ""};
  std::string field = fmt::format("spec.rules[{}]", parts[kRule]);
  if (parts[kMatch] != "-1") field += fmt::format(".matches[{}]", parts[kMatch]);
  const char* kind = parts[0] == "grpcroute" ? "GRPCRoute" : "HTTPRoute";
  return {fmt::format("{}/{}/{}", kind, parts[1], parts[2]), field};
}

class Explainer {
 public:
  Explainer(const translate::Output& output, const Request& request)
      : output_(output), request_(request) {}

  Explanation run() {
    if (refused_before_routing()) return std::move(result_);
    const auto routes = route_configuration();
    if (!routes) return std::move(result_);
    const route_v3::VirtualHost* host = find_virtual_host(*routes, request_.host);
    if (host == nullptr) {
      result_.outcome = fmt::format("is answered with 404: no route of the listener takes host {}",
                                    request_.host);
      return std::move(result_);
    }
    result_.virtual_host = absl::StrJoin(host->domains(), ", ");
    const std::vector<Share> shares = choose(*host);
    add_filters(*host, shares.empty() ? nullptr : shares[0].route);
    if (shares.empty()) {
      result_.outcome = "is answered with 404: no route matches";
      return std::move(result_);
    }
    result_.source = source_of(shares[0].route->name());
    for (const Share& share : shares) describe(share);
    return std::move(result_);
  }

 private:
  // Those of the virtual host that the route does not say something else of.
  void add_filters(const route_v3::VirtualHost& host, const route_v3::Route* route) {
    for (const auto& [name, config] : host.typed_per_filter_config()) {
      if (route != nullptr && route->typed_per_filter_config().contains(name)) continue;
      if (!features::does_nothing(name, config)) result_.filters.push_back(name);
    }
    std::sort(result_.filters.begin(), result_.filters.end());
  }

  // What our listeners answer before they look at routes (see listener.cc, harden()).
  bool refused_before_routing() {
    for (const auto& [name, value] : request_.headers) {
      if (name.find('_') == std::string::npos) continue;
      result_.outcome = fmt::format("is answered with 400: header {} has an underscore", name);
      return true;
    }
    for (const char* escaped : {"%2f", "%2F", "%5c", "%5C"}) {
      if (request_.path.find(escaped) == std::string::npos) continue;
      result_.outcome = "is redirected (307) to the path with its escaped slashes unescaped";
      return true;
    }
    return false;
  }

  template <class Message>
  std::optional<Message> find(const std::string& proxy, xds::ResourceType type,
                              const std::string& name) const {
    for (const auto& change : output_.resources) {
      if (change.proxy != proxy || change.type != type || change.name != name ||
          change.resource == nullptr)
        continue;
      Message message;
      if (message.ParseFromString(xds::serialise(*change.resource))) return message;
    }
    return std::nullopt;
  }

  // Of the listener and filter chain that take the request.
  std::optional<route_v3::RouteConfiguration> route_configuration() {
    std::set<uint32_t> ports;
    for (const auto& change : output_.resources) {
      if (change.type != xds::ResourceType::kListener || change.resource == nullptr) continue;
      listener_v3::Listener listener;
      if (!listener.ParseFromString(xds::serialise(*change.resource))) continue;
      const auto& address = listener.address().socket_address();
      if (address.protocol() == envoy::config::core::v3::SocketAddress::UDP) continue;
      const uint32_t port = address.port_value();
      ports.insert(port);
      if (static_cast<int>(port) != request_.port) continue;
      result_.proxy = change.proxy;
      result_.listener = listener.name();
      return routes_of(change.proxy, listener);
    }
    result_.outcome = fmt::format("finds no listener: port {} is not served (ports are: {})",
                                  request_.port, fmt::join(ports, ", "));
    return std::nullopt;
  }

  std::optional<route_v3::RouteConfiguration> routes_of(const std::string& proxy,
                                                        const listener_v3::Listener& listener) {
    const bool plain = listener.has_default_filter_chain();
    const bool https = listener.listener_filters_size() > 0;  // or TLS: it looks at server names
    if (!plain && !https) return connection(listener.filter_chains(0));
    if (https != request_.https) {
      result_.outcome = fmt::format("fails: the listener speaks {}, the request {}",
                                    https ? "HTTPS" : "HTTP", https ? "HTTP" : "HTTPS");
      return std::nullopt;
    }
    const listener_v3::FilterChain* chain =
        https ? chain_of(listener) : &listener.default_filter_chain();
    if (chain == nullptr) {
      result_.outcome = fmt::format("fails in the TLS handshake: no listener is for server name {}",
                                    request_.host);
      return std::nullopt;
    }
    if (https) result_.listener = chain->name();
    Hcm hcm;
    if (!chain->filters(0).typed_config().UnpackTo(&hcm)) return connection(*chain);
    return find<route_v3::RouteConfiguration>(proxy, xds::ResourceType::kRouteConfiguration,
                                              hcm.rds().route_config_name());
  }

  // A TLSRoute or TCPRoute has the connection, and nobody looks at the request.
  std::optional<route_v3::RouteConfiguration> connection(const listener_v3::FilterChain& chain) {
    result_.listener = chain.name();
    envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy proxy;
    chain.filters(0).typed_config().UnpackTo(&proxy);
    for (const auto& cluster : proxy.weighted_clusters().clusters())
      add_backend(cluster.name(), cluster.weight());
    if (proxy.weighted_clusters().clusters().empty()) add_backend(proxy.cluster(), 1);
    const bool closed = proxy.cluster() == translate::kInvalidBackend;
    result_.outcome = closed
                          ? "fails: its connection is closed, for there is no route with a backend"
                          : "goes to a backend as it is: the listener proxies connections and "
                            "looks at no request";
    return std::nullopt;
  }

  // By server name: exact, then the longest wildcard, then the chain for all.
  const listener_v3::FilterChain* chain_of(const listener_v3::Listener& listener) const {
    const listener_v3::FilterChain* best = nullptr;
    size_t best_length = 0;
    for (const auto& chain : listener.filter_chains()) {
      const auto& names = chain.filter_chain_match().server_names();
      const std::string name = names.empty() ? "*" : names[0];
      if (!is_under(name, request_.host)) continue;
      const size_t length = name == request_.host ? SIZE_MAX : name.size();
      if (best != nullptr && length <= best_length) continue;
      best = &chain;
      best_length = length;
    }
    return best;
  }

  // A route that takes a part of the requests that match it, in millionths.  The routes of one rule
  // are tried with one random number: see HttpShare in translate/route/http.h.
  struct Share {
    const route_v3::Route* route;
    uint32_t part;
  };
  static constexpr uint32_t kAll = 1'000'000;

  // The route that takes the request, or those that share its like; empty: none does.
  std::vector<Share> choose(const route_v3::VirtualHost& host) {
    std::vector<Share> shares;
    uint32_t taken = 0;
    for (const route_v3::Route& route : host.routes()) {
      if (absl::EndsWith(route.name(), translate::kUnrouted)) break;
      const auto why = mismatch(route.match(), request_);
      if (!why) {
        const auto& match = route.match();
        const uint32_t below = match.has_runtime_fraction()
                                   ? match.runtime_fraction().default_value().numerator()
                                   : kAll;
        if (below > taken) shares.push_back({&route, below - taken});
        taken = std::max(taken, below);
        if (taken >= kAll) return shares;
      } else if (shares.empty() && why->near && result_.near_misses.size() < kMostNearMisses) {
        result_.near_misses.push_back({source_of(route.name()), why->reason});
      }
    }
    return shares;
  }

  void describe(const Share& share) {
    const bool whole = share.part == kAll;
    const std::string often = whole ? "" : fmt::format("in {} % of cases ", share.part / 1e4);
    result_.outcome += (result_.outcome.empty() ? "" : ", ") + often + outcome_of(*share.route);
    for (const std::string& filter : filters_of(*share.route))
      result_.filters.push_back(whole ? filter : often + filter);
    if (share.route->has_route()) list_backends(share.route->route(), whole ? 1 : share.part);
  }

  void list_backends(const route_v3::RouteAction& action, uint32_t weight) {
    if (action.has_weighted_clusters()) {
      for (const auto& cluster : action.weighted_clusters().clusters())
        add_backend(cluster.name(), cluster.weight().value());
    } else {
      add_backend(action.cluster(), weight);
    }
  }

  void add_backend(const std::string& cluster, uint32_t weight) {
    Backend backend{cluster, weight, {}};
    const auto assignment = find<envoy::config::endpoint::v3::ClusterLoadAssignment>(
        result_.proxy, xds::ResourceType::kEndpoints, cluster);
    if (assignment) {
      for (const auto& locality : assignment->endpoints()) {
        for (const auto& endpoint : locality.lb_endpoints()) {
          const auto& address = endpoint.endpoint().address();
          backend.endpoints.push_back(address.has_pipe()
                                          ? address.pipe().path()
                                          : fmt::format("{}:{}", address.socket_address().address(),
                                                        address.socket_address().port_value()));
        }
      }
    }
    result_.backends.push_back(std::move(backend));
  }

  const translate::Output& output_;
  const Request& request_;
  Explanation result_;
};

}  // namespace

Explanation explain(const translate::Output& output, const Request& request) {
  return Explainer(output, request).run();
}

}  // namespace limen::explain

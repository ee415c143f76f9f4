// Random TLSRoutes on random listeners of one port: for each server name, the filter chain that
// Envoy would choose leads to the route that the specification chooses.
#include <envoy/config/listener/v3/listener.pb.h>
#include <envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "translate/hostnames.h"
#include "translate/test_objects.h"
#include "translate/translator.h"

namespace limen::translate {
namespace {

using Strings = std::vector<std::string>;

const Strings kPatterns = {"a.test",     "*.test",   "b.a.test", "*.a.test",
                           "c.b.a.test", "*.b.test", "x.b.test", "*.b.a.test"};
const Strings kServerNames = {"a.test",   "b.test",     "b.a.test", "z.a.test", "c.b.a.test",
                              "x.b.test", "d.x.b.test", "test",     "a.org",    "q.z.a.test"};

struct Route {
  Strings hostnames;
  int day;  // of its creation
};

// A part of kPatterns, never empty.
Strings some_patterns(std::mt19937& random, size_t most) {
  Strings chosen = kPatterns;
  std::shuffle(chosen.begin(), chosen.end(), random);
  chosen.resize(1 + random() % most);
  return chosen;
}

class Port {
 public:
  Port(const Strings& listeners, const std::vector<Route>& routes) {
    api::ChangeBatch world = {our_class()};
    std::string all;
    for (size_t i = 0; i < listeners.size(); ++i)
      all += fmt::format(
          "{{name: l{}, port: 443, protocol: TLS, tls: {{mode: Passthrough}}, hostname: '{}'}}, ",
          i, listeners[i]);
    world.push_back(
        object(fmt::format("{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: "
                           "{{name: g}}, spec: {{gatewayClassName: c, listeners: [{}]}}}}",
                           all)));
    for (size_t i = 0; i < routes.size(); ++i) add_route(i, routes[i], world);
    const Output output = Translator(Options{}).apply({std::move(world), {}, {}});
    for (const auto& change : output.resources) {
      if (change.type == xds::ResourceType::kListener)
        listener_.ParseFromString(xds::serialise(*change.resource));
    }
  }

  // The cluster of the chain that Envoy chooses; "": none.
  std::string cluster_for(const std::string& server_name) const {
    for (const std::string& pattern : patterns_of(server_name)) {
      for (const auto& chain : listener_.filter_chains()) {
        if (chain.filter_chain_match().server_names(0) != pattern) continue;
        envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy proxy;
        chain.filters(0).typed_config().UnpackTo(&proxy);
        return proxy.cluster() == "invalid-backend-cluster" ? "" : proxy.cluster();
      }
    }
    return {};
  }

 private:
  static void add_route(size_t id, const Route& route, api::ChangeBatch& world) {
    world.push_back(object(fmt::format(
        "{{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: Backend, metadata: {{name: r{}}}, "
        "spec: {{endpoints: [{{ip: {{address: 127.0.0.1, port: 1}}}}]}}}}",
        id)));
    std::string hostnames;
    for (const std::string& hostname : route.hostnames) hostnames += "'" + hostname + "', ";
    world.push_back(object(fmt::format(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: TLSRoute, metadata: {{name: r{}, "
        "creationTimestamp: '2024-01-0{}T00:00:00Z'}}, spec: {{parentRefs: [{{name: g}}], "
        "hostnames: [{}], rules: [{{backendRefs: [{{group: gateway.envoyproxy.io, kind: Backend, "
        "name: r{}}}]}}]}}}}",
        id, route.day, hostnames, id)));
  }

  envoy::config::listener::v3::Listener listener_;
};

// The most specific pattern that covers the name; "": none.
std::string best(const Strings& patterns, const std::string& name) {
  std::string found;
  for (const std::string& pattern : patterns) {
    if (covers(pattern, name) && (found.empty() || specificity(pattern) > specificity(found)))
      found = pattern;
  }
  return found;
}

// Source: GatewaySpec.listeners (the most specific listener only) and, among its routes,
// GatewayRouteHostnameIntersectionPrecedence, then age, then name.
std::string expected(const Strings& listeners, const std::vector<Route>& routes,
                     const std::string& name) {
  if (best(listeners, name).empty()) return {};
  std::optional<size_t> winner;
  const auto rank = [&](size_t id) {
    return std::make_tuple(-static_cast<int>(specificity(best(routes[id].hostnames, name))),
                           routes[id].day, id);
  };
  for (size_t id = 0; id < routes.size(); ++id) {
    if (best(routes[id].hostnames, name).empty()) continue;
    if (!winner || rank(id) < rank(*winner)) winner = id;
  }
  return winner ? fmt::format("backend/default/r{}/tls", *winner) : "";
}

TEST(StreamPrecedence, EachServerNameGoesWhereTheSpecificationSays) {
  std::mt19937 random(7);
  for (int world = 0; world < 200; ++world) {
    const Strings listeners = some_patterns(random, 3);
    std::vector<Route> routes(1 + random() % 6);
    for (Route& route : routes)
      route = {some_patterns(random, 3), static_cast<int>(1 + random() % 3)};
    const Port port(listeners, routes);
    for (const std::string& name : kServerNames)
      ASSERT_EQ(port.cluster_for(name), expected(listeners, routes, name))
          << name << " in world " << world;
  }
}

}  // namespace
}  // namespace limen::translate

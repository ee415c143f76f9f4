// What an edit costs where policies look far: only what it affects.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "translate/test_objects.h"
#include "translate/translator.h"

namespace limen::translate {
namespace {

constexpr char kTo[] = "backendRefs: [{group: gateway.envoyproxy.io, kind: Backend, name: b}]";

api::ObjectChange policy(const std::string& name, const std::string& spec) {
  return object(
      fmt::format("{{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: SecurityPolicy, metadata: "
                  "{{name: {}}}, spec: {{{}}}}}",
                  name, spec));
}

std::string target(const std::string& kind, const std::string& name) {
  return fmt::format("targetRefs: [{{group: gateway.networking.k8s.io, kind: {}, name: {}}}]", kind,
                     name);
}

std::string allow(const std::string& range) {
  return fmt::format(
      ", authorization: {{rules: [{{action: Allow, principal: {{clientCIDRs: [{}]}}}}]}}", range);
}

// Of one of so many TCPRoutes, each on a listener of its own.
size_t rows_of_a_connection_policy(int count) {
  Translator translator{Options{}};
  std::string listeners;
  api::ChangeBatch world = {our_class(), some_backend()};
  for (int i = 0; i < count; ++i) {
    listeners += fmt::format("{{name: l{0}, port: {1}, protocol: TCP}}, ", i, 9000 + i);
    world.push_back(object(fmt::format(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: TCPRoute, metadata: {{name: r{0}}}, spec: "
        "{{parentRefs: [{{name: g, sectionName: l{0}}}], rules: [{{{1}}}]}}}}",
        i, kTo)));
  }
  world.push_back(gateway("listeners: [" + listeners + "]"));
  world.push_back(policy("p", target("TCPRoute", "r1") + allow("10.0.0.0/8")));
  translator.apply({std::move(world), {}, {}});
  const Output output =
      translator.apply({{policy("p", target("TCPRoute", "r1") + allow("192.0.2.0/24"))}, {}, {}});
  EXPECT_EQ(output.resources.size(), 1u);
  return output.rows;
}

TEST(PolicyCost, OfConnectionsIsThatOfTheirRoute) {
  const size_t rows = rows_of_a_connection_policy(4);
  EXPECT_LE(rows, 10u);
  EXPECT_EQ(rows_of_a_connection_policy(60), rows);
}

api::ObjectChange route(int id, const std::string& name_space, const std::string& path) {
  return object(fmt::format(
      "{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: r{0}, "
      "namespace: {1}, labels: {{team: a}}}}, spec: {{parentRefs: [{{name: g, namespace: default}}], "
      "hostnames: [h{0}.{1}.test], rules: [{{matches: [{{path: {{value: /{2}}}}}], {3}}}]}}}}",
      id, name_space, path, kTo));
}

// Of a route in a namespace where a selector of another one's policy looks, and which has so many.
size_t rows_of_a_route_among_selected(int count, bool is_selected) {
  Translator translator{Options{}};
  api::ChangeBatch world = {
      our_class(), some_backend(),
      gateway("listeners: [{name: a, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: "
              "All}}}]"),
      object(
          "{apiVersion: gateway.networking.k8s.io/v1beta1, kind: ReferenceGrant, metadata: {name: "
          "x, namespace: apart}, spec: {from: [{group: gateway.envoyproxy.io, kind: "
          "SecurityPolicy, namespace: default}], to: [{group: gateway.networking.k8s.io, kind: "
          "HTTPRoute}]}}"),
      policy("p",
             "targetSelectors: [{kind: HTTPRoute, namespaces: {from: All}, matchLabels: {team: "
             "a}}]" +
                 allow("10.0.0.0/8"))};
  for (int i = 0; i < count; ++i) {
    world.push_back(route(i, "apart", "a"));
    world.push_back(route(i, "elsewhere", "a"));
  }
  translator.apply({std::move(world), {}, {}});
  return translator.apply({{route(1, is_selected ? "apart" : "elsewhere", "b")}, {}, {}}).rows;
}

TEST(PolicyCost, OfARouteIsTheSameWhereverSelectorsLook) {
  const size_t other = rows_of_a_route_among_selected(4, false);
  EXPECT_LE(other, 6u);
  EXPECT_EQ(rows_of_a_route_among_selected(200, false), other);
  const size_t selected = rows_of_a_route_among_selected(4, true);
  EXPECT_LE(selected, 9u);
  EXPECT_EQ(rows_of_a_route_among_selected(200, true), selected);
}

// Of the policy of one of so many routes, each with one of its own; `more`: of its spec.
size_t rows_of_a_route_policy(int count, const std::string& more) {
  Translator translator{Options{}};
  api::ChangeBatch world = {our_class(), some_backend(),
                            gateway("listeners: [{name: a, port: 80, protocol: HTTP}]"),
                            policy("all", target("Gateway", "g") + ", csrf: {}")};
  const auto of = [&](int i, const std::string& range) {
    return policy(fmt::format("p{}", i),
                  target("HTTPRoute", fmt::format("r{}", i)) + allow(range) + more);
  };
  for (int i = 0; i < count; ++i) {
    world.push_back(route(i, "default", "a"));
    world.push_back(of(i, "10.0.0.0/8"));
  }
  translator.apply({std::move(world), {}, {}});
  const Output output = translator.apply({{of(1, "192.0.2.0/24")}, {}, {}});
  EXPECT_EQ(output.resources.size(), 1u);
  return output.rows;
}

TEST(PolicyCost, OfARouteIsItsOwn) {
  for (const char* more :
       {"", ", mergeType: StrategicMerge",
        ", jwt: {providers: [{name: x, remoteJWKS: {uri: 'https://x.test/keys'}}]}"}) {
    const size_t rows = rows_of_a_route_policy(4, more);
    EXPECT_LE(rows, 15u) << more;
    EXPECT_EQ(rows_of_a_route_policy(200, more), rows) << more;
  }
}

// Of what clients of one of so many listeners have to be like, each on a port of its own.
size_t rows_of_a_client_policy(int count) {
  Translator translator{Options{}};
  std::string listeners;
  for (int i = 0; i < count; ++i)
    listeners += fmt::format("{{name: l{0}, port: {1}, protocol: HTTP}}, ", i, 9000 + i);
  api::ChangeBatch world = {our_class(), some_backend(), gateway("listeners: [" + listeners + "]"),
                            route(1, "default", "a")};
  const auto of = [](int i, const std::string& action) {
    return object(fmt::format(
        "{{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: ClientTrafficPolicy, metadata: "
        "{{name: p{0}}}, spec: {{targetRefs: [{{group: gateway.networking.k8s.io, kind: Gateway, "
        "name: g, sectionName: l{0}}}], headers: {{withUnderscoresAction: {1}}}}}}}",
        i, action));
  };
  for (int i = 0; i < count; ++i) world.push_back(of(i, "DropHeader"));
  translator.apply({std::move(world), {}, {}});
  const Output output = translator.apply({{of(1, "Allow")}, {}, {}});
  EXPECT_EQ(output.resources.size(), 1u);
  return output.rows;
}

TEST(PolicyCost, OfClientsIsThatOfTheirListener) {
  const size_t rows = rows_of_a_client_policy(4);
  EXPECT_LE(rows, 15u);
  EXPECT_EQ(rows_of_a_client_policy(60), rows);
}

api::ObjectChange databases(const std::string& path) {
  return object(fmt::format(
      "{{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: EnvoyProxy, metadata: {{name: p}}, spec: "
      "{{geoIP: {{provider: {{type: MaxMind, maxMind: {{countryDbSource: {{local: {{path: "
      "{}}}}}}}}}}}}}}}",
      path));
}

// Of another database, where policies of so many routes ask for what it has.
Output output_of_a_database(int count) {
  Translator translator{Options{}};
  api::ChangeBatch world = {
      our_class(), some_backend(), databases("/a.mmdb"),
      gateway("infrastructure: {parametersRef: {group: gateway.envoyproxy.io, kind: EnvoyProxy, "
              "name: p}}, listeners: [{name: a, port: 80, protocol: HTTP}]")};
  for (int i = 0; i < count; ++i) {
    world.push_back(route(i, "default", "a"));
    world.push_back(
        policy(fmt::format("p{}", i), target("HTTPRoute", fmt::format("r{}", i)) +
                                          ", authorization: {rules: [{action: Allow, principal: "
                                          "{clientIPGeoLocations: [{country: DE}]}}]}"));
  }
  translator.apply({std::move(world), {}, {}});
  return translator.apply({{databases("/b.mmdb")}, {}, {}});
}

TEST(PolicyCost, OfADatabaseIsOneResource) {
  const Output output = output_of_a_database(4);
  ASSERT_EQ(output.resources.size(), 1u);
  EXPECT_EQ(output.resources[0].type, xds::ResourceType::kExtensionConfig);
  EXPECT_EQ(output_of_a_database(100).resources.size(), 1u);
}

api::ChangeBatch asking_policy(int id, const std::string& settings) {
  return {policy(
      fmt::format("p{}", id),
      target("HTTPRoute", fmt::format("r{}", id)) +
          fmt::format(", extAuth: {{http: {{{}, backendSettings: {{{}}}}}}}", kTo, settings))};
}

// Of one of so many policies, each of a route of its own, that ask the same service.
Output edit_of_settings(int count, const std::string& before, const std::string& after) {
  Translator translator{Options{}};
  api::ChangeBatch world = {our_class(), some_backend(),
                            gateway("listeners: [{name: a, port: 80, protocol: HTTP}]")};
  for (int i = 0; i < count; ++i) {
    world.push_back(route(i, "default", "a"));
    world.push_back(asking_policy(i, before).front());
  }
  translator.apply({std::move(world), {}, {}});
  return translator.apply({asking_policy(1, after), {}, {}});
}

TEST(PolicyCost, OfSettingsIsThePolicyItsRouteAndACluster) {
  const std::string few = "circuitBreaker: {maxConnections: 1}", many = "circuitBreaker: {}";
  const Output output = edit_of_settings(4, few, many);
  std::set<std::string> added, gone;
  for (const auto& change : output.resources) {
    EXPECT_NE(change.type, xds::ResourceType::kListener);
    (change.resource == nullptr ? gone : added).insert(change.name);
  }
  EXPECT_LE(output.rows, 20u);
  EXPECT_EQ(edit_of_settings(60, few, many).rows, output.rows);
  // The others' cluster stays, and the route's comes.
  EXPECT_EQ(gone.size(), 0u);
  EXPECT_EQ(std::count_if(added.begin(), added.end(),
                          [](const auto& name) { return name.find("/settings/") != name.npos; }),
            1);
  // Of retries no cluster knows.
  for (const auto& change : edit_of_settings(4, few, few + ", retry: {}").resources)
    EXPECT_EQ(change.type, xds::ResourceType::kRouteConfiguration) << change.name;
}

}  // namespace
}  // namespace limen::translate

// What a change of TLS with backends costs: the rows of that Backend, the clusters of that proxy.
#include <fmt/format.h>

#include "translate/test_objects.h"
#include "translate/translator.h"

namespace limen::translate {
namespace {

api::ObjectChange backend(int id, const std::string& tls) {
  return object(
      fmt::format("{{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: Backend, metadata: {{name: "
                  "b{}}}, spec: {{endpoints: [{{ip: {{address: 127.0.0.1, port: 1}}}}], tls: "
                  "{{wellKnownCACertificates: System, {}}}}}}}",
                  id, tls));
}

api::ObjectChange route(int id) {
  return object(fmt::format(
      "{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: r{0}}}, spec: "
      "{{parentRefs: [{{name: g}}, {{name: h}}], hostnames: [h{0}.test], rules: [{{backendRefs: "
      "[{{group: gateway.envoyproxy.io, kind: Backend, name: b{0}}}]}}]}}}}",
      id));
}

api::ObjectChange envoy_proxy(const std::string& backend_tls) {
  return object(
      "{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: EnvoyProxy, metadata: {name: e}, spec: "
      "{backendTLS: {" +
      backend_tls + "}}}");
}

// So many Backends with TLS and routes to them, by two Gateways of which one has an EnvoyProxy.
api::ChangeBatch world_of(int count) {
  api::ChangeBatch world = {
      our_class(), envoy_proxy("minVersion: '1.2'"),
      gateway("infrastructure: {parametersRef: {group: gateway.envoyproxy.io, kind: EnvoyProxy, "
              "name: e}}, listeners: [{name: a, port: 80, protocol: HTTP}]"),
      object("{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: h}, spec: "
             "{gatewayClassName: c, listeners: [{name: a, port: 81, protocol: HTTP}]}}")};
  for (int i = 0; i < count; ++i) {
    world.push_back(backend(i, fmt::format("sni: b{}.test", i)));
    world.push_back(route(i));
  }
  return world;
}

size_t rows_of_a_backend(int count) {
  Translator translator{Options{}};
  translator.apply({world_of(count), {}, {}});
  const Output output = translator.apply({{backend(1, "sni: other.test")}, {}, {}});
  EXPECT_EQ(output.resources.size(), 2u) << "its cluster in each proxy";
  for (const auto& change : output.resources) {
    EXPECT_EQ(change.type, xds::ResourceType::kCluster);
    EXPECT_EQ(change.name, "backend/default/b1");
  }
  return output.rows;
}

TEST(BackendTlsCost, OfABackendIsThatOfItsRows) {
  const size_t rows = rows_of_a_backend(4);
  EXPECT_LE(rows, 10u);
  EXPECT_EQ(rows_of_a_backend(60), rows);
}

TEST(BackendTlsCost, OfAnEnvoyProxyIsThatOfItsClusters) {
  constexpr int kCount = 5;
  Translator translator{Options{}};
  translator.apply({world_of(kCount), {}, {}});
  const Output output = translator.apply({{envoy_proxy("minVersion: '1.3'")}, {}, {}});
  EXPECT_EQ(output.resources.size(), size_t{kCount});
  for (const auto& change : output.resources) {
    EXPECT_EQ(change.type, xds::ResourceType::kCluster) << change.name;
    EXPECT_EQ(change.proxy, "default/g");
  }
  EXPECT_TRUE(output.statuses.empty());
}

}  // namespace
}  // namespace limen::translate

// What an edit of a TLSRoute, TCPRoute or UDPRoute costs does not depend on how many there are.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "translate/test_objects.h"
#include "translate/translator.h"

namespace limen::translate {
namespace {

api::ObjectChange route(const char* kind, int id, const std::string& hostnames, int weight) {
  return object(fmt::format(
      "{{apiVersion: gateway.networking.k8s.io/v1, kind: {}, metadata: {{name: r{}}}, spec: "
      "{{parentRefs: [{{name: g}}], {}rules: [{{backendRefs: [{{group: gateway.envoyproxy.io, kind: "
      "Backend, name: b}}, {{group: gateway.envoyproxy.io, kind: Backend, name: b, weight: "
      "{}}}]}}]}}}}",
      kind, id, hostnames, weight));
}

api::ObjectChange tls_route(int id, int weight) {
  return route("TLSRoute", id, fmt::format("hostnames: [h{}.test], ", id), weight);
}

// The rows that one edit runs in a world of `count` TLSRoutes on one port.
size_t rows_of_an_edit(int count) {
  Translator translator{Options{}};
  api::ChangeBatch world = {
      our_class(),
      gateway(
          "listeners: [{name: tls, port: 8443, protocol: TLS, tls: {mode: Passthrough}}, {name: udp, port: 53, protocol: UDP}]"),
      some_backend()};
  for (int id = 0; id < count; ++id) world.push_back(tls_route(id, 1));
  translator.apply({std::move(world), {}, {}});
  const Output output = translator.apply({{tls_route(count / 2, 2)}, {}, {}});
  EXPECT_EQ(output.resources.size(), 1u);
  EXPECT_EQ(output.resources.at(0).type, xds::ResourceType::kListener);
  return output.rows;
}

TEST(StreamRoute, AnEditCostsTheSameAmongMany) {
  const size_t rows = rows_of_an_edit(10);
  EXPECT_LE(rows, 10u);
  EXPECT_EQ(rows_of_an_edit(1000), rows);
}

TEST(StreamRoute, AListenerSharesTheChainsThatStay) {
  Translator translator{Options{}};
  translator.apply(
      {{our_class(),
        gateway("listeners: [{name: tls, port: 8443, protocol: TLS, tls: {mode: Passthrough}}]")},
       {},
       {}});
  const auto listener_after = [&](int id, int weight) {
    return translator.apply({{tls_route(id, weight)}, {}, {}}).resources.at(0).resource;
  };
  listener_after(1, 1);
  const xds::FragmentPtr before = listener_after(2, 1);
  const xds::FragmentPtr after = listener_after(1, 2);
  ASSERT_EQ(before->elements.size(), 3u);  // and the one that closes what no route takes
  ASSERT_EQ(after->elements.size(), 3u);
  EXPECT_EQ(before->elements[1], after->elements[1]);
}

}  // namespace
}  // namespace limen::translate

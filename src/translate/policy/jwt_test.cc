// Tokens among many routes and policies: what one edit costs, and what filters hold.
#include <envoy/config/core/v3/extension.pb.h>
#include <envoy/extensions/filters/http/jwt_authn/v3/config.pb.h>
#include <fmt/format.h>

#include "base/yaml.h"
#include "features/jwt.h"
#include "translate/test_objects.h"
#include "translate/translator.h"

namespace limen::translate {
namespace {

constexpr char kKeys[] = R"('{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}')";
constexpr char kFilter[] = "envoy.filters.http.jwt_authn/default/g/a";

api::ObjectChange route(int index, const std::string& path = "/") {
  return object(fmt::format(
      "{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: r{0}, labels: "
      "{{all: 'yes'}}}}, spec: {{parentRefs: [{{name: g, sectionName: a}}], hostnames: [h{0}.test], "
      "rules: [{{matches: [{{path: {{value: {1}}}}}], backendRefs: [{{group: "
      "gateway.envoyproxy.io, kind: Backend, name: b}}]}}]}}}}",
      index, path));
}

// For all routes or, with an index, one of them.
api::ObjectChange policy(const std::string& audience, int index = -1) {
  const std::string target =
      index < 0 ? "targetSelectors: [{kind: HTTPRoute, matchLabels: {all: 'yes'}}]"
                : fmt::format(
                      "targetRefs: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, "
                      "name: r{}}}]",
                      index);
  return object(fmt::format(
      "{{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: SecurityPolicy, metadata: {{name: p{}}}, "
      "spec: {{{}, jwt: {{providers: [{{name: idp, audiences: [{}], localJWKS: {{inline: {}}}}}]}}}}}}",
      index < 0 ? "" : std::to_string(index), target, audience, kKeys));
}

api::ChangeBatch world(int routes) {
  api::ChangeBatch batch = {our_class(), some_backend(),
                            gateway("listeners: [{name: a, port: 80, protocol: HTTP}, {name: b, "
                                    "port: 81, protocol: HTTP}]")};
  for (int i = 0; i < routes; ++i) batch.push_back(route(i));
  return batch;
}

features::JwtAuthentication filter_in(const xds::FragmentPtr& fragment) {
  envoy::config::core::v3::TypedExtensionConfig config;
  config.ParseFromString(xds::serialise(*fragment));
  EXPECT_EQ(config.name(), kFilter);
  features::JwtAuthentication filter;
  EXPECT_TRUE(config.typed_config().UnpackTo(&filter));
  return filter;
}

const xds::ResourceChange* change_of(const Output& output, const std::string& name) {
  for (const auto& change : output.resources) {
    if (change.type == xds::ResourceType::kExtensionConfig && change.name == name) return &change;
  }
  return nullptr;
}

TEST(JwtFilter, IsThereBeforeThePolicyAndHoldsEqualProvidersOnce) {
  Translator translator{Options{}};
  Output output = translator.apply({world(5), {}, {}});
  ASSERT_NE(change_of(output, kFilter), nullptr);
  EXPECT_EQ(filter_in(change_of(output, kFilter)->resource).providers_size(), 0);
  api::ChangeBatch policies;
  for (int i = 0; i < 5; ++i) policies.push_back(policy(i == 0 ? "one" : "other", i));
  output = translator.apply({std::move(policies), {}, {}});
  for (const auto& change : output.resources)
    EXPECT_NE(change.type, xds::ResourceType::kListener) << change.name;
  EXPECT_EQ(change_of(output, "envoy.filters.http.jwt_authn/default/g/b"), nullptr);
  const auto filter = filter_in(change_of(output, kFilter)->resource);
  EXPECT_EQ(filter.providers_size(), 2);
  EXPECT_EQ(filter.requirement_map_size(), 5);
}

TEST(JwtFilter, KeepsForAWhileWhatRoutesStillAskFor) {
  Translator translator{Options{}};
  translator.apply({world(2), {}, {}});
  Output output = translator.apply({{policy("one", 0), policy("other", 1)}, {}, {}});
  EXPECT_EQ(change_of(output, kFilter)->meanwhile, nullptr);
  output = translator.apply({{policy("new", 0)}, {}, {}});
  EXPECT_EQ(change_of(output, kFilter)->meanwhile, nullptr) << "routes name it as before";
  api::ObjectChange gone = policy("new", 0);
  gone.object = std::monostate();
  output = translator.apply({{gone}, {}, {}});
  const auto* change = change_of(output, kFilter);
  ASSERT_NE(change, nullptr);
  EXPECT_EQ(filter_in(change->resource).requirement_map_size(), 1);
  ASSERT_NE(change->meanwhile, nullptr);
  EXPECT_EQ(filter_in(change->meanwhile).requirement_map_size(), 2);
  EXPECT_EQ(filter_in(change->meanwhile).providers_size(), 2);
}

TEST(JwtFilter, ThatEnvoyRefusesIsToldByItsListener) {
  Translator translator{Options{}};
  translator.apply({world(1), {}, {}});
  const Output output = translator.apply(
      {{}, {{"default/g", xds::ResourceType::kExtensionConfig, kFilter, 1, "no such"}}, {}});
  ASSERT_EQ(output.statuses.size(), 1u);
  const std::string status = to_yaml(emit_status(output.statuses[0].status));
  EXPECT_NE(status.find(std::string("Envoy refuses ") + kFilter + ": no such"), std::string::npos)
      << status;
}

struct Rows {
  size_t route, policy, resources;
};

Rows rows_of_edits(int routes) {
  Translator translator{Options{}};
  translator.apply({world(routes), {}, {}});
  translator.apply({{policy("one")}, {}, {}});
  const size_t of_route = translator.apply({{route(routes / 2, "/b")}, {}, {}}).rows;
  const Output output = translator.apply({{policy("two")}, {}, {}});
  return {of_route, output.rows, output.resources.size()};
}

// Of an edited policy its routes hear nothing: the filter's configuration alone is sent.
TEST(JwtFilter, AnEditCostsWhatItAffects) {
  const Rows few = rows_of_edits(4), many = rows_of_edits(200);
  EXPECT_LE(few.route, 8u);
  EXPECT_EQ(few.route, many.route);
  EXPECT_EQ(few.resources, 1u);
  EXPECT_EQ(many.resources, 1u);
  EXPECT_LE(few.policy, 12u);
  EXPECT_EQ(few.policy, many.policy);
}

}  // namespace
}  // namespace limen::translate

#include "infra/kube/render.h"

#include <gmock/gmock.h>

#include "base/json_patch.h"

namespace limen::infra {
namespace {

ProxyPlan plan_of(const std::string& name_space, const std::string& name) {
  ProxyPlan plan;
  plan.proxy = name_space + "/" + name;
  plan.gateways = {{{name_space, name}, "gateway-uid"}};
  plan.gateway_class = {{"", "ours"}, "class-uid"};
  plan.ports = {{"x", 80, 10080, "http"}, {"y", 53, 10053, "udp"}};
  return plan;
}

RenderSettings settings() { return {"limen-system", false, "limen:1", "limen.limen-system"}; }

const Credentials kCredentials{"CERT", "KEY", "CA"};

Objects rendered(const ProxyPlan& plan, const RenderSettings& with = settings()) {
  const bool token = uses_token(plan, with);
  return render(plan, with, {{kBootstrapName, "{}"}},
                token ? std::nullopt : std::optional(kCredentials));
}

const Json& only(const Objects& objects, ObjectKind kind) {
  static const Json none;
  const Json* found = nullptr;
  for (const auto& [id, object] : objects) {
    if (id.kind != kind) continue;
    EXPECT_EQ(found, nullptr) << "two of a kind";
    found = &object;
  }
  EXPECT_NE(found, nullptr) << info(kind).name;
  return found == nullptr ? none : *found;
}

std::string at(const Json& object, const std::string& pointer) {
  const Json* found = find_pointer(object, pointer);
  return found == nullptr ? "nothing" : to_json(*found);
}

TEST(Render, NamesAndLabelsOfEnvoyGateway) {
  const Objects objects = rendered(plan_of("default", "eg"));
  for (const auto& [id, object] : objects) {
    EXPECT_EQ(id.name, "envoy-default-eg-e41e7b31") << id.text();
    EXPECT_EQ(id.name_space, "limen-system") << id.text();
    const std::string labels = "/metadata/labels/gateway.envoyproxy.io~1owning-gateway-";
    EXPECT_EQ(at(object, labels + "name"), "\"eg\"") << id.text();
    EXPECT_EQ(at(object, labels + "namespace"), "\"default\"") << id.text();
    EXPECT_EQ(at(object, "/metadata/ownerReferences/0/kind"), "\"GatewayClass\"") << id.text();
  }
  const Json& service = only(objects, ObjectKind::kService);
  EXPECT_EQ(at(service, "/spec/type"), "\"LoadBalancer\"");
  EXPECT_EQ(at(service, "/spec/externalTrafficPolicy"), "\"Local\"");
  EXPECT_EQ(at(service, "/spec/ports"),
            R"([{"name":"http-80","protocol":"TCP","port":80,"targetPort":10080},)"
            R"({"name":"udp-53","protocol":"UDP","port":53,"targetPort":10053}])");
}

TEST(Render, SelectorNamesNothingThatCanChange) {
  ProxyPlan plan = plan_of("default", "eg");
  const std::string before = at(only(rendered(plan), ObjectKind::kDeployment), "/spec/selector");
  plan.labels = {{"team", "a"}, {"app.kubernetes.io/name", "mine"}};
  const Json deployment = only(rendered(plan), ObjectKind::kDeployment);
  EXPECT_EQ(at(deployment, "/spec/selector"), before);
  EXPECT_EQ(at(deployment, "/spec/template/metadata/labels/team"), "\"a\"");
  EXPECT_EQ(at(deployment, "/spec/template/metadata/labels/app.kubernetes.io~1name"), "\"envoy\"");
}

TEST(Render, MergedGatewaysBelongToTheirClass) {
  ProxyPlan plan = plan_of("default", "eg");
  plan.settings.merge_gateways = true;
  plan.proxy = "ours";
  RenderSettings with = settings();
  with.gateway_namespaces = true;  // not of a single Gateway
  const Json service = only(rendered(plan, with), ObjectKind::kService);
  EXPECT_EQ(at(service, "/metadata/labels/gateway.envoyproxy.io~1owning-gatewayclass"), "\"ours\"");
  EXPECT_EQ(at(service, "/metadata/namespace"), "\"limen-system\"");
}

TEST(Render, InTheGatewaysNamespaceByToken) {
  RenderSettings with = settings();
  with.gateway_namespaces = true;
  const Objects objects = rendered(plan_of("shop", "web"), with);
  for (const auto& [id, object] : objects) {
    EXPECT_NE(id.kind, ObjectKind::kSecret);
    EXPECT_EQ(id.name, "web");
    EXPECT_EQ(id.name_space, "shop");
    EXPECT_EQ(at(object, "/metadata/ownerReferences/0/kind"), "\"Gateway\"");
  }
  const Json& deployment = only(objects, ObjectKind::kDeployment);
  EXPECT_THAT(at(deployment, "/spec/template/spec/volumes"),
              testing::HasSubstr(R"("audience":"limen.limen-system")"));
}

TEST(Render, LongNamesMakeLegalLabels) {
  const std::string long_name(200, 'x');
  const Json service = only(rendered(plan_of("default", long_name)), ObjectKind::kService);
  const Json* label =
      find_pointer(service, "/metadata/labels/gateway.envoyproxy.io~1owning-gateway-name");
  ASSERT_NE(label, nullptr);
  EXPECT_LE(label->as_string().size(), 63u);
  EXPECT_EQ(at(service, "/metadata/annotations/limen~1proxy"), "\"default/" + long_name + "\"");
}

TEST(Render, SettingsOfTheEnvoyProxy) {
  ProxyPlan plan = plan_of("default", "eg");
  auto& kubernetes = plan.settings.provider.emplace().kubernetes.emplace();
  auto& deployment = kubernetes.envoy_deployment.emplace();
  deployment.replicas = 3;
  deployment.name = "front";
  deployment.container.emplace().image_repository = "example.com/envoy";
  deployment.container->resources = Json::Object{{"limits", Json::Object{{"memory", "1Gi"}}}};
  deployment.patch.emplace().value = Json::Object{
      {"spec",
       Json::Object{{"template",
                     Json::Object{{"spec", Json::Object{{"containers", Json::Array{Json::Object{
                                                                           {"name", "envoy"},
                                                                           {"tty", true}}}}}}}}}}};
  kubernetes.envoy_service.emplace().type = api::ServiceType::kNodePort;
  kubernetes.envoy_pdb.emplace().min_available = Json("50%");
  const Objects objects = rendered(plan);
  const Json& made = only(objects, ObjectKind::kDeployment);
  EXPECT_EQ(at(made, "/metadata/name"), "\"front\"");
  EXPECT_EQ(at(made, "/spec/replicas"), "3");
  EXPECT_EQ(at(made, "/spec/template/spec/containers/0/image"),
            "\"example.com/envoy:distroless-v1.40.0\"");
  EXPECT_EQ(at(made, "/spec/template/spec/containers/0/tty"), "true");
  EXPECT_EQ(memory_limit(plan), 1u << 30);
  EXPECT_EQ(at(only(objects, ObjectKind::kService), "/spec/type"), "\"NodePort\"");
  EXPECT_EQ(at(only(objects, ObjectKind::kPodDisruptionBudget), "/spec/minAvailable"), "\"50%\"");
}

TEST(Render, AnAutoscalerDecidesOnTheReplicas) {
  ProxyPlan plan = plan_of("default", "eg");
  auto& kubernetes = plan.settings.provider.emplace().kubernetes.emplace();
  kubernetes.envoy_deployment.emplace().replicas = 3;
  kubernetes.envoy_hpa.emplace().max_replicas = 5;
  const Objects objects = rendered(plan);
  EXPECT_EQ(at(only(objects, ObjectKind::kDeployment), "/spec/replicas"), "nothing");
  EXPECT_EQ(at(only(objects, ObjectKind::kHorizontalPodAutoscaler), "/spec/scaleTargetRef/name"),
            "\"envoy-default-eg-e41e7b31\"");
}

TEST(Render, GatewaysOfTheClusterAloneGetNoBalancer) {
  ProxyPlan plan = plan_of("default", "eg");
  plan.cluster_only = true;
  const Json service = only(rendered(plan), ObjectKind::kService);
  EXPECT_EQ(at(service, "/spec/type"), "\"ClusterIP\"");
  EXPECT_EQ(at(service, "/spec/externalTrafficPolicy"), "nothing");
}

TEST(Render, PodsAreReplacedWhenTheBootstrapIsAnotherOne) {
  const ProxyPlan plan = plan_of("default", "eg");
  const auto pods = [&](const std::string& bootstrap) {
    return at(only(render(plan, settings(), {{kBootstrapName, bootstrap}}, kCredentials),
                   ObjectKind::kDeployment),
              "/spec/template");
  };
  EXPECT_NE(pods("{}"), pods("{\"a\":1}"));
  const Objects renewed =
      render(plan, settings(), {{kBootstrapName, "{}"}}, Credentials{"NEW", "KEY", "CA"});
  EXPECT_EQ(at(only(renewed, ObjectKind::kDeployment), "/spec/template"), pods("{}"));
}

}  // namespace
}  // namespace limen::infra

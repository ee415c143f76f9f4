#include "infra/kube/render.h"

#include <fmt/format.h>

#include "base/quantity.h"
#include "infra/authority/authority_secrets.h"
#include "infra/envoy/flags.h"
#include "infra/kube/render_parts.h"
#include "infra/kube/strategic_merge.h"

namespace limen::infra {
namespace {

using Labels = std::map<std::string, std::string>;

constexpr char kOwningName[] = "gateway.envoyproxy.io/owning-gateway-name";
constexpr char kOwningNamespace[] = "gateway.envoyproxy.io/owning-gateway-namespace";
constexpr char kOwningClass[] = "gateway.envoyproxy.io/owning-gatewayclass";
constexpr char kGatewayName[] = "gateway.networking.k8s.io/gateway-name";  // GEP-1762
constexpr size_t kLongestLabel = 63;

// Names can be longer than a label's value.
std::string label_of(const std::string& name) {
  if (name.size() <= kLongestLabel) return name;
  const std::string hash = safe_name(name).substr(safe_name(name).rfind('-'));
  return name.substr(0, kLongestLabel - hash.size()) + hash;
}

Labels selector_of(const ProxyPlan& plan) {
  Labels labels = {{"app.kubernetes.io/name", "envoy"},
                   {"app.kubernetes.io/component", "proxy"},
                   {kManagedByLabel, kManager}};
  if (plan.is_merged()) {
    labels[kOwningClass] = label_of(plan.proxy);
  } else {
    const api::ObjectKey& gateway = plan.gateways.front().key;
    labels[kOwningName] = label_of(gateway.name.str());
    labels[kOwningNamespace] = gateway.name_space.str();
  }
  return labels;
}

const api::EnvoyProxyKubernetesProvider& provider_of(const ProxyPlan& plan) {
  static const api::EnvoyProxyKubernetesProvider defaults;
  const auto& provider = plan.settings.provider;
  return provider && provider->kubernetes ? *provider->kubernetes : defaults;
}

// Whoever is deleted takes them along.
Json::Array owners_of(const Rendering& rendering) {
  const bool gateway = uses_token(rendering.plan, rendering.settings);
  const PlanOwner& owner = gateway ? rendering.plan.gateways.front() : rendering.plan.gateway_class;
  if (owner.uid.empty()) return {};
  return {Json::Object{{"apiVersion", "gateway.networking.k8s.io/v1"},
                       {"kind", gateway ? "Gateway" : "GatewayClass"},
                       {"name", owner.key.name.str()},
                       {"uid", owner.uid.str()}}};
}

class Maker {
 public:
  Maker(const Rendering& rendering, Objects& out) : rendering_(rendering), out_(out) {}

  Json& make(ObjectKind kind, const std::optional<std::string>& name) {
    ObjectId id{kind, rendering_.name_space, name.value_or(rendering_.base_name)};
    Json metadata = Json::Object{{"name", id.name},
                                 {"namespace", id.name_space},
                                 {"labels", json_of(rendering_.labels)},
                                 {"annotations", json_of(rendering_.annotations)}};
    if (Json::Array owners = owners_of(rendering_); !owners.empty())
      metadata.set("ownerReferences", std::move(owners));
    Json& object = out_[std::move(id)];
    object = Json::Object{{"apiVersion", info(kind).api_version()},
                          {"kind", info(kind).name},
                          {"metadata", std::move(metadata)}};
    return object;
  }

 private:
  const Rendering& rendering_;
  Objects& out_;
};

Json port_of(const PlanPort& port) {
  return Json::Object{{"name", fmt::format("{}-{}", port.protocol, port.port)},
                      {"protocol", port.is_udp() ? "UDP" : "TCP"},
                      {"port", static_cast<int64_t>(port.port)},
                      {"targetPort", static_cast<int64_t>(port.bind_port)}};
}

const char* name_of(api::ServiceType type) {
  switch (type) {
    case api::ServiceType::kClusterIp: return "ClusterIP";
    case api::ServiceType::kLoadBalancer: return "LoadBalancer";
    case api::ServiceType::kNodePort: return "NodePort";
  }
  __builtin_unreachable();
}

Json list_of(const std::vector<std::string>& texts) {
  return Json::Array(texts.begin(), texts.end());
}

// Gateways that want no address outside of the cluster get none, whatever the default is.
api::ServiceType type_of(const Rendering& rendering) {
  if (rendering.plan.cluster_only) return api::ServiceType::kClusterIp;
  const auto& service = rendering.provider.envoy_service;
  return service ? service->type : api::ServiceType::kLoadBalancer;
}

Json service_spec(const Rendering& rendering, const api::KubernetesService& service) {
  const api::ServiceType type = type_of(rendering);
  Json::Array ports;
  for (const PlanPort& port : rendering.plan.ports) ports.push_back(port_of(port));
  Json spec = Json::Object{{"type", name_of(type)},
                           {"selector", json_of(rendering.selector)},
                           {"ports", std::move(ports)}};
  if (!rendering.plan.addresses.empty()) spec.set("externalIPs", list_of(rendering.plan.addresses));
  if (type != api::ServiceType::kClusterIp) {
    const bool local = service.external_traffic_policy == api::ExternalTrafficPolicy::kLocal;
    spec.set("externalTrafficPolicy", local ? "Local" : "Cluster");
  }
  if (type != api::ServiceType::kLoadBalancer) return spec;
  if (service.load_balancer_class) spec.set("loadBalancerClass", *service.load_balancer_class);
  if (service.allocate_load_balancer_node_ports)
    spec.set("allocateLoadBalancerNodePorts", *service.allocate_load_balancer_node_ports);
  if (!service.load_balancer_source_ranges.empty())
    spec.set("loadBalancerSourceRanges", list_of(service.load_balancer_source_ranges));
  if (service.load_balancer_ip) spec.set("loadBalancerIP", *service.load_balancer_ip);
  return spec;
}

void add_members(const Labels& from, const char* member, Json& object) {
  for (const auto& [name, value] : from) object.find("metadata")->find(member)->set(name, value);
}

void make_service(const Rendering& rendering, Maker& maker) {
  const auto service = rendering.provider.envoy_service.value_or(api::KubernetesService());
  Json& object = maker.make(ObjectKind::kService, service.name);
  add_members(service.labels, "labels", object);
  add_members(service.annotations, "annotations", object);
  object.set("spec", service_spec(rendering, service));
  apply_patch(service.patch, object);
}

Json match(const Rendering& rendering) {
  return Json::Object{{"matchLabels", json_of(rendering.selector)}};
}

void make_daemon_set(const Rendering& rendering, Maker& maker) {
  const api::KubernetesDaemonSet& settings = *rendering.provider.envoy_daemon_set;
  Json& object = maker.make(ObjectKind::kDaemonSet, settings.name);
  object.set("spec", Json::Object{{"selector", match(rendering)},
                                  {"updateStrategy", settings.strategy.value_or(
                                                         Json::Object{{"type", "RollingUpdate"}})},
                                  {"template", pod_template(rendering, settings, {})}});
  apply_patch(settings.patch, object);
}

std::string make_deployment(const Rendering& rendering, Maker& maker) {
  const auto settings = rendering.provider.envoy_deployment.value_or(api::KubernetesDeployment());
  Json& object = maker.make(ObjectKind::kDeployment, settings.name);
  Json spec = Json::Object{
      {"selector", match(rendering)},
      {"strategy", settings.strategy.value_or(Json::Object{{"type", "RollingUpdate"}})},
      {"template", pod_template(rendering, settings, settings.init_containers)}};
  // With an autoscaler it is that one's.
  if (!rendering.provider.envoy_hpa)
    spec.set("replicas", static_cast<int64_t>(settings.replicas.value_or(1)));
  object.set("spec", std::move(spec));
  apply_patch(settings.patch, object);
  return settings.name.value_or(rendering.base_name);
}

Json default_metric() {
  Json target = Json::Object{{"type", "Utilization"}, {"averageUtilization", 80}};
  return Json::Object{{"type", "Resource"},
                      {"resource", Json::Object{{"name", "cpu"}, {"target", std::move(target)}}}};
}

void make_autoscaler(const Rendering& rendering, const std::string& deployment, Maker& maker) {
  const api::KubernetesHorizontalPodAutoscaler& settings = *rendering.provider.envoy_hpa;
  Json& object = maker.make(ObjectKind::kHorizontalPodAutoscaler, settings.name);
  Json::Array metrics(settings.metrics);
  if (metrics.empty()) metrics.push_back(default_metric());
  Json spec = Json::Object{
      {"scaleTargetRef",
       Json::Object{{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"name", deployment}}},
      {"minReplicas", static_cast<int64_t>(settings.min_replicas.value_or(1))},
      {"maxReplicas", static_cast<int64_t>(settings.max_replicas)},
      {"metrics", std::move(metrics)}};
  if (settings.behavior) spec.set("behavior", *settings.behavior);
  object.set("spec", std::move(spec));
  apply_patch(settings.patch, object);
}

void make_disruption_budget(const Rendering& rendering, Maker& maker) {
  const api::KubernetesPodDisruptionBudget& settings = *rendering.provider.envoy_pdb;
  Json& object = maker.make(ObjectKind::kPodDisruptionBudget, settings.name);
  Json spec = Json::Object{{"selector", match(rendering)}};
  if (settings.min_available) spec.set("minAvailable", *settings.min_available);
  if (settings.max_unavailable) spec.set("maxUnavailable", *settings.max_unavailable);
  object.set("spec", std::move(spec));
  apply_patch(settings.patch, object);
}

void make_secret(const Credentials& credentials, Maker& maker) {
  Json& object = maker.make(ObjectKind::kSecret, std::nullopt);
  object.set("type", "kubernetes.io/tls");
  object.set("data", data_of(credentials));
}

Rendering begin(const ProxyPlan& plan, const RenderSettings& settings, const ConfigFiles& files) {
  const bool own = uses_token(plan, settings);  // the Gateway's own namespace and name
  Rendering rendering{plan,
                      settings,
                      provider_of(plan),
                      files,
                      own ? plan.gateways.front().key.name_space.str() : settings.name_space,
                      own ? plan.gateways.front().key.name.str() : safe_name(plan.proxy),
                      {},
                      selector_of(plan),
                      {}};
  rendering.labels = rendering.selector;
  rendering.labels[kInstanceLabel] = settings.name_space;
  if (!plan.is_merged())
    rendering.labels[kGatewayName] = label_of(plan.gateways.front().key.name.str());
  add_all(plan.labels, rendering.labels);
  add_all(rendering.selector, rendering.labels);
  rendering.annotations = plan.annotations;
  rendering.annotations[kProxyAnnotation] = plan.proxy;
  return rendering;
}

}  // namespace

std::string Rendering::service_account() const {
  const auto& account = provider.envoy_service_account;
  return account && account->name ? *account->name : base_name;
}

Json json_of(const std::map<std::string, std::string>& map) {
  return Json::Object(map.begin(), map.end());
}

void add_all(const std::map<std::string, std::string>& from,
             std::map<std::string, std::string>& to) {
  for (const auto& [name, value] : from) to[name] = value;
}

bool uses_token(const ProxyPlan& plan, const RenderSettings& settings) {
  return settings.gateway_namespaces && !plan.is_merged();
}

std::optional<uint64_t> memory_limit(const ProxyPlan& plan) {
  const api::EnvoyProxyKubernetesProvider& provider = provider_of(plan);
  const api::KubernetesDaemonSet* shared = nullptr;
  if (provider.envoy_daemon_set) shared = &*provider.envoy_daemon_set;
  if (provider.envoy_deployment) shared = &*provider.envoy_deployment;
  if (shared == nullptr || !shared->container || !shared->container->resources) return std::nullopt;
  const Json* limits = shared->container->resources->find("limits");
  const Json* memory = limits == nullptr ? nullptr : limits->find("memory");
  if (memory == nullptr) return std::nullopt;
  if (memory->is_integer()) return static_cast<uint64_t>(memory->as_integer());
  return memory->is_string() ? parse_quantity(memory->as_string()) : std::nullopt;
}

Objects render(const ProxyPlan& plan, const RenderSettings& settings, const ConfigFiles& files,
               const std::optional<Credentials>& credentials) {
  const Rendering rendering = begin(plan, settings, files);
  const api::EnvoyProxyKubernetesProvider& provider = rendering.provider;
  Objects objects;
  Maker maker(rendering, objects);
  maker.make(ObjectKind::kServiceAccount, rendering.service_account())
      .set("automountServiceAccountToken", false);
  maker.make(ObjectKind::kConfigMap, std::nullopt).set("data", json_of(files));
  if (credentials) make_secret(*credentials, maker);
  make_service(rendering, maker);
  if (provider.envoy_daemon_set) {
    make_daemon_set(rendering, maker);
  } else {
    const std::string deployment = make_deployment(rendering, maker);
    if (provider.envoy_hpa) make_autoscaler(rendering, deployment, maker);
  }
  if (provider.envoy_pdb) make_disruption_budget(rendering, maker);
  return objects;
}

}  // namespace limen::infra

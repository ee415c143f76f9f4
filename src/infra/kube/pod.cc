// The pods of a proxy: Envoy, and beside it what drains it before it ends.
#include <fmt/format.h>

#include "base/hash.h"
#include "base/strings.h"
#include "infra/envoy/flags.h"
#include "infra/kube/render_parts.h"
#include "infra/kube/sidecar.h"

namespace limen::infra {
namespace {

constexpr char kEnvoyRepository[] = "docker.io/envoyproxy/envoy";
constexpr char kEnvoyTag[] = "distroless-v1.40.0";
constexpr int64_t kNonRoot = 65532;  // of distroless images
// Of Envoy Gateway: what a pod may take to end beyond its drain.
constexpr std::chrono::seconds kGrace{300};

std::string image_of(const api::KubernetesContainer& container) {
  if (container.image) return *container.image;
  return fmt::format("{}:{}", container.image_repository.value_or(kEnvoyRepository), kEnvoyTag);
}

Json security_context(bool read_only) {
  Json context = Json::Object{
      {"allowPrivilegeEscalation", false},
      {"capabilities", Json::Object{{"drop", Json::Array{"ALL"}}}},
      {"privileged", false},
      {"runAsGroup", kNonRoot},
      {"runAsNonRoot", true},
      {"runAsUser", kNonRoot},
      {"seccompProfile", Json::Object{{"type", "RuntimeDefault"}}},
  };
  if (read_only) context.set("readOnlyRootFilesystem", true);
  return context;
}

Json requests(const char* cpu, const char* memory) {
  return Json::Object{{"requests", Json::Object{{"cpu", cpu}, {"memory", memory}}}};
}

Json from_field(const char* name, const char* path) {
  return Json::Object{
      {"name", name},
      {"valueFrom", Json::Object{{"fieldRef", Json::Object{{"fieldPath", path}}}}},
  };
}

Json http_get(const std::string& path, int port) {
  return Json::Object{{"path", path}, {"port", port}, {"scheme", "HTTP"}};
}

Json probe(int period_s, int failures) {
  return Json::Object{{"httpGet", http_get("/ready", kReadyPort)},
                      {"periodSeconds", period_s},
                      {"timeoutSeconds", 1},
                      {"successThreshold", 1},
                      {"failureThreshold", failures}};
}

Json before_stop(const char* how, Json what) {
  return Json::Object{{"preStop", Json::Object{{how, std::move(what)}}}};
}

Json mount(const char* name, const char* path, bool read_only) {
  Json result = Json::Object{{"name", name}, {"mountPath", path}};
  if (read_only) result.set("readOnly", true);
  return result;
}

void append(const std::vector<Json>& from, Json::Array& to) {
  to.insert(to.end(), from.begin(), from.end());
}

std::string hash_of(const ConfigFiles& files) {
  uint64_t hash = 0;
  for (const auto& [name, text] : files) {
    if (name != kCaName)  // which Envoy reads again
      hash = hash_combine(hash_combine(hash, hash_bytes(name)), hash_bytes(text));
  }
  return hex(hash);
}

std::string folder_of(const std::string& file) { return file.substr(0, file.rfind('/')); }

Json::Array envoy_arguments(const ProxyPlan& plan) {
  Json::Array arguments = {
      "--service-cluster",    plan.proxy,      "--service-node",
      "$(ENVOY_POD_NAME)",    "--config-path", fmt::format("{}/{}", kConfigFolder, kBootstrapName),
      "--disable-hot-restart"};
  for (const std::string& flag : envoy_flags(plan.settings)) arguments.emplace_back(flag);
  return arguments;
}

Json envoy_container(const Rendering& rendering, const api::KubernetesContainer& container) {
  const bool token = uses_token(rendering.plan, rendering.settings);
  Json::Array environment = {from_field("ENVOY_POD_NAMESPACE", "metadata.namespace"),
                             from_field("ENVOY_POD_NAME", "metadata.name")};
  append(container.env, environment);
  Json::Array mounts = {mount("config", kConfigFolder, true),
                        token ? mount("token", folder_of(kTokenFile).c_str(), true)
                              : mount("certs", kCertificateFolder, true),
                        mount("admin", folder_of(kAdminSocket).c_str(), false)};
  append(container.volume_mounts, mounts);
  Json::Array ports = {
      Json::Object{{"name", "metrics"}, {"containerPort", kStatsPort}, {"protocol", "TCP"}},
      Json::Object{{"name", "readiness"}, {"containerPort", kReadyPort}, {"protocol", "TCP"}}};
  return Json::Object{
      {"name", "envoy"},
      {"image", image_of(container)},
      {"imagePullPolicy", "IfNotPresent"},
      {"command", Json::Array{"envoy"}},
      {"args", envoy_arguments(rendering.plan)},
      {"env", std::move(environment)},
      {"ports", std::move(ports)},
      {"resources", container.resources.value_or(requests("100m", "512Mi"))},
      {"securityContext", container.security_context.value_or(security_context(false))},
      {"volumeMounts", std::move(mounts)},
      {"startupProbe", probe(1, 300)},
      {"readinessProbe", probe(5, 1)},
      {"lifecycle", before_stop("httpGet", http_get("/shutdown/ready", kShutdownPort))},
  };
}

std::string milliseconds(std::chrono::milliseconds time) {
  return fmt::format("{}ms", time.count());
}

Json shutdown_manager(const Rendering& rendering) {
  const auto shutdown = rendering.plan.settings.shutdown.value_or(api::ShutdownConfig());
  const api::Duration delay = shutdown.health_check_failure_delay.value_or(api::Duration());
  const api::Duration least =
      shutdown.min_drain_duration.value_or(api::Duration{std::chrono::seconds(10)});
  Json::Array drain = {"limen", "shutdown-manager", "--drain", "--admin-socket", kAdminSocket};
  for (const auto& [flag, time] :
       {std::pair("--health-check-failure-delay", delay.value),
        std::pair("--min-drain-duration", least.value),
        std::pair("--drain-timeout", drain_timeout(rendering.plan.settings))}) {
    drain.emplace_back(flag);
    drain.emplace_back(milliseconds(time));
  }
  Json health = probe(10, 3);
  health.set("httpGet", http_get("/healthz", kShutdownPort));
  return Json::Object{
      {"name", kSidecar},
      {"image", rendering.settings.image},
      {"imagePullPolicy", "IfNotPresent"},
      {"command", Json::Array{"limen"}},
      {"args", Json::Array{"shutdown-manager", "--admin-socket", kAdminSocket, "--address",
                           fmt::format("0.0.0.0:{}", kShutdownPort)}},
      {"ports", Json::Array{Json::Object{
                    {"name", "shutdown"}, {"containerPort", kShutdownPort}, {"protocol", "TCP"}}}},
      {"resources", requests("10m", "32Mi")},
      {"securityContext", security_context(true)},
      {"volumeMounts", Json::Array{mount("admin", folder_of(kAdminSocket).c_str(), false)}},
      {"readinessProbe", std::move(health)},
      {"lifecycle", before_stop("exec", Json::Object{{"command", std::move(drain)}})},
  };
}

Json token_volume(const std::string& audience) {
  constexpr int64_t kLifeSeconds = 3600;
  Json token =
      Json::Object{{"serviceAccountToken", Json::Object{{"audience", audience},
                                                        {"expirationSeconds", kLifeSeconds},
                                                        {"path", "token"}}}};
  return Json::Object{{"name", "token"},
                      {"projected", Json::Object{{"sources", Json::Array{std::move(token)}}}}};
}

Json::Array volumes_of(const Rendering& rendering) {
  Json identity =
      uses_token(rendering.plan, rendering.settings)
          ? token_volume(rendering.settings.token_audience)
          : Json(Json::Object{{"name", "certs"},
                              {"secret", Json::Object{{"secretName", rendering.base_name}}}});
  return {
      Json::Object{{"name", "config"}, {"configMap", Json::Object{{"name", rendering.base_name}}}},
      std::move(identity), Json::Object{{"name", "admin"}, {"emptyDir", Json::Object{}}}};
}

int64_t grace_seconds(const ProxyPlan& plan) {
  auto grace = drain_timeout(plan.settings) + kGrace;
  if (plan.settings.shutdown && plan.settings.shutdown->health_check_failure_delay)
    grace += plan.settings.shutdown->health_check_failure_delay->value;
  return std::chrono::duration_cast<std::chrono::seconds>(grace).count();
}

void add_settings(const api::KubernetesPod& pod, Json& spec) {
  const auto add_list = [&](const char* name, const std::vector<Json>& list) {
    if (!list.empty()) spec.set(name, Json::Array(list));
  };
  if (pod.security_context) spec.set("securityContext", *pod.security_context);
  if (pod.affinity) spec.set("affinity", *pod.affinity);
  add_list("tolerations", pod.tolerations);
  add_list("imagePullSecrets", pod.image_pull_secrets);
  add_list("topologySpreadConstraints", pod.topology_spread_constraints);
  if (!pod.node_selector.empty()) spec.set("nodeSelector", json_of(pod.node_selector));
  if (pod.priority_class_name) spec.set("priorityClassName", *pod.priority_class_name);
}

}  // namespace

Json pod_template(const Rendering& rendering, const api::KubernetesDaemonSet& shared,
                  const std::vector<Json>& init_containers) {
  const api::KubernetesPod pod = shared.pod.value_or(api::KubernetesPod());
  std::map<std::string, std::string> labels = rendering.labels, annotations;
  add_all(pod.labels, labels);
  add_all(rendering.selector, labels);  // else the pods would not be found
  annotations = {{"prometheus.io/path", "/stats/prometheus"},
                 {"prometheus.io/port", std::to_string(kStatsPort)},
                 {"prometheus.io/scrape", "true"},
                 {"limen/config-hash", hash_of(rendering.files)}};
  add_all(rendering.plan.annotations, annotations);
  add_all(pod.annotations, annotations);

  Json::Array volumes = volumes_of(rendering);
  append(pod.volumes, volumes);
  const auto container = shared.container.value_or(api::KubernetesContainer());
  Json spec = Json::Object{
      {"serviceAccountName", rendering.service_account()},
      {"automountServiceAccountToken", false},
      {"terminationGracePeriodSeconds", grace_seconds(rendering.plan)},
      {"containers",
       Json::Array{envoy_container(rendering, container), shutdown_manager(rendering)}},
      {"volumes", std::move(volumes)},
  };
  if (!init_containers.empty()) spec.set("initContainers", Json::Array(init_containers));
  add_settings(pod, spec);
  return Json::Object{{"metadata", Json::Object{{"labels", json_of(labels)},
                                                {"annotations", json_of(annotations)}}},
                      {"spec", std::move(spec)}};
}

}  // namespace limen::infra

// EnvoyProxy.spec.provider.kubernetes: what is made in a cluster to run the proxies.  Source:
// gateway.envoyproxy.io/v1alpha1.  Parts of pods stay as they are written: the API server knows
// their schemas.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace limen::api {

enum class PatchType { kStrategicMerge, kJsonMerge };
enum class ServiceType { kClusterIp, kLoadBalancer, kNodePort };
enum class ExternalTrafficPolicy { kLocal, kCluster };

// A change to the object as it is made, applied last.
struct KubernetesPatch {
  PatchType type = PatchType::kStrategicMerge;
  Json value;  // an object
  bool operator==(const KubernetesPatch&) const = default;
};

struct KubernetesPod {
  std::map<std::string, std::string> annotations, labels;
  std::optional<Json> security_context;
  std::optional<Json> affinity;
  std::vector<Json> tolerations;
  std::vector<Json> volumes;
  std::vector<Json> image_pull_secrets;
  std::map<std::string, std::string> node_selector;
  std::vector<Json> topology_spread_constraints;
  std::optional<std::string> priority_class_name;
  bool operator==(const KubernetesPod&) const = default;
};

struct KubernetesContainer {
  std::vector<Json> env;
  std::optional<Json> resources;
  std::optional<Json> security_context;
  std::optional<std::string> image;             // with a tag
  std::optional<std::string> image_repository;  // without one: the default's is kept
  std::vector<Json> volume_mounts;
  bool operator==(const KubernetesContainer&) const = default;
};

struct KubernetesDaemonSet {
  std::optional<KubernetesPatch> patch;
  std::optional<Json> strategy;
  std::optional<KubernetesPod> pod;
  std::optional<KubernetesContainer> container;
  std::optional<std::string> name;
  bool operator==(const KubernetesDaemonSet&) const = default;
};

struct KubernetesDeployment : KubernetesDaemonSet {
  std::optional<int32_t> replicas;
  std::vector<Json> init_containers;
  bool operator==(const KubernetesDeployment&) const = default;
};

struct KubernetesService {
  std::map<std::string, std::string> annotations, labels;
  ServiceType type = ServiceType::kLoadBalancer;
  std::optional<std::string> load_balancer_class;
  std::optional<bool> allocate_load_balancer_node_ports;
  std::vector<std::string> load_balancer_source_ranges;
  std::optional<std::string> load_balancer_ip;
  ExternalTrafficPolicy external_traffic_policy = ExternalTrafficPolicy::kLocal;
  std::optional<KubernetesPatch> patch;
  std::optional<std::string> name;
  bool operator==(const KubernetesService&) const = default;
};

struct KubernetesHorizontalPodAutoscaler {
  std::optional<int32_t> min_replicas;
  int32_t max_replicas = 0;
  std::vector<Json> metrics;  // none: CPU at 80 %
  std::optional<Json> behavior;
  std::optional<KubernetesPatch> patch;
  std::optional<std::string> name;
  bool operator==(const KubernetesHorizontalPodAutoscaler&) const = default;
};

struct KubernetesPodDisruptionBudget {
  std::optional<Json> min_available, max_unavailable;  // a number or "50%"
  std::optional<KubernetesPatch> patch;
  std::optional<std::string> name;
  bool operator==(const KubernetesPodDisruptionBudget&) const = default;
};

struct KubernetesServiceAccount {
  std::optional<std::string> name;
  bool operator==(const KubernetesServiceAccount&) const = default;
};

struct EnvoyProxyKubernetesProvider {
  std::optional<KubernetesDeployment> envoy_deployment;
  std::optional<KubernetesDaemonSet> envoy_daemon_set;
  std::optional<KubernetesService> envoy_service;
  std::optional<KubernetesHorizontalPodAutoscaler> envoy_hpa;
  std::optional<KubernetesPodDisruptionBudget> envoy_pdb;
  std::optional<KubernetesServiceAccount> envoy_service_account;
  bool use_listener_port_as_container_port = false;
  bool operator==(const EnvoyProxyKubernetesProvider&) const = default;
};

}  // namespace limen::api

// The tables of EnvoyProxy.spec.provider.kubernetes.
#include "api/envoy/kubernetes_provider.h"

#include "api/envoy/tables.h"

namespace limen::api {

using schema::any_object;
using schema::int_or_string;
using schema::length;
using schema::min;
using schema::object;
using schema::pattern;
using schema::required;

std::vector<std::string_view> names_of(const PatchType*) { return {"StrategicMerge", "JSONMerge"}; }
std::vector<std::string_view> names_of(const ServiceType*) {
  return {"ClusterIP", "LoadBalancer", "NodePort"};
}
std::vector<std::string_view> names_of(const ExternalTrafficPolicy*) {
  return {"Local", "Cluster"};
}

namespace {

constexpr schema::Form kObjectName{R"(^[a-z0-9]([-a-z0-9]*[a-z0-9])?$)",
                                   "a name of lower-case letters, digits and '-'"};
constexpr schema::Form kImage{
    R"(^[a-zA-Z0-9.-]+(:[0-9]+)?(/[a-zA-Z0-9._-]+)*(:[a-zA-Z0-9._-]+)?(@sha256:[a-z0-9]+)?$)",
    "an image with a tag or digest (registry/repository:tag)"};
constexpr schema::Form kImageRepository{R"(^[a-zA-Z0-9.-]+(:[0-9]+)?(/[a-zA-Z0-9._-]+)*$)",
                                        "an image repository without a tag"};
constexpr schema::Form kIpv4{
    R"(^((25[0-5]|(2[0-4]|1\d|[1-9]|)\d)\.){3}(25[0-5]|(2[0-4]|1\d|[1-9]|)\d)$)",
    "an IPv4 address"};

auto object_name() {
  return [](schema::Field& field) {
    length(1, 63)(field);
    pattern(kObjectName)(field);
  };
}

}  // namespace

const Schema& schema_of(const KubernetesPatch*) {
  static const Schema schema =
      object<KubernetesPatch>("KubernetesPatchSpec", "A change to an object as it is made.")
          .field<&KubernetesPatch::type>("type", "How it is merged.")
          .field<&KubernetesPatch::value>("value", "The members to change.", required(),
                                          any_object());
  return schema;
}

const Schema& schema_of(const KubernetesPod*) {
  static const Schema schema =
      object<KubernetesPod>("KubernetesPodSpec", "The pods.")
          .field<&KubernetesPod::annotations>("annotations", "Further annotations.")
          .field<&KubernetesPod::labels>("labels", "Further labels.")
          .field<&KubernetesPod::security_context>("securityContext", "PodSecurityContext.",
                                                   any_object())
          .field<&KubernetesPod::affinity>("affinity", "Affinity.", any_object())
          .field<&KubernetesPod::tolerations>("tolerations", "Tolerations.")
          .field<&KubernetesPod::volumes>("volumes", "Further volumes.")
          .field<&KubernetesPod::image_pull_secrets>("imagePullSecrets",
                                                     "Secrets for the images' registries.")
          .field<&KubernetesPod::node_selector>("nodeSelector", "Labels of the nodes to run on.")
          .field<&KubernetesPod::topology_spread_constraints>("topologySpreadConstraints",
                                                              "How pods are spread.")
          .field<&KubernetesPod::priority_class_name>("priorityClassName", "PriorityClass.");
  return schema;
}

const Schema& schema_of(const KubernetesContainer*) {
  static const Schema schema =
      object<KubernetesContainer>("KubernetesContainerSpec", "Envoy's container.")
          .field<&KubernetesContainer::env>("env", "Further environment variables.")
          .field<&KubernetesContainer::resources>(
              "resources", "Resources; requests of 100m CPU and 512Mi where unset.", any_object())
          .field<&KubernetesContainer::security_context>("securityContext", "SecurityContext.",
                                                         any_object())
          .field<&KubernetesContainer::image>("image", "Envoy's image.", length(1, 1024),
                                              pattern(kImage))
          .field<&KubernetesContainer::image_repository>(
              "imageRepository", "Where Envoy's image of the default tag is.", length(1, 1024),
              pattern(kImageRepository))
          .field<&KubernetesContainer::volume_mounts>("volumeMounts", "Further volume mounts.")
          .rule("!has(self.image) || !has(self.imageRepository)",
                "set only one of image and imageRepository");
  return schema;
}

const Schema& schema_of(const KubernetesDaemonSet*) {
  static const Schema schema =
      object<KubernetesDaemonSet>("KubernetesDaemonSetSpec", "The DaemonSet.")
          .field<&KubernetesDaemonSet::patch>("patch", "A change to it, applied last.")
          .field<&KubernetesDaemonSet::strategy>(
              "strategy", "How pods are replaced; RollingUpdate if unset.", any_object())
          .field<&KubernetesDaemonSet::pod>("pod", "Its pods.")
          .field<&KubernetesDaemonSet::container>("container", "Envoy's container.")
          .field<&KubernetesDaemonSet::name>("name", "Its name.", object_name());
  return schema;
}

const Schema& schema_of(const KubernetesDeployment*) {
  static const Schema schema =
      object<KubernetesDeployment>("KubernetesDeploymentSpec", "The Deployment.")
          .base<KubernetesDaemonSet>("What it has in common with a DaemonSet.")
          .field<&KubernetesDeployment::replicas>("replicas", "How many pods; 1 if unset.", min(0))
          .field<&KubernetesDeployment::init_containers>("initContainers", "Init containers.");
  return schema;
}

const Schema& schema_of(const KubernetesService*) {
  static const Schema schema =
      object<KubernetesService>("KubernetesServiceSpec", "The Service.")
          .field<&KubernetesService::annotations>("annotations", "Further annotations.")
          .field<&KubernetesService::labels>("labels", "Further labels.")
          .field<&KubernetesService::type>("type", "Its type.")
          .field<&KubernetesService::load_balancer_class>("loadBalancerClass",
                                                          "Class of the load balancer.")
          .field<&KubernetesService::allocate_load_balancer_node_ports>(
              "allocateLoadBalancerNodePorts", "Whether a LoadBalancer has node ports too.")
          .field<&KubernetesService::load_balancer_source_ranges>(
              "loadBalancerSourceRanges", "CIDRs of the clients that are let in.")
          .field<&KubernetesService::load_balancer_ip>(
              "loadBalancerIP", "Address wanted of the load balancer.", pattern(kIpv4))
          .field<&KubernetesService::external_traffic_policy>("externalTrafficPolicy",
                                                              "Local keeps the client's address.")
          .field<&KubernetesService::patch>("patch", "A change to it, applied last.")
          .field<&KubernetesService::name>("name", "Its name.", object_name())
          .rule("!has(self.loadBalancerClass) || self.type == 'LoadBalancer'",
                "loadBalancerClass needs type LoadBalancer")
          .rule("!has(self.allocateLoadBalancerNodePorts) || self.type == 'LoadBalancer'",
                "allocateLoadBalancerNodePorts needs type LoadBalancer")
          .rule("!has(self.loadBalancerSourceRanges) || self.type == 'LoadBalancer'",
                "loadBalancerSourceRanges needs type LoadBalancer")
          .rule("!has(self.loadBalancerIP) || self.type == 'LoadBalancer'",
                "loadBalancerIP needs type LoadBalancer");
  return schema;
}

const Schema& schema_of(const KubernetesHorizontalPodAutoscaler*) {
  using Hpa = KubernetesHorizontalPodAutoscaler;
  static const Schema schema =
      object<Hpa>("KubernetesHorizontalPodAutoscalerSpec", "The HorizontalPodAutoscaler.")
          .field<&Hpa::min_replicas>("minReplicas", "At least so many pods; 1 if unset.", min(1))
          .field<&Hpa::max_replicas>("maxReplicas", "At most so many pods.", required(), min(1))
          .field<&Hpa::metrics>("metrics", "What it follows; CPU at 80 % if unset.")
          .field<&Hpa::behavior>("behavior", "How fast it follows.", any_object())
          .field<&Hpa::patch>("patch", "A change to it, applied last.")
          .field<&Hpa::name>("name", "Its name.", object_name())
          .rule("!has(self.minReplicas) || self.minReplicas <= self.maxReplicas",
                "maxReplicas must be at least minReplicas");
  return schema;
}

const Schema& schema_of(const KubernetesPodDisruptionBudget*) {
  using Pdb = KubernetesPodDisruptionBudget;
  static const Schema schema =
      object<Pdb>("KubernetesPodDisruptionBudgetSpec", "The PodDisruptionBudget.")
          .field<&Pdb::min_available>(
              "minAvailable", "Pods that must stay: a number or percentage.", int_or_string())
          .field<&Pdb::max_unavailable>("maxUnavailable",
                                        "Pods that may be missing: a number or percentage.",
                                        int_or_string())
          .field<&Pdb::patch>("patch", "A change to it, applied last.")
          .field<&Pdb::name>("name", "Its name.", object_name())
          .rule("!has(self.minAvailable) || !has(self.maxUnavailable)",
                "set only one of minAvailable and maxUnavailable");
  return schema;
}

const Schema& schema_of(const KubernetesServiceAccount*) {
  static const Schema schema =
      object<KubernetesServiceAccount>("KubernetesServiceAccountSpec", "The ServiceAccount.")
          .field<&KubernetesServiceAccount::name>("name", "Its name.", object_name());
  return schema;
}

const Schema& schema_of(const EnvoyProxyKubernetesProvider*) {
  using Provider = EnvoyProxyKubernetesProvider;
  static const Schema schema =
      object<Provider>("EnvoyProxyKubernetesProvider", "What runs Envoy in a cluster.")
          .field<&Provider::envoy_deployment>("envoyDeployment", "The Deployment.")
          .field<&Provider::envoy_daemon_set>("envoyDaemonSet", "A DaemonSet instead.")
          .field<&Provider::envoy_service>("envoyService", "The Service.")
          .field<&Provider::envoy_hpa>("envoyHpa", "An autoscaler; none if unset.")
          .field<&Provider::envoy_pdb>("envoyPDB", "A disruption budget; none if unset.")
          .field<&Provider::envoy_service_account>("envoyServiceAccount", "The ServiceAccount.")
          .field<&Provider::use_listener_port_as_container_port>(
              "useListenerPortAsContainerPort",
              "Bind the listeners' ports themselves; false adds 10000 to those below 1024.")
          .rule("!has(self.envoyDeployment) || !has(self.envoyDaemonSet)",
                "set only one of envoyDeployment and envoyDaemonSet")
          .rule("!has(self.envoyHpa) || !has(self.envoyDaemonSet)",
                "envoyHpa can't be used with envoyDaemonSet");
  return schema;
}

}  // namespace limen::api

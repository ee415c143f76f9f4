// The parts of render(): what all objects of a proxy have in common, and its pods.
#pragma once

#include "infra/kube/render.h"

namespace limen::infra {

struct Rendering {
  const ProxyPlan& plan;
  const RenderSettings& settings;
  const api::EnvoyProxyKubernetesProvider& provider;
  const ConfigFiles& files;
  std::string name_space;
  std::string base_name;                        // of objects that the EnvoyProxy gives no name
  std::map<std::string, std::string> labels;    // of all objects
  std::map<std::string, std::string> selector;  // of the pods: never changes
  std::map<std::string, std::string> annotations;

  std::string service_account() const;
};

Json json_of(const std::map<std::string, std::string>& map);
void add_all(const std::map<std::string, std::string>& from,
             std::map<std::string, std::string>& to);

// PodTemplateSpec.  `shared`: of the Deployment or DaemonSet.
Json pod_template(const Rendering& rendering, const api::KubernetesDaemonSet& shared,
                  const std::vector<Json>& init_containers);

}  // namespace limen::infra

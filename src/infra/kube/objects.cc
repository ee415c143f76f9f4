#include "infra/kube/objects.h"

#include <fmt/format.h>

#include <array>

namespace limen::infra {
namespace {

const std::array<ObjectKindInfo, 8>& table() {
  static const std::array<ObjectKindInfo, 8> table = {{
      {ObjectKind::kServiceAccount, "ServiceAccount", {"", "v1", "serviceaccounts"}},
      {ObjectKind::kConfigMap, "ConfigMap", {"", "v1", "configmaps"}},
      {ObjectKind::kSecret, "Secret", {"", "v1", "secrets"}},
      {ObjectKind::kService, "Service", {"", "v1", "services"}},
      {ObjectKind::kDeployment, "Deployment", {"apps", "v1", "deployments"}},
      {ObjectKind::kDaemonSet, "DaemonSet", {"apps", "v1", "daemonsets"}},
      {ObjectKind::kHorizontalPodAutoscaler,
       "HorizontalPodAutoscaler",
       {"autoscaling", "v2", "horizontalpodautoscalers"}},
      {ObjectKind::kPodDisruptionBudget,
       "PodDisruptionBudget",
       {"policy", "v1", "poddisruptionbudgets"}},
  }};
  return table;
}

}  // namespace

std::string ObjectKindInfo::api_version() const {
  return resource.group.empty() ? resource.version
                                : fmt::format("{}/{}", resource.group, resource.version);
}

const ObjectKindInfo& info(ObjectKind kind) { return table().at(static_cast<size_t>(kind)); }

std::span<const ObjectKindInfo> object_kinds() { return table(); }

std::string ObjectId::text() const {
  return fmt::format("{} {}/{}", info(kind).name, name_space, name);
}

}  // namespace limen::infra

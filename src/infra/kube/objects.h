// The objects that are made for a proxy in a cluster.  Values.
#pragma once

#include <compare>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "kube/request.h"

namespace limen::infra {

// In the order in which they are made: what pods mount is there before them.
enum class ObjectKind {
  kServiceAccount,
  kConfigMap,
  kSecret,
  kService,
  kDeployment,
  kDaemonSet,
  kHorizontalPodAutoscaler,
  kPodDisruptionBudget,
};

struct ObjectKindInfo {
  ObjectKind kind;
  std::string_view name;
  kube::Resource resource;

  std::string api_version() const;
};

const ObjectKindInfo& info(ObjectKind kind);
std::span<const ObjectKindInfo> object_kinds();

struct ObjectId {
  ObjectKind kind = ObjectKind::kService;
  std::string name_space;
  std::string name;

  auto operator<=>(const ObjectId&) const = default;
  std::string text() const;  // "Deployment limen-system/envoy-default-web-1a2b3c4d"
};

using Objects = std::map<ObjectId, Json>;

// What all of them are labelled with, among other things.
inline constexpr char kManagedByLabel[] = "app.kubernetes.io/managed-by";
inline constexpr char kManager[] = "limen";
// Which Limen they belong to: its namespace.
inline constexpr char kInstanceLabel[] = "app.kubernetes.io/instance";
// The proxy that they are for; an annotation, for labels can be too short.
inline constexpr char kProxyAnnotation[] = "limen/proxy";

}  // namespace limen::infra

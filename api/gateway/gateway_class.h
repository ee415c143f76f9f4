// GatewayClass.  Source: gateway.networking.k8s.io/v1.
#pragma once

#include "api/gateway/common.h"

namespace limen::api {

struct GatewayClassSpec {
  std::string controller_name;
  std::optional<ParametersReference> parameters_ref;
  std::optional<std::string> description;
  bool operator==(const GatewayClassSpec&) const = default;
};

struct SupportedFeature {
  std::string name;
  bool operator==(const SupportedFeature&) const = default;
};

struct GatewayClassStatus {
  std::vector<Condition> conditions;
  std::vector<SupportedFeature> supported_features;  // in the order of their names
  bool operator==(const GatewayClassStatus&) const = default;
};

struct GatewayClass {
  ObjectMeta metadata;
  GatewayClassSpec spec;
  GatewayClassStatus status;
  bool operator==(const GatewayClass&) const = default;
};

}  // namespace limen::api

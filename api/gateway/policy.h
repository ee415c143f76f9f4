// What policies share.  Source: gateway.networking.k8s.io/v1 of Gateway API v1.7 (policy_types.go),
// GEP-713.
#pragma once

#include "api/gateway/common.h"

namespace limen::api {

// An object of the policy's namespace, or one section of it: a listener, a rule, a port.
struct LocalPolicyTargetReferenceWithSectionName : LocalObjectReference {
  std::optional<std::string> section_name;
  bool operator==(const LocalPolicyTargetReferenceWithSectionName&) const = default;
};

// What the policy comes to for one Gateway (or other root of what it acts on).
struct PolicyAncestorStatus {
  ParentReference ancestor_ref;
  std::string controller_name;
  std::vector<Condition> conditions;
  bool operator==(const PolicyAncestorStatus&) const = default;
};

struct PolicyStatus {
  std::vector<PolicyAncestorStatus> ancestors;  // at most 16
  bool operator==(const PolicyStatus&) const = default;
};

}  // namespace limen::api

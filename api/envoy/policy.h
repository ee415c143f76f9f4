// What the policies of gateway.envoyproxy.io share: what they are about, and the services that they
// call.  Source: gateway.envoyproxy.io/v1alpha1.
#pragma once

#include "api/envoy/cluster_settings.h"
#include "api/gateway/listener.h"
#include "api/gateway/policy.h"
#include "base/box.h"

namespace limen::api {

// Where selected objects are; another namespace than the policy's needs a ReferenceGrant there.
struct TargetSelectorNamespaces {
  FromNamespaces from = FromNamespaces::kSame;
  std::optional<LabelSelector> selector;  // iff from is kSelector
  bool operator==(const TargetSelectorNamespaces&) const = default;
};

// Objects of a kind, by their labels.
struct TargetSelector : LabelSelector {
  std::string group = kGatewayGroup;
  std::string kind;
  std::optional<TargetSelectorNamespaces> namespaces;
  bool operator==(const TargetSelector&) const = default;
};

struct PolicyTargetReferences {
  Box<LocalPolicyTargetReferenceWithSectionName> target_ref;  // deprecated; beats target_refs
  std::vector<LocalPolicyTargetReferenceWithSectionName> target_refs;
  std::vector<TargetSelector> target_selectors;
  bool operator==(const PolicyTargetReferences&) const = default;

  std::vector<LocalPolicyTargetReferenceWithSectionName> refs() const {
    return target_ref ? std::vector{*target_ref} : target_refs;
  }
};

// How a policy of a route and the one of its Gateway become one; unset: the route's replaces it.
enum class MergeType { kReplace, kStrategicMerge, kJsonMerge };

enum class StringMatchType { kExact, kPrefix, kSuffix, kRegularExpression };

struct StringMatch {
  StringMatchType type = StringMatchType::kExact;
  std::string value;
  bool operator==(const StringMatch&) const = default;
};

struct FallbackBackendRef : BackendRef {
  bool fallback = false;  // used only where the others fail
  bool operator==(const FallbackBackendRef&) const = default;
};

// A service that a policy makes Envoy call.
struct BackendCluster {
  std::optional<BackendObjectReference> backend_ref;  // deprecated
  std::vector<FallbackBackendRef> backend_refs;
  Box<ClusterSettings> backend_settings;
  bool operator==(const BackendCluster&) const = default;
};

// An object of the policy's namespace.
enum class ValueSource { kInline, kValueRef };

struct LocalSecretOrConfigMapKey : LocalObjectReference {
  std::string key;
  bool operator==(const LocalSecretOrConfigMapKey&) const = default;
};

}  // namespace limen::api

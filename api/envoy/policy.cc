#include "api/envoy/tables.h"

namespace limen::api {

using schema::items;
using schema::length;
using schema::object;
using schema::one_of;
using schema::required;

std::vector<std::string_view> names_of(const MergeType*) {
  return {"Replace", "StrategicMerge", "JSONMerge"};
}
std::vector<std::string_view> names_of(const StringMatchType*) {
  return {"Exact", "Prefix", "Suffix", "RegularExpression"};
}
std::vector<std::string_view> names_of(const ValueSource*) { return {"Inline", "ValueRef"}; }

const Schema& schema_of(const TargetSelectorNamespaces*) {
  static const Schema schema =
      object<TargetSelectorNamespaces>("TargetSelectorNamespaces", "Where selected objects are.")
          .field<&TargetSelectorNamespaces::from>("from", "Same, All, or those that are selected.")
          .field<&TargetSelectorNamespaces::selector>("selector", "By the labels of namespaces.")
          .rule("(has(self.from) && self.from == 'Selector') == has(self.selector)",
                "selector must be set where from is Selector, and only there");
  return schema;
}

const Schema& schema_of(const TargetSelector*) {
  static const Schema schema =
      object<TargetSelector>("TargetSelector", "What a policy is about, by labels.")
          .field<&TargetSelector::group>("group", "Group of the objects.", one_of({kGatewayGroup}))
          .field<&TargetSelector::kind>("kind", "Kind of the objects.", required())
          .field<&TargetSelector::namespaces>(
              "namespaces",
              "In other namespaces than the policy's, too, where a ReferenceGrant lets it.")
          .base<LabelSelector>("By their labels.");
  return schema;
}

const Schema& schema_of(const PolicyTargetReferences*) {
  static const Schema schema =
      object<PolicyTargetReferences>("PolicyTargetReferences", "What a policy is about.")
          .field<&PolicyTargetReferences::target_ref>(
              "targetRef", "One object, or a section of it. Deprecated: use targetRefs.")
          .field<&PolicyTargetReferences::target_refs>("targetRefs",
                                                       "Objects, or sections of them.")
          .field<&PolicyTargetReferences::target_selectors>("targetSelectors",
                                                            "Objects by their labels.")
          .rule(
              "has(self.targetRef) != has(self.targetRefs) || (has(self.targetSelectors) && size(self.targetSelectors) > 0)",
              "set exactly one of targetRef and targetRefs, or targetSelectors")
          .rule(
              "(!has(self.targetRef) || self.targetRef.group == 'gateway.networking.k8s.io') && (!has(self.targetRefs) || self.targetRefs.all(r, r.group == 'gateway.networking.k8s.io'))",
              "the group of a target must be gateway.networking.k8s.io");
  return schema;
}

const Schema& schema_of(const StringMatch*) {
  static const Schema schema = object<StringMatch>("StringMatch", "A condition on a text.")
                                   .field<&StringMatch::type>("type", "How `value` is compared.")
                                   .field<&StringMatch::value>("value", "Text or RE2 expression.",
                                                               required(), length(1, 1024));
  return schema;
}

const Schema& schema_of(const FallbackBackendRef*) {
  static const Schema schema =
      object<FallbackBackendRef>("FallbackBackendRef", "A backend of a service.")
          .base<BackendRef>("The backend.")
          .field<&FallbackBackendRef::fallback>("fallback", "Used only where the others fail.");
  return schema;
}

const Schema& schema_of(const BackendCluster*) {
  static const Schema schema =
      object<BackendCluster>("BackendCluster", "A service that Envoy calls.")
          .field<&BackendCluster::backend_ref>("backendRef",
                                               "Its backend. Deprecated: use backendRefs.")
          .field<&BackendCluster::backend_refs>("backendRefs", "Its backends and their shares.",
                                                items(0, 16))
          .field<&BackendCluster::backend_settings>("backendSettings", "How it is called.");
  return schema;
}

const Schema& schema_of(const LocalSecretOrConfigMapKey*) {
  static const Schema schema =
      object<LocalSecretOrConfigMapKey>("LocalObjectKeyReference",
                                        "A key of a ConfigMap or Secret of the same namespace.")
          .base<LocalObjectReference>("The object.")
          .field<&LocalSecretOrConfigMapKey::key>("key", "The key.", required(), length(1, 253));
  return schema;
}

}  // namespace limen::api

// What a policy comes to for its ancestors, and the status that says so: what the kinds of policies
// share.  Pure.  Source: GEP-713, PolicyStatus.ancestors; Envoy Gateway's conditions.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "translate/world.h"

namespace limen::translate {

struct PolicyOutcome {
  api::ParentReference ancestor;
  Verdict verdict = {};                    // of the first target for which something is wrong
  std::set<std::string> overriding = {};   // what a more specific policy governs
  std::set<std::string> merged_over = {};  // policies
  std::set<std::string> merged_into = {};  // routes whose policies are merged over this one
};

// What a user should change though the policy holds.  Condition Warning.
struct PolicyWarning {
  Text reason, message;
};
PolicyWarning deprecated(std::string_view field, std::string_view instead);
// REQUIRES: there are some.
PolicyWarning without_effect(const std::vector<std::string>& fields);

class PolicyOutcomes {
 public:
  PolicyOutcome& of(const api::ParentReference& ancestor);
  // Adds an entry an ancestor, at most 16 in all; those with something wrong first.
  void write(const Options& options, int64_t generation, const std::vector<PolicyWarning>& warnings,
             api::PolicyStatus& out) &&;

 private:
  std::vector<PolicyOutcome> all_;
};

api::ParentReference reference_to(const RouteKey& object, const Text& section);

// nullptr: none has that name.
const ListenerModel* named(const Text& section, const std::vector<ListenerModel>& listeners);
// TargetNotFound.
Verdict no_section(const PolicyTarget& target, const char* what);

// Conflicted, where an older policy of the kind has the same target.
struct NamedPolicy {
  std::string_view kind;
  const ObjectKey& key;
};
using PoliciesOfTarget = flow::Index<RouteKey, ObjectKey, PolicyTargets, PolicyOrder>;
Verdict conflict_of(flow::Reads& reads, PoliciesOfTarget& policies, const NamedPolicy& policy,
                    const PolicyTarget& target);

// Whether a listener of a policy is one because of that target.
bool is_behind(const PolicyTarget& target, const PolicyListeners::Place& place,
               const ProxyName& listener);

}  // namespace limen::translate

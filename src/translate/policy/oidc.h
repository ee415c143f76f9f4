// spec.oidc of a SecurityPolicy: what it refers to, and what it comes to.  Called by the rule about
// SecurityPolicies.
#pragma once

#include "features/security.h"
#include "translate/world.h"

namespace limen::translate {

// The Secret that a policy of that namespace refers to.
struct FoundSecret {
  const api::Secret* secret = nullptr;
  std::string mistake;  // "" iff there is a Secret
};
FoundSecret find_secret(flow::Reads& reads, World& world, const Text& name_space,
                        const api::SecretObjectReference& ref);

struct OidcReading {
  Problems problems;  // none: users can log in.  Reason Pending: nobody has made a mistake
  features::FilterConfigs filter;
  std::vector<ClusterRef> clusters;
  Login login;
};

// REQUIRES: the policy has an `oidc`.
OidcReading read_oidc(flow::Reads& reads, World& world, const api::SecurityPolicy& policy);

}  // namespace limen::translate

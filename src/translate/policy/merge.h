// SecurityPolicies that are merged over others.  Within this folder, and for who reads policies.
#pragma once

#include "translate/world.h"

namespace limen::translate {

// The key of a row of merged_policies: no object has such a name.
ObjectKey merged_key(const ObjectKey& child, const ObjectKey& parent);
bool is_merged(const ObjectKey& key);

// A policy as it is read: as it stands, or merged over another one.
struct PolicyText {
  const api::SecurityPolicy* policy;  // nullptr: it is gone
  const MergedPolicy* merged;         // nullptr: it is not merged

  // Of the policy that says so, for what a field ("oidc.clientSecret") refers to.
  const Text& name_space_of(std::string_view field) const;
};
PolicyText find_policy(flow::Reads& reads, World& world, const ObjectKey& key);

// The filters of a policy, or of a merged one.
const SecurityModel* security_of(flow::Reads& reads, World& world, const ObjectKey& key);

}  // namespace limen::translate

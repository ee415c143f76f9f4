// The status that an object should have, out of what translation says and what the API server has.
// Pure; any thread.
//
// Of `parents` (routes) and `ancestors` (policies) only the entries of our controller are touched;
// of other kinds all members that are ours.  Conditions of others (example.com/Type) stay.  A
// condition keeps its lastTransitionTime as long as
// its status stays.  Source: GEP-1364, GEP-713, metav1.Condition.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace limen::providers {

// `wanted`: without times; null: no entry of ours.  `now`: RFC 3339.  Equal to `current` if nothing
// is to be written.
Json merge_status(const Json& wanted, const Json& current, std::string_view controller,
                  std::string_view now);

// Whether it has entries of the controller's in `parents` or `ancestors`.
bool has_entries_of(const Json& status, std::string_view controller);

// As a JSON merge patch from `current` to `merged`: null for what is to go.
Json patch_between(const Json& current, const Json& merged);

}  // namespace limen::providers

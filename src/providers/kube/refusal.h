// What the status of an object says that the API server took and Limen cannot use.  Pure; any
// thread.
#pragma once

#include <string>

#include "api/kinds.h"
#include "base/json.h"
#include "base/problem.h"

namespace limen::providers {

struct Refusal {
  int64_t generation = 0;  // of the version that is refused
  std::string message;
  Json::Array parents;  // of a route: its parentRefs that name something of ours

  bool operator==(const Refusal&) const = default;
};

// `in_force`: an earlier version is.  REQUIRES: there are problems.
Refusal refusal_of(const Json& object, const Problems& problems, bool in_force,
                   Json::Array parents);

// The status of what is in force, null if nothing is, with Accepted=False.
Json refused_status(api::Kind kind, Json status, const Refusal& refusal,
                    std::string_view controller);

}  // namespace limen::providers

// Conditions in CEL, as rules of SecurityPolicies have them.  Within src/features/security only.
#pragma once

#include <xds/type/matcher/v3/matcher.pb.h>

#include <string>

namespace limen::features {

// A predicate that holds where Envoy evaluates `expression` to true; an error is not true.
// Returns what is wrong with it; "": nothing is.  Source: Envoy, "Attributes", and the CEL of its
// matchers, which has neither macros nor extensions.
std::string write_cel(const std::string& expression,
                      ::xds::type::matcher::v3::Matcher::MatcherList::Predicate& out);

}  // namespace limen::features

// Conditions on texts as Envoy's.  Within src/features only.
#pragma once

#include <envoy/type/matcher/v3/string.pb.h>

#include <string>

#include "api/envoy/policy.h"

namespace limen::features {

// What is wrong with the condition; "": nothing.
std::string write_string_match(const api::StringMatch& match,
                               envoy::type::matcher::v3::StringMatcher& out);

}  // namespace limen::features

// Origins as SecurityPolicy and the CORS filter of routes write them.  Within src/features only.
#pragma once

#include <envoy/type/matcher/v3/string.pb.h>

#include <string>

namespace limen::features {

void write_origin(const std::string& origin, envoy::type::matcher::v3::StringMatcher& out);

}  // namespace limen::features

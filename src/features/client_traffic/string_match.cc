#include "features/string_match.h"

#include <re2/re2.h>

namespace limen::features {

std::string write_string_match(const api::StringMatch& match,
                               envoy::type::matcher::v3::StringMatcher& out) {
  switch (match.type) {
    case api::StringMatchType::kExact: out.set_exact(match.value); return {};
    case api::StringMatchType::kPrefix: out.set_prefix(match.value); return {};
    case api::StringMatchType::kSuffix: out.set_suffix(match.value); return {};
    case api::StringMatchType::kRegularExpression: break;
  }
  const re2::RE2 regex(match.value, re2::RE2::Quiet);
  if (!regex.ok()) return "'" + match.value + "' is no regular expression: " + regex.error();
  out.mutable_safe_regex()->set_regex(match.value);
  return {};
}

}  // namespace limen::features

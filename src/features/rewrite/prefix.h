// What replaces the matched prefix of a path.  Shared by rewrite and redirect.
#pragma once

#include <re2/re2.h>

#include <string>

#include "api/gateway/http_route.h"

namespace limen::features {

// The prefix that `match` takes, without a slash at its end; "" for "/".
// REQUIRES: a PathPrefix match.
inline std::string matched_prefix(const api::HttpRouteMatch& match) {
  std::string prefix = match.path.value;
  while (!prefix.empty() && prefix.back() == '/') prefix.pop_back();
  return prefix;
}

// Writes to an action with prefix_rewrite and regex_rewrite.  The specification replaces whole path
// elements:
// "/foo/bar" with "/foo" replaced by "/" is "/bar", not "//bar"; Envoy replaces characters, so an
// empty replacement or prefix needs a pattern that minds the slash.
template <class Action>
void write_prefix_replacement(const api::HttpRouteMatch& match, std::string replacement,
                              Action& out) {
  while (!replacement.empty() && replacement.back() == '/') replacement.pop_back();
  const std::string prefix = matched_prefix(match);
  if (!replacement.empty() && !prefix.empty()) {
    out.set_prefix_rewrite(replacement);
    return;
  }
  std::string substitution;
  for (char c : replacement) substitution.append(c == '\\' ? 2 : 1, c);
  auto* rewrite = out.mutable_regex_rewrite();
  rewrite->mutable_pattern()->set_regex("^" + RE2::QuoteMeta(prefix) + R"(\/*)");
  rewrite->set_substitution(substitution + "/");
}

}  // namespace limen::features

#include "features/features.h"
#include "features/rewrite/prefix.h"

namespace limen::features {
namespace {

void replace_full_path(const std::string& full_path, route_v3::RouteAction& out) {
  std::string substitution;
  for (char c : full_path) substitution.append(c == '\\' ? 2 : 1, c);
  out.mutable_regex_rewrite()->mutable_pattern()->set_regex("^/.*$");
  out.mutable_regex_rewrite()->set_substitution(substitution);
}

}  // namespace

Problems write_rewrite(const api::HttpUrlRewriteFilter& filter, const api::HttpRouteMatch& match,
                       const std::string& path, route_v3::RouteAction& out) {
  if (filter.hostname) {
    out.set_host_rewrite_literal(*filter.hostname);
    out.set_append_x_forwarded_host(true);
  }
  if (!filter.path) return {};
  out.clear_regex_rewrite();  // a backendRef's own comes after the rule's
  out.clear_prefix_rewrite();
  switch (filter.path->type) {
    case api::PathModifierType::kReplaceFullPath:
      replace_full_path(filter.path->replace_full_path.value_or("/"), out);
      return {};
    case api::PathModifierType::kReplacePrefixMatch: break;
  }
  if (match.path.type != api::PathMatchType::kPathPrefix) {
    return {{"UnsupportedValue", path + ".path",
             "ReplacePrefixMatch needs a match of type PathPrefix"}};
  }
  write_prefix_replacement(match, filter.path->replace_prefix_match.value_or("/"), out);
  return {};
}

}  // namespace limen::features

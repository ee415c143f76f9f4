#include <absl/strings/str_join.h>
#include <envoy/extensions/filters/http/cors/v3/cors.pb.h>
#include <re2/re2.h>

#include "features/features.h"

namespace limen::features {
namespace {

// "*" in an origin's host stands for one or more labels.
void write_origin(const std::string& origin, envoy::type::matcher::v3::StringMatcher& out) {
  if (origin.find('*') == std::string::npos) {
    out.set_exact(origin);
    return;
  }
  std::string pattern;
  for (char c : origin) pattern += c == '*' ? ".*" : RE2::QuoteMeta(std::string(1, c));
  out.mutable_safe_regex()->set_regex(pattern);
}

}  // namespace

void write_cors(const api::HttpCorsFilter& filter, route_v3::Route& out) {
  envoy::extensions::filters::http::cors::v3::CorsPolicy policy;
  for (const std::string& origin : filter.allow_origins)
    write_origin(origin, *policy.add_allow_origin_string_match());
  // Of "*" Envoy names what was asked for, as browsers want it with credentials (Fetch standard).
  policy.set_allow_methods(absl::StrJoin(filter.allow_methods, ","));
  policy.set_allow_headers(absl::StrJoin(filter.allow_headers, ","));
  policy.set_expose_headers(absl::StrJoin(filter.expose_headers, ","));
  policy.set_max_age(std::to_string(filter.max_age));
  if (filter.allow_credentials)
    policy.mutable_allow_credentials()->set_value(*filter.allow_credentials);
  policy.mutable_forward_not_matching_preflights()->set_value(false);
  (*out.mutable_typed_per_filter_config())[kCorsFilter].PackFrom(policy);
}

}  // namespace limen::features

#include <absl/strings/str_join.h>
#include <envoy/extensions/filters/http/cors/v3/cors.pb.h>
#include <re2/re2.h>

#include "features/cors/origin.h"
#include "features/features.h"
#include "features/security.h"

namespace limen::features {
// "*" in an origin's host stands for one or more labels, in its port for any.
void write_origin(const std::string& origin, envoy::type::matcher::v3::StringMatcher& out) {
  if (origin.find('*') == std::string::npos) {
    out.set_exact(origin);
    return;
  }
  std::string pattern;
  for (char c : origin) pattern += c == '*' ? ".*" : RE2::QuoteMeta(std::string(1, c));
  out.mutable_safe_regex()->set_regex(pattern);
}

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
  auto& filters = *out.mutable_typed_per_filter_config();
  filters[kCorsFilter].PackFrom(policy);
  switch_off_listener_cors(filters);
}

void write_cors(const api::Cors& cors, FilterConfigs& out) {
  envoy::extensions::filters::http::cors::v3::CorsPolicy policy;
  for (const std::string& origin : cors.allow_origins)
    write_origin(origin, *policy.add_allow_origin_string_match());
  policy.set_allow_methods(absl::StrJoin(cors.allow_methods, ","));
  policy.set_allow_headers(absl::StrJoin(cors.allow_headers, ","));
  policy.set_expose_headers(absl::StrJoin(cors.expose_headers, ","));
  if (cors.max_age) policy.set_max_age(std::to_string(cors.max_age->value.count() / 1000));
  if (cors.allow_credentials)
    policy.mutable_allow_credentials()->set_value(*cors.allow_credentials);
  policy.mutable_forward_not_matching_preflights()->set_value(false);
  out[kCorsFilter].PackFrom(policy);
}

}  // namespace limen::features

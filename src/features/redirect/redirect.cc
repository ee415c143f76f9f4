#include "features/features.h"
#include "features/rewrite/prefix.h"

namespace limen::features {
namespace {

route_v3::RedirectAction::RedirectResponseCode code_of(int32_t status) {
  switch (status) {
    case 301: return route_v3::RedirectAction::MOVED_PERMANENTLY;
    case 303: return route_v3::RedirectAction::SEE_OTHER;
    case 307: return route_v3::RedirectAction::TEMPORARY_REDIRECT;
    case 308: return route_v3::RedirectAction::PERMANENT_REDIRECT;
    default: return route_v3::RedirectAction::FOUND;
  }
}

// Source: HTTPRequestRedirectFilter.port.
int32_t port_of(const api::HttpRequestRedirectFilter& filter, const RedirectFrom& from) {
  if (filter.port) return *filter.port;
  if (filter.scheme == "http") return 80;
  if (filter.scheme == "https") return 443;
  return from.port;
}

}  // namespace

Problems write_redirect(const api::HttpRequestRedirectFilter& filter, const RedirectFrom& from,
                        const std::string& path, route_v3::RedirectAction& out) {
  if (filter.scheme) out.set_scheme_redirect(*filter.scheme);
  if (filter.hostname) out.set_host_redirect(*filter.hostname);
  out.set_port_redirect(static_cast<uint32_t>(port_of(filter, from)));
  out.set_response_code(code_of(filter.status_code));
  if (!filter.path) return {};
  switch (filter.path->type) {
    case api::PathModifierType::kReplaceFullPath:
      out.set_path_redirect(filter.path->replace_full_path.value_or("/"));
      return {};
    case api::PathModifierType::kReplacePrefixMatch: break;
  }
  if (from.match.path.type != api::PathMatchType::kPathPrefix) {
    return {{"UnsupportedValue", path + ".path",
             "ReplacePrefixMatch needs a match of type PathPrefix"}};
  }
  write_prefix_replacement(from.match, filter.path->replace_prefix_match.value_or("/"), out);
  return {};
}

void drop_well_known_port(const std::string& host, const RedirectFrom& from,
                          route_v3::RedirectAction& out) {
  const bool https = out.scheme_redirect().empty() ? from.https : out.scheme_redirect() == "https";
  if (out.port_redirect() != (https ? 443 : 80)) return;
  if (out.host_redirect().empty() && !host.starts_with('*')) out.set_host_redirect(host);
  // Envoy takes the port of the request's host over, unless it is the well-known one of its scheme.
  const bool host_has_none = from.port == (from.https ? 443 : 80);
  if (!out.host_redirect().empty() || host_has_none) out.clear_port_redirect();
}

}  // namespace limen::features

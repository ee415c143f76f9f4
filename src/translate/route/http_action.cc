// What a rule of an HTTPRoute does with a request: its filters and its backends.
#include <absl/strings/str_cat.h>

#include <algorithm>

#include "features/features.h"
#include "translate/route/http.h"

namespace limen::translate {
namespace {

namespace route_v3 = envoy::config::route::v3;

void problems_of(Problems more, Problems& problems) {
  problems.insert(problems.end(), more.begin(), more.end());
}

Problems write_filter(const HttpRule& view, const api::HttpRouteFilter& filter,
                      const api::HttpRouteMatch& match, const AttachedListener& listener,
                      const std::string& path, size_t& mirror, route_v3::Route& route) {
  switch (filter.type) {
    case api::HttpFilterType::kRequestHeaderModifier:
      return features::write_request_headers(
          filter.request_header_modifier.value_or(api::HttpHeaderFilter{}),
          path + ".requestHeaderModifier", route);
    case api::HttpFilterType::kResponseHeaderModifier:
      return features::write_response_headers(
          filter.response_header_modifier.value_or(api::HttpHeaderFilter{}),
          path + ".responseHeaderModifier", route);
    case api::HttpFilterType::kRequestRedirect:
      return features::write_redirect(
          filter.request_redirect.value_or(api::HttpRequestRedirectFilter{}),
          {match, listener.port, listener.https}, path + ".requestRedirect",
          *route.mutable_redirect());
    case api::HttpFilterType::kUrlRewrite:
      return features::write_rewrite(filter.url_rewrite.value_or(api::HttpUrlRewriteFilter{}),
                                     match, path + ".urlRewrite", *route.mutable_route());
    case api::HttpFilterType::kRequestMirror: {
      const ResolvedBackend& backend = view.mirrors[mirror++].backend;
      if (backend.verdict.ok)
        features::write_mirror(*filter.request_mirror, backend.cluster.text(),
                               *route.mutable_route());
      return {};  // a mirror that doesn't resolve costs the request nothing
    }
    case api::HttpFilterType::kCors:
      if (filter.cors) features::write_cors(*filter.cors, route);
      return {};
    case api::HttpFilterType::kExtensionRef:
    case api::HttpFilterType::kExternalAuth: break;
  }
  return {{"UnsupportedValue", path + ".type", "filters of this type are not supported yet"}};
}

Problems write_filters(const HttpRule& view, const api::HttpRouteMatch& match,
                       const AttachedListener& listener, route_v3::Route& route) {
  size_t mirror = 0;
  for (size_t i = 0; i < view.rule.filters.size(); ++i) {
    const std::string path = absl::StrCat(view.path, ".filters[", i, "]");
    Problems problems =
        write_filter(view, view.rule.filters[i], match, listener, path, mirror, route);
    if (!problems.empty()) return problems;
  }
  return {};
}

Problems add_weighted(const HttpRule& view, const HttpTarget& target,
                      route_v3::RouteAction& action) {
  auto& weighted = *action.mutable_weighted_clusters()->add_clusters();
  weighted.set_name(target.backend.verdict.ok ? target.backend.cluster.text() : kInvalidBackend);
  weighted.mutable_weight()->set_value(static_cast<uint32_t>(target.ref->weight));
  Problems problems;
  const size_t index = static_cast<size_t>(target.ref - view.rule.backend_refs.data());
  for (size_t i = 0; i < target.ref->filters.size(); ++i) {
    const auto& filter = target.ref->filters[i];
    const std::string path = absl::StrCat(view.path, ".backendRefs[", index, "].filters[", i, "]");
    if (filter.request_header_modifier) {
      problems_of(features::write_request_headers(*filter.request_header_modifier, path, weighted),
                  problems);
    } else if (filter.response_header_modifier) {
      problems_of(
          features::write_response_headers(*filter.response_header_modifier, path, weighted),
          problems);
    } else {
      problems.push_back({"UnsupportedValue", path + ".type",
                          "only header modifiers are supported on a backendRef"});
    }
  }
  return problems;
}

// False: there is nothing to send the request to.
bool write_backends(const HttpRule& view, route_v3::Route& route, Problems& problems) {
  uint64_t total = 0, valid = 0;
  for (const HttpTarget& target : view.targets) {
    total += static_cast<uint64_t>(target.ref->weight);
    if (target.backend.verdict.ok) valid += static_cast<uint64_t>(target.ref->weight);
  }
  if (valid == 0) return false;
  auto& action = *route.mutable_route();
  action.set_cluster_not_found_response_code(view.form.grpc == nullptr
                                                 ? route_v3::RouteAction::INTERNAL_SERVER_ERROR
                                                 : route_v3::RouteAction::SERVICE_UNAVAILABLE);
  const bool single = view.targets.size() == 1 && view.targets[0].ref->filters.empty();
  if (single) {
    action.set_cluster(view.targets[0].backend.cluster.text());
    return true;
  }
  for (const HttpTarget& target : view.targets) {
    if (target.ref->weight > 0) problems_of(add_weighted(view, target, action), problems);
  }
  return true;
}

}  // namespace

Problems write_action(const HttpRule& view, const api::HttpRouteMatch& match,
                      const AttachedListener& listener, route_v3::Route& route) {
  Problems problems = write_filters(view, match, listener, route);
  if (!problems.empty() || route.has_redirect()) return problems;
  if (!write_backends(view, route, problems)) answer(view.form.failure_status(), route);
  if (!problems.empty()) return problems;
  if (!route.has_route()) return {};
  auto& action = *route.mutable_route();
  features::write_timeouts(view.rule, action);
  features::write_retry(view.rule, action);
  if (view.form.grpc == nullptr)
    action.add_upgrade_configs()->set_upgrade_type("websocket");
  else
    action.mutable_timeout();  // 0: a stream may last; the caller's deadline ends a call
  if (view.rule.session_persistence) {
    std::string name = view.name();
    std::replace(name.begin(), name.end(), '/', '-');
    features::write_session(*view.rule.session_persistence, name, route);
  }
  return {};
}

void answer(uint32_t status, route_v3::Route& route) {
  route.clear_typed_per_filter_config();
  route.mutable_direct_response()->set_status(status);
}

}  // namespace limen::translate

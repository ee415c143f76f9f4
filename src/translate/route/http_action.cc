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

// Where a filter stands, and what it may need.
struct FilterPlace {
  const api::HttpRouteMatch& match;
  const AttachedListener& listener;
  const std::vector<ResolvedBackend>& mirrors;
  const std::optional<ResolvedBackend>& auth;
  const char* auth_name;  // of its HTTP filter
  const std::vector<Extension>& extensions;
};

// Which of those that a list refers to are next.
struct FilterTurn {
  size_t mirror = 0, extension = 0;
};

// REQUIRES: the service is known.
Problems write_auth(const api::HttpExternalAuthFilter& filter, const FilterPlace& place,
                    const std::string& path, route_v3::Route& route) {
  auto& config = (*route.mutable_typed_per_filter_config())[place.auth_name];
  if (!config.type_url().empty())
    return {{"UnsupportedValue", path + ".type", "only one ExternalAuth may be in a list"}};
  config =
      features::external_auth(filter, place.auth->cluster.text(), features::AuthPhase::kOfRoute);
  return {};
}

// What it does is done by the cluster.
Problems check_extension(const std::vector<Extension>& extensions, size_t index,
                         const std::string& path) {
  const Extension& extension = extensions[index];
  if (extension.filter == nullptr)
    return {{"UnsupportedValue", path + ".extensionRef", extension.mistake}};
  if (index == 0) return {};
  return {{"UnsupportedValue", path + ".extensionRef",
           "only one credentialInjection may be in a list"}};
}

// Whom its service would let through is not known.
bool is_closed(const std::optional<ResolvedBackend>& auth) { return auth && !auth->verdict.ok; }

Problems write_filter(const api::HttpRouteFilter& filter, const FilterPlace& place,
                      const std::string& path, FilterTurn& turn, route_v3::Route& route) {
  const auto& [match, listener, mirrors, auth, auth_name, extensions] = place;
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
      const ResolvedBackend& backend = mirrors[turn.mirror++];
      if (backend.verdict.ok)
        features::write_mirror(*filter.request_mirror, backend.cluster.text(),
                               *route.mutable_route());
      return {};  // a mirror that doesn't resolve costs the request nothing
    }
    case api::HttpFilterType::kCors:
      if (filter.cors) features::write_cors(*filter.cors, route);
      return {};
    case api::HttpFilterType::kExternalAuth:
      return write_auth(*filter.external_auth, place, path, route);
    case api::HttpFilterType::kExtensionRef:
      return check_extension(extensions, turn.extension++, path);
  }
  __builtin_unreachable();
}

Problems write_filters(const std::vector<api::HttpRouteFilter>& filters, const FilterPlace& place,
                       const std::string& owner, route_v3::Route& route) {
  FilterTurn turn;
  for (size_t i = 0; i < filters.size(); ++i) {
    const std::string path = absl::StrCat(owner, ".filters[", i, "]");
    Problems problems = write_filter(filters[i], place, path, turn, route);
    if (!problems.empty()) return problems;
  }
  return {};
}

std::string path_of(const HttpRule& view, const HttpTarget& target) {
  return absl::StrCat(view.path, ".backendRefs[", target.ref - view.rule.backend_refs.data(), "]");
}

bool modifies_headers(const api::HttpRouteFilter& filter) {
  return filter.type == api::HttpFilterType::kRequestHeaderModifier ||
         filter.type == api::HttpFilterType::kResponseHeaderModifier;
}

Problems add_weighted(const HttpRule& view, const HttpTarget& target,
                      route_v3::RouteAction& action) {
  auto& weighted = *action.mutable_weighted_clusters()->add_clusters();
  weighted.set_name(target.backend.verdict.ok ? target.backend.cluster.text() : kInvalidBackend);
  weighted.mutable_weight()->set_value(static_cast<uint32_t>(target.ref->weight));
  Problems problems;
  for (size_t i = 0; i < target.ref->filters.size(); ++i) {
    const auto& filter = target.ref->filters[i];
    const std::string path = absl::StrCat(path_of(view, target), ".filters[", i, "]");
    if (filter.request_header_modifier)
      problems_of(features::write_request_headers(*filter.request_header_modifier, path, weighted),
                  problems);
    if (filter.response_header_modifier)
      problems_of(
          features::write_response_headers(*filter.response_header_modifier, path, weighted),
          problems);
  }
  return problems;
}

void expect_missing_clusters(const HttpRule& view, route_v3::RouteAction& action) {
  action.set_cluster_not_found_response_code(view.form.grpc == nullptr
                                                 ? route_v3::RouteAction::INTERNAL_SERVER_ERROR
                                                 : route_v3::RouteAction::SERVICE_UNAVAILABLE);
}

// False: there is nothing to send the request to.
bool write_target(const HttpRule& view, const HttpTarget& target, const FilterPlace& place,
                  route_v3::Route& route, Problems& problems) {
  if (!target.backend.verdict.ok || target.ref->weight == 0 || is_closed(target.auth)) return false;
  expect_missing_clusters(view, *route.mutable_route());
  route.mutable_route()->set_cluster(target.backend.cluster.text());
  problems_of(write_filters(target.ref->filters, place, path_of(view, target), route), problems);
  return true;
}

// The same for all targets.
bool write_targets(const HttpRule& view, route_v3::Route& route, Problems& problems) {
  const auto serves = [](const HttpTarget& target) {
    return target.backend.verdict.ok && target.ref->weight > 0;
  };
  if (std::none_of(view.targets.begin(), view.targets.end(), serves)) return false;
  auto& action = *route.mutable_route();
  expect_missing_clusters(view, action);
  for (const HttpTarget& target : view.targets) {
    if (target.ref->weight > 0) problems_of(add_weighted(view, target, action), problems);
  }
  return true;
}

}  // namespace

std::vector<HttpShare> shares_of(const HttpRule& view) {
  if (view.targets.size() == 1) return {{&view.targets[0]}};
  // Envoy applies a weighted cluster's header modifiers before the route's, and they come after.
  const auto& own = view.rule.filters;
  const bool rule_modifies = std::any_of(own.begin(), own.end(), modifies_headers);
  const auto weighted_cluster_can = [&](const HttpTarget& target) {
    const auto& filters = target.ref->filters;
    return filters.empty() ||
           (!rule_modifies && std::all_of(filters.begin(), filters.end(), modifies_headers));
  };
  if (std::all_of(view.targets.begin(), view.targets.end(), weighted_cluster_can)) return {{}};
  uint64_t total = 0, sum = 0;
  for (const HttpTarget& target : view.targets) total += static_cast<uint64_t>(target.ref->weight);
  std::vector<HttpShare> shares;
  for (const HttpTarget& target : view.targets) {
    if (target.ref->weight == 0) continue;
    sum += static_cast<uint64_t>(target.ref->weight);
    shares.push_back({&target, static_cast<uint32_t>(sum * HttpShare::kAll / total)});
  }
  return shares.empty() ? std::vector<HttpShare>{{}} : shares;
}

Problems write_action(const HttpRule& view, const HttpShare& share,
                      const api::HttpRouteMatch& match, const AttachedListener& listener,
                      route_v3::Route& route) {
  if (share.below < HttpShare::kAll) {
    auto& fraction = *route.mutable_match()->mutable_runtime_fraction()->mutable_default_value();
    fraction.set_numerator(share.below);
    fraction.set_denominator(envoy::type::v3::FractionalPercent::MILLION);
  }
  if (is_closed(view.auth)) {
    answer(view.form.failure_status(), route);
    return {};
  }
  Problems problems = write_filters(
      view.rule.filters,
      {match, listener, view.mirrors, view.auth, features::kRuleAuth, view.extensions}, view.path,
      route);
  if (!problems.empty() || route.has_redirect()) return problems;
  const bool sent = share.target == nullptr
                        ? write_targets(view, route, problems)
                        : write_target(view, *share.target,
                                       {match, listener, share.target->mirrors, share.target->auth,
                                        features::kBackendAuth, share.target->extensions},
                                       route, problems);
  if (!sent) answer(view.form.failure_status(), route);
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
    features::write_session(*view.rule.session_persistence, name, listener.https, route);
  }
  return {};
}

void answer(uint32_t status, route_v3::Route& route) {
  route.clear_typed_per_filter_config();
  route.mutable_direct_response()->set_status(status);
}

}  // namespace limen::translate

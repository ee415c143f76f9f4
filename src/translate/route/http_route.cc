// HTTPRoute -> xDS routes.  A rule's backends and filters are looked at once; what depends on the
// listener, the host or the match is written for each of them.
#include <absl/strings/str_cat.h>
#include <envoy/config/route/v3/route_components.pb.h>
#include <fmt/format.h>

#include <algorithm>

#include "features/features.h"
#include "translate/backend/resolve.h"
#include "translate/hostnames.h"
#include "translate/route/rules.h"

namespace limen::translate {
namespace {

namespace route_v3 = envoy::config::route::v3;

// Names a cluster that is never defined: what is sent there is answered with
// cluster_not_found_response_code.
constexpr char kInvalidBackend[] = "invalid-backend-cluster";

struct Target {
  const api::HttpBackendRef* ref;
  ResolvedBackend backend;
};

// One rule, with all that is the same for its matches, listeners and hosts.
struct RuleView {
  const api::HttpRouteRule& rule;
  size_t index;
  std::string path;             // "spec.rules[i]"
  std::vector<Target> targets;  // of weight above 0
  std::vector<Target> mirrors;  // by filter, in order
  Problems problems;            // the rule cannot be translated: 500
};

class Translation {
 public:
  Translation(flow::Reads& reads, World& world, const api::HttpRoute& route,
              const Attachments& attachments)
      : reads_(reads), world_(world), route_(route), attachments_(attachments) {}

  std::shared_ptr<const TranslatedRoute> run() {
    size_t failed = 0;
    std::string dropped;
    for (size_t i = 0; i < route_.spec.rules.size(); ++i) {
      RuleView view = view_of(i);
      write_rule(view);
      if (view.problems.empty()) continue;
      ++failed;
      absl::StrAppend(&dropped, dropped.empty() ? "" : "; ", view.problems.front().path, ": ",
                      view.problems.front().message);
    }
    if (failed > 0) {
      result_.rules = Verdict::no("UnsupportedValue", dropped);
      result_.all_rules_failed = failed == route_.spec.rules.size();
    }
    auto& clusters = result_.clusters;
    std::sort(clusters.begin(), clusters.end());
    clusters.erase(std::unique(clusters.begin(), clusters.end()), clusters.end());
    return std::make_shared<const TranslatedRoute>(std::move(result_));
  }

 private:
  RuleView view_of(size_t index) {
    RuleView view{
        route_.spec.rules[index], index, absl::StrCat("spec.rules[", index, "]"), {}, {}, {}};
    for (const auto& ref : view.rule.backend_refs) view.targets.push_back(resolve(ref, ref.ref));
    for (const auto& filter : view.rule.filters) {
      if (filter.request_mirror)
        view.mirrors.push_back(resolve({}, filter.request_mirror->backend_ref));
    }
    return view;
  }

  Target resolve(const api::HttpBackendRef& owner, const api::BackendObjectReference& ref) {
    Target target{&owner, resolve_backend(reads_, world_, route_.metadata.name_space, ref)};
    if (!target.backend.verdict.ok && result_.resolved_refs.ok)
      result_.resolved_refs = target.backend.verdict;
    return target;
  }

  void write_rule(RuleView& view) {
    static const std::vector<api::HttpRouteMatch> kEverything(1);
    const bool unmatched = view.rule.matches.empty();
    const auto& matches = unmatched ? kEverything : view.rule.matches;
    for (size_t j = 0; j < matches.size(); ++j) {
      for (const Attachment& parent : attachments_.parents) {
        for (const AttachedListener& listener : parent.listeners) {
          write_match(view, matches[j], unmatched ? -1 : static_cast<int>(j), listener);
        }
      }
    }
  }

  void write_match(RuleView& view, const api::HttpRouteMatch& match, int index,
                   const AttachedListener& listener) {
    route_v3::Route route;
    const std::string path = absl::StrCat(view.path, ".matches[", index, "]");
    Problems problems = features::write_match(match, path, *route.mutable_match());
    if (!problems.empty()) return report(view, std::move(problems));  // no match, no route
    Problems unsupported = write_action(view, match, listener, route);
    if (!unsupported.empty()) {
      report(view, std::move(unsupported));
      answer(500, route);
    }
    add_metadata(view, route);
    use_clusters(view, listener.proxy);
    for (const Text& host : listener.hosts) {
      add_entry(view, match, route, listener, host, absl::StrCat("/match/", index, "/"));
    }
    write_preflight(view, match, index, listener, route);
  }

  // A rule with CORS that takes only some methods must take the browser's OPTIONS request too.
  void write_preflight(RuleView& view, const api::HttpRouteMatch& match, int index,
                       const AttachedListener& listener, const route_v3::Route& route) {
    const bool cors = route.typed_per_filter_config().contains(features::kCorsFilter);
    if (!cors || !match.method || *match.method == api::HttpMethod::kOptions) return;
    route_v3::Route preflight = route;
    preflight.clear_match();
    features::write_preflight_match(match, view.path, *preflight.mutable_match());
    for (const Text& host : listener.hosts) {
      add_entry(view, match, preflight, listener, host,
                absl::StrCat("/match/", index, "/cors-preflight/"));
    }
  }

  void add_entry(const RuleView& view, const api::HttpRouteMatch& match, route_v3::Route route,
                 const AttachedListener& listener, const Text& host, const std::string& middle) {
    if (route.has_redirect())
      features::drop_well_known_port(host, {match, listener.port, listener.https},
                                     *route.mutable_redirect());
    route.set_name(absl::StrCat(rule_name(view), middle, underscored(host)));
    RouteEntry entry;
    entry.virtual_host = {listener.proxy, listener.route_configuration, listener.listener, host};
    entry.order = order_of(match);
    entry.order.entry = static_cast<uint32_t>(result_.entries.size());
    entry.route = xds::fragment_of(route);
    result_.entries.push_back(std::move(entry));
  }

  MatchOrder order_of(const api::HttpRouteMatch& match) const {
    MatchOrder order;
    order.path_rank = match.path.type == api::PathMatchType::kExact               ? 0
                      : match.path.type == api::PathMatchType::kRegularExpression ? 1
                                                                                  : 2;
    order.path_length = static_cast<int16_t>(
        match.path.value == "/" ? 0 : -static_cast<int>(match.path.value.size()));
    order.method = match.method ? 0 : 1;
    order.headers = static_cast<int8_t>(-static_cast<int>(match.headers.size()));
    order.query_params = static_cast<int8_t>(-static_cast<int>(match.query_params.size()));
    order.created = route_.metadata.creation_timestamp.unix_seconds;
    order.route = route_.metadata.key();
    return order;
  }

  // What answers: a redirect, the backends, or an error.
  Problems write_action(const RuleView& view, const api::HttpRouteMatch& match,
                        const AttachedListener& listener, route_v3::Route& route) {
    Problems problems = write_filters(view, match, listener, route);
    if (!problems.empty() || route.has_redirect()) return problems;
    if (!write_backends(view, route, problems)) answer(500, route);
    if (!problems.empty()) return problems;
    if (!route.has_route()) return {};
    auto& action = *route.mutable_route();
    features::write_timeouts(view.rule, action);
    features::write_retry(view.rule, action);
    action.add_upgrade_configs()->set_upgrade_type("websocket");
    if (view.rule.session_persistence) {
      std::string name = rule_name(view);
      std::replace(name.begin(), name.end(), '/', '-');
      features::write_session(*view.rule.session_persistence, name, route);
    }
    return {};
  }

  Problems write_filters(const RuleView& view, const api::HttpRouteMatch& match,
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

  Problems write_filter(const RuleView& view, const api::HttpRouteFilter& filter,
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

  // False: there is nothing to send the request to.
  bool write_backends(const RuleView& view, route_v3::Route& route, Problems& problems) {
    uint64_t total = 0, valid = 0;
    for (const Target& target : view.targets) {
      total += static_cast<uint64_t>(target.ref->weight);
      if (target.backend.verdict.ok) valid += static_cast<uint64_t>(target.ref->weight);
    }
    if (valid == 0) return false;
    auto& action = *route.mutable_route();
    action.set_cluster_not_found_response_code(route_v3::RouteAction::INTERNAL_SERVER_ERROR);
    const bool single = view.targets.size() == 1 && view.targets[0].ref->filters.empty();
    if (single) {
      action.set_cluster(view.targets[0].backend.cluster.text());
      return true;
    }
    for (const Target& target : view.targets) {
      if (target.ref->weight > 0) problems_of(add_weighted(view, target, action), problems);
    }
    return true;
  }

  static void problems_of(Problems more, Problems& problems) {
    problems.insert(problems.end(), more.begin(), more.end());
  }

  Problems add_weighted(const RuleView& view, const Target& target, route_v3::RouteAction& action) {
    auto& weighted = *action.mutable_weighted_clusters()->add_clusters();
    weighted.set_name(target.backend.verdict.ok ? target.backend.cluster.text() : kInvalidBackend);
    weighted.mutable_weight()->set_value(static_cast<uint32_t>(target.ref->weight));
    Problems problems;
    const size_t index = static_cast<size_t>(target.ref - view.rule.backend_refs.data());
    for (size_t i = 0; i < target.ref->filters.size(); ++i) {
      const auto& filter = target.ref->filters[i];
      const std::string path =
          absl::StrCat(view.path, ".backendRefs[", index, "].filters[", i, "]");
      if (filter.request_header_modifier) {
        problems_of(
            features::write_request_headers(*filter.request_header_modifier, path, weighted),
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

  static void answer(uint32_t status, route_v3::Route& route) {
    route.clear_typed_per_filter_config();
    route.mutable_direct_response()->set_status(status);
  }

  void use_clusters(const RuleView& view, const std::string& proxy) {
    for (const auto* list : {&view.targets, &view.mirrors}) {
      for (const Target& target : *list) {
        if (target.backend.verdict.ok) result_.clusters.push_back({proxy, target.backend.cluster});
      }
    }
  }

  // Who made this route: for access logs, `limen explain` and Envoy Gateway's users.
  void add_metadata(const RuleView& view, route_v3::Route& route) const {
    auto& fields =
        *(*route.mutable_metadata()->mutable_filter_metadata())["envoy-gateway"].mutable_fields();
    auto& resource = *fields["resources"]
                          .mutable_list_value()
                          ->add_values()
                          ->mutable_struct_value()
                          ->mutable_fields();
    resource["kind"].set_string_value("HTTPRoute");
    resource["namespace"].set_string_value(route_.metadata.name_space);
    resource["name"].set_string_value(route_.metadata.name);
    if (view.rule.name) resource["sectionName"].set_string_value(*view.rule.name);
  }

  std::string rule_name(const RuleView& view) const {
    return fmt::format("httproute/{}/rule/{}", route_.metadata.key().text(), view.index);
  }

  static void report(RuleView& view, Problems problems) {
    if (view.problems.empty())
      view.problems = std::move(problems);  // one match's mistakes are the others'
  }

  flow::Reads& reads_;
  World& world_;
  const api::HttpRoute& route_;
  const Attachments& attachments_;
  TranslatedRoute result_;
};

// The last good version with what is known of the current one.
std::shared_ptr<const TranslatedRoute> stand_in(const HeldRoute& held,
                                                const TranslatedRoute& current) {
  auto result = held.last_good == nullptr ? std::make_shared<TranslatedRoute>()
                                          : std::make_shared<TranslatedRoute>(*held.last_good);
  result->resolved_refs = current.resolved_refs;
  result->rules = current.rules;
  result->all_rules_failed = current.all_rules_failed;
  result->envoy = {};
  if (held.refusal.empty()) return result;
  const char* consequence =
      result->entries.empty() ? "the route is left out" : "its last good version stays in force";
  result->envoy = Verdict::no("UnsupportedValue", fmt::format("Envoy refuses the route: {}; {}",
                                                              held.refusal, consequence));
  return result;
}

}  // namespace

std::shared_ptr<const TranslatedRoute> translate_route(flow::Reads& reads, World& world,
                                                       const ObjectKey& key) {
  const Attachments* attachments = world.attachments.get(reads, key);
  const api::HttpRoute* route = world.http_routes.get(reads, key);
  if (attachments == nullptr || route == nullptr) return nullptr;
  auto translated = Translation(reads, world, *route, *attachments).run();
  const HeldRoute* held = world.held_routes.get(reads, key);
  return held == nullptr ? translated : stand_in(*held, *translated);
}

}  // namespace limen::translate

// HTTPRoute -> xDS routes.  A rule's backends and filters are looked at once; what depends on the
// listener, the host or the match is written for each of them.
#include <absl/strings/str_cat.h>
#include <envoy/config/route/v3/route_components.pb.h>
#include <fmt/format.h>

#include <algorithm>

#include "features/features.h"
#include "features/jwt.h"
#include "translate/hostnames.h"
#include "translate/policy/merge.h"
#include "translate/route/http.h"

namespace limen::translate {
namespace {

namespace route_v3 = envoy::config::route::v3;

class Translation {
 public:
  Translation(flow::Reads& reads, World& world, const HttpForm& form,
              const Attachments& attachments)
      : reads_(reads), world_(world), form_(form), route_(form.route), attachments_(attachments) {}

  std::shared_ptr<TranslatedRoute> run() {
    size_t failed = 0;
    std::string dropped;
    for (size_t i = 0; i < route_.spec.rules.size(); ++i) {
      HttpRule view = view_of(i);
      if (policy_of(view.rule) != nullptr) result_.secured |= static_cast<uint16_t>(1U << (i % 16));
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
    return std::make_shared<TranslatedRoute>(std::move(result_));
  }

 private:
  HttpRule view_of(size_t index) {
    HttpRule view{form_,   route_.spec.rules[index],
                  index,   absl::StrCat("spec.rules[", index, "]"),
                  {},      {},
                  {},      {},
                  nullptr, {}};
    for (const auto& ref : view.rule.backend_refs)
      view.targets.push_back({&ref, resolve(ref.ref), mirrors_of(ref.filters), auth_of(ref.filters),
                              extensions_of(ref.filters)});
    view.mirrors = mirrors_of(view.rule.filters);
    view.auth = auth_of(view.rule.filters);
    view.extensions = extensions_of(view.rule.filters);
    for (HttpTarget& target : view.targets)
      show_credential(target.extensions.empty() ? view.extensions : target.extensions,
                      target.backend);
    return view;
  }

  const ObjectKey* policy_of(const api::HttpRouteRule& rule) const {
    return form_.policies == nullptr ? nullptr : form_.policies->of_rule(rule.name);
  }

  const SecurityModel* security_on(const AttachedListener& listener,
                                   const api::HttpRouteRule& rule) {
    const ObjectKey* policy = policy_of(rule);
    if (policy == nullptr) return nullptr;
    return security_of(reads_, world_,
                       form_.policies->on_listener(*policy, {listener.proxy, listener.listener}));
  }

  std::vector<ResolvedBackend> mirrors_of(const std::vector<api::HttpRouteFilter>& filters) {
    std::vector<ResolvedBackend> mirrors;
    for (const auto& filter : filters) {
      if (filter.request_mirror) mirrors.push_back(resolve(filter.request_mirror->backend_ref));
    }
    return mirrors;
  }

  // More than one is a mistake that write_filters() reports.
  std::optional<ResolvedBackend> auth_of(const std::vector<api::HttpRouteFilter>& filters) {
    for (const auto& filter : filters) {
      if (!filter.external_auth) continue;
      const Referrer from{api::kGatewayGroup, api::info(form_.kind).name,
                          route_.metadata.name_space};
      return noted(resolve_auth_service(reads_, world_, from, *filter.external_auth));
    }
    return std::nullopt;
  }

  std::vector<Extension> extensions_of(const std::vector<api::HttpRouteFilter>& filters) {
    std::vector<Extension> extensions;
    for (const auto& filter : filters) {
      if (filter.extension_ref) extensions.push_back(extension_of(*filter.extension_ref));
    }
    return extensions;
  }

  Extension extension_of(const api::LocalObjectReference& ref) {
    const auto& kind = api::info(api::Kind::kHttpRouteFilter);
    if (ref.group != kind.group || ref.kind != kind.name)
      return {nullptr, {}, fmt::format("must name a {} of group {}", kind.name, kind.group)};
    const ObjectKey key{route_.metadata.name_space, ref.name};
    const RouteFilterModel* filter = world_.route_filter_models.get(reads_, key);
    if (filter == nullptr)
      return {nullptr, key, fmt::format("{} {} does not exist", kind.name, key.text())};
    if (filter->problems.empty()) return {filter, key, {}};
    const Problem& first = filter->problems.front();
    return {nullptr, key,
            fmt::format("{} {}: {}: {}", kind.name, key.text(), first.path, first.message)};
  }

  // More than one is a mistake that write_filters() reports.
  static void show_credential(const std::vector<Extension>& extensions, ResolvedBackend& backend) {
    if (!extensions.empty() && extensions.front().filter != nullptr)
      backend.cluster.credential = extensions.front().key;
  }

  ResolvedBackend resolve(const api::BackendObjectReference& ref) {
    return noted(resolve_backend(reads_, world_, form_.key(), ref));
  }

  ResolvedBackend noted(ResolvedBackend backend) {
    if (!backend.verdict.ok && result_.resolved_refs.ok) result_.resolved_refs = backend.verdict;
    return backend;
  }

  void write_rule(HttpRule& view) {
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

  void write_match(HttpRule& view, const api::HttpRouteMatch& match, int index,
                   const AttachedListener& listener) {
    route_v3::Route route;
    const std::string path = absl::StrCat(view.path, ".matches[", index, "]");
    Problems problems = features::write_match(match, path, *route.mutable_match());
    if (form_.grpc != nullptr) name_method(path, problems);
    if (!problems.empty()) return report(view, std::move(problems));  // no match, no route
    view.security = security_on(listener, view.rule);
    use_clusters(view, listener.proxy);
    if (view.security != nullptr && view.security->asks_tokens)
      use_jwt({listener.proxy, listener.route_configuration, view.security->policy});
    const std::vector<HttpShare> shares = shares_of(view);
    for (const HttpShare& share : shares) {
      const std::string part =
          shares.size() == 1 ? "" : absl::StrCat("share/", &share - shares.data(), "/");
      write_share(view, share, part, match, index, route, listener);
    }
  }

  void write_share(HttpRule& view, const HttpShare& share, const std::string& part,
                   const api::HttpRouteMatch& match, int index, route_v3::Route route,
                   const AttachedListener& listener) {
    Problems unsupported = write_action(view, share, match, listener, route);
    if (!unsupported.empty()) {
      report(view, std::move(unsupported));
      answer(form_.failure_status(), route);
    }
    if (view.security != nullptr) add_security(*view.security, listener.route_configuration, route);
    add_metadata(view, route);
    for (const RouteHost& host : listener.hosts)
      add_entry(view, match, index, route, listener, host, part);
    write_preflight(view, match, index, listener, route);
  }

  // A CORS filter of the rule is more specific than the policy's.
  static void add_security(const SecurityModel& security, const Text& route_configuration,
                           route_v3::Route& route) {
    route_v3::Route policy;
    policy.ParseFromString(xds::serialise(*security.filters));
    auto& filters = *route.mutable_typed_per_filter_config();
    for (auto& [name, entry] : *policy.mutable_typed_per_filter_config()) {
      if (!filters.contains(name)) filters[name] = std::move(entry);
    }
    filters[features::jwt_filter(route_configuration)] =
        features::require_jwt(security.requirement());
  }

  // A GRPCRoute has no path: what is wrong with it is wrong with its method.
  static void name_method(const std::string& path, Problems& problems) {
    for (Problem& problem : problems) {
      if (problem.path == path + ".path.value") problem.path = path + ".method";
    }
  }

  // A rule with CORS that takes only some methods must take the browser's OPTIONS request too.
  void write_preflight(HttpRule& view, const api::HttpRouteMatch& match, int index,
                       const AttachedListener& listener, const route_v3::Route& route) {
    const bool cors = route.typed_per_filter_config().contains(features::kCorsFilter);
    if (!cors || !match.method || *match.method == api::HttpMethod::kOptions) return;
    route_v3::Route preflight = route;
    preflight.clear_match();
    features::write_preflight_match(match, view.path, *preflight.mutable_match());
    for (const RouteHost& host : listener.hosts)
      add_entry(view, match, index, preflight, listener, host, "cors-preflight/");
  }

  void add_entry(const HttpRule& view, const api::HttpRouteMatch& match, int index,
                 route_v3::Route route, const AttachedListener& listener, const RouteHost& host,
                 const std::string& purpose) {
    if (route.has_redirect())
      features::drop_well_known_port(host.host, {match, listener.port, listener.https},
                                     *route.mutable_redirect());
    route.set_name(
        absl::StrCat(view.name(), "/match/", index, "/", purpose, underscored(host.host)));
    RouteEntry entry;
    entry.virtual_host = {listener.proxy, listener.route_configuration, listener.listener,
                          host.host};
    entry.order = order_of(view, match, index);
    entry.order.hostname = static_cast<int16_t>(-host.own);
    entry.order.created = route_.metadata.creation_timestamp.unix_seconds;
    entry.order.route = form_.key();
    entry.order.entry = static_cast<uint32_t>(result_.entries.size());
    entry.route = xds::fragment_of(route);
    result_.entries.push_back(std::move(entry));
  }

  MatchOrder order_of(const HttpRule& view, const api::HttpRouteMatch& match, int index) const {
    static const api::GrpcRouteMatch kEverything;
    if (form_.grpc == nullptr) return precedence_of(match);
    const auto& matches = form_.grpc->spec.rules[view.index].matches;
    return precedence_of(index < 0 ? kEverything : matches[static_cast<size_t>(index)]);
  }

  void use_clusters(const HttpRule& view, const std::string& proxy) {
    const auto use = [&](const ResolvedBackend& backend) {
      if (backend.verdict.ok) result_.clusters.push_back({proxy, backend.cluster});
    };
    std::for_each(view.mirrors.begin(), view.mirrors.end(), use);
    if (view.auth) use(*view.auth);
    use_extensions(view.extensions, proxy);
    if (view.security != nullptr) {
      for (const ClusterRef& cluster : view.security->clusters)
        result_.clusters.push_back({proxy, cluster});
      if (view.security->login) {
        if (!result_.needs) result_.needs.emplace();
        result_.needs->add(*view.security->login);
      }
    }
    for (const HttpTarget& target : view.targets) {
      use(target.backend);
      std::for_each(target.mirrors.begin(), target.mirrors.end(), use);
      if (target.auth) use(*target.auth);
      use_extensions(target.extensions, proxy);
    }
  }

  void use_extensions(const std::vector<Extension>& extensions, const std::string& proxy) {
    for (const Extension& extension : extensions) {
      if (extension.filter == nullptr) continue;
      if (!result_.needs) result_.needs.emplace();
      result_.needs->secrets.insert(extension.filter->secret_name);
      for (const ClusterRef& cluster : extension.filter->clusters)
        result_.clusters.push_back({proxy, cluster});
    }
  }

  void use_jwt(JwtUse use) {
    auto& uses = result_.jwt ? *result_.jwt : result_.jwt.emplace();
    const auto place = std::lower_bound(uses.begin(), uses.end(), use);
    if (place == uses.end() || *place != use) uses.insert(place, std::move(use));
  }

  // Who made this route: for access logs, `limen explain` and Envoy Gateway's users.
  void add_metadata(const HttpRule& view, route_v3::Route& route) const {
    auto& fields =
        *(*route.mutable_metadata()->mutable_filter_metadata())["envoy-gateway"].mutable_fields();
    auto& resource = *fields["resources"]
                          .mutable_list_value()
                          ->add_values()
                          ->mutable_struct_value()
                          ->mutable_fields();
    resource["kind"].set_string_value(std::string(api::info(form_.kind).name));
    resource["namespace"].set_string_value(route_.metadata.name_space);
    resource["name"].set_string_value(route_.metadata.name);
    if (view.rule.name) resource["sectionName"].set_string_value(*view.rule.name);
  }

  static void report(HttpRule& view, Problems problems) {
    if (view.problems.empty())
      view.problems = std::move(problems);  // one match's mistakes are the others'
  }

  flow::Reads& reads_;
  World& world_;
  const HttpForm& form_;
  const api::HttpRoute& route_;
  const Attachments& attachments_;
  TranslatedRoute result_;
};

}  // namespace

std::string HttpRule::name() const {
  const char* kind = form.grpc == nullptr ? "httproute" : "grpcroute";
  return fmt::format("{}/{}/rule/{}", kind, form.route.metadata.key().text(), index);
}

MatchOrder precedence_of(const api::HttpRouteMatch& match) {
  MatchOrder order;
  order.path_rank = match.path.type == api::PathMatchType::kExact               ? 0
                    : match.path.type == api::PathMatchType::kRegularExpression ? 1
                                                                                : 2;
  order.path_length = static_cast<int16_t>(
      match.path.value == "/" ? 0 : -static_cast<int>(match.path.value.size()));
  order.method = match.method ? 0 : 1;
  order.headers = static_cast<int8_t>(-static_cast<int>(match.headers.size()));
  order.query_params = static_cast<int8_t>(-static_cast<int>(match.query_params.size()));
  return order;
}

std::shared_ptr<TranslatedRoute> translate_http(flow::Reads& reads, World& world,
                                                const HttpForm& form,
                                                const Attachments& attachments) {
  return Translation(reads, world, form, attachments).run();
}

}  // namespace limen::translate

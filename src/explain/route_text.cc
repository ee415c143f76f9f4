#include "explain/route_text.h"

#include <envoy/config/route/v3/route.pb.h>
#include <fmt/format.h>

#include "features/security.h"

namespace limen::explain {
namespace {

namespace route_v3 = envoy::config::route::v3;
using Lines = std::vector<std::string>;

template <class Add, class Remove>
void describe_headers(const char* which, const Add& add, const Remove& remove, Lines& out) {
  for (const auto& option : add) {
    const bool append = option.append_action() ==
                        envoy::config::core::v3::HeaderValueOption::APPEND_IF_EXISTS_OR_ADD;
    out.push_back(fmt::format("{} {} header {}: {}", append ? "adds" : "sets", which,
                              option.header().key(), option.header().value()));
  }
  for (const std::string& name : remove)
    out.push_back(fmt::format("removes {} header {}", which, name));
}

void describe_rewrite(const route_v3::RouteAction& action, Lines& out) {
  if (!action.host_rewrite_literal().empty())
    out.push_back("rewrites the host to " + action.host_rewrite_literal());
  if (!action.prefix_rewrite().empty())
    out.push_back("replaces the path's prefix by " + action.prefix_rewrite());
  if (action.has_regex_rewrite())
    out.push_back(fmt::format("rewrites the path: {} -> {}",
                              action.regex_rewrite().pattern().regex(),
                              action.regex_rewrite().substitution()));
}

void describe_action(const route_v3::RouteAction& action, Lines& out) {
  describe_rewrite(action, out);
  for (const auto& mirror : action.request_mirror_policies()) {
    const auto& share = mirror.runtime_fraction().default_value();
    const double of = share.denominator() == envoy::type::v3::FractionalPercent::MILLION ? 1e4
                      : share.denominator() == envoy::type::v3::FractionalPercent::TEN_THOUSAND
                          ? 1e2
                          : 1;
    out.push_back(fmt::format("mirrors {} % of the requests to {}",
                              mirror.has_runtime_fraction() ? share.numerator() / of : 100,
                              mirror.cluster()));
  }
  if (action.has_timeout() && (action.timeout().seconds() > 0 || action.timeout().nanos() > 0))
    out.push_back(fmt::format(
        "times out after {} s",
        static_cast<double>(action.timeout().seconds()) + action.timeout().nanos() / 1e9));
  if (action.has_retry_policy())
    out.push_back(
        fmt::format("retries up to {} times", action.retry_policy().num_retries().value()));
}

}  // namespace

Lines filters_of(const route_v3::Route& route) {
  Lines out;
  describe_headers("request", route.request_headers_to_add(), route.request_headers_to_remove(),
                   out);
  if (route.has_route()) describe_action(route.route(), out);
  describe_headers("response", route.response_headers_to_add(), route.response_headers_to_remove(),
                   out);
  for (const auto& [name, config] : route.typed_per_filter_config()) {
    if (!features::does_nothing(name, config)) out.push_back(name);
  }
  return out;
}

std::string outcome_of(const route_v3::Route& route) {
  if (route.has_direct_response())
    return fmt::format("is answered with {}", route.direct_response().status());
  if (!route.has_redirect()) return "goes to a backend";
  static constexpr int kStatus[] = {301, 302, 303, 307, 308};  // by RedirectResponseCode
  return fmt::format("is redirected ({})", kStatus[route.redirect().response_code()]);
}

}  // namespace limen::explain

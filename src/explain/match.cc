#include "explain/match.h"

#include <absl/strings/ascii.h>
#include <envoy/config/route/v3/route.pb.h>
#include <fmt/format.h>
#include <re2/re2.h>

namespace limen::explain {
namespace {

namespace route_v3 = envoy::config::route::v3;
using StringMatcher = envoy::type::matcher::v3::StringMatcher;

bool full_match(const std::string& text, const std::string& pattern) {
  return re2::RE2::FullMatch(text, re2::RE2(pattern, re2::RE2::Quiet));
}

bool fits(const StringMatcher& matcher, const std::string& value) {
  if (matcher.has_safe_regex()) return full_match(value, matcher.safe_regex().regex());
  return value == matcher.exact();
}

std::string wanted(const StringMatcher& matcher) {
  return matcher.has_safe_regex() ? fmt::format("the form {}", matcher.safe_regex().regex())
                                  : fmt::format("\"{}\"", matcher.exact());
}

// Why a value does not fit; nullopt: it does.
std::optional<std::string> difference(const std::string& what, const StringMatcher& matcher,
                                      const std::optional<std::string>& value) {
  if (!value) return fmt::format("{} is missing; {} is wanted", what, wanted(matcher));
  if (fits(matcher, *value)) return std::nullopt;
  return fmt::format("{} is \"{}\"; {} is wanted", what, *value, wanted(matcher));
}

std::optional<std::string> path_difference(const route_v3::RouteMatch& match,
                                           const std::string& path) {
  bool same = false;
  std::string wants;
  switch (match.path_specifier_case()) {
    case route_v3::RouteMatch::kPath:
      same = path == match.path();
      wants = "exactly " + match.path();
      break;
    case route_v3::RouteMatch::kPrefix:
      same = path.starts_with(match.prefix());
      wants = "a path below " + match.prefix();
      break;
    case route_v3::RouteMatch::kPathSeparatedPrefix: {
      const std::string& prefix = match.path_separated_prefix();
      same = path == prefix || path.starts_with(prefix + "/");
      wants = "a path below " + prefix;
      break;
    }
    case route_v3::RouteMatch::kSafeRegex:
      same = full_match(path, match.safe_regex().regex());
      wants = "the form " + match.safe_regex().regex();
      break;
    case route_v3::RouteMatch::kConnectMatcher:
    case route_v3::RouteMatch::kPathMatchPolicy:
    case route_v3::RouteMatch::PATH_SPECIFIER_NOT_SET:
      wants = "something that explain does not know";  // and that we never write
      break;
  }
  if (same) return std::nullopt;
  return fmt::format("path is {}; {} is wanted", path, wants);
}

std::optional<std::string> condition_difference(const route_v3::RouteMatch& match,
                                                const Request& request) {
  for (const auto& header : match.headers()) {
    const std::string name = absl::AsciiStrToLower(header.name());
    const std::string what = name == ":method" ? "the method" : "header " + name;
    const auto value = request.header(name);
    if (header.present_match()) {
      if (!value) return what + " is missing";
    } else if (auto why = difference(what, header.string_match(), value)) {
      return why;
    }
  }
  for (const auto& parameter : match.query_parameters()) {
    const auto value = request.query_parameter(parameter.name());
    auto why = difference("query parameter " + parameter.name(), parameter.string_match(), value);
    if (why) return why;
  }
  return std::nullopt;
}

// How well a domain takes a host: 0 not at all; an exact name beats every suffix, that every
// prefix, that "*".
size_t rank(const std::string& domain, const std::string& host) {
  constexpr size_t kPrefix = 1000, kSuffix = 2000, kExact = 3000;
  if (domain == "*") return 1;
  if (domain == host) return kExact;
  if (domain.starts_with('*') && host.size() >= domain.size() && host.ends_with(domain.substr(1)))
    return kSuffix + domain.size();
  if (domain.ends_with('*') && host.size() >= domain.size() &&
      host.starts_with(domain.substr(0, domain.size() - 1)))
    return kPrefix + domain.size();
  return 0;
}

}  // namespace

const route_v3::VirtualHost* find_virtual_host(const route_v3::RouteConfiguration& routes,
                                               const std::string& host) {
  const route_v3::VirtualHost* best = nullptr;
  size_t best_rank = 0;
  for (const auto& virtual_host : routes.virtual_hosts()) {
    for (const std::string& domain : virtual_host.domains()) {
      const size_t now = rank(absl::AsciiStrToLower(domain), host);
      if (now > best_rank) {
        best_rank = now;
        best = &virtual_host;
      }
    }
  }
  return best;
}

bool is_under(const std::string& pattern, const std::string& host) {
  return rank(pattern, host) > 0;
}

std::optional<Mismatch> mismatch(const route_v3::RouteMatch& match, const Request& request) {
  if (const auto why = path_difference(match, request.path)) return Mismatch{false, *why};
  if (const auto why = condition_difference(match, request)) return Mismatch{true, *why};
  return std::nullopt;
}

}  // namespace limen::explain

#include "translate/hostnames.h"

#include <algorithm>

namespace limen::translate {
namespace {

bool is_wildcard(std::string_view host) { return host.starts_with('*'); }

}  // namespace

bool covers(std::string_view pattern, std::string_view host) {
  if (pattern == "*" || pattern == host) return true;
  if (!is_wildcard(pattern) || host == "*") return false;
  const std::string_view suffix = pattern.substr(1);  // ".x"
  const std::string_view name = is_wildcard(host) ? host.substr(1) : host;
  return name.size() > suffix.size() && name.ends_with(suffix);
}

std::optional<std::string> intersect(std::string_view a, std::string_view b) {
  if (covers(a, b)) return std::string(b);
  if (covers(b, a)) return std::string(a);
  return std::nullopt;
}

size_t specificity(std::string_view host) {
  if (host == "*") return 0;
  constexpr size_t kExact = 1000;
  return host.size() + (is_wildcard(host) ? 0 : kExact);
}

std::vector<RouteHost> hosts_on_listener(const std::vector<Text>& route_hosts,
                                         const std::string& listener,
                                         const std::vector<std::string>& others) {
  std::vector<RouteHost> hosts;
  auto add = [&](Text host, size_t own) {
    const bool taken = std::any_of(others.begin(), others.end(), [&](const std::string& other) {
      return specificity(other) > specificity(listener) && covers(other, host);
    });
    if (!taken) hosts.push_back({std::move(host), static_cast<int16_t>(own)});
  };
  if (route_hosts.empty()) add(listener, 0);
  for (const Text& host : route_hosts) {
    if (auto common = intersect(listener, host)) add(std::move(*common), specificity(host));
  }
  std::sort(hosts.begin(), hosts.end(), [](const RouteHost& a, const RouteHost& b) {
    return a.host != b.host ? a.host < b.host : a.own > b.own;
  });
  const auto same = [](const RouteHost& a, const RouteHost& b) { return a.host == b.host; };
  hosts.erase(std::unique(hosts.begin(), hosts.end(), same), hosts.end());
  return hosts;
}

std::string underscored(std::string_view host) {
  std::string name(host);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

}  // namespace limen::translate

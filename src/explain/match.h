// Envoy's choice of virtual host and route, on the messages that it is sent.  Pure; any thread.
// Source: envoy.config.route.v3 (VirtualHost.domains, RouteMatch).
#pragma once

#include <optional>
#include <string>

#include "explain/request.h"

namespace envoy::config::route::v3 {
class RouteConfiguration;
class RouteMatch;
class VirtualHost;
}  // namespace envoy::config::route::v3

namespace limen::explain {

// Exact name, then the longest "*.suffix", then the longest "prefix.*", then "*".
const envoy::config::route::v3::VirtualHost* find_virtual_host(
    const envoy::config::route::v3::RouteConfiguration& routes, const std::string& host);

// Whether a name is `pattern` or, for "*.suffix" and "*", falls under it.
bool is_under(const std::string& pattern, const std::string& host);

struct Mismatch {
  bool near = false;   // the path fits, something else does not
  std::string reason;  // "header x-a is missing; \"1\" is wanted"
};
// nullopt: the request matches.
std::optional<Mismatch> mismatch(const envoy::config::route::v3::RouteMatch& match,
                                 const Request& request);

}  // namespace limen::explain

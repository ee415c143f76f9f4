// Hostnames of listeners and routes.  "*" stands for every host; a wildcard matches one or more
// labels. Source: Gateway API Listener.hostname and HTTPRouteSpec.hostnames.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "translate/model.h"

namespace limen::translate {

// Whether `pattern` ("*", "*.x", "a.x") covers `host` (of the same forms).
bool covers(std::string_view pattern, std::string_view host);

// What both allow: the more specific one; nullopt where they have nothing in common.
std::optional<std::string> intersect(std::string_view a, std::string_view b);

// Larger is more specific: exact names over wildcards, then the longer one; "*" is 0.
size_t specificity(std::string_view host);

// All hostnames that cover `host`, the most specific (itself) first.
std::vector<std::string> patterns_of(std::string_view host);

// The hosts of a route on a listener.  `more_specific`: sorted hostnames of the listeners on the
// same port that `listener` covers; what one of them covers is left to it (GEP-1364 listener
// isolation).  Sorted, unique; of several hostnames of the route that come to the same host, the
// most specific one counts.
std::vector<RouteHost> hosts_on_listener(const std::vector<Text>& route_hosts,
                                         const std::string& listener,
                                         const std::vector<std::string>& more_specific);

// "a.b" -> "a_b", as in Envoy Gateway's names.
std::string underscored(std::string_view host);

}  // namespace limen::translate

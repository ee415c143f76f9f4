// What a route does to a request, in words.  Pure.
#pragma once

#include <string>
#include <vector>

namespace envoy::config::route::v3 {
class Route;
}

namespace limen::explain {

// One line a filter, in the order in which they act.
std::vector<std::string> filters_of(const envoy::config::route::v3::Route& route);
// "is answered with 404", "is redirected (302)", "goes to the backends"
std::string outcome_of(const envoy::config::route::v3::Route& route);

}  // namespace limen::explain

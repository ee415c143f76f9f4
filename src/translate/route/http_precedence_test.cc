// Random requests to random HTTPRoutes of one host: the first xDS route that takes a request is the
// one that the specification names.  Source: HTTPRouteRule.matches ("Precedence").
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <envoy/config/route/v3/route.pb.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <tuple>

#include "translate/test_objects.h"
#include "translate/translator.h"

namespace limen::translate {
namespace {

struct Match {
  bool exact = false;
  std::string path = "/";
  std::string method;                          // empty: any
  std::map<std::string, std::string> headers;  // and query parameters, by other names
  std::map<std::string, std::string> params;
};
struct Request {
  std::string path, method;
  std::map<std::string, std::string> headers, params;
};
struct Route {
  std::string name_space, name;
  int created = 0;
  std::vector<std::vector<Match>> rules;
};
struct Place {  // of a match
  size_t route, rule, match;
  auto operator<=>(const Place&) const = default;
};

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  size_t below(size_t n) { return random_() % n; }
  std::string one_of(const std::vector<std::string>& words) { return words[below(words.size())]; }
  std::map<std::string, std::string> pairs(const char* prefix) {
    std::map<std::string, std::string> result;
    for (size_t n = below(3); n > 0; --n)
      result[prefix + std::to_string(below(3))] = std::to_string(below(2));
    return result;
  }
  std::string path() { return one_of({"/", "/a", "/a/b", "/a/b/c", "/ab"}); }
  std::string method() { return one_of({"GET", "PUT"}); }
  Match match() {
    return {below(3) == 0, path(), below(2) == 0 ? method() : "", pairs("x-"), pairs("q")};
  }
  Request request() { return {path(), method(), pairs("x-"), pairs("q")}; }
  Route route(size_t number) {
    Route route{one_of({"one", "two"}), fmt::format("r{}", number), static_cast<int>(below(3)), {}};
    for (size_t rules = 1 + below(2); rules > 0; --rules) {
      auto& rule = route.rules.emplace_back();
      for (size_t matches = 1 + below(3); matches > 0; --matches) rule.push_back(match());
    }
    return route;
  }

 private:
  std::mt19937 random_;
};

std::string text_of(const Match& match) {
  std::string headers, params;
  for (const auto& [name, value] : match.headers)
    headers += fmt::format("{{name: {}, value: '{}'}}, ", name, value);
  for (const auto& [name, value] : match.params)
    params += fmt::format("{{name: {}, value: '{}'}}, ", name, value);
  return fmt::format("{{path: {{type: {}, value: {}}}, headers: [{}], queryParams: [{}]{}}}",
                     match.exact ? "Exact" : "PathPrefix", match.path, headers, params,
                     match.method.empty() ? "" : ", method: " + match.method);
}

api::ObjectChange object_of(const Route& route) {
  std::string rules;
  for (const auto& rule : route.rules) {
    std::string matches;
    for (const Match& match : rule) matches += text_of(match) + ", ";
    rules += fmt::format("{{matches: [{}]}}, ", matches);
  }
  return object(fmt::format(
      "{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: {}, "
      "namespace: {}, creationTimestamp: '2024-01-0{}T00:00:00Z'}}, spec: {{parentRefs: [{{name: g, "
      "namespace: default}}], rules: [{}]}}}}",
      route.name, route.name_space, route.created + 1, rules));
}

bool takes(const Match& match, const Request& request) {
  const bool under =
      match.path == "/" || request.path == match.path || request.path.starts_with(match.path + "/");
  if (match.exact ? request.path != match.path : !under) return false;
  if (!match.method.empty() && match.method != request.method) return false;
  const auto has_all = [](const auto& wanted, const auto& there) {
    return std::all_of(wanted.begin(), wanted.end(), [&](const auto& pair) {
      const auto it = there.find(pair.first);
      return it != there.end() && it->second == pair.second;
    });
  };
  return has_all(match.headers, request.headers) && has_all(match.params, request.params);
}

// Smaller goes first, in the specification's own order of criteria.
auto order_of(const Route& route, const Place& place) {
  const Match& match = route.rules[place.rule][place.match];
  return std::tuple(!match.exact, -static_cast<int>(match.path.size()), match.method.empty(),
                    -static_cast<int>(match.headers.size()), -static_cast<int>(match.params.size()),
                    route.created, route.name_space + "/" + route.name, place.rule, place.match);
}

// The places of the virtual host's routes, in their order.
std::vector<Place> translated(const std::vector<Route>& routes) {
  Translator translator{Options{}};
  api::ChangeBatch world = {
      our_class(),
      gateway(
          "listeners: [{name: http, port: 8080, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]")};
  for (const Route& route : routes) world.push_back(object_of(route));
  std::vector<Place> places;
  for (const auto& change : translator.apply({std::move(world), {}, {}}).resources) {
    envoy::config::route::v3::RouteConfiguration message;
    if (change.type != xds::ResourceType::kRouteConfiguration) continue;
    EXPECT_TRUE(message.ParseFromString(xds::serialise(*change.resource)));
    for (const auto& route : message.virtual_hosts(0).routes()) {
      // httproute/NAMESPACE/rN/rule/I/match/J/...
      const std::vector<std::string> parts = absl::StrSplit(route.name(), '/');
      Place place{};
      EXPECT_TRUE(absl::SimpleAtoi(parts[2].substr(1), &place.route) &&
                  absl::SimpleAtoi(parts[4], &place.rule) &&
                  absl::SimpleAtoi(parts[6], &place.match));
      places.push_back(place);
    }
  }
  return places;
}

TEST(HttpPrecedence, TheFirstRouteThatTakesARequestIsTheSpecifications) {
  Dice dice(11);
  size_t contested = 0;
  for (int world = 0; world < 100; ++world) {
    std::vector<Route> routes;
    for (size_t i = 0; i < 6; ++i) routes.push_back(dice.route(i));
    size_t matches = 0;
    for (const Route& route : routes) {
      for (const auto& rule : route.rules) matches += rule.size();
    }
    const std::vector<Place> places = translated(routes);
    ASSERT_EQ(places.size(), matches);
    for (int i = 0; i < 40; ++i) {
      const Request request = dice.request();
      const auto is_taken = [&](const Place& place) {
        return takes(routes[place.route].rules[place.rule][place.match], request);
      };
      const auto first = std::find_if(places.begin(), places.end(), is_taken);
      const auto before = [&](const Place& a, const Place& b) {
        return order_of(routes[a.route], a) < order_of(routes[b.route], b);
      };
      std::vector<Place> candidates;
      std::copy_if(places.begin(), places.end(), std::back_inserter(candidates), is_taken);
      const auto wanted = std::min_element(candidates.begin(), candidates.end(), before);
      contested += candidates.size() > 1 ? 1 : 0;
      if (candidates.empty()) continue;
      ASSERT_EQ(*first, *wanted) << "world " << world;
    }
  }
  EXPECT_GT(contested, 500u);  // else there was nothing to decide
}

}  // namespace
}  // namespace limen::translate

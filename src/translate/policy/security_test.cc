// Which policy governs a request, by a model of its own, and what Envoy would run for it: after any
// changes, each filter does what that policy says, and nothing where it says nothing.
#include <envoy/config/route/v3/route.pb.h>
#include <fmt/format.h>

#include <map>
#include <random>

#include "features/security.h"
#include "translate/test_objects.h"
#include "translate/translator.h"

namespace limen::translate {
namespace {

namespace route_v3 = envoy::config::route::v3;

constexpr const char* kFeatures[] = {"cors",      "csrf",          "apiKeyAuth",
                                     "basicAuth", "authorization", "oidc"};
constexpr int kFeatureCount = 6;
constexpr const char* kListeners[] = {"a", "b", "c",
                                      "d"};  // a and b of the Gateway, others of a set
constexpr int kRoutes = 4, kPolicies = 8;

// What a policy says, with its name in it.
std::string feature_yaml(int feature, const std::string& tag) {
  switch (feature) {
    case 0: return "cors: {allowOrigins: ['*'], exposeHeaders: [" + tag + "]}";
    case 1: return "csrf: {additionalOrigins: ['https://" + tag + "']}";
    case 2:
      return "apiKeyAuth: {credentialRefs: [{name: keys}], extractFrom: [{headers: [x-key]}], "
             "forwardClientIDHeader: " +
             tag + "}";
    case 3: return "basicAuth: {users: {name: users}, forwardUsernameHeader: " + tag + "}";
    case 4:
      return "authorization: {rules: [{name: " + tag +
             ", action: Allow, principal: {clientCIDRs: [10.0.0.0/8]}}]}";
    default:
      return "oidc: {clientID: " + tag +
             ", clientSecret: {name: client}, provider: {issuer: 'https://i.test', "
             "authorizationEndpoint: 'https://i.test/a', tokenEndpoint: 'https://i.test/t', "
             "backendRefs: [{group: gateway.envoyproxy.io, kind: Backend, name: b}]}}";
  }
}

struct Target {
  std::string kind, name, section;
  std::string yaml() const {
    return fmt::format("{{group: gateway.networking.k8s.io, kind: {}, name: {}{}}}", kind, name,
                       section.empty() ? "" : ", sectionName: " + section);
  }
  auto operator<=>(const Target&) const = default;
};

struct Policy {
  Target target;
  int age = 0;  // in days; larger is older
  unsigned features = 0;
};

class Model {
 public:
  explicit Model(unsigned seed) : random_(seed) {}

  api::ChangeBatch begin() {
    api::ChangeBatch world = {
        our_class(),
        some_backend(),
        gateway("allowedListeners: {namespaces: {from: Same}}, listeners: [{name: a, port: 80, "
                "protocol: HTTP, hostname: a.test}, {name: b, port: 80, protocol: HTTP, hostname: "
                "b.test}]"),
        object("{apiVersion: gateway.networking.k8s.io/v1, kind: ListenerSet, metadata: {name: s}, "
               "spec: {parentRef: {name: g}, listeners: [{name: c, port: 80, protocol: HTTP, "
               "hostname: c.test}, {name: d, port: 80, protocol: HTTP, hostname: d.test}]}}"),
        object("{apiVersion: v1, kind: Secret, metadata: {name: keys}, stringData: {one: k1}}"),
        object("{apiVersion: v1, kind: Secret, metadata: {name: users}, stringData: {.htpasswd: "
               "'u:{SHA}NWoZK3kTsExUV00Ywo1G5jlUKKs='}}"),
        object("{apiVersion: v1, kind: Secret, metadata: {name: client}, stringData: "
               "{client-secret: s}}")};
    for (int i = 0; i < kRoutes; ++i) world.push_back(route(i));
    return world;
  }

  // Makes, replaces or takes away one policy.
  api::ObjectChange change() {
    const std::string name = fmt::format("p{}", below(kPolicies));
    if (policies_.contains(name) && below(3) == 0) {
      policies_.erase(name);
      return {api::Kind::kSecurityPolicy, {"default", name}, {}};
    }
    Policy& policy = policies_[name];
    policy = {target(), 1 + below(20), static_cast<unsigned>(below(1 << kFeatureCount))};
    std::string spec = "targetRefs: [" + policy.target.yaml() + "]";
    for (int i = 0; i < kFeatureCount; ++i) {
      if (policy.features & (1U << i)) spec += ", " + feature_yaml(i, "tag-" + name);
    }
    return object(
        fmt::format("{{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: SecurityPolicy, "
                    "metadata: {{name: {}, creationTimestamp: '2026-01-{:02}T00:00:00Z'}}, "
                    "spec: {{{}}}}}",
                    name, 30 - policy.age, spec));
  }

  // The policy for a rule of a route on a listener; "": none.
  std::string governing(int route, const std::string& rule, const std::string& listener) const {
    const std::string name = fmt::format("r{}", route);
    const bool of_set = listener == "c" || listener == "d";
    const Target order[] = {{"HTTPRoute", name, rule},
                            {"HTTPRoute", name, ""},
                            {of_set ? "ListenerSet" : "Gateway", of_set ? "s" : "g", listener},
                            {"ListenerSet", of_set ? "s" : "none", ""},
                            {"Gateway", "g", ""}};
    for (const Target& target : order) {
      std::string best;
      for (const auto& [policy, what] : policies_) {
        if (what.target != target) continue;
        if (best.empty() || what.age > policies_.at(best).age) best = policy;
      }
      if (!best.empty()) return best;
    }
    return {};
  }

  bool has(const std::string& policy, int feature) const {
    return !policy.empty() && (policies_.at(policy).features & (1U << feature)) != 0;
  }

 private:
  int below(int limit) { return std::uniform_int_distribution(0, limit - 1)(random_); }

  Target target() {
    switch (below(5)) {
      case 0: return {"Gateway", "g", ""};
      case 1: return {"ListenerSet", "s", ""};
      case 2: {
        const int i = below(4);
        return {i < 2 ? "Gateway" : "ListenerSet", i < 2 ? "g" : "s", kListeners[i]};
      }
      case 3: return {"HTTPRoute", fmt::format("r{}", below(kRoutes)), ""};
      default: return {"HTTPRoute", fmt::format("r{}", below(kRoutes)), below(2) == 0 ? "x" : "y"};
    }
  }

  static api::ObjectChange route(int i) {
    const auto rule = [i](const char* name) {
      return fmt::format(
          "{{name: {0}, matches: [{{path: {{value: /{1}/{0}}}}}], backendRefs: "
          "[{{group: gateway.envoyproxy.io, kind: Backend, name: b}}]}}",
          name, i);
    };
    return object(
        fmt::format("{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, "
                    "metadata: {{name: r{}}}, spec: {{parentRefs: [{{name: g}}, {{kind: "
                    "ListenerSet, name: s}}], rules: [{}, {}, {}]}}}}",
                    i, rule("x"), rule("y"), rule("z")));
  }

  std::mt19937 random_;
  std::map<std::string, Policy> policies_;
};

// What Envoy runs: the route's entry, else the virtual host's.
std::string active(const route_v3::VirtualHost& host, const route_v3::Route& route,
                   const std::string& filter) {
  const auto& own = route.typed_per_filter_config();
  const auto& shared = host.typed_per_filter_config();
  const bool is_own = own.contains(filter);
  if (!is_own && !shared.contains(filter)) return {};
  const google::protobuf::Any& entry = is_own ? own.at(filter) : shared.at(filter);
  return features::does_nothing(filter, entry) ? "" : entry.value();
}

std::string active(const route_v3::VirtualHost& host, const route_v3::Route& route, int feature) {
  constexpr const char* kFilters[] = {"",
                                      features::kCsrf,
                                      features::kApiKeyAuth,
                                      features::kBasicAuth,
                                      features::kAuthorization,
                                      features::kOidc};
  if (feature > 0) return active(host, route, kFilters[feature]);
  const std::string listener = active(host, route, std::string(features::kListenerCors));
  const std::string own = active(host, route, std::string(features::kCorsFilter));
  EXPECT_TRUE(listener.empty() || own.empty()) << "CORS of two policies on " << route.name();
  return listener + own;
}

void check(const Model& model, const route_v3::RouteConfiguration& configuration) {
  int seen = 0;
  for (const route_v3::VirtualHost& host : configuration.virtual_hosts()) {
    const std::string listener = host.domains(0).substr(0, 1);
    for (const route_v3::Route& route : host.routes()) {
      const std::string& path = route.match().path_separated_prefix();
      if (path.empty()) continue;  // not of a rule
      ++seen;
      const std::string policy = model.governing(path[1] - '0', path.substr(3), listener);
      for (int i = 0; i < kFeatureCount; ++i) {
        const std::string entry = active(host, route, i);
        const std::string where =
            fmt::format("{} of {} for {}", kFeatures[i], route.name(), policy);
        ASSERT_EQ(!entry.empty(), model.has(policy, i)) << where;
        ASSERT_TRUE(entry.empty() || entry.find("tag-" + policy) != std::string::npos) << where;
      }
    }
  }
  ASSERT_EQ(seen, kRoutes * 3 * 4);
}

TEST(Security, TheMostSpecificPolicyGovernsAlone) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    Model model(seed);
    Translator translator{Options{}};
    route_v3::RouteConfiguration configuration;
    Output output = translator.apply({model.begin(), {}, {}, {}, "0123456789abcdef"});
    for (int step = 0; step < 30; ++step) {
      for (const auto& change : output.resources) {
        if (change.type == xds::ResourceType::kRouteConfiguration)
          configuration.ParseFromString(xds::serialise(*change.resource));
      }
      check(model, configuration);
      if (HasFatalFailure()) FAIL() << "seed " << seed << ", step " << step;
      output = translator.apply({{model.change()}, {}, {}});
    }
  }
}

// A version that Envoy took before there was a policy does not stand in for one that has it.
TEST(Security, WhatIsHeldBackIsNotOpen) {
  const auto route = [](const std::string& path) {
    return object(fmt::format(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: r}}, spec: "
        "{{parentRefs: [{{name: g}}], rules: [{{matches: [{{path: {{value: {}}}}}], backendRefs: "
        "[{{group: gateway.envoyproxy.io, kind: Backend, name: b}}]}}]}}}}",
        path));
  };
  Translator translator{Options{}};
  Output output = translator.apply({{our_class(), some_backend(), route("/a"),
                                     gateway("listeners: [{name: a, port: 80, protocol: HTTP}]")},
                                    {},
                                    {}});
  route_v3::RouteConfiguration configuration;
  const auto offered = [&output] {
    for (const auto& change : output.resources) {
      if (change.type == xds::ResourceType::kRouteConfiguration) return change;
    }
    return xds::ResourceChange{};
  };
  const auto answer = [&](const std::string& refusal) {
    const xds::ResourceChange change = offered();
    ASSERT_NE(change.resource, nullptr);
    output = translator.apply(
        {{}, {{change.proxy, change.type, change.name, change.resource->hash, refusal}}, {}});
  };
  answer("");
  output = translator.apply(
      {{route("/b"), object("{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: SecurityPolicy, "
                            "metadata: {name: p}, spec: {targetRefs: [{group: "
                            "gateway.networking.k8s.io, kind: HTTPRoute, name: r}], csrf: {}}}")},
       {},
       {}});
  answer("no");
  ASSERT_NE(offered().resource, nullptr);
  configuration.ParseFromString(xds::serialise(*offered().resource));
  ASSERT_EQ(configuration.virtual_hosts_size(), 1);
  ASSERT_EQ(configuration.virtual_hosts(0).routes_size(), 1);
  const route_v3::Route& held = configuration.virtual_hosts(0).routes(0);
  EXPECT_EQ(held.match().path_separated_prefix(), "/a");
  EXPECT_EQ(held.direct_response().status(), 500u);
}

// The rows that run when a policy of the Gateway, or of one route, is edited among so many routes.
size_t rows_of_an_edit(const std::string& target, int routes) {
  Translator translator{Options{}};
  api::ChangeBatch world = {our_class(), some_backend(),
                            gateway("listeners: [{name: a, port: 80, protocol: HTTP}]")};
  for (int i = 0; i < routes; ++i)
    world.push_back(object(fmt::format(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: r{0}}}, spec: "
        "{{parentRefs: [{{name: g}}], hostnames: [x.test], rules: [{{matches: [{{path: {{value: "
        "/{0}}}}}], backendRefs: [{{group: gateway.envoyproxy.io, kind: Backend, name: b}}]}}]}}}}",
        i)));
  const auto policy = [&target](const std::string& range) {
    return object(
        fmt::format("{{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: SecurityPolicy, "
                    "metadata: {{name: p}}, spec: {{targetRefs: [{}], authorization: "
                    "{{rules: [{{action: Allow, principal: {{clientCIDRs: [{}]}}}}]}}}}}}",
                    target, range));
  };
  world.push_back(policy("10.0.0.0/8"));
  translator.apply({std::move(world), {}, {}});
  const Output output = translator.apply({{policy("192.0.2.0/24")}, {}, {}});
  EXPECT_EQ(output.resources.size(), 1u);
  return output.rows;
}

TEST(Security, AnEditCostsWhatItAffects) {
  for (const Target& target : {Target{"Gateway", "g", ""}, Target{"HTTPRoute", "r1", ""}}) {
    const size_t rows = rows_of_an_edit(target.yaml(), 10);
    EXPECT_LE(rows, 9u) << target.kind;
    EXPECT_EQ(rows_of_an_edit(target.yaml(), 1000), rows) << target.kind;
  }
}

}  // namespace
}  // namespace limen::translate

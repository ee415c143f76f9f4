// What SecurityPolicies come to.  Part of the model (model.h).  Source: GEP-713, and Envoy Gateway
// for what is more specific than what: a rule, its route, an entry of a ListenerSet or a listener
// of a Gateway, the ListenerSet, the Gateway.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/problem.h"
#include "features/geo_facts.h"
#include "translate/model.h"

namespace limen::translate {

// How users log in.
struct Login {
  std::map<std::string, FragmentPtr, std::less<>> secrets;  // by SDS name; none where closed
  IssuerKey issuer;  // whose endpoints are to be found; its issuer is empty: nobody's are

  bool operator==(const Login& other) const;
};

// What an HTTPRouteFilter makes backends see.
struct RouteFilterModel {
  Problems problems;                 // not empty: no request may pass
  FragmentPtr filter;                // HttpFilter of clusters; nullptr iff there are problems
  std::string secret_name;           // SDS name of what it needs
  FragmentPtr secret;                // nullptr: there is none
  std::vector<ClusterRef> clusters;  // that it uses

  bool operator==(const RouteFilterModel& other) const;
};

struct SecurityModel {
  ObjectKey policy;
  Verdict accepted;                    // not ok: the filters let nobody through
  FragmentPtr filters;                 // Route with nothing but typed_per_filter_config
  std::vector<ClusterRef> clusters;    // that they use
  bool reroutes = false;               // a request may end up with another route
  bool asks_tokens = false;            // what it asks of them is a PolicyJwt
  features::GeoFacts asked_facts = 0;  // of where clients are
  Box<Login> login;

  bool operator==(const SecurityModel& other) const {
    return policy == other.policy && accepted == other.accepted && clusters == other.clusters &&
           *filters == *other.filters && reroutes == other.reroutes &&
           asks_tokens == other.asks_tokens && asked_facts == other.asked_facts &&
           login == other.login;
  }
  // What routes call its requirement in jwt_authn; "": they ask for no token.
  std::string requirement() const { return asks_tokens ? policy.text() : std::string(); }
};

// Where a proxy's clients are, by the databases of its EnvoyProxy.
struct GeoLookup {
  features::GeoFacts facts = 0;  // that they have
  FragmentPtr filter;            // TypedExtensionConfig

  bool operator==(const GeoLookup& other) const {
    return facts == other.facts && *filter == *other.filter;
  }
};

// What a policy that targets TCPRoutes is to their connections.
struct ConnectionPolicy {
  Verdict accepted;     // not ok: nobody is let in
  FragmentPtr sources;  // FilterChainMatch with who is let in; nullptr: nobody is

  bool operator==(const ConnectionPolicy& other) const {
    return accepted == other.accepted && same(sources, other.sources);
  }
};

// spec.jwt of a policy, with what it refers to.  Routes do not see it: of another issuer they hear
// nothing.
struct PolicyJwt {
  Problems problems;   // not empty: nobody may get through
  FragmentPtr filter;  // JwtAuthentication with what the policy needs
  bool reroutes = false;
  std::vector<ClusterRef> clusters;  // where keys are fetched

  bool operator==(const PolicyJwt& other) const {
    return problems == other.problems && *filter == *other.filter && reroutes == other.reroutes &&
           clusters == other.clusters;
  }
};

// A policy of a route that is merged over the one of its listener.
struct MergedPolicy {
  ObjectKey child, parent;
  api::SecurityPolicy policy;  // of the child, with what both say
  Problems problems;           // not empty: together they make no policy
  // Fields that the child has said, "oidc.clientSecret": what they refer to is looked for in its
  // namespace, the rest in the parent's.
  std::set<std::string, std::less<>> own;

  bool operator==(const MergedPolicy&) const = default;
};

struct PolicyTarget {
  RouteKey object;  // of any kind
  Text section;     // rule or listener; "": all of it
  auto operator<=>(const PolicyTarget&) const = default;
};

struct PolicyTargets {
  std::vector<PolicyTarget> targets;  // in the order of the spec
  int64_t created = 0;
  bool merges = false;  // over policies of listeners

  bool operator==(const PolicyTargets&) const = default;
  std::vector<RouteKey> objects() const;  // each once
};

// The policies that govern a route, by the name of the rule; "": the rules that have none.
struct RoutePolicies {
  // A policy that is merged over another one on a listener.
  struct Merge {
    ObjectKey child;
    ProxyName listener;
    ObjectKey merged;  // of merged_policies
    bool operator==(const Merge&) const = default;
  };
  std::map<Text, ObjectKey> governing;
  std::vector<ProxyName> listeners;  // that it is attached to
  std::vector<Merge> merges;

  bool operator==(const RoutePolicies&) const = default;
  // nullptr: none.
  const ObjectKey* of_rule(const std::optional<Text>& name) const;
  // What that policy is on a listener.
  const ObjectKey& on_listener(const ObjectKey& policy, const ProxyName& listener) const;
};

// How specific a policy is for a listener, then how old: smaller prevails.
struct PolicyRank {
  int level = 0;  // 0: it names the listener; 1: its ListenerSet; 2: its Gateway
  int64_t created = 0;
  auto operator<=>(const PolicyRank&) const = default;
};

struct PolicyListeners {
  struct Place {
    int level = 0;
    ObjectKey gateway;  // whose listener it is
    Text route_configuration;
    int32_t port = 0;
    bool operator==(const Place&) const = default;
  };
  std::map<ProxyName, Place> places;
  int64_t created = 0;

  bool operator==(const PolicyListeners&) const = default;
};

}  // namespace limen::translate

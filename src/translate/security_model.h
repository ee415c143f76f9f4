// What SecurityPolicies come to.  Part of the model (model.h).  Source: GEP-713, and Envoy Gateway
// for what is more specific than what: a rule, its route, an entry of a ListenerSet or a listener
// of a Gateway, the ListenerSet, the Gateway.
#pragma once

#include <map>
#include <vector>

#include "translate/model.h"

namespace limen::translate {

struct SecurityModel {
  Verdict accepted;                  // not ok: the filters let nobody through
  FragmentPtr filters;               // Route with nothing but typed_per_filter_config
  std::vector<ClusterRef> clusters;  // that they use

  bool operator==(const SecurityModel& other) const {
    return accepted == other.accepted && clusters == other.clusters && *filters == *other.filters;
  }
};

struct PolicyTarget {
  RouteKey object;  // of any kind
  Text section;     // rule or listener; "": all of it
  auto operator<=>(const PolicyTarget&) const = default;
};

struct PolicyTargets {
  std::vector<PolicyTarget> targets;  // in the order of the spec
  int64_t created = 0;

  bool operator==(const PolicyTargets&) const = default;
  std::vector<RouteKey> objects() const;  // each once
};

// The policies that govern a route, by the name of the rule; "": the rules that have none.
struct RoutePolicies {
  std::map<Text, ObjectKey> governing;
  std::vector<ProxyName> listeners;  // that it is attached to

  bool operator==(const RoutePolicies&) const = default;
  // nullptr: none.
  const ObjectKey* of_rule(const std::optional<Text>& name) const;
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
    bool operator==(const Place&) const = default;
  };
  std::map<ProxyName, Place> places;
  int64_t created = 0;

  bool operator==(const PolicyListeners&) const = default;
};

}  // namespace limen::translate

#include <fmt/format.h>

#include <algorithm>

#include "features/security.h"
#include "translate/policy/merge.h"
#include "translate/policy/outcomes.h"
#include "translate/policy/rules.h"

namespace limen::translate {
namespace {

class Status {
 public:
  Status(flow::Reads& reads, World& world, const ObjectKey& key, const SecurityModel& model)
      : reads_(reads), world_(world), key_(key), model_(model) {}

  void add(const PolicyTarget& target) {
    const auto& [kind, object] = target.object;
    if (kind == api::Kind::kGateway) {
      if (const auto* gateway = world_.gateways.get(reads_, object))
        add_listeners(target, gateway->proxy, gateway->listeners);
    } else if (kind == api::Kind::kListenerSet) {
      if (const auto* set = world_.sets.get(reads_, object))
        add_listeners(target, set->proxy, set->listeners);
    } else {
      add_route(target);
    }
  }

  PolicyOutcomes outcomes;

 private:
  void add_listeners(const PolicyTarget& target, const std::string& proxy,
                     const std::vector<ListenerModel>& listeners) {
    PolicyOutcome& outcome = outcomes.of(reference_to(target.object, target.section));
    if (outcome.verdict.ok) outcome.verdict = verdict_of_listeners(target, listeners);
    if (outcome.verdict.ok) outcome.verdict = verdict_of_proxy(proxy);
    if (outcome.verdict.ok) add_overriding(target, outcome);
  }

  Verdict verdict_of_listeners(const PolicyTarget& target,
                               const std::vector<ListenerModel>& listeners) {
    if (!target.section.empty()) {
      const ListenerModel* listener = named(target.section, listeners);
      if (listener == nullptr) return no_section(target, "listener");
      if (!serves_http(listener->protocol))
        return Verdict::no("Invalid", fmt::format("listener {} serves no HTTP", target.section));
    }
    return common_verdict(target);
  }

  void add_route(const PolicyTarget& target) {
    const Attachments* attachments = world_.attachments.get(reads_, target.object);
    const RouteObject* route = world_.route_objects.get(reads_, target.object);
    if (attachments == nullptr || route == nullptr) return;
    const Verdict verdict = verdict_of_route(target, *route);
    const RoutePolicies* policies = world_.route_policies.get(reads_, target.object);
    for (size_t i = 0; i < attachments->parents.size(); ++i) {
      if (!attachments->parents[i].ours) continue;
      api::ParentReference ancestor = route->spec().parent_refs[i];
      if (!ancestor.name_space) ancestor.name_space = target.object.object.name_space;
      PolicyOutcome& outcome = outcomes.of(ancestor);
      if (outcome.verdict.ok) outcome.verdict = verdict;
      for (const AttachedListener& listener : attachments->parents[i].listeners) {
        if (outcome.verdict.ok) outcome.verdict = verdict_of_proxy(listener.proxy.str());
      }
      if (policies != nullptr) add_mergers(attachments->parents[i], *policies, outcome);
      if (outcome.verdict.ok && target.section.empty()) add_overriding_rules(target, outcome);
    }
  }

  // Whether the Envoys of a listener find out all that the policy asks of where clients are.
  Verdict verdict_of_proxy(const std::string& proxy) {
    if (model_.asked_facts == 0 || !model_.accepted.ok) return {};
    const GeoLookup* lookup = world_.geo_lookups.get(reads_, proxy);
    const features::GeoFacts known = lookup == nullptr ? 0 : lookup->facts;
    const features::GeoFacts missing = model_.asked_facts & ~known;
    if (missing == 0) return {};
    return Verdict::no(
        "Invalid",
        fmt::format("spec.authorization.rules: clientIPGeoLocations ask for {}, of which "
                    "EnvoyProxy.spec.geoIP of the Gateway has no database; all requests are "
                    "answered with 403",
                    features::words_of(missing)));
  }

  void add_mergers(const Attachment& parent, const RoutePolicies& policies,
                   PolicyOutcome& outcome) {
    for (const AttachedListener& listener : parent.listeners) {
      const ObjectKey& key = policies.on_listener(key_, {listener.proxy, listener.listener});
      const MergedPolicy* merged = find_policy(reads_, world_, key).merged;
      if (merged == nullptr) continue;
      outcome.merged_over.insert("SecurityPolicy " + merged->parent.text());
      const SecurityModel* model = security_of(reads_, world_, key);
      if (outcome.verdict.ok && model != nullptr) outcome.verdict = model->accepted;
    }
  }

  Verdict verdict_of_route(const PolicyTarget& target, const RouteObject& route) {
    if (!target.section.empty() && !has_rule(route, target.section))
      return no_section(target, "rule");
    return common_verdict(target);
  }

  Verdict common_verdict(const PolicyTarget& target) {
    Verdict conflict =
        conflict_of(reads_, world_.security_of_target, {"SecurityPolicy", key_}, target);
    if (!conflict.ok) return conflict;
    if (target.object.kind != api::Kind::kTcpRoute) return model_.accepted;
    const ConnectionPolicy* connections = world_.connection_policies.get(reads_, key_);
    return connections == nullptr ? model_.accepted : connections->accepted;
  }

  // Listeners and routes behind this target that have a policy of their own.
  void add_overriding(const PolicyTarget& target, PolicyOutcome& outcome) {
    const PolicyListeners* mine = world_.policy_listeners.get(reads_, key_);
    if (mine == nullptr) return;
    for (const auto& [listener, place] : mine->places) {
      if (!is_behind(target, place, listener)) continue;
      const auto& policies = world_.policies_of_listener.get(reads_, listener);
      if (const auto [rank, first, value] = *policies.sorted().begin(); rank.level < place.level) {
        outcome.overriding.insert("listener " + listener.name.str());
        continue;
      }
      for (const auto& [route, own] : world_.policied_routes.get(reads_, listener))
        add_route_policies(route, own, listener, outcome);
    }
  }

  // Those of a route take this policy's place, or are merged over it.
  static void add_route_policies(const RouteKey& route, const RoutePolicies& own,
                                 const ProxyName& listener, PolicyOutcome& outcome) {
    for (const auto& [section, policy] : own.governing) {
      const bool merges = is_merged(own.on_listener(policy, listener));
      (merges ? outcome.merged_into : outcome.overriding).insert(route.text());
    }
  }

  void add_overriding_rules(const PolicyTarget& target, PolicyOutcome& outcome) {
    const RoutePolicies* policies = world_.route_policies.get(reads_, target.object);
    if (policies == nullptr) return;
    for (const auto& [section, policy] : policies->governing) {
      if (!section.empty() && policy != key_)
        outcome.overriding.insert(fmt::format("rule {} of {}", section, target.object.text()));
    }
  }

  flow::Reads& reads_;
  World& world_;
  const ObjectKey& key_;
  const SecurityModel& model_;
};

}  // namespace

std::shared_ptr<const api::PolicyStatus> security_status(flow::Reads& reads, World& world,
                                                         const ObjectKey& key) {
  const api::SecurityPolicy* policy = world.security_policies.get(reads, key);
  const SecurityModel* model = world.security.get(reads, key);
  const PolicyTargets* targets = world.policy_targets.get(reads, key);
  if (policy == nullptr || model == nullptr || targets == nullptr) return nullptr;
  Status result(reads, world, key, *model);
  for (const PolicyTarget& target : targets->targets) result.add(target);
  std::vector<PolicyWarning> warnings;
  if (policy->spec.target_ref) warnings.push_back(deprecated("spec.targetRef", "spec.targetRefs"));
  const auto idle = features::fields_without_effect(policy->spec);
  if (!idle.empty()) warnings.push_back(without_effect(idle));
  auto status = std::make_shared<api::PolicyStatus>(others_of(policy->status, world.options));
  std::move(result.outcomes).write(world.options, policy->metadata.generation, warnings, *status);
  return status;
}

}  // namespace limen::translate

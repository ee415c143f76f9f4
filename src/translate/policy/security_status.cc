#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "translate/policy/rules.h"
#include "translate/status/rules.h"

namespace limen::translate {
namespace {

constexpr size_t kMostNames = 10;  // in a message

// What a policy comes to for one ancestor.
struct Outcome {
  api::ParentReference ancestor;
  Verdict verdict;                     // of the first target for which something is wrong
  std::set<std::string> overriding{};  // what a more specific policy governs
};

api::ParentReference reference_to(const RouteKey& object, const Text& section) {
  api::ParentReference ref;
  ref.kind = api::info(object.kind).name;
  ref.name_space = object.object.name_space;
  ref.name = object.object.name;
  if (!section.empty()) ref.section_name = section;
  return ref;
}

class Status {
 public:
  Status(flow::Reads& reads, World& world, const ObjectKey& key, const SecurityModel& model)
      : reads_(reads), world_(world), key_(key), model_(model) {}

  void add(const PolicyTarget& target) {
    const auto& [kind, object] = target.object;
    if (kind == api::Kind::kGateway) {
      if (const auto* gateway = world_.gateways.get(reads_, object))
        add_listeners(target, gateway->listeners);
    } else if (kind == api::Kind::kListenerSet) {
      if (const auto* set = world_.sets.get(reads_, object)) add_listeners(target, set->listeners);
    } else {
      add_route(target);
    }
  }

  // Those with something wrong come first: they are not the ones to be left out.
  std::vector<Outcome> take() {
    std::stable_partition(outcomes_.begin(), outcomes_.end(),
                          [](const Outcome& outcome) { return !outcome.verdict.ok; });
    return std::move(outcomes_);
  }

 private:
  Outcome& outcome_of(const api::ParentReference& ancestor) {
    for (Outcome& outcome : outcomes_) {
      if (outcome.ancestor == ancestor) return outcome;
    }
    return outcomes_.emplace_back(Outcome{ancestor, {}});
  }

  void add_listeners(const PolicyTarget& target, const std::vector<ListenerModel>& listeners) {
    Outcome& outcome = outcome_of(reference_to(target.object, target.section));
    if (outcome.verdict.ok) outcome.verdict = verdict_of_listeners(target, listeners);
    if (outcome.verdict.ok) add_overriding(target, outcome);
  }

  Verdict verdict_of_listeners(const PolicyTarget& target,
                               const std::vector<ListenerModel>& listeners) {
    if (!target.section.empty()) {
      const auto it = std::find_if(listeners.begin(), listeners.end(), [&](const auto& listener) {
        return target.section == listener.name;
      });
      if (it == listeners.end())
        return Verdict::no("TargetNotFound", fmt::format("{} has no listener named {}",
                                                         target.object.text(), target.section));
      if (!serves_http(it->protocol))
        return Verdict::no("Invalid", fmt::format("listener {} serves no HTTP", target.section));
    }
    return common_verdict(target);
  }

  void add_route(const PolicyTarget& target) {
    const Attachments* attachments = world_.attachments.get(reads_, target.object);
    const RouteObject* route = world_.route_objects.get(reads_, target.object);
    if (attachments == nullptr || route == nullptr) return;
    const Verdict verdict = verdict_of_route(target, *route);
    for (size_t i = 0; i < attachments->parents.size(); ++i) {
      if (!attachments->parents[i].ours) continue;
      api::ParentReference ancestor = route->spec().parent_refs[i];
      if (!ancestor.name_space) ancestor.name_space = target.object.object.name_space;
      Outcome& outcome = outcome_of(ancestor);
      if (outcome.verdict.ok) outcome.verdict = verdict;
      if (outcome.verdict.ok && target.section.empty()) add_overriding_rules(target, outcome);
    }
  }

  Verdict verdict_of_route(const PolicyTarget& target, const RouteObject& route) {
    if (!target.section.empty() && !has_rule(route, target.section))
      return Verdict::no("TargetNotFound", fmt::format("{} has no rule named {}",
                                                       target.object.text(), target.section));
    const Verdict verdict = common_verdict(target);
    if (!verdict.ok || target.object.kind != api::Kind::kTcpRoute) return verdict;
    return Verdict::no("Invalid", fmt::format("{}: policies for TCPRoutes are not supported yet; "
                                              "all connections are closed",
                                              target.object.text()));
  }

  Verdict common_verdict(const PolicyTarget& target) {
    for (const auto& [other, targets] : world_.security_of_target.get(reads_, target.object)) {
      if (other == key_) break;
      const auto& all = targets.targets;
      if (std::find(all.begin(), all.end(), target) == all.end()) continue;
      return Verdict::no(
          "Conflicted",
          fmt::format(
              "SecurityPolicy {} targets {}{} too and is older", other.text(), target.object.text(),
              target.section.empty() ? std::string() : fmt::format(" ({})", target.section)));
    }
    return model_.accepted;
  }

  // Listeners and routes behind this target that have a policy of their own.
  void add_overriding(const PolicyTarget& target, Outcome& outcome) {
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
        outcome.overriding.insert(route.text());
    }
  }

  static bool is_behind(const PolicyTarget& target, const PolicyListeners::Place& place,
                        const ProxyName& listener) {
    if (target.object.kind == api::Kind::kGateway && place.gateway != target.object.object)
      return false;
    if (target.object.kind == api::Kind::kListenerSet &&
        listener.name.str().find("/" + target.object.object.text() + "/") == std::string::npos)
      return false;
    const std::string name = "/" + target.section.str();
    return target.section.empty() || listener.name.str().ends_with(name);
  }

  void add_overriding_rules(const PolicyTarget& target, Outcome& outcome) {
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
  std::vector<Outcome> outcomes_;
};

std::string names_of(const std::set<std::string>& all) {
  std::vector<std::string> names(all.begin(), all.end());
  const size_t more = names.size() > kMostNames ? names.size() - kMostNames : 0;
  names.resize(names.size() - more);
  std::string text = fmt::format("{}", fmt::join(names, ", "));
  return more == 0 ? text : fmt::format("{} and {} more", text, more);
}

std::vector<api::Condition> conditions_of(const Outcome& outcome,
                                          const api::SecurityPolicy& policy) {
  const int64_t generation = policy.metadata.generation;
  std::vector<api::Condition> conditions;
  conditions.push_back(
      condition("Accepted", outcome.verdict, "Accepted", "the policy is accepted", generation));
  if (!outcome.overriding.empty())
    conditions.push_back(condition("Overridden", {}, "Overridden",
                                   "more specific policies govern: " + names_of(outcome.overriding),
                                   generation));
  if (policy.spec.target_ref)
    conditions.push_back(condition("Warning", {}, "DeprecatedField",
                                   "spec.targetRef is deprecated, use spec.targetRefs",
                                   generation));
  return conditions;
}

}  // namespace

std::shared_ptr<const api::PolicyStatus> security_status(flow::Reads& reads, World& world,
                                                         const ObjectKey& key) {
  const api::SecurityPolicy* policy = world.security_policies.get(reads, key);
  const SecurityModel* model = world.security.get(reads, key);
  const PolicyTargets* targets = world.policy_targets.get(reads, key);
  if (policy == nullptr || model == nullptr || targets == nullptr) return nullptr;
  Status outcomes(reads, world, key, *model);
  for (const PolicyTarget& target : targets->targets) outcomes.add(target);
  auto status = std::make_shared<api::PolicyStatus>(others_of(policy->status, world.options));
  const std::vector<Outcome> all = outcomes.take();
  for (const Outcome& outcome : all) {
    if (status->ancestors.size() >= kMostAncestors) {
      status->ancestors.back().conditions.push_back(
          condition("Aggregated", {}, "Aggregated",
                    fmt::format("the policy has {} ancestors; not all have an entry", all.size()),
                    policy->metadata.generation));
      break;
    }
    status->ancestors.push_back(
        {outcome.ancestor, world.options.controller_name, conditions_of(outcome, *policy)});
  }
  return status;
}

}  // namespace limen::translate

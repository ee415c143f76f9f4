// Which policy governs what; ClientTrafficPolicies know listeners only.
#include <algorithm>
#include <set>

#include "translate/policy/merge.h"
#include "translate/policy/rules.h"

namespace limen::translate {
namespace {

std::optional<RouteKey> object_of(const Text& name_space, const api::LocalObjectReference& ref) {
  if (ref.group != api::kGatewayGroup) return std::nullopt;
  for (const api::Kind kind : {api::Kind::kGateway, api::Kind::kListenerSet, api::Kind::kHttpRoute,
                               api::Kind::kGrpcRoute, api::Kind::kTcpRoute}) {
    if (api::info(kind).name == ref.kind) return RouteKey{kind, {name_space, ref.name}};
  }
  return std::nullopt;
}

class ListenerSearch {
 public:
  ListenerSearch(flow::Reads& reads, World& world, bool (*takes)(Protocol), PolicyListeners& out)
      : reads_(reads), world_(world), takes_(takes), out_(out) {}

  void add_gateway(const PolicyTarget& target) {
    const GatewayModel* gateway = world_.gateways.get(reads_, target.object.object);
    if (gateway == nullptr) return;
    add(gateway->proxy, gateway->listeners, target.section, target.section.empty() ? 2 : 0);
    if (!target.section.empty()) return;
    for (const auto& [key, spec] : world_.sets_of_gateway.get(reads_, target.object.object)) {
      if (const ListenerSetModel* set = world_.sets.get(reads_, key);
          set != nullptr && set->attached.ok)
        add(set->proxy, set->listeners, {}, 2);
    }
  }

  void add_set(const PolicyTarget& target) {
    const ListenerSetModel* set = world_.sets.get(reads_, target.object.object);
    if (set != nullptr && set->attached.ok)
      add(set->proxy, set->listeners, target.section, target.section.empty() ? 1 : 0);
  }

 private:
  // Those of that name; "": all of them.
  void add(const std::string& proxy, const std::vector<ListenerModel>& listeners,
           const Text& section, int level) {
    for (const ListenerModel& listener : listeners) {
      if (!listener.served() || !takes_(listener.protocol)) continue;
      if (!section.empty() && section != listener.name) continue;
      const auto [place, is_new] = out_.places.try_emplace(
          {proxy, listener.ir_name()},
          PolicyListeners::Place{level, listener.gateway, listener.route_configuration,
                                 listener.port});
      place->second.level = std::min(place->second.level, level);
    }
  }

  flow::Reads& reads_;
  World& world_;
  bool (*const takes_)(Protocol);
  PolicyListeners& out_;
};

// Over the policy that governs each listener.
void add_merges(flow::Reads& reads, World& world, const std::set<ObjectKey>& merging,
                RoutePolicies& out) {
  for (const ProxyName& listener : out.listeners) {
    const auto& policies = world.policies_of_listener.get(reads, listener);
    if (policies.empty()) continue;
    const auto [rank, parent, places] = *policies.sorted().begin();
    for (const ObjectKey& child : merging)
      out.merges.push_back({child, listener, merged_key(child, parent)});
  }
}

}  // namespace

bool has_rule(const RouteObject& route, const Text& name) {
  const auto has = [&](const auto& rules) {
    return std::any_of(rules.begin(), rules.end(),
                       [&](const auto& rule) { return rule.name && name == *rule.name; });
  };
  if (const auto* http = route.as<api::HttpRoute>()) return has(http->spec.rules);
  if (const auto* grpc = route.as<api::GrpcRoute>()) return has(grpc->spec.rules);
  if (const auto* tcp = route.as<api::TcpRoute>()) return has(tcp->spec.rules);
  return false;
}

std::vector<RouteKey> PolicyTargets::objects() const {
  std::vector<RouteKey> objects;
  for (const PolicyTarget& target : targets) objects.push_back(target.object);
  std::sort(objects.begin(), objects.end());
  objects.erase(std::unique(objects.begin(), objects.end()), objects.end());
  return objects;
}

const ObjectKey* RoutePolicies::of_rule(const std::optional<Text>& name) const {
  auto found = name ? governing.find(*name) : governing.end();
  if (found == governing.end()) found = governing.find(Text());
  return found == governing.end() ? nullptr : &found->second;
}

const ObjectKey& RoutePolicies::on_listener(const ObjectKey& policy,
                                            const ProxyName& listener) const {
  const auto merge = std::find_if(merges.begin(), merges.end(), [&](const Merge& it) {
    return it.child == policy && it.listener == listener;
  });
  return merge == merges.end() ? policy : merge->merged;
}

std::shared_ptr<PolicyTargets> find_targets(flow::Reads& reads, World& world, std::string_view kind,
                                            const api::ObjectMeta& policy,
                                            const api::PolicyTargetReferences& references) {
  auto result = std::make_shared<PolicyTargets>();
  result->created = policy.creation_timestamp.unix_seconds;
  for (const auto& ref : references.refs()) {
    if (const auto object = object_of(policy.name_space, ref))
      result->targets.push_back({*object, ref.section_name.value_or("")});
  }
  for (const auto& selector : references.target_selectors) {
    for (const RouteKey& object :
         selected_by(reads, world, {api::kEnvoyGroup, kind, policy.name_space}, selector))
      result->targets.push_back({object, {}});
  }
  return result;
}

std::shared_ptr<const PolicyTargets> targets_of_policy(flow::Reads& reads, World& world,
                                                       const ObjectKey& key) {
  const api::SecurityPolicy* policy = world.security_policies.get(reads, key);
  if (policy == nullptr) return nullptr;
  auto result = find_targets(reads, world, "SecurityPolicy", policy->metadata, policy->spec);
  result->merges = policy->spec.merge_type.has_value();
  return result;
}

std::shared_ptr<const PolicyListeners> find_listeners(flow::Reads& reads, World& world,
                                                      const PolicyTargets& targets,
                                                      bool (*takes)(Protocol)) {
  auto result = std::make_shared<PolicyListeners>();
  result->created = targets.created;
  ListenerSearch search(reads, world, takes, *result);
  for (const PolicyTarget& target : targets.targets) {
    if (target.object.kind == api::Kind::kGateway) search.add_gateway(target);
    if (target.object.kind == api::Kind::kListenerSet) search.add_set(target);
  }
  return result->places.empty() ? nullptr : result;
}

std::shared_ptr<const RoutePolicies> policies_of_route(flow::Reads& reads, World& world,
                                                       const RouteKey& key) {
  if (!is_route(key.kind)) return nullptr;
  const RouteObject* route = world.route_objects.get(reads, key);
  if (route == nullptr) return nullptr;
  auto result = std::make_shared<RoutePolicies>();
  std::set<ObjectKey> merging;
  for (const auto& [policy, targets] : world.security_of_target.get(reads, key)) {
    for (const PolicyTarget& target : targets.targets) {
      if (target.object != key) continue;
      if (!target.section.empty() && !has_rule(*route, target.section)) continue;
      const bool governs = result->governing.try_emplace(target.section, policy).second;
      if (governs && targets.merges) merging.insert(policy);
    }
  }
  if (result->governing.empty()) return nullptr;
  if (const Attachments* attachments = world.attachments.get(reads, key)) {
    for (const Attachment& parent : attachments->parents) {
      for (const AttachedListener& listener : parent.listeners)
        result->listeners.push_back({listener.proxy, listener.listener});
    }
  }
  auto& listeners = result->listeners;
  std::sort(listeners.begin(), listeners.end());
  listeners.erase(std::unique(listeners.begin(), listeners.end()), listeners.end());
  if (!merging.empty() && key.kind != api::Kind::kTcpRoute)
    add_merges(reads, world, merging, *result);
  return result;
}

std::shared_ptr<const PolicyListeners> listeners_of_policy(flow::Reads& reads, World& world,
                                                           const ObjectKey& key) {
  const PolicyTargets* targets = world.policy_targets.get(reads, key);
  return targets == nullptr ? nullptr : find_listeners(reads, world, *targets, serves_http);
}

}  // namespace limen::translate

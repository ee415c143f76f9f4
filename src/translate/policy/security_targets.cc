// Which SecurityPolicy governs what.
#include <algorithm>

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

// Adds the listeners among these that serve HTTP and have that name; "": all of them.
void add_listeners(const std::string& proxy, const std::vector<ListenerModel>& listeners,
                   const Text& section, int level, PolicyListeners& out) {
  for (const ListenerModel& listener : listeners) {
    if (!listener.served() || !serves_http(listener.protocol)) continue;
    if (!section.empty() && section != listener.name) continue;
    const auto [place, is_new] = out.places.try_emplace(
        {proxy, listener.ir_name()},
        PolicyListeners::Place{level, listener.gateway, listener.route_configuration});
    place->second.level = std::min(place->second.level, level);
  }
}

void add_gateway(flow::Reads& reads, World& world, const PolicyTarget& target,
                 PolicyListeners& out) {
  const GatewayModel* gateway = world.gateways.get(reads, target.object.object);
  if (gateway == nullptr) return;
  add_listeners(gateway->proxy, gateway->listeners, target.section, target.section.empty() ? 2 : 0,
                out);
  if (!target.section.empty()) return;
  for (const auto& [key, spec] : world.sets_of_gateway.get(reads, target.object.object)) {
    if (const ListenerSetModel* set = world.sets.get(reads, key);
        set != nullptr && set->attached.ok)
      add_listeners(set->proxy, set->listeners, {}, 2, out);
  }
}

void add_set(flow::Reads& reads, World& world, const PolicyTarget& target, PolicyListeners& out) {
  const ListenerSetModel* set = world.sets.get(reads, target.object.object);
  if (set != nullptr && set->attached.ok)
    add_listeners(set->proxy, set->listeners, target.section, target.section.empty() ? 1 : 0, out);
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

std::shared_ptr<const PolicyTargets> targets_of_policy(flow::Reads& reads, World& world,
                                                       const ObjectKey& key) {
  const api::SecurityPolicy* policy = world.security_policies.get(reads, key);
  if (policy == nullptr) return nullptr;
  auto result = std::make_shared<PolicyTargets>();
  result->created = policy->metadata.creation_timestamp.unix_seconds;
  for (const auto& ref : policy->spec.refs()) {
    if (const auto object = object_of(key.name_space, ref))
      result->targets.push_back({*object, ref.section_name.value_or("")});
  }
  for (const auto& selector : policy->spec.target_selectors) {
    for (const RouteKey& object : selected_by(reads, world, key.name_space, selector))
      result->targets.push_back({object, {}});
  }
  return result;
}

std::shared_ptr<const RoutePolicies> policies_of_route(flow::Reads& reads, World& world,
                                                       const RouteKey& key) {
  if (!is_route(key.kind)) return nullptr;
  const RouteObject* route = world.route_objects.get(reads, key);
  if (route == nullptr) return nullptr;
  auto result = std::make_shared<RoutePolicies>();
  for (const auto& [policy, targets] : world.security_of_target.get(reads, key)) {
    for (const PolicyTarget& target : targets.targets) {
      if (target.object != key) continue;
      if (target.section.empty() || has_rule(*route, target.section))
        result->governing.try_emplace(target.section, policy);
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
  return result;
}

std::shared_ptr<const PolicyListeners> listeners_of_policy(flow::Reads& reads, World& world,
                                                           const ObjectKey& key) {
  const PolicyTargets* targets = world.policy_targets.get(reads, key);
  if (targets == nullptr) return nullptr;
  auto result = std::make_shared<PolicyListeners>();
  result->created = targets->created;
  for (const PolicyTarget& target : targets->targets) {
    if (target.object.kind == api::Kind::kGateway) add_gateway(reads, world, target, *result);
    if (target.object.kind == api::Kind::kListenerSet) add_set(reads, world, target, *result);
  }
  return result->places.empty() ? nullptr : result;
}

}  // namespace limen::translate

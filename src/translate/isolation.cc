#include "translate/isolation.h"

#include <algorithm>

namespace limen::translate {

Isolation::Isolation(World& world) : world_(world) {
  world_.routes.on_change([this](const RouteKey& key, const RoutePtr& before,
                                 const RoutePtr& after) { note_change(key, before, after); });
  world_.route_configurations.on_change(
      [this](const ProxyName& name, const auto&, const auto&) { unsettled_.insert(name); });
}

void Isolation::note_change(const RouteKey& key, const RoutePtr& before, const RoutePtr& after) {
  if (world_.held_routes.peek(key) != nullptr) return;  // back to what was good
  std::set<ProxyName> affected;
  for (const RoutePtr& route : {before, after}) {
    if (route == nullptr) continue;
    for (const RouteEntry& entry : route->entries) {
      const VirtualHostKey& host = entry.virtual_host;
      if (!host.route_configuration.empty())
        affected.insert({host.proxy, host.route_configuration});
    }
  }
  for (const ProxyName& name : affected) trials_[name].changes.try_emplace(key, before);
  unsettled_.merge(affected);
}

void Isolation::on_edit(const RouteKey& route) {
  const HeldRoute* held = world_.held_routes.peek(route);
  if (held != nullptr && !held->refusal.empty()) world_.held_routes.erase(route);
}

void Isolation::on_answer(const EnvoyAnswer& answer) {
  const ResourceName name{answer.proxy, answer.type, answer.name};
  if (answer.refusal.empty()) {
    world_.refusals.erase(name);
  } else if (answer.type != xds::ResourceType::kRouteConfiguration) {
    world_.refusals.set(name, Refusal{answer.refusal});
  }
  if (answer.type == xds::ResourceType::kRouteConfiguration) on_route_configuration(answer);
}

void Isolation::on_route_configuration(const EnvoyAnswer& answer) {
  const auto it = trials_.find({answer.proxy, answer.name});
  if (it == trials_.end()) return;
  unsettled_.insert(it->first);
  Trial& trial = it->second;
  if (answer.refusal.empty()) {
    accept(trial, answer.hash);
    return;
  }
  if (trial.offered.empty() || trial.offered.back().hash != answer.hash) return;
  const Changes suspects = take_suspects(trial);
  if (suspects.size() > 1) {
    hold_in_halves(trial, suspects);
  } else if (suspects.size() == 1) {
    hold(suspects.begin()->first, suspects.begin()->second, answer.refusal);
  } else {  // no route's doing
    world_.refusals.set({answer.proxy, answer.type, answer.name}, Refusal{answer.refusal});
  }
}

// A version went out.
void Isolation::offer(Trial& trial, uint64_t hash) {
  constexpr size_t kMost = 64;  // without an Envoy that answers, the oldest become one
  if (trial.offered.size() == kMost) {
    Version oldest = std::move(trial.offered.front());
    trial.offered.pop_front();
    oldest.changes.merge(trial.offered.front().changes);
    trial.offered.front().changes = std::move(oldest.changes);
  }
  trial.offered.push_back({hash, std::exchange(trial.changes, {})});
}

// A version that is not waited for is of no account.
void Isolation::accept(Trial& trial, uint64_t hash) {
  const auto it = std::find_if(trial.offered.rbegin(), trial.offered.rend(),
                               [&](const Version& version) { return version.hash == hash; });
  if (it == trial.offered.rend()) return;
  trial.offered.erase(trial.offered.begin(), it.base());
  trial.accepted = hash;
}

// The routes that changed since the last accepted version, with what stood there then.
Isolation::Changes Isolation::take_suspects(Trial& trial) {
  Changes suspects;
  for (Version& version : trial.offered) suspects.merge(version.changes);
  trial.offered.clear();
  return suspects;
}

void Isolation::hold(const RouteKey& route, RoutePtr last_good, std::string refusal) {
  world_.held_routes.set(route, HeldRoute{std::move(last_good), std::move(refusal)});
}

void Isolation::hold_in_halves(Trial& trial, const Changes& suspects) {
  Group first, second;
  for (const auto& [route, last_good] : suspects) {
    (first.size() < suspects.size() / 2 ? first : second).push_back(route);
    hold(route, last_good, "");
  }
  trial.waiting.push_back(std::move(second));
  trial.waiting.push_back(std::move(first));
}

bool Isolation::let_in(const Group& group) {
  for (const RouteKey& route : group) world_.held_routes.erase(route);
  return !group.empty();
}

bool Isolation::settle() {
  bool changed = false;
  for (const ProxyName& name : std::exchange(unsettled_, {})) {
    const auto it = trials_.find(name);
    if (it == trials_.end()) continue;
    Trial& trial = it->second;
    const xds::Fragment* now = world_.route_configurations.peek(name);
    if (now == nullptr) {  // nobody will answer any more
      for (const Group& group : trial.waiting) changed |= let_in(group);
      trials_.erase(it);
      continue;
    }
    if (now->hash == trial.accepted) {  // so nothing that changed is to blame
      trial.offered.clear();
      trial.changes.clear();
    } else if (trial.offered.empty() || trial.offered.back().hash != now->hash) {
      offer(trial, now->hash);
    }
    if (!trial.offered.empty() || trial.waiting.empty()) continue;
    const Group next = std::move(trial.waiting.back());
    trial.waiting.pop_back();
    changed |= let_in(next);
    unsettled_.insert(name);  // the next group, if this one changes nothing
  }
  return changed;
}

}  // namespace limen::translate

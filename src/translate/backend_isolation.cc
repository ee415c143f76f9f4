#include "translate/backend_isolation.h"

#include <fmt/format.h>

#include <algorithm>

#include "translate/backend/rules.h"

namespace limen::translate {
namespace {

using xds::ResourceType;

// Makes `table` what `wanted` is; true: something became different.
template <class Key>
bool bring_to(std::map<Key, Refusal>& now, std::map<Key, Refusal> wanted,
              flow::Table<Key, Refusal>& table) {
  if (now == wanted) return false;
  for (const auto& [key, refusal] : now) {
    if (!wanted.contains(key)) table.erase(key);
  }
  for (const auto& [key, refusal] : wanted) table.set(key, refusal);
  now = std::move(wanted);
  return true;
}

}  // namespace

BackendIsolation::BackendIsolation(World& world, Send send)
    : world_(world), send_(std::move(send)) {
  follow(world_.proxy_clusters, ResourceType::kCluster);
  follow(world_.proxy_endpoints, ResourceType::kEndpoints);
}

void BackendIsolation::follow(Table& table, ResourceType type) {
  table.on_change([this, type](const ProxyCluster& it, const auto& before, const auto& after) {
    const std::string name = it.cluster.text();
    note_change({type, it.proxy, name}, it, before, after);
    send_({it.proxy, type, name, after});
  });
}

void BackendIsolation::note_change(const Key& key, const ProxyCluster& cluster,
                                   const FragmentPtr& before, const FragmentPtr& after) {
  refused_.erase(key);
  if (after == nullptr) {
    changed_.erase(key);
  } else if (before != nullptr) {
    changed_.try_emplace(key, Changed{cluster, before});
  }
}

const BackendIsolation::Table& BackendIsolation::table(ResourceType type) const {
  return type == ResourceType::kCluster ? world_.proxy_clusters : world_.proxy_endpoints;
}

// By its name, which takes a look at all: refusals are rare.
std::optional<ProxyCluster> BackendIsolation::find(const EnvoyAnswer& answer) const {
  std::optional<ProxyCluster> found;
  table(answer.type).for_each([&](const ProxyCluster& key, const auto&) {
    if (key.proxy == answer.proxy && key.cluster.text() == answer.name) found = key;
  });
  return found;
}

void BackendIsolation::on_answer(const EnvoyAnswer& answer) {
  if (answer.refusal.empty()) return accept(answer);
  if (const auto cluster = find(answer)) refuse(*cluster, answer);
}

void BackendIsolation::accept(const EnvoyAnswer& answer) {
  if (changed_.empty()) return;
  const Key key{answer.type, answer.proxy, answer.name};
  const auto it = changed_.find(key);
  if (it == changed_.end() || refused_.contains(key)) return;
  const xds::Fragment* now = table(answer.type).peek(it->second.cluster);
  if (now != nullptr && now->hash == answer.hash) changed_.erase(it);
}

void BackendIsolation::refuse(const ProxyCluster& cluster, const EnvoyAnswer& answer) {
  const Key key{answer.type, answer.proxy, answer.name};
  const auto it = changed_.find(key);
  FragmentPtr stand_in = it == changed_.end() ? nullptr : it->second.last_good;
  const bool is_stand_in = stand_in != nullptr && stand_in->hash == answer.hash;
  if (!is_stand_in && table(answer.type).peek(cluster)->hash != answer.hash)
    return;  // a newer one is on its way
  if (is_stand_in) stand_in = it->second.last_good = nullptr;
  const bool is_cluster = answer.type == ResourceType::kCluster;
  const char* consequence =
      stand_in != nullptr ? "the last good version stays in force" : "it is left out";
  // TLS that Envoy refuses must not become plain text.
  if (is_cluster && stand_in != nullptr &&
      !keeps_tls(*stand_in, *table(answer.type).peek(cluster))) {
    stand_in = cluster_without_endpoints(cluster.cluster);
    consequence = "nothing is sent there";
  }
  std::string message =
      fmt::format("Envoy refuses {} {}: {}; {}", is_cluster ? "cluster" : "the endpoints of",
                  answer.name, answer.refusal, consequence);
  refused_[key] = {cluster, {std::move(message)}};
  send_({answer.proxy, answer.type, answer.name, stand_in});
}

bool BackendIsolation::settle() {
  if (refused_.empty() && told_routes_.empty() && told_backends_.empty()) return false;
  std::map<RouteKey, Refusal> routes;
  std::map<ObjectKey, Refusal> backends;
  for (const auto& [key, refused] : refused_) {
    const Refusal& refusal = refused.refusal;
    const ProxyCluster& target = refused.cluster;
    for (const ClusterMember& member : members_of(target.cluster)) {
      if (member.ref.kind == api::Kind::kBackend) backends[member.ref.object] = refusal;
    }
    world_.routes.for_each([&](const RouteKey& route, const TranslatedRoute& translated) {
      const auto& used = translated.clusters;  // sorted
      if (std::binary_search(used.begin(), used.end(), target)) routes[route] = refusal;
    });
  }
  const bool changed = bring_to(told_routes_, std::move(routes), world_.routes_to_refused);
  return bring_to(told_backends_, std::move(backends), world_.refused_backends) || changed;
}

}  // namespace limen::translate

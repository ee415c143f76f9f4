// An HTTPRoute and a GRPCRoute that share a hostname on a listener: the older one stays, of equally
// old ones the first by namespace and name.  Source: GRPCRouteSpec.hostnames, which demands it and
// names no reason for the condition; ours is that of listeners.
#include <fmt/format.h>

#include <algorithm>

#include "translate/hostnames.h"
#include "translate/route/rules.h"

namespace limen::translate {
namespace {

struct Claim {
  RouteKey route;
  int64_t created;
  const std::vector<RouteHost>* hosts;

  bool operator<(const Claim& other) const {
    return std::tie(created, route.object) < std::tie(other.created, other.route.object);
  }
};

bool intersect(const Claim& a, const Claim& b) {
  const auto meets = [&](const RouteHost& host) {
    return std::any_of(b.hosts->begin(), b.hosts->end(), [&](const RouteHost& other) {
      return covers(host.host, other.host) || covers(other.host, host.host);
    });
  };
  return std::any_of(a.hosts->begin(), a.hosts->end(), meets);
}

void add_claims(const auto& candidates, const Text& listener, std::vector<Claim>& claims) {
  for (const auto& [route, attachments] : candidates) {
    for (const Attachment& parent : attachments.parents) {
      for (const AttachedListener& attached : parent.listeners) {
        if (attached.listener == listener)
          claims.push_back({route, attachments.created, &attached.hosts});
      }
    }
  }
}

// The route that `route` gives way to on the listener.
const RouteKey* winner_over(flow::Reads& reads, World& world, const RouteKey& route,
                            const AttachedListener& listener) {
  const HostnameConflicts* conflicts =
      world.hostname_conflicts.get(reads, {listener.proxy, listener.listener});
  if (conflicts == nullptr) return nullptr;
  const auto it = conflicts->rejected.find(route);
  return it == conflicts->rejected.end() ? nullptr : &it->second;
}

void give_way(flow::Reads& reads, World& world, const RouteKey& route, Attachment& parent) {
  std::vector<AttachedListener> kept;
  for (AttachedListener& listener : parent.listeners) {
    const RouteKey* winner = winner_over(reads, world, route, listener);
    if (winner == nullptr) {
      kept.push_back(std::move(listener));
    } else {
      parent.accepted =
          Verdict::no("HostnameConflict",
                      fmt::format("{} is older and serves a hostname of the route on listener {}",
                                  winner->text(), listener.listener));
    }
  }
  if (!kept.empty()) parent.accepted = {};
  parent.listeners = std::move(kept);
}

}  // namespace

std::shared_ptr<const HostnameConflicts> find_hostname_conflicts(flow::Reads& reads, World& world,
                                                                 const ProxyName& key) {
  const auto& http = world.http_candidates.get(reads, key);
  if (http.empty()) return nullptr;
  std::vector<Claim> claims, accepted;
  add_claims(http, key.name, claims);
  add_claims(world.grpc_candidates.get(reads, key), key.name, claims);
  std::sort(claims.begin(), claims.end());
  auto result = std::make_shared<HostnameConflicts>();
  for (const Claim& claim : claims) {
    const auto winner = std::find_if(accepted.begin(), accepted.end(), [&](const Claim& other) {
      return other.route.kind != claim.route.kind && intersect(other, claim);
    });
    if (winner == accepted.end()) {
      accepted.push_back(claim);
    } else {
      result->rejected.emplace(claim.route, winner->route);
    }
  }
  return result;
}

std::shared_ptr<const Attachments> settle_attachments(flow::Reads& reads, World& world,
                                                      const RouteKey& key) {
  auto candidate = world.candidates.share(reads, key);
  if (candidate == nullptr) return nullptr;
  bool rejected = false;
  for (const Attachment& parent : candidate->parents) {
    for (const AttachedListener& listener : parent.listeners)
      rejected |= winner_over(reads, world, key, listener) != nullptr;
  }
  if (!rejected) return candidate;
  auto settled = std::make_shared<Attachments>(*candidate);
  for (Attachment& parent : settled->parents) {
    if (!parent.listeners.empty()) give_way(reads, world, key, parent);
  }
  return settled;
}

}  // namespace limen::translate

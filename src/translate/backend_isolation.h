// Clusters and endpoints that an Envoy refuses: their last good version stays in force, and who is
// to blame is told.
//
// Every change of theirs goes to the xDS server through here.  What stood before a change is kept
// until the change is accepted; if it is refused, that is sent again, or nothing where there was
// none (an Envoy that starts later should not be offered what is bad).  The Backend and the routes
// that use the cluster say so in their statuses, until the backend is edited.  The translator's
// thread.
#pragma once

#include <functional>
#include <map>
#include <tuple>

#include "translate/world.h"

namespace limen::translate {

class BackendIsolation {
 public:
  using Send = std::function<void(xds::ResourceChange)>;
  BackendIsolation(World& world, Send send);

  void on_answer(const EnvoyAnswer& answer);
  // To be called after each commit; true: another one is needed.
  bool settle();

 private:
  using Table = flow::Derived<ProxyCluster, xds::Fragment>;
  using Key = std::tuple<xds::ResourceType, std::string, std::string>;  // type, proxy, name
  struct Changed {
    ProxyCluster cluster;
    FragmentPtr last_good;
  };
  struct Refused {
    ProxyCluster cluster;
    Refusal refusal;
  };

  void follow(Table& table, xds::ResourceType type);
  void note_change(const Key& key, const ProxyCluster& cluster, const FragmentPtr& before,
                   const FragmentPtr& after);
  void accept(const EnvoyAnswer& answer);
  void refuse(const ProxyCluster& cluster, const EnvoyAnswer& answer);
  const Table& table(xds::ResourceType type) const;
  std::optional<ProxyCluster> find(const EnvoyAnswer& answer) const;

  World& world_;
  Send send_;
  std::map<Key, Changed> changed_;  // and not accepted yet
  std::map<Key, Refused> refused_;
  std::map<RouteKey, Refusal> told_routes_;  // what the world's tables hold
  std::map<ObjectKey, Refusal> told_backends_;
};

}  // namespace limen::translate

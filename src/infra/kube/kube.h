// Runs the Envoys of each proxy as pods of a cluster: keeps the objects of render.h there, and
// tells how far they are.  On the event loop's thread.
//
// A plan without ports (no listener is valid) makes nothing and removes nothing.  What there is of
// proxies that nobody wants any more goes, once every plan is known.
#pragma once

#include <set>

#include "infra/kube/object_keeper.h"
#include "infra/kube/proxy_watch.h"
#include "infra/kube/render.h"
#include "kube/client.h"

namespace limen::infra {

struct KubeSettings {
  RenderSettings render;
  std::vector<std::string> namespaces;  // of the Gateways; none: all
  // A Limen that starts beside proxies and sees no Gateway at all believes it after so long.
  std::chrono::milliseconds doubt{30'000};
  // What a proxy's Envoys start with.
  std::function<ConfigFiles(const ProxyPlan& plan)> files;
  // What a proxy shows to the xDS server: what it has now, as long as that is good; nullopt: there
  // is nothing yet, see Kube::refresh().
  std::function<std::optional<Credentials>(const ProxyPlan& plan,
                                           const std::optional<Credentials>& present)>
      credentials;
  // Begins to follow something more.
  std::function<void(kube::Follow)> follow;
  // synced() has become true.
  std::function<void()> on_synced;
  std::function<void(const KubeProxyState&)> on_state;
};

class Kube {
 public:
  Kube(KubeSettings settings, EventLoop& loop, ObjectKeeper::Send send);
  ~Kube();  // everything stays
  Kube(const Kube&) = delete;
  Kube& operator=(const Kube&) = delete;

  // What a kube::Client is to follow, once.
  std::vector<kube::Follow> follows();

  // Whether every kind was listed once.
  bool synced() const { return unsynced_.empty(); }

  // REQUIRES, as all below: synced()
  void apply(const PlanChange& change);
  // Every plan was told, so that what has none can go.
  void know_all_plans();
  // Only the leader makes and removes.
  void set_active(bool active);
  // What files() and credentials() say may be different now.
  void refresh();

 private:
  // A kind, in a namespace or with "" in all.
  using Listing = std::pair<ObjectKind, std::string>;

  void take(const Listing& listing, const kube::Delivery& delivery);
  void see(const ObjectId& id, const Json* object);
  void make(const std::string& proxy, const ProxyPlan& plan);
  // The addresses of nodes, once a Service is reached by them.
  void follow_nodes();
  void take_nodes(const kube::Delivery& delivery);
  void see_credentials(const std::string& proxy, const Json* secret);
  void forget(const ObjectId& id, const std::string& proxy);
  // Removes what a proxy has and should not.
  void prune(const std::string& proxy, const Objects& wanted);

  KubeSettings settings_;
  EventLoop& loop_;
  ObjectKeeper keeper_;
  ProxyWatch watch_;
  std::map<std::string, std::shared_ptr<const ProxyPlan>> plans_;
  std::map<std::string, std::set<ObjectId>> objects_;  // that are there or wanted, of each proxy
  std::map<Listing, std::set<ObjectId>> listed_;       // by the list that is under way
  std::map<ObjectId, std::string> proxy_of_;
  std::map<std::string, std::vector<api::GatewayStatusAddress>> nodes_;
  std::set<std::string> listed_nodes_;
  std::map<std::string, Credentials> credentials_;  // in the Secrets that are there
  std::set<Listing> unsynced_;                      // that were not done yet
  uint64_t doubt_timer_ = 0;                        // 0: what there is was not doubted
  bool knows_all_ = false, follows_nodes_ = false;
};

}  // namespace limen::infra

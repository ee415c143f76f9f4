// What an API server has of all our kinds, as the translator's input.  Used on the event loop's
// thread; learns by kube::Client.
//
// Laws: nothing is told before every kind was listed once, so that a start withdraws nothing.  An
// object that has a mistake leaves its last good version in force.  What is written by others than
// users (status, managedFields) is no change.  What makes no difference to translation is not kept,
// and is fetched when it begins to; what refers to it waits as long.
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/flat_hash_map.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/kinds.h"
#include "kube/client.h"
#include "providers/kube/fetcher.h"
#include "providers/kube/left_out.h"
#include "providers/kube/pending.h"
#include "providers/kube/refusal.h"
#include "providers/problem.h"

namespace limen::providers {

struct ClusterSettings {
  std::string controller;               // whose GatewayClasses are ours
  std::vector<std::string> namespaces;  // none: all; cluster-wide kinds are seen in any case
  // Only objects of namespaces with such labels, beside cluster-wide kinds.
  std::optional<api::LabelSelector> namespace_selector;
};

// An object as the API server has it.  `object` is gone after the call.
struct Sighting {
  const api::KindInfo& kind;
  const api::ObjectKey& key;
  const Json* object;   // whole; nullptr: there is none any more
  bool of_use = false;  // to translation
};

class Cluster {
 public:
  struct Callbacks {
    std::function<void(kube::Follow)> follow;  // for a kube::Client
    std::function<void(const Sighting&)> seen;
    // An object that is of use cannot be used as it is now; nullptr: it can.
    std::function<void(api::Kind, const api::ObjectKey&, const Refusal*)> refused;
    std::function<void()> changed;  // something was learned, and synced() may have become another
  };

  Cluster(ClusterSettings settings, EventLoop& loop, Fetcher::Send send, Callbacks callbacks);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // An object of the time before, as if it had been listed.  What is not listed later was deleted
  // meanwhile.  REQUIRES: start() was not called; what it holds on to came first.
  void restore(Json object);
  // All objects in force, in an order for restore().
  std::vector<api::AnyObject> in_force() const;

  // Begins to follow.  A kind is followed when those are listed that decide what of it is of use,
  // and most only once there is a GatewayClass of ours.
  void start();

  // Whether every kind that is followed was listed once.
  bool synced() const { return unsynced_ == 0; }
  // The difference since the last call, but for what has to wait.  REQUIRES: synced(), or nothing
  // was listed yet.
  api::ChangeBatch take_changes();
  // All problems of now.
  std::vector<ObjectProblem> problems() const;
  // How many are kept.
  size_t objects() const;

  // Lets go of what has become of no use.  A look at each object, to be had every now and then.
  void sweep();

 private:
  struct Object {
    api::AnyObject in_force;  // shared with the translator; monostate: never was good
    uint32_t list = 0;        // the last list that had it
    Anchors anchors, offers;  // it holds on to, and others hold on to
  };
  struct Wish {
    Anchor anchor;                      // why
    std::optional<api::ObjectKey> key;  // nullopt: all that there are
  };
  // One kind, in one namespace or all.
  struct Part {
    Part(const api::KindInfo& k, std::string n)
        : kind(k), name_space(std::move(n)), version(k.versions[0]) {}

    const api::KindInfo& kind;
    const std::string name_space;
    absl::flat_hash_map<api::ObjectKey, Object> objects;
    uint32_t list = 0;
    bool synced = false;
    std::string version;  // that is served
    LeftOut left_out;
    std::vector<Wish> wishes;  // to be fetched
    int fetches = 0;           // under way
    // Number of each object's last event since the first of them began.
    absl::flat_hash_map<api::ObjectKey, uint64_t> events;
  };
  using Identity = std::pair<api::Kind, api::ObjectKey>;

  static api::ObjectKey key_of(const Json& object);
  static Fetcher::Query query_of(const Part& part);

  void begin_stages();
  kube::Follow follow_of(Part& part);
  void take(Part& part, kube::Delivery delivery);
  void take_object(Part& part, const api::ObjectKey& key, Json object);
  void keep(Part& part, const api::ObjectKey& key, Anchors anchors, Json object);
  void tell_refusal(const Part& part, const api::ObjectKey& key, const Json& object,
                    const Problems& problems);
  void leave_out(Part& part, const api::ObjectKey& key, const Anchors& anchors);
  void take_deletion(Part& part, const api::ObjectKey& key, const Json& object);
  void drop(Part& part, const api::ObjectKey& key);
  void end_list(Part& part);

  bool is_selected(const Part& part, const api::ObjectKey& key) const;
  bool is_of_use(const Part& part, const api::ObjectKey& key, const Anchors& anchors) const;
  Anchors offers_of(const Part& part, const api::ObjectKey& key, const Json& object) const;
  void set_offers(Anchors& offers, Anchors now);
  void want(const Anchor& anchor);
  void deselect(const Text& name_space);

  void fetch_wishes();
  struct Fetch;
  void fetch(Fetch fetch);
  void take_page(const Fetch& fetch, Json::Array items);
  void end_fetch(const Fetch& fetch);
  bool waits(const api::ObjectChange& change) const;
  void note_problems(const Identity& identity, Problems problems, Problems remarks);

  ClusterSettings settings_;
  Callbacks callbacks_;
  Fetcher fetcher_;
  std::vector<std::unique_ptr<Part>> parts_;  // by stage
  int stage_ = -1;                            // that was begun last
  size_t unsynced_ = 0;                       // parts that are followed and not listed yet
  api::ChangeBatch changes_;
  absl::flat_hash_map<Anchor, uint32_t> offered_;  // by how many
  Pending pending_;
  uint64_t events_ = 0;    // of watches, so far
  bool fetching_ = false;  // what is taken was fetched
  bool idle_ = false;      // something that was offered is so no longer
  absl::btree_map<Identity, std::vector<ObjectProblem>> problems_;
};

}  // namespace limen::providers

// What an API server has of all our kinds, as the translator's input.  Used on the event loop's
// thread; learns by kube::Client.
//
// Laws: nothing is told before every kind was listed once, so that a start withdraws nothing.  An
// object that has a mistake leaves its last good version in force.  What is written by others than
// users (status, managedFields) is no change.
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/flat_hash_map.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/kinds.h"
#include "kube/client.h"
#include "providers/problem.h"

namespace limen::providers {

struct ClusterSettings {
  std::vector<std::string> namespaces;  // none: all; cluster-wide kinds are seen in any case
};

// An object as the API server has it.  `object` is gone after the call.
struct Sighting {
  const api::KindInfo& kind;
  const api::ObjectKey& key;
  const Json* object;  // whole; nullptr: there is none any more
};

class Cluster {
 public:
  // `changed`: something was learned, and synced() may have become true.
  Cluster(ClusterSettings settings, std::function<void(const Sighting&)> seen,
          std::function<void()> changed);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // What a kube::Client is to follow, once.
  std::vector<kube::Follow> follows();

  // Whether every kind was listed once; once so, always so.
  bool synced() const { return unsynced_ == 0; }
  // The difference since the last call.  REQUIRES: synced().
  api::ChangeBatch take_changes() { return std::exchange(changes_, {}); }
  // All problems of now.
  std::vector<ObjectProblem> problems() const;
  size_t objects() const;

 private:
  struct Object {
    api::AnyObject in_force;  // shared with the translator; monostate: never was good
    uint32_t list = 0;        // the last list that had it
  };
  // One kind, in one namespace or all.
  struct Part {
    const api::KindInfo& kind;
    absl::flat_hash_map<api::ObjectKey, Object> objects;
    uint32_t list = 0;
    bool synced = false;
  };
  using Identity = std::pair<api::Kind, api::ObjectKey>;

  void take(Part& part, kube::Delivery delivery);
  void take_object(Part& part, Json object);
  void take_deletion(Part& part, const api::ObjectKey& key);
  void end_list(Part& part);
  void note_problems(const Identity& identity, Problems problems, Problems remarks);

  ClusterSettings settings_;
  std::function<void(const Sighting&)> seen_;
  std::function<void()> changed_;
  std::vector<std::unique_ptr<Part>> parts_;
  size_t unsynced_ = 0;
  api::ChangeBatch changes_;
  absl::btree_map<Identity, std::vector<ObjectProblem>> problems_;
};

}  // namespace limen::providers

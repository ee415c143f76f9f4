// Anchors that are offered while the objects that hold on to them are still being fetched.  One
// thread.
//
// What a fetched object offers is waited for together with what led to it, so that a route does not
// come without the CA of its backend's policy.  Everything else that comes meanwhile forms the next
// generation, so that a stream of new references keeps nobody waiting for ever.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <algorithm>

#include "providers/kube/anchor.h"

namespace limen::providers {

class Pending {
 public:
  bool empty() const { return anchors_.empty(); }
  bool contains(const Anchor& anchor) const { return anchors_.contains(anchor); }

  // One more fetch for the anchor.  `fetched`: a fetched object offers it.
  void add(const Anchor& anchor, bool fetched) {
    const bool first = anchors_.empty();
    const auto [it, is_new] = anchors_.try_emplace(anchor);
    ++it->second.fetches;
    if (is_new) it->second.next = !first && !fetched;
    if (fetched) it->second.next = false;
  }

  // That fetch is done.  True: something is pending no longer.
  bool finish(const Anchor& anchor) {
    const auto it = anchors_.find(anchor);
    if (it != anchors_.end()) --it->second.fetches;
    bool any = false;
    while (!anchors_.empty() && present_is_done()) {
      absl::erase_if(anchors_, [](const auto& each) { return !each.second.next; });
      for (auto& each : anchors_) each.second.next = false;
      any = true;
    }
    return any;
  }

 private:
  struct Anchored {
    int fetches = 0;
    bool next = false;  // of the next generation
  };

  bool present_is_done() const {
    return std::ranges::all_of(
        anchors_, [](const auto& each) { return each.second.next || each.second.fetches == 0; });
  }

  absl::flat_hash_map<Anchor, Anchored> anchors_;
};

}  // namespace limen::providers

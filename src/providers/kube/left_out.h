// Which objects of a kind are there and not kept, by the anchors that would make them of use.  One
// thread.
//
// Of an anchor that few objects wait for (a Secret for its name) their keys are known, of others
// only that there are some: 40,000 routes of one foreign Gateway cost nothing.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/inlined_vector.h>

#include <algorithm>
#include <optional>

#include "providers/kube/anchor.h"

namespace limen::providers {

class LeftOut {
 public:
  struct Objects {
    absl::InlinedVector<api::ObjectKey, 1> keys;
    bool many = false;  // and `keys` is empty
  };

  void add(const Anchor& anchor, const api::ObjectKey& key) {
    Objects& objects = by_anchor_[anchor];
    if (objects.many || std::ranges::find(objects.keys, key) != objects.keys.end()) return;
    objects.keys.push_back(key);
    if (objects.keys.size() <= kFew) return;
    objects.keys = {};
    objects.many = true;
  }

  void remove(const Anchor& anchor, const api::ObjectKey& key) {
    const auto it = by_anchor_.find(anchor);
    if (it == by_anchor_.end() || it->second.many) return;
    auto& keys = it->second.keys;
    keys.erase(std::remove(keys.begin(), keys.end(), key), keys.end());
    if (keys.empty()) by_anchor_.erase(it);
  }

  // What the anchor makes of use; it is forgotten here.
  std::optional<Objects> take(const Anchor& anchor) {
    const auto it = by_anchor_.find(anchor);
    if (it == by_anchor_.end()) return std::nullopt;
    std::optional<Objects> objects = std::move(it->second);
    by_anchor_.erase(it);
    return objects;
  }

  void clear() { by_anchor_.clear(); }
  size_t anchors() const { return by_anchor_.size(); }

 private:
  static constexpr size_t kFew = 32;

  absl::flat_hash_map<Anchor, Objects> by_anchor_;
};

}  // namespace limen::providers

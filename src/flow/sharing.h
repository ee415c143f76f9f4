// Equal values share one copy: for tables in which many rows come out the same.  V needs == and
// AbslHashValue.  One thread.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/hash/hash.h>

#include <algorithm>
#include <memory>

namespace limen::flow {

template <class V>
class Sharing {
 public:
  using Value = std::shared_ptr<const V>;

  // The copy that is there already, or `value` itself.
  Value share(Value value) {
    if (value == nullptr) return nullptr;
    std::weak_ptr<const V>& known = known_[absl::Hash<V>()(*value)];
    if (Value same = known.lock(); same != nullptr && *same == *value) return same;
    known = value;
    if (known_.size() >= sweep_at_) sweep();
    return value;
  }

 private:
  // What nobody holds goes, each time that the rest has doubled.
  void sweep() {
    absl::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max(kFirstSweep, 2 * known_.size());
  }

  static constexpr size_t kFirstSweep = 64;
  absl::flat_hash_map<size_t, std::weak_ptr<const V>> known_;  // by hash
  size_t sweep_at_ = kFirstSweep;
};

}  // namespace limen::flow

// A keyed table of immutable, shared values.  Input tables are set by hand; Derived (derived.h) is
// a table whose rows a rule computes.  Setting an equal value is no change.  K needs ==
// and AbslHashValue; V needs ==.
#pragma once

#include <absl/container/node_hash_map.h>
#include <absl/hash/hash.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flow/graph.h"

namespace limen::flow {

template <class K, class V>
class Table : public Node {
 public:
  using Value = std::shared_ptr<const V>;
  using Listener = std::function<void(const K& key, const Value& before, const Value& after)>;
  struct Slot {
    Value value;          // nullptr: no such row
    CellId cell = kNone;  // kNone: nobody reads it
    RowId row = kNone;    // of a derived table
  };
  using Entry = std::pair<const K, Slot>;  // stays where it is as long as it is in use

  Table(Graph& graph, std::string name) : Node(graph, std::move(name)) {}

  // REQUIRES: not in a commit.
  void set(const K& key, Value value) {
    if (graph().committing()) misused(name() + " is set in a commit");
    Entry& entry = entry_of(key);
    store(entry, std::move(value));
    drop_if_unused(entry);
  }
  void set(const K& key, V value) { set(key, std::make_shared<const V>(std::move(value))); }
  void erase(const K& key) { set(key, nullptr); }

  // For rules.  Absence is read too: the reader runs again when the row comes.
  const V* get(Reads& reads, const K& key) { return read(reads, key).get(); }
  Value share(Reads& reads, const K& key) { return read(reads, key); }

  // For outputs and tests, never for rules: nothing is noted.
  const V* peek(const K& key) const {
    const auto it = slots_.find(key);
    return it == slots_.end() ? nullptr : it->second.value.get();
  }
  template <class F>
  void for_each(F f) const {
    for (const auto& [key, slot] : slots_) {
      if (slot.value != nullptr) f(key, *slot.value);
    }
  }
  size_t size() const { return present_; }
  Counters counters() const override { return {name(), present_, stored_, cut_off_}; }

  // Called on each change: by set() for an input table, by the commit for a derived one.
  void on_change(Listener listener) {
    follow([listener = std::move(listener)](const Entry& entry, const Value& before) {
      listener(entry.first, before, entry.second.value);
    });
  }

  // on_change() for Index and Derived: the entry stays valid while the row is present.
  using Follower = std::function<void(const Entry& entry, const Value& before)>;
  void follow(Follower follower) {
    if (present_ > 0) misused(name() + " has rows already when something begins to follow it");
    followers_.push_back(std::move(follower));
  }

 protected:
  Entry& entry_of(const K& key) { return *slots_.try_emplace(key).first; }
  const Slot* find(const K& key) const {
    const auto it = slots_.find(key);
    return it == slots_.end() ? nullptr : &it->second;
  }

  void store(Entry& entry, Value value) {
    Value& now = entry.second.value;
    ++stored_;
    if (value == now || (value != nullptr && now != nullptr && *value == *now)) {
      ++cut_off_;
      return;
    }
    present_ += (value != nullptr ? 1u : 0u) - (now != nullptr ? 1u : 0u);
    const Value before = std::exchange(now, std::move(value));
    graph().touch(entry.second.cell);
    for (const Follower& follower : followers_) follower(entry, before);
  }

  void drop_if_unused(Entry& entry) {
    const Slot& slot = entry.second;
    if (slot.value == nullptr && slot.cell == kNone && slot.row == kNone) slots_.erase(entry.first);
  }

 private:
  const Value& read(Reads& reads, const K& key) {
    if (reads.is_own(*this, &key)) {
      static const Value kAbsent;
      const Slot* slot = find(key);
      return slot == nullptr ? kAbsent : slot->value;
    }
    Entry& entry = entry_of(key);
    reads.note(*this, &entry, entry.second.cell);
    return entry.second.value;
  }

  void unread(void* entry) override {
    static_cast<Entry*>(entry)->second.cell = kNone;
    drop_if_unused(*static_cast<Entry*>(entry));
  }

  absl::node_hash_map<K, Slot> slots_;
  std::vector<Follower> followers_;
  size_t present_ = 0;
  size_t stored_ = 0;
  size_t cut_off_ = 0;
};

}  // namespace limen::flow

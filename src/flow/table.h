// A keyed table of immutable, shared values.  Input tables are set by hand; Derived (derived.h) is a table whose
// rows a rule computes.  Setting an equal value is no change.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/hash/hash.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flow/graph.h"

namespace limen::flow {

template <class K, class V>
class Table : private Collectable {
 public:
  using Value = std::shared_ptr<const V>;
  using Listener = std::function<void(const K& key, const Value& before, const Value& after)>;

  Table(Graph& graph, std::string name) : graph_(graph), name_(std::move(name)) {}
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  void set(const K& key, Value value) { store(key, std::move(value)); }
  void set(const K& key, V value) { store(key, std::make_shared<const V>(std::move(value))); }
  void erase(const K& key) { store(key, nullptr); }

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
  size_t changes() const { return changes_; }

  // Called on each change, in the commit that makes it.
  void on_change(Listener listener) { listeners_.push_back(std::move(listener)); }

  Graph& graph() { return graph_; }
  const std::string& name() const { return name_; }

 protected:
  void store(const K& key, Value value) {
    auto it = slots_.find(key);
    if (it == slots_.end()) {
      if (value == nullptr) return;
      it = slots_.try_emplace(key).first;
    }
    Slot& slot = it->second;
    if (value == slot.value || (value != nullptr && slot.value != nullptr && *value == *slot.value)) return;
    const Value before = std::exchange(slot.value, value);
    present_ += (value != nullptr ? 1u : 0u) - (before != nullptr ? 1u : 0u);
    ++changes_;
    if (slot.cell != kNone) graph_.touch(slot.cell);
    for (const Listener& listener : listeners_) listener(key, before, value);
    if (value == nullptr) count_garbage();
  }

 private:
  struct Slot {
    Value value;
    CellId cell = kNone;  // from the first read on
  };
  static constexpr size_t kMinGarbage = 1024;

  const Value& read(Reads& reads, const K& key) {
    Slot& slot = slots_[key];
    if (slot.cell == kNone) {
      slot.cell = graph_.new_cell();
      if (slot.value == nullptr) count_garbage();
    }
    reads.note(slot.cell);
    return slot.value;
  }

  void count_garbage() {
    if (++garbage_ == slots_.size() / 2 + kMinGarbage) graph_.collect_later(this);
  }

  // Forgets slots that hold nothing and that nobody reads.
  void collect_garbage() override {
    absl::erase_if(slots_, [this](const auto& entry) {
      const Slot& slot = entry.second;
      if (slot.value != nullptr || (slot.cell != kNone && graph_.is_read(slot.cell))) return false;
      if (slot.cell != kNone) graph_.free_cell(slot.cell);
      return true;
    });
    garbage_ = 0;
  }

  Graph& graph_;
  std::string name_;
  absl::flat_hash_map<K, Slot> slots_;
  std::vector<Listener> listeners_;
  size_t present_ = 0;
  size_t changes_ = 0;
  size_t garbage_ = 0;  // slots that became empty since the last collection
};

}  // namespace limen::flow

// A table whose rows a rule computes: one row per row of a table, or per group of an index that has members.
//
// A rule is a pure function of what it reads; it returns nullptr (or nullopt) for "no row".  It may read only
// tables and indexes created before its own: reading in creation order, each row settles once a commit.
#pragma once

#include <optional>

#include "flow/index.h"

namespace limen::flow {

template <class K, class V>
class Derived : public Table<K, V>, private Stage {
 public:
  using typename Table<K, V>::Value;
  using Rule = std::function<Value(Reads&, const K&)>;

  template <class S>
  Derived(std::string name, Table<K, S>& source, Rule rule) : Derived(source.graph(), std::move(name), std::move(rule)) {
    source.on_change([this](const K& key, const auto&, const auto& after) { wake(key, after == nullptr); });
  }
  template <class K2, class V2, class S>
  Derived(std::string name, Index<K, K2, V2, S>& source, Rule rule)
      : Derived(source.graph(), std::move(name), std::move(rule)) {
    source.on_change([this](const K& key, bool empty) { wake(key, empty); });
  }

  size_t runs() const { return runs_; }

 private:
  struct State {
    RowId row;
    bool gone;  // the source has no such row any more
  };

  Derived(Graph& graph, std::string name, Rule rule)
      : Table<K, V>(graph, std::move(name)), rule_(std::move(rule)), stage_(graph.add_stage(this)) {}

  void wake(const K& key, bool gone) {
    const auto [it, fresh] = states_.try_emplace(key, State{kNone, gone});
    if (fresh) {
      it->second.row = this->graph().new_row(stage_);
      keys_[it->second.row] = key;
    }
    it->second.gone = gone;
    this->graph().mark_dirty(it->second.row);
  }

  void run(RowId row) override {
    const K key = keys_.at(row);
    ++runs_;
    if (states_.at(key).gone) return forget(row, key);
    Reads reads(cells_);
    Value value = rule_(reads, key);
    this->graph().set_reads(row, cells_);
    this->store(key, std::move(value));
  }

  void forget(RowId row, const K& key) {
    this->graph().free_row(row);
    states_.erase(key);
    keys_.erase(row);
    this->store(key, nullptr);
  }

  Rule rule_;
  StageId stage_;
  absl::flat_hash_map<K, State> states_;
  absl::flat_hash_map<RowId, K> keys_;
  std::vector<CellId> cells_;  // of the rule that runs, kept for its capacity
  size_t runs_ = 0;
};

}  // namespace limen::flow

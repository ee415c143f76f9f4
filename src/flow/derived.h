// A table whose rows a rule computes: one row per row of a table, or per group of an index (or of
// any of several) that has members.
//
// A rule is a pure function (Reads&, const K&) of what it reads.  It returns a shared_ptr<const V>
// or an optional<V>; nullptr or nullopt means "no row".  It may read only tables and indexes
// created before its own: so each row settles once a commit.  A row runs again when something that
// it has read changes; that its source has the key is known without reading.
#pragma once

#include <optional>
#include <tuple>
#include <type_traits>

#include "flow/index.h"

namespace limen::flow {

template <class K, class V>
class Derived : public Table<K, V> {
 public:
  using typename Table<K, V>::Value;

  template <class S, class Rule>
  Derived(std::string name, Table<K, S>& source, Rule rule)
      : Derived(source.graph(), std::move(name), std::move(rule),
                [&source](const K& key) { return source.peek(key) != nullptr; }) {
    source.follow([this](const auto& entry, const auto& before) {
      if ((before == nullptr) != (entry.second.value == nullptr)) wake(entry.first);
    });
  }
  template <class K2, class V2, class S, class Made, class Rule>
  Derived(std::string name, Index<K, K2, V2, S, Made>& source, Rule rule)
      : Derived(source.graph(), std::move(name), std::move(rule),
                [&source](const K& key) { return source.has(key); }) {
    source.follow([this](const K& key) { wake(key); });
  }

  // Of any of several indexes: std::tie(a, b, ...).
  template <class... Sources, class Rule>
  Derived(std::string name, std::tuple<Sources&...> sources, Rule rule)
      : Derived(std::get<0>(sources).graph(), std::move(name), std::move(rule),
                [sources](const K& key) {
                  return std::apply([&](auto&... each) { return (each.has(key) || ...); }, sources);
                }) {
    const auto wake_on = [this](auto& source) {
      source.follow([this](const K& key) { wake(key); });
    };
    std::apply([&](auto&... each) { (wake_on(each), ...); }, sources);
  }

  // Rows read the row (or the group) of their own key in these: what nearly every row does needs no
  // edge.  REQUIRES: `sources` stand above and have no rows yet.  It holds for reads that pass on
  // the rule's own `key`, not a copy of it.
  template <class... Sources>
  void reads_own(Sources&... sources) {
    (add_own(sources), ...);
  }

 private:
  using typename Table<K, V>::Entry;
  using Table<K, V>::set;
  using Table<K, V>::erase;

  template <class Rule, class Exists>
  Derived(Graph& graph, std::string name, Rule rule, Exists exists)
      : Table<K, V>(graph, std::move(name)), exists_(exists) {
    if constexpr (std::is_convertible_v<std::invoke_result_t<Rule&, Reads&, const K&>, Value>) {
      rule_ = std::move(rule);
    } else {
      rule_ = [rule](Reads& reads, const K& key) -> Value {
        std::optional<V> value = rule(reads, key);
        return value.has_value() ? std::make_shared<const V>(*std::move(value)) : nullptr;
      };
    }
  }

  template <class S>
  void add_own(Table<K, S>& source) {
    this->own(source);
    source.follow([this](const auto& entry, const auto&) { wake_if_there(entry.first); });
  }
  template <class K2, class V2, class S, class Made>
  void add_own(Index<K, K2, V2, S, Made>& source) {
    this->own(source);
    source.follow_members([this](const K& key) { wake_if_there(key); });
  }

  void wake_if_there(const K& key) {
    if (exists_(key)) wake(key);
  }
  void wake(const K& key) {
    Entry& entry = this->entry_of(key);
    RowId& row = entry.second.row;
    if (row == kNone) row = this->graph().new_row(*this, &entry);
    this->graph().mark_dirty(row);
  }

  const void* key_of(const void* row) const override {
    return &static_cast<const Entry*>(row)->first;
  }
  bool run(void* row, Reads& reads) override {
    Entry& entry = *static_cast<Entry*>(row);
    const bool exists = exists_(entry.first);
    this->store(entry, exists ? rule_(reads, entry.first) : nullptr);
    if (!exists) {
      entry.second.row = kNone;
      this->drop_if_unused(entry);
    }
    return exists;
  }

  std::function<Value(Reads&, const K&)> rule_;
  std::function<bool(const K&)> exists_;  // in the source
};

}  // namespace limen::flow

// The rows of a table by group.  Reading a group means: tell me when a member comes, goes or changes.
//
// A row may be in many groups, and more than once in one with different sort values.  Members stand in the order
// of (Sort, K), and a group hands out their values, so that a rule needs no other look-up.
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/flat_hash_map.h>

#include <compare>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "flow/table.h"

namespace limen::flow {

struct Unsorted {
  auto operator<=>(const Unsorted&) const = default;
};

template <class G, class K, class V, class Sort = Unsorted>
class Index : private Collectable {
 public:
  using Value = std::shared_ptr<const V>;
  using Place = std::pair<G, Sort>;
  // Called as emit(group) or emit(group, sort).
  class Emit {
   public:
    explicit Emit(std::vector<Place>& places) : places_(places) {}
    void operator()(G group, Sort sort = {}) { places_.emplace_back(std::move(group), std::move(sort)); }

   private:
    std::vector<Place>& places_;
  };
  using GroupsOf = std::function<void(const K&, const V&, Emit&)>;

  class Group {
   public:
    size_t size() const { return members_.size(); }
    bool empty() const { return members_.empty(); }

    // (key, value), or with sorted() (sort, key, value).
    template <bool kWithSort>
    class Iterator {
     public:
      using Inner = typename absl::btree_map<std::pair<Sort, K>, Value>::const_iterator;
      explicit Iterator(Inner inner) : inner_(inner) {}
      auto operator*() const {
        const auto& [sort, key] = inner_->first;
        if constexpr (kWithSort) {
          return std::tuple<const Sort&, const K&, const V&>(sort, key, *inner_->second);
        } else {
          return std::tuple<const K&, const V&>(key, *inner_->second);
        }
      }
      Iterator& operator++() {
        ++inner_;
        return *this;
      }
      bool operator==(const Iterator& other) const { return inner_ == other.inner_; }

     private:
      Inner inner_;
    };
    auto begin() const { return Iterator<false>(members_.begin()); }
    auto end() const { return Iterator<false>(members_.end()); }
    struct Sorted {
      const Group& group;
      auto begin() const { return Iterator<true>(group.members_.begin()); }
      auto end() const { return Iterator<true>(group.members_.end()); }
    };
    Sorted sorted() const { return {*this}; }

   private:
    friend Index;
    absl::btree_map<std::pair<Sort, K>, Value> members_;
    CellId cell = kNone;
  };
  using Listener = std::function<void(const G& group, bool empty)>;

  Index(std::string name, Table<K, V>& source, GroupsOf groups_of)
      : graph_(source.graph()), name_(std::move(name)), groups_of_(std::move(groups_of)) {
    source.on_change([this](const K& key, const Value& before, const Value& after) { move(key, before, after); });
  }
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  // The group stays valid until the end of the rule.
  const Group& get(Reads& reads, const G& key) {
    Group& group = of(key);
    if (group.cell == kNone) {
      group.cell = graph_.new_cell();
      if (group.empty()) count_garbage();
    }
    reads.note(group.cell);
    return group;
  }

  // Called when a group has changed, once a commit and source row.
  void on_change(Listener listener) { listeners_.push_back(std::move(listener)); }
  Graph& graph() { return graph_; }
  size_t groups() const { return groups_.size(); }
  const std::string& name() const { return name_; }

 private:
  std::vector<Place> places_of(const K& key, const Value& value) const {
    std::vector<Place> places;
    if (value != nullptr) {
      Emit emit(places);
      groups_of_(key, *value, emit);
    }
    return places;
  }

  void move(const K& key, const Value& before, const Value& after) {
    const std::vector<Place> from = places_of(key, before);
    const std::vector<Place> to = places_of(key, after);
    if (from != to) {
      for (const auto& [group, sort] : from) of(group).members_.erase({sort, key});
    }
    for (const auto& [group, sort] : to) of(group).members_.insert_or_assign({sort, key}, after);
    for (const auto& place : to) changed(place.first);
    if (from == to) return;
    for (const auto& place : from) changed(place.first);
  }

  Group& of(const G& key) {
    std::unique_ptr<Group>& group = groups_[key];
    if (group == nullptr) group = std::make_unique<Group>();
    return *group;
  }

  void changed(const G& key) {
    const Group& group = of(key);
    if (group.cell != kNone) graph_.touch(group.cell);
    for (const Listener& listener : listeners_) listener(key, group.empty());
    if (group.empty()) count_garbage();
  }

  void count_garbage() {
    if (++garbage_ == groups_.size() / 2 + kMinGarbage) graph_.collect_later(this);
  }

  // Forgets groups that are empty and that nobody reads.
  void collect_garbage() override {
    absl::erase_if(groups_, [this](const auto& entry) {
      const Group& group = *entry.second;
      if (!group.empty() || (group.cell != kNone && graph_.is_read(group.cell))) return false;
      if (group.cell != kNone) graph_.free_cell(group.cell);
      return true;
    });
    garbage_ = 0;
  }

  Graph& graph_;
  std::string name_;
  GroupsOf groups_of_;
  absl::flat_hash_map<G, std::unique_ptr<Group>> groups_;
  std::vector<Listener> listeners_;
  static constexpr size_t kMinGarbage = 1024;
  size_t garbage_ = 0;  // groups that became empty since the last collection
};

}  // namespace limen::flow

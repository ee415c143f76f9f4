// The rows of a table by group.  Reading a group means: run me again when a member comes, goes or
// changes.
//
// A row may be in many groups, and more than once in one with different sort values.  Members stand
// in the order of (Sort, K), and a group hands out their values, so that a rule needs no other
// look-up. G needs what a table's key needs (table.h); Sort and K need <.
#pragma once

#include <absl/container/btree_set.h>
#include <absl/container/node_hash_map.h>

#include <functional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "flow/table.h"

namespace limen::flow {

template <class G, class K, class V, class Sort = std::monostate>
class Index : public Node {
  using Entry = typename Table<K, V>::Entry;
  using Value = typename Table<K, V>::Value;
  using Place = std::pair<G, Sort>;

  // A member is the source's own entry: it takes 8 bytes, and its value is always the present one.
  struct Member {
    [[no_unique_address]] Sort sort;
    const Entry* entry;

    friend bool operator<(const Member& a, const Member& b) {
      if (a.sort < b.sort) return true;
      if (b.sort < a.sort) return false;
      return a.entry->first < b.entry->first;
    }
  };
  using Members = absl::btree_set<Member>;

 public:
  // Called as emit(group) or emit(group, sort).
  struct Emit {
    std::vector<Place> places;
    void operator()(G group, Sort sort = {}) {
      places.emplace_back(std::move(group), std::move(sort));
    }
  };
  using GroupsOf = std::function<void(const K&, const V&, Emit&)>;

  // Iterates over (key, value), over (sort, key, value) with sorted(), or over (key, shared_ptr of
  // the value) with shared().
  class Group {
    enum class Form { kPlain, kSorted, kShared };
    template <Form kForm>
    struct Iterator {
      typename Members::const_iterator inner;

      auto operator*() const {
        const auto& [key, slot] = *inner->entry;
        if constexpr (kForm == Form::kSorted) {
          return std::tuple<const Sort&, const K&, const V&>(inner->sort, key, *slot.value);
        } else if constexpr (kForm == Form::kShared) {
          return std::tuple<const K&, const Value&>(key, slot.value);
        } else {
          return std::tuple<const K&, const V&>(key, *slot.value);
        }
      }
      Iterator& operator++() { return ++inner, *this; }
      bool operator==(const Iterator& other) const { return inner == other.inner; }
    };
    template <Form kForm>
    struct Range {
      const Members& members;
      auto begin() const { return Iterator<kForm>{members.begin()}; }
      auto end() const { return Iterator<kForm>{members.end()}; }
    };

   public:
    size_t size() const { return members_.size(); }
    bool empty() const { return members_.empty(); }
    auto begin() const { return Iterator<Form::kPlain>{members_.begin()}; }
    auto end() const { return Iterator<Form::kPlain>{members_.end()}; }
    Range<Form::kSorted> sorted() const { return {members_}; }
    Range<Form::kShared> shared() const { return {members_}; }

   private:
    friend Index;
    Members members_;
    CellId cell_ = kNone;
    bool followed_ = false;  // the followers know that it has members
  };

  Index(std::string name, Table<K, V>& source, GroupsOf groups_of)
      : Node(source.graph(), std::move(name)), groups_of_(std::move(groups_of)) {
    source.follow([this](const Entry& entry, const Value& before) { move(entry, before); });
  }

  // For rules.  The group stays valid until the end of the rule.
  const Group& get(Reads& reads, const G& key) {
    auto& entry = *groups_.try_emplace(key).first;
    reads.note(*this, &entry, entry.second.cell_);
    return entry.second;
  }

  // For Derived: a group that has members exists; a follower hears when one comes or goes.
  bool has(const G& key) const {
    const auto it = groups_.find(key);
    return it != groups_.end() && !it->second.empty();
  }
  void follow(std::function<void(const G&)> follower) {
    if (!groups_.empty())
      misused(name() + " has groups already when something begins to follow it");
    followers_.push_back(std::move(follower));
  }

  size_t groups() const { return groups_.size(); }  // with members or readers
  Counters counters() const override { return {name(), groups_.size(), 0, 0}; }

 private:
  void move(const Entry& entry, const Value& before) {
    const std::vector<Place> from = places_of(entry.first, before);
    const std::vector<Place> to = places_of(entry.first, entry.second.value);
    if (from != to) {
      for (const auto& [group, sort] : from) groups_[group].members_.erase({sort, &entry});
      for (const auto& [group, sort] : to) groups_[group].members_.insert({sort, &entry});
      for (const auto& place : from) settle(place.first);
    }
    for (const auto& place : to) settle(place.first);
  }

  std::vector<Place> places_of(const K& key, const Value& value) const {
    Emit emit;
    if (value != nullptr) groups_of_(key, *value, emit);
    return std::move(emit.places);
  }

  // All moves are made: tells readers and followers of the group.
  void settle(const G& key) {
    const auto it = groups_.find(key);
    if (it == groups_.end()) return;  // in `from` twice, and dropped the first time
    Group& group = it->second;
    graph().touch(group.cell_);
    if (group.followed_ == group.empty()) {
      group.followed_ = !group.empty();
      for (const auto& follower : followers_) follower(key);
    }
    drop_if_unused(*it);
  }

  void drop_if_unused(const std::pair<const G, Group>& entry) {
    if (entry.second.empty() && entry.second.cell_ == kNone) groups_.erase(entry.first);
  }

  std::string text_of(const void* entry) const override {
    return key_text(static_cast<const std::pair<const G, Group>*>(entry)->first);
  }
  void unread(void* entry) override {
    auto& it = *static_cast<std::pair<const G, Group>*>(entry);
    it.second.cell_ = kNone;
    drop_if_unused(it);
  }

  GroupsOf groups_of_;
  absl::node_hash_map<G, Group> groups_;
  std::vector<std::function<void(const G&)>> followers_;
};

}  // namespace limen::flow

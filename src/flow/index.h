// The rows of a table by group.  Reading a group means: run me again when a member comes, goes or
// changes.
//
// A row may be in many groups, and more than once in one with different sort values.  Members stand
// in the order of (Sort, K), and a group hands out their values, so that a rule needs no other
// look-up.  G needs what a table's key needs (table.h); Sort and K need <.  With Made, rules can
// fold() groups: see runs.h.
#pragma once

#include <absl/container/btree_set.h>
#include <absl/container/node_hash_map.h>

#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "flow/runs.h"
#include "flow/table.h"

namespace limen::flow {

template <class G, class K, class V, class Sort = std::monostate, class Made = void>
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
  class Range {
    using Inner = typename Members::const_iterator;
    enum class Form { kPlain, kSorted, kShared };
    template <Form kForm>
    struct Iterator {
      Inner inner;

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
    struct View {
      Inner first, last;
      auto begin() const { return Iterator<kForm>{first}; }
      auto end() const { return Iterator<kForm>{last}; }
    };

   public:
    Range(Inner first, Inner last, size_t size) : first_(first), last_(last), size_(size) {}
    size_t size() const { return size_; }
    auto begin() const { return Iterator<Form::kPlain>{first_}; }
    auto end() const { return Iterator<Form::kPlain>{last_}; }
    View<Form::kSorted> sorted() const { return {first_, last_}; }
    View<Form::kShared> shared() const { return {first_, last_}; }

   private:
    Inner first_, last_;
    size_t size_;
  };

  class Group {
   public:
    size_t size() const { return members_.size(); }
    bool empty() const { return members_.empty(); }
    Range all() const { return {members_.begin(), members_.end(), size()}; }
    auto begin() const { return all().begin(); }
    auto end() const { return all().end(); }
    auto sorted() const { return all().sorted(); }
    auto shared() const { return all().shared(); }

    // use(made) for each run in order, with what make(Range) made of it, now or earlier; false: the
    // group is small, nothing was called.  REQUIRES: `make` reads nothing else.
    template <class Make, class Use>
    bool fold(Make make, Use use) const {
      return runs_.fold(
          members_,
          [&](auto first, auto last, size_t size) { return make(Range(first, last, size)); }, use);
    }

   private:
    friend Index;
    void insert(const Member& member) {
      if (members_.insert(member).second) runs_.inserted(member);
    }
    void erase(const Member& member) {
      const auto it = members_.find(member);
      if (it != members_.end()) runs_.erased(member, members_.erase(it));
    }

    Members members_;
    CellId cell_ = kNone;
    bool followed_ = false;  // the followers know that it has members
    [[no_unique_address]] mutable Runs<Members, Made> runs_;
  };

  Index(std::string name, Table<K, V>& source, GroupsOf groups_of)
      : Node(source.graph(), std::move(name)), groups_of_(std::move(groups_of)) {
    source.follow([this](const Entry& entry, const Value& before) { move(entry, before); });
  }

  // For rules.  The group stays valid until the end of the rule.
  const Group& get(Reads& reads, const G& key) {
    if (reads.is_own(*this, &key)) {
      static const Group kEmpty;
      const auto it = groups_.find(key);
      return it == groups_.end() ? kEmpty : it->second;
    }
    auto& entry = *groups_.try_emplace(key).first;
    reads.note(*this, &entry, entry.second.cell_);
    return entry.second;
  }

  using Follower = std::function<void(const G&)>;
  // For Derived: a group that has members exists; a follower hears when one comes or goes.
  bool has(const G& key) const {
    const auto it = groups_.find(key);
    return it != groups_.end() && !it->second.empty();
  }
  void follow(Follower follower) { add(followers_, std::move(follower)); }
  // The same, and when a member changes.
  void follow_members(Follower follower) { add(member_followers_, std::move(follower)); }

  size_t groups() const { return groups_.size(); }  // with members or readers
  Counters counters() const override { return {name(), groups_.size(), 0, 0}; }

 private:
  void add(std::vector<Follower>& followers, Follower follower) {
    if (!groups_.empty())
      misused(name() + " has groups already when something begins to follow it");
    followers.push_back(std::move(follower));
  }

  void move(const Entry& entry, const Value& before) {
    const std::vector<Place> from = places_of(entry.first, before);
    const std::vector<Place> to = places_of(entry.first, entry.second.value);
    if (from != to) {
      for (const auto& [group, sort] : from) groups_[group].erase({sort, &entry});
      for (const auto& [group, sort] : to) groups_[group].insert({sort, &entry});
      for (const auto& place : from) settle(place.first);
    } else if constexpr (!std::is_void_v<Made>) {
      for (const auto& [group, sort] : to) groups_[group].runs_.changed({sort, &entry});
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
    for (const auto& follower : member_followers_) follower(key);
    if (group.followed_ == group.empty()) {
      group.followed_ = !group.empty();
      for (const auto& follower : followers_) follower(key);
    }
    drop_if_unused(*it);
  }

  void drop_if_unused(const std::pair<const G, Group>& entry) {
    if (entry.second.empty() && entry.second.cell_ == kNone) groups_.erase(entry.first);
  }

  void unread(void* entry) override {
    auto& it = *static_cast<std::pair<const G, Group>*>(entry);
    it.second.cell_ = kNone;
    drop_if_unused(it);
  }

  GroupsOf groups_of_;
  absl::node_hash_map<G, Group> groups_;
  std::vector<Follower> followers_, member_followers_;
};

}  // namespace limen::flow

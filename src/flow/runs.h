// What was made of runs of consecutive members of a large ordered set, kept until a member of the
// run comes, goes or changes: after one change, a fold over n members visits one run's members and
// n / 128 runs.  Where the runs are cut depends on the set's past, so what is made of them must not
// show it (as with a sum, or xds::FragmentBuilder).
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace limen::flow {

// REQUIRES: told of each change of the set, after it is made.
template <class Set, class Made>
class Runs {
 public:
  using Member = typename Set::value_type;
  using Iterator = typename Set::const_iterator;

  void inserted(const Member& member) {
    if (runs_ == nullptr) return;
    Run& run = *run_of(member);
    if (member < run.first) run.first = member;
    ++run.count;
    run.made = nullptr;
  }
  // `next` is the member that follows in the set.
  void erased(const Member& member, Iterator next) {
    if (runs_ == nullptr) return;
    const auto run = run_of(member);
    run->made = nullptr;
    if (--run->count == 0) {
      runs_->erase(run);
      if (runs_->empty()) runs_ = nullptr;
    } else if (!(run->first < member)) {
      run->first = *next;
    }
  }
  void changed(const Member& member) {
    if (runs_ != nullptr) run_of(member)->made = nullptr;
  }

  // True: the set is large enough for runs, and use(made) is called for each in order, with what
  // make(begin, end, count) makes of it.
  template <class Make, class Use>
  bool fold(const Set& set, Make make, Use use) {
    if (set.size() <= kLongest) {
      runs_ = nullptr;
      return false;
    }
    if (runs_ == nullptr) {
      runs_ = std::make_unique<std::vector<Run>>();
      runs_->push_back({*set.begin(), set.size(), nullptr});
    }
    cut_anew(set);
    for (size_t i = 0; i < runs_->size(); ++i) {
      Run& run = (*runs_)[i];
      if (run.made == nullptr) {
        const bool last = i + 1 == runs_->size();
        run.made = make(set.find(run.first), last ? set.end() : set.find((*runs_)[i + 1].first),
                        run.count);
      }
      use(run.made);
    }
    return true;
  }

 private:
  static constexpr size_t kLength = 128, kShortest = 32, kLongest = 256;
  struct Run {
    Member first;
    size_t count;
    std::shared_ptr<const Made> made;  // nullptr: to be made
  };

  typename std::vector<Run>::iterator run_of(const Member& member) {
    const auto after = std::upper_bound(runs_->begin(), runs_->end(), member,
                                        [](const Member& a, const Run& b) { return a < b.first; });
    return after == runs_->begin() ? after : std::prev(after);
  }

  // Joins runs that became short to their neighbours, and cuts those that became long.
  void cut_anew(const Set& set) {
    std::vector<Run> cut;
    cut.reserve(runs_->size());
    for (Run& run : *runs_) {
      const bool joins = !cut.empty() && run.made == nullptr && run.count < kShortest;
      if (joins) {
        cut.back().count += run.count;
        cut.back().made = nullptr;
      } else {
        cut.push_back(std::move(run));
      }
      if (cut.back().count > kLongest) split_last(set, cut);
    }
    *runs_ = std::move(cut);
  }

  static void split_last(const Set& set, std::vector<Run>& cut) {
    size_t left = cut.back().count;
    Iterator at = set.find(cut.back().first);
    cut.pop_back();
    while (left > 0) {
      const size_t count = left > kLongest ? kLength : left;
      cut.push_back({*at, count, nullptr});
      std::advance(at, count);
      left -= count;
    }
  }

  std::unique_ptr<std::vector<Run>> runs_;  // nullptr: the set is small, or nobody has folded it
};

// For sets that nobody folds: takes no room.
template <class Set>
class Runs<Set, void> {
 public:
  void inserted(const auto&) {}
  void erased(const auto&, const auto&) {}
};

}  // namespace limen::flow

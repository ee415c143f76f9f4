#include "flow/runs.h"

#include <absl/container/btree_set.h>
#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <vector>

namespace limen::flow {
namespace {

using Set = absl::btree_set<int>;
using Members = std::vector<int>;

// A fold that gives back the members, and counts how many of them it had to visit.
struct Fold {
  Set set;
  Runs<Set, Members> runs;
  size_t visited = 0, uses = 0;

  void insert(int member) {
    if (set.insert(member).second) runs.inserted(member);
  }
  void erase(int member) {
    const auto it = set.find(member);
    if (it != set.end()) runs.erased(member, set.erase(it));
  }
  // Empty: too small for runs.
  Members members() {
    visited = uses = 0;
    Members all;
    runs.fold(
        set,
        [&](auto first, auto last, size_t count) {
          auto made = std::make_shared<Members>(first, last);
          EXPECT_EQ(made->size(), count);
          visited += count;
          return made;
        },
        [&](const auto& made) {
          ++uses;
          all.insert(all.end(), made->begin(), made->end());
        });
    return all;
  }
};

TEST(Runs, AChangeVisitsOneRun) {
  Fold fold;
  for (int i = 0; i < 10000; ++i) fold.insert(2 * i);
  EXPECT_EQ(fold.members().size(), 10000u);
  EXPECT_EQ(fold.visited, 10000u);
  EXPECT_LT(fold.uses, 100u);
  fold.members();
  EXPECT_EQ(fold.visited, 0u);
  fold.runs.changed(5000);
  fold.members();
  EXPECT_GT(fold.visited, 0u);
  EXPECT_LE(fold.visited, 256u);
  fold.insert(-1);
  fold.erase(19998);
  EXPECT_EQ(fold.members(), Members(fold.set.begin(), fold.set.end()));
  EXPECT_LE(fold.visited, 512u);
}

TEST(Runs, RandomChangesLoseNothing) {
  Fold fold;
  std::mt19937 random(5);
  size_t folded = 0;
  for (int round = 0; round < 3000; ++round) {
    // Grows and shrinks by turns, through the size below which there are no runs.
    const bool grows = round / 500 % 2 == 0;
    for (int n = 0; n < 20; ++n) {
      const int member = static_cast<int>(random() % 3000);
      random() % 10 < (grows ? 8u : 2u) ? fold.insert(member) : fold.erase(member);
    }
    const Members members = fold.members();
    if (fold.set.size() <= 256) {
      ASSERT_TRUE(members.empty());
    } else {
      ASSERT_EQ(members, Members(fold.set.begin(), fold.set.end())) << "round " << round;
      ASSERT_LE(fold.uses, 2 + fold.set.size() / 16);
      ++folded;
    }
  }
  EXPECT_GT(folded, 500u);
  EXPECT_LT(folded, 3000u);
}

}  // namespace
}  // namespace limen::flow

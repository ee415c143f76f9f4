#include "base/text.h"

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>
#include <vector>

namespace limen {
namespace {

TEST(Text, EqualTextsShareOneCopy) {
  const Text a("a listener's name"), b(std::string("a listener's name"));
  EXPECT_EQ(a, b);
  EXPECT_EQ(a.view().data(), b.view().data());
  EXPECT_NE(a, Text("another"));
  EXPECT_EQ(a, "a listener's name");
  EXPECT_EQ(a + "!", "a listener's name!");
  EXPECT_EQ(fmt::format("<{}>", Text("x")), "<x>");
}

TEST(Text, TheEmptyOneCostsNothing) {
  const size_t before = Text::distinct();
  const Text empty, also_empty("");
  EXPECT_EQ(empty, also_empty);
  EXPECT_TRUE(empty.empty());
  EXPECT_EQ(empty.view(), "");
  EXPECT_EQ(Text::distinct(), before);
}

TEST(Text, IsFreedWithItsLastHolder) {
  const size_t before = Text::distinct();
  {
    Text first("only here");
    const Text second = first;
    first = Text("also here");
    EXPECT_EQ(Text::distinct(), before + 2);
    EXPECT_EQ(second, "only here");
  }
  EXPECT_EQ(Text::distinct(), before);
}

TEST(Text, OrdersByItsCharacters) {
  EXPECT_LT(Text("a"), Text("b"));
  EXPECT_LT(Text(), Text("a"));
  EXPECT_LT(Text("a"), Text("ab"));
  const absl::flat_hash_set<Text> set = {Text("x"), Text("y"), Text("x")};
  EXPECT_EQ(set.size(), 2u);
}

TEST(Text, ManyThreadsMakeAndDropTheSameTexts) {
  const size_t before = Text::distinct();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 20'000; ++i) {
        const Text text(std::to_string(i % 7));
        const Text copy = text;
        ASSERT_EQ(copy.view(), std::to_string(i % 7));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Text::distinct(), before);
}

}  // namespace
}  // namespace limen

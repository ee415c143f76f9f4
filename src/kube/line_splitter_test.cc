#include "kube/line_splitter.h"

#include <gmock/gmock.h>

#include <vector>

#include "kube/backoff.h"

namespace limen::kube {
namespace {

using testing::ElementsAre;

TEST(LineSplitter, WhereverTheStreamIsCut) {
  const std::string text = "{\"a\":1}\n\n{\"b\":2}\nx\n";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    LineSplitter splitter(100);
    std::vector<std::string> lines;
    const auto add = [&](std::string_view line) { lines.emplace_back(line); };
    EXPECT_TRUE(splitter.feed(std::string_view(text).substr(0, cut), add));
    EXPECT_TRUE(splitter.feed(std::string_view(text).substr(cut), add));
    EXPECT_THAT(lines, ElementsAre("{\"a\":1}", "{\"b\":2}", "x")) << cut;
    EXPECT_EQ(splitter.pending(), 0u);
  }
}

TEST(LineSplitter, ALineThatNeverEnds) {
  LineSplitter splitter(10);
  const auto nothing = [](std::string_view) { FAIL(); };
  EXPECT_TRUE(splitter.feed("12345", nothing));
  EXPECT_EQ(splitter.pending(), 5u);
  EXPECT_TRUE(splitter.feed("67890", nothing));
  EXPECT_FALSE(splitter.feed("1", nothing));
  LineSplitter another(10);
  EXPECT_FALSE(another.feed("12345678901\n", nothing));
}

TEST(Backoff, DoublesUpToTheLongestAndBeginsAnew) {
  using std::chrono::milliseconds;
  Backoff backoff({milliseconds(100), milliseconds(450)}, 1);
  for (int round = 0; round < 3; ++round) {
    for (int longest : {100, 200, 400, 450, 450}) {
      const milliseconds wait = backoff.next();
      EXPECT_GE(wait.count(), longest / 2);
      EXPECT_LE(wait.count(), longest);
    }
    backoff.reset();
  }
}

}  // namespace
}  // namespace limen::kube

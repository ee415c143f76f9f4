#include "schema/parse.h"

#include <gtest/gtest.h>

#include "base/yaml.h"
#include "schema/builder.h"

namespace limen::schema {
namespace {

struct Bag {
  std::map<std::string, std::string> labels;
  std::vector<std::string> words;
};
const Schema& schema_of(const Bag*) {
  static const Schema schema = object<Bag>("Bag", "")
                                   .field<&Bag::labels>("labels", "", items(0, 1))
                                   .field<&Bag::words>("words", "", unique());
  return schema;
}

std::pair<Bag, Problems> read(const std::string& text) {
  Json value = parse_yaml(text).at(0).value;
  std::pair<Bag, Problems> out;
  out.second = parse(value, schema_of(static_cast<const Bag*>(nullptr)), &out.first, {});
  return out;
}

// As the API server drops them.
TEST(Parse, NullsInMapsAreNoEntries) {
  const auto [bag, problems] = read("{labels: {a: null, b: c}, words: null}");
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(bag.labels, (std::map<std::string, std::string>{{"b", "c"}}));
}

TEST(Parse, ASetHasNoEntryTwice) {
  EXPECT_TRUE(read("{words: [a, b]}").second.empty());
  const Problems problems = read("{words: [a, b, a]}").second;
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].path, "words[2]");
  EXPECT_EQ(problems[0].reason, "Duplicate");
}

}  // namespace
}  // namespace limen::schema
